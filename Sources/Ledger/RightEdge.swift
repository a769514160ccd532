/// The growing side of a published ledger: the edge of its tree and the partial entry bundle. All that is needed to publish
/// further entries; below 20 MB whatever the ledger's size.
package struct RightEdge: Sendable {
    private var hashes = HashEdge()
    /// The partial entry bundle.
    private var bundle: [UInt8] = []

    /// Of the empty ledger.
    package init() {}

    /// Of the ledger of this size, from its partial tiles. Throws what `fetch` throws, `TileError` and `EntryBundleError` when a
    /// tile has the wrong length, and `RightEdgeError` when the entries don't hash to their leaves.
    /// The root still has to be compared with a verified checkpoint's.
    package init(size: UInt64, fetch: (Tile) throws -> [UInt8]) throws {
        hashes = try HashEdge(size: size, fetch: fetch)
        guard let tile = Tile.partial(.entries, treeSize: size) else { return }
        bundle = try fetch(tile)
        let entries = try EntryBundle.decode(bundle, count: tile.width)
        guard entries.flatMap(Merkle.leafHash) == hashes.levels[0] else { throw RightEdgeError.entriesDiffer(tile) }
    }

    package var size: UInt64 { hashes.size }
    package var root: [UInt8] { hashes.root }

    /// Adds one entry; returns the tiles that it fills, the bundle first. `leafHash` is taken on trust: it must be the entry's.
    package mutating func append(_ entry: [UInt8], leafHash: [UInt8]) throws(EntryBundleError) -> [TileFile] {
        bundle += try EntryBundle.encode(entry)
        var files: [TileFile] = []
        if size % 256 == 255, let tile = Tile(.entries, index: size / 256) {
            files.append(TileFile(tile: tile, bytes: bundle))
            bundle = []
        }
        return files + hashes.append(leafHash: leafHash)
    }

    /// The partial tiles of the ledger as it is now, the bundle first. None is empty.
    package var partialTiles: [TileFile] {
        let entries = Tile.partial(.entries, treeSize: size).map { TileFile(tile: $0, bytes: bundle) }
        return [entries].compactMap { $0 } + hashes.partialTiles
    }
}

package enum RightEdgeError: Error, Hashable, Sendable {
    /// The bundle's entries don't have the hashes of the tile of leaves.
    case entriesDiffer(Tile)
}
