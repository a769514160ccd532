import Foundation
import Ledger

extension TilePublisher {
    /// The tile of the most entries that lies in the folder, with their number; nil: there is none. Only names are looked at, and of each
    /// level only the last folders: the time doesn't grow with the ledger.
    func furthestTile() throws -> (tile: Tile, entries: UInt64)? {
        var furthest: (tile: Tile, entries: UInt64)?
        for level in try PublicFile.names(in: folder + "/tile") {
            guard let tile = try lastTile(in: "tile/" + level), let entries = tile.leastEntries else { continue }
            if entries > furthest?.entries ?? 0 { furthest = (tile, entries) }
        }
        return furthest
    }

    /// Names beside those of tiles are the audit's affair.
    private func lastTile(in path: String) throws -> Tile? {
        guard isFolder(path) else { return nil }
        let names = try PublicFile.names(in: folder + "/" + path)
        // `x001/…` comes after all that has fewer digits.
        for name in names.filter({ $0.hasPrefix("x") }).sorted(by: >) {
            if let tile = try lastTile(in: path + "/" + name) { return tile }
        }
        let groups = Dictionary(grouping: names.filter { !$0.hasPrefix("x") }) { $0.prefix(3) }
        for (_, names) in groups.sorted(by: { $0.key > $1.key }) {
            var widest: Tile?
            for name in names {
                let paths =
                    name.hasSuffix(".p") && isFolder(path + "/" + name)
                    ? try PublicFile.names(in: folder + "/" + path + "/" + name).map { "\(path)/\(name)/\($0)" } : ["\(path)/\(name)"]
                for case let tile? in paths.map({ Tile(path: $0) }) where tile.width > widest?.width ?? 0 { widest = tile }
            }
            if let widest { return widest }
        }
        return nil
    }

    private func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder) && isFolder.boolValue
    }
}

extension Tile {
    /// Entries that a tree has at least when it has this tile; nil: more than can be counted.
    var leastEntries: UInt64? {
        let (start, overflow) = index.multipliedReportingOverflow(by: UInt64(Self.fullWidth))
        guard !overflow, start <= .max - UInt64(width) else { return nil }
        guard case .hashes(let level) = content, level > 0 else { return start + UInt64(width) }
        let (entries, isTooMuch) = (start + UInt64(width)).multipliedReportingOverflow(by: level < 8 ? 1 << UInt64(8 * level) : .max)
        return isTooMuch ? nil : entries
    }
}
