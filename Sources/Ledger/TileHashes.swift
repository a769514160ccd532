/// Reads the nodes of one tree out of its tiles. What it reads it believes: check the root that comes out against a verified
/// checkpoint, or the proof against that root.
package struct TileHashes {
    package let size: UInt64
    private let fetch: (Tile) throws -> [UInt8]
    private var tiles: [Tile: [UInt8]] = [:]

    /// `fetch` returns the bytes of a tile of hashes (where a partial one is gone, the start of the full one).
    package init(size: UInt64, fetch: @escaping (Tile) throws -> [UInt8]) {
        self.size = size
        self.fetch = fetch
    }

    package mutating func root() throws -> [UInt8] {
        try Merkle.root(size: size) { node in try hash(of: node) }
    }

    /// The index must be below the size.
    package mutating func inclusionProof(of index: UInt64) throws -> [[UInt8]] {
        try Merkle.inclusionProof(of: index, size: size) { node in try hash(of: node) }
    }

    /// From a tree that was not larger.
    package mutating func consistencyProof(from old: UInt64) throws -> [[UInt8]] {
        try Merkle.consistencyProof(from: old, to: size) { node in try hash(of: node) }
    }

    /// The node must be complete in this tree.
    package mutating func hash(of node: TreeNode) throws -> [UInt8] {
        let (level, height) = (node.height / 8, node.height % 8)
        let first = node.index << UInt64(height)
        let content = Tile.Content.hashes(level: level)
        guard let tile = Tile.covering(content, index: first / 256, treeSize: size) else { throw TileError.outOfTree(node) }
        let bytes = try bytes(of: tile)
        let start = Int(first % 256)
        guard start + 1 << height <= tile.width else { throw TileError.outOfTree(node) }
        return Merkle.completeRoot(of: bytes[(start * Merkle.hashSize)..<((start + 1 << height) * Merkle.hashSize)])
    }

    private mutating func bytes(of tile: Tile) throws -> [UInt8] {
        if let known = tiles[tile] { return known }
        let bytes = try fetch(tile)
        guard bytes.count == tile.byteCount else { throw TileError.wrongLength(tile, bytes.count) }
        tiles[tile] = bytes
        return bytes
    }
}

package enum TileError: Error, Hashable, Sendable {
    case wrongLength(Tile, Int)
    case outOfTree(TreeNode)
}

extension Merkle {
    /// The root over a full tile's hashes: what the tile above has for it.
    package static func root(ofTile hashes: [UInt8]) -> [UInt8] { completeRoot(of: hashes[...]) }

    /// The root over hashes laid end to end; their number is a power of two.
    static func completeRoot(of hashes: ArraySlice<UInt8>) -> [UInt8] {
        var level = Array(hashes)
        while level.count > hashSize {
            var next: [UInt8] = []
            next.reserveCapacity(level.count / 2)
            level.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: 2 * hashSize) {
                    next += pairHash(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 2 * hashSize)]))
                }
            }
            level = next
        }
        return level
    }
}
