/// A tile and its bytes.
package struct TileFile: Hashable, Sendable {
    package let tile: Tile
    package let bytes: [UInt8]

    package init(tile: Tile, bytes: [UInt8]) {
        self.tile = tile
        self.bytes = bytes
    }
}

/// The growing side of a tiled tree: its partial tiles of hashes, one a level. All that is needed to add leaves and to know
/// the root; at most 64 kB whatever the tree's size.
package struct HashEdge: Sendable {
    package private(set) var size: UInt64 = 0
    /// Hashes of the partial tile at each level, end to end.
    private(set) var levels: [[UInt8]] = []

    /// Of the empty tree.
    package init() {}

    /// Of the tree of this size, from its partial tiles. Throws what `fetch` throws, and `TileError` when a tile has the
    /// wrong length. The root still has to be compared with a verified checkpoint's.
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
    }

    /// Adds one leaf; returns the tiles that it fills, lowest level first.
    package mutating func append(leafHash: [UInt8]) -> [TileFile] {
        var files: [TileFile] = []
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

    /// Adds 256 leaves at once, where the last tile of leaves is full; returns the tiles that they fill, lowest level first.
    package mutating func append(fullTile hashes: [UInt8]) -> [TileFile] {
        precondition(size % 256 == 0 && hashes.count == 256 * Merkle.hashSize, "a whole tile after whole tiles")
        if levels.isEmpty { levels.append([]) }
        // The last leaf fills the tile, and what is above it, as if it came alone.
        levels[0] = Array(hashes.dropLast(Merkle.hashSize))
        size += 255
        return append(leafHash: Array(hashes.suffix(Merkle.hashSize)))
    }

    /// The partial tiles of the tree as it is now, lowest level first. None is empty.
    package var partialTiles: [TileFile] {
        levels.enumerated().compactMap { level, bytes in
            Tile.partial(.hashes(level: level), treeSize: size).map { TileFile(tile: $0, bytes: bytes) }
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
