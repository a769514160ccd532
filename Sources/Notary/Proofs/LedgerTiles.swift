import Foundation
import Ledger

/// Reads inclusion proofs out of the public folder's tiles.
struct LedgerTiles {
    let folder: URL

    struct Missing: Error, CustomStringConvertible {
        let tile: Tile
        var description: String { "\(tile.path) is missing in the ledger's folder: run `appariteur ledger audit`" }
    }

    func inclusionProof(of index: UInt64, size: UInt64) throws -> [[UInt8]] {
        var hashes = TileHashes(size: size) { tile in try bytes(of: tile) }
        return try hashes.inclusionProof(of: index)
    }

    /// The tile as it was at its size. Later it may have been filled, or replaced by a wider one: those begin with it, for a
    /// ledger only grows.
    private func bytes(of tile: Tile) throws -> [UInt8] {
        guard let length = tile.byteCount else { throw Missing(tile: tile) }
        for path in [tile.path, tile.full.path] + (try wider(than: tile)) {
            let file = folder.appendingPathComponent(path)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            let bytes = try Data(contentsOf: file)
            if bytes.count >= length { return Array(bytes.prefix(length)) }
        }
        throw Missing(tile: tile)
    }

    private func wider(than tile: Tile) throws -> [String] {
        let partials = tile.full.path + ".p"
        let path = folder.appendingPathComponent(partials).path
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let widths = try FileManager.default.contentsOfDirectory(atPath: path).compactMap { Int($0) }
        return widths.filter { $0 > tile.width }.sorted().map { partials + "/\($0)" }
    }
}
