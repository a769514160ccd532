/// A tile and its bytes.
package struct TileFile: Hashable, Sendable {
    package let tile: Tile
    package let bytes: [UInt8]

    package init(tile: Tile, bytes: [UInt8]) {
        self.tile = tile
        self.bytes = bytes
    }
}

/// The growing side of a tiled tree: its partial tiles, one a level, and the partial entry bundle. It is all that is needed to
/// add entries and to know the root, and stays below 20 MB whatever the tree's size.
package struct RightEdge: Sendable {
    package private(set) var size: UInt64 = 0
    /// Hashes of the partial tile at each level, end to end.
    private var levels: [[UInt8]] = []
    /// The partial entry bundle.
    private var bundle: [UInt8] = []

    /// Of the empty tree.
    package init() {}

    /// Of the tree of this size, from its partial tiles. Throws what `fetch` throws, `TileError` and `EntryBundleError` when a tile
    /// has the wrong length, and `RightEdgeError` when the entries don't hash to their leaves.
    /// The root still has to be compared with a verified checkpoint's.
    package init(size: UInt64, fetch: (Tile) throws -> [UInt8]) throws {
        self.size = size
        for level in Tile.levels(ofTreeOf: size) {
            guard let tile = Tile.partial(.hashes(level: level), treeSize: size) else {
                levels.append([])
                continue
            }
            let bytes = try fetch(tile)
            guard bytes.count == tile.byteCount else { throw TileError.wrongLength(tile, bytes.count) }
            levels.append(bytes)
        }
        guard let tile = Tile.partial(.entries, treeSize: size) else { return }
        bundle = try fetch(tile)
        let entries = try EntryBundle.decode(bundle, count: tile.width)
        guard entries.flatMap(Merkle.leafHash) == levels[0] else { throw RightEdgeError.entriesDiffer(tile) }
    }

    /// Adds one entry; returns the tiles that it fills, the bundle first. `leafHash` is taken on trust: it must be the entry's.
    package mutating func append(_ entry: [UInt8], leafHash: [UInt8]) throws(EntryBundleError) -> [TileFile] {
        bundle += try EntryBundle.encode(entry)
        var files: [TileFile] = []
        if size % 256 == 255, let tile = Tile(.entries, index: size / 256) {
            files.append(TileFile(tile: tile, bytes: bundle))
            bundle = []
        }
        var (hash, level, index) = (leafHash, 0, size)
        while true {
            if level == levels.count { levels.append([]) }
            levels[level] += hash
            guard index % 256 == 255, let tile = Tile(.hashes(level: level), index: index / 256) else { break }
            files.append(TileFile(tile: tile, bytes: levels[level]))
            hash = Merkle.completeRoot(of: levels[level][...])
            levels[level] = []
            level += 1
            index /= 256
        }
        size += 1
        return files
    }

    /// The partial tiles of the tree as it is now, the bundle first. None is empty.
    package var partialTiles: [TileFile] {
        let contents = [(Tile.Content.entries, bundle)] + levels.enumerated().map { (.hashes(level: $0.offset), $0.element) }
        return contents.compactMap { content, bytes in
            Tile.partial(content, treeSize: size).map { TileFile(tile: $0, bytes: bytes) }
        }
    }

    package var root: [UInt8] {
        var peaks: [[UInt8]] = []
        for bytes in levels.reversed() {
            // A level's hashes, cut into the powers of two that its width is the sum of.
            var start = 0
            while start < bytes.count {
                let width = 1 << (Int.bitWidth - 1 - ((bytes.count - start) / Merkle.hashSize).leadingZeroBitCount)
                peaks.append(Merkle.completeRoot(of: bytes[start..<(start + width * Merkle.hashSize)]))
                start += width * Merkle.hashSize
            }
        }
        return peaks.isEmpty ? Merkle.emptyRoot : Merkle.fold(peaks)
    }
}

package enum RightEdgeError: Error, Hashable, Sendable {
    /// The bundle's entries don't have the hashes of the tile of leaves.
    case entriesDiffer(Tile)
}
