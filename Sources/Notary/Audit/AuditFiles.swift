import Foundation
import Ledger

/// Reads the public folder's files for an audit: what can't be used becomes a finding, and nil.
struct AuditFiles: Sendable {
    let folder: String

    func read(_ path: String, limit: Int, _ report: inout AuditReport) -> [UInt8]? {
        switch attempt(path, limit: limit) {
        case .success(let bytes?): return bytes
        case .success(nil): report.add(path, "le fichier manque", "it is missing")
        case .failure(let fault): report.add(path, AuditWords.of(fault))
        }
        return nil
    }

    private func attempt(_ path: String, limit: Int) -> Result<[UInt8]?, PublicFileFault> {
        Result { () throws(PublicFileFault) in try PublicFile.read(folder + "/" + path, limit: limit) }
    }

    /// A tile's bytes, and the tile they are of: a partial one may have been removed for the full one that begins with it.
    func read(_ tile: Tile, _ report: inout AuditReport) -> (Tile, [UInt8])? {
        if !tile.isFull, case .success(nil) = attempt(tile.path, limit: TilePublisher.limit(of: tile)),
            case .success(let bytes?) = attempt(tile.full.path, limit: TilePublisher.limit(of: tile.full))
        {
            return (tile.full, bytes)
        }
        return read(tile.path, limit: TilePublisher.limit(of: tile), &report).map { (tile, $0) }
    }

    func hashes(of tile: Tile, _ report: inout AuditReport) -> [UInt8]? {
        guard let (found, bytes) = read(tile, &report) else { return nil }
        report.tiles += 1
        guard bytes.count == found.byteCount else {
            report.add(
                found.path, "\(bytes.count) octets au lieu de \(found.width * Merkle.hashSize)",
                "it has \(bytes.count) bytes instead of \(found.width * Merkle.hashSize)")
            return nil
        }
        return found.width == tile.width ? bytes : Array(bytes.prefix(tile.width * Merkle.hashSize))
    }

    func entries(of tile: Tile, _ report: inout AuditReport) -> [[UInt8]]? {
        guard let (found, bytes) = read(tile, &report) else { return nil }
        report.tiles += 1
        do throws(EntryBundleError) {
            let entries = try EntryBundle.decode(bytes, count: found.width)
            return found.width == tile.width ? entries : Array(entries.prefix(tile.width))
        } catch {
            report.add(found.path, AuditWords.of(error))
            return nil
        }
    }
}
