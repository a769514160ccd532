import Foundation
import Ledger

/// The published tree, read from the public folder's tiles beside the sequencer that writes them.
struct PublishedTiles: Sendable {
    let folder: String

    init(folder: URL) { self.folder = folder.path }

    /// The published checkpoint; nil: none yet.
    func checkpoint(key: NoteVerifierKey) throws -> VerifiedCheckpoint? {
        guard let note = try PublicFile.read(folder + "/checkpoint", limit: UnverifiedNote.maximumBytes) else { return nil }
        return try UnverifiedCheckpoint(parsing: note).verified(by: key)
    }

    /// The root over the first `size` entries, as the tiles have it.
    func root(of size: UInt64) throws -> [UInt8] {
        var hashes = TileHashes(size: size, fetch: bytes)
        return try hashes.root()
    }

    /// That the first `old` entries are the beginning of the checkpoint. Checked against its root: throws `ProofError` where the
    /// tiles are not the checkpoint's. `old` must not be above its size.
    func consistencyProof(from old: UInt64, to checkpoint: VerifiedCheckpoint) throws -> [[UInt8]] {
        var hashes = TileHashes(size: checkpoint.size, fetch: bytes)
        let path = try hashes.consistencyProof(from: old)
        try Merkle.verifyConsistency(
            from: old, root: try root(of: old), to: checkpoint.size, root: checkpoint.root, path: path)
        return path
    }

    /// The tile as it was at its size. Since then it may have been filled, or a wider one been written: those begin with it.
    private func bytes(of tile: Tile) throws -> [UInt8] {
        let length = tile.width * Merkle.hashSize
        for candidate in [tile, tile.full] + (try wider(than: tile)) {
            guard let bytes = try PublicFile.read(folder + "/" + candidate.path, limit: TilePublisher.limit(of: candidate)) else {
                continue
            }
            if bytes.count >= length { return Array(bytes.prefix(length)) }
        }
        throw PublicFileFault("reading", folder + "/" + tile.path, code: ENOENT)
    }

    private func wider(than tile: Tile) throws -> [Tile] {
        let widths = try PublicFile.names(in: folder + "/" + tile.full.path + ".p").compactMap { Int($0) }
        return widths.filter { $0 > tile.width }.sorted().compactMap { Tile(tile.content, index: tile.index, width: $0) }
    }
}
