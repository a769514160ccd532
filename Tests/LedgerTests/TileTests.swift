import Ledger
import Testing

@Suite("Tiles")
struct TileTests {
    @Test(
        "have the paths of c2sp.org/tlog-tiles",
        arguments: [
            (Tile(.hashes(level: 0), index: 0), "tile/0/000"),
            (Tile(.hashes(level: 0), index: 1_234_067), "tile/0/x001/x234/067"),
            (Tile(.hashes(level: 1), index: 1000, width: 8), "tile/1/x001/000.p/8"),
            (Tile(.hashes(level: 63), index: 999, width: 255), "tile/63/999.p/255"),
            (Tile(.entries, index: 273, width: 112), "tile/entries/273.p/112"),
            (Tile(.entries, index: .max), "tile/entries/x018/x446/x744/x073/x709/x551/615"),
        ]
    )
    func paths(tile: Tile?, path: String) throws {
        #expect(try #require(tile).path == path)
        #expect(Tile(path: path) == tile)
    }

    @Test(
        "are read from their own path alone",
        arguments: [
            "", "tile", "tile/0", "tile/0/", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/0/0", "tile/0/00",
            "tile/0/0000", "tile/0/x000/001",
            "tile/0/x001/x000", "tile/0/001/000", "tile/0/x001", "tile/0/000.p", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
            "tile/0/000.p/+1",
            "tile/0/000.p/", "tile/0/000.q/1", "tile/0/000/1", "tile/entries/x1/000", "tile/data/000", "/tile/0/000", "tile/0/000/",
            "tile//0/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x001/x001/x018/x446/x744/x073/x709/x551/615", "tile/0/０００", "Tile/0/000",
        ]
    )
    func strangePaths(path: String) { #expect(Tile(path: path) == nil) }

    @Test("can't be empty, nor wider than 256, nor above level 63")
    func impossible() {
        #expect(Tile(.entries, index: 0, width: 0) == nil)
        #expect(Tile(.entries, index: 0, width: 257) == nil)
        #expect(Tile(.hashes(level: 64), index: 0) == nil)
        #expect(Tile(.hashes(level: -1), index: 0) == nil)
    }

    @Test("of 70,000 entries are those that the specification counts")
    func seventyThousand() {
        #expect(Tile.levels(ofTreeOf: 70_000) == 0..<3)
        #expect(Tile.fullCount(.hashes(level: 0), treeSize: 70_000) == 273)
        #expect(Tile.partial(.hashes(level: 0), treeSize: 70_000) == Tile(.hashes(level: 0), index: 273, width: 112))
        #expect(Tile.fullCount(.hashes(level: 1), treeSize: 70_000) == 1)
        #expect(Tile.partial(.hashes(level: 1), treeSize: 70_000) == Tile(.hashes(level: 1), index: 1, width: 17))
        #expect(Tile.partial(.hashes(level: 2), treeSize: 70_000) == Tile(.hashes(level: 2), index: 0, width: 1))
    }

    @Test("of 256 entries are a full tile and one hash above it")
    func twoHundredFiftySix() {
        #expect(Tile.levels(ofTreeOf: 256) == 0..<2)
        #expect(Tile.partial(.hashes(level: 0), treeSize: 256) == nil)
        #expect(Tile.partial(.entries, treeSize: 256) == nil)
        #expect(Tile.partial(.hashes(level: 1), treeSize: 256) == Tile(.hashes(level: 1), index: 0, width: 1))
        #expect(Tile.levels(ofTreeOf: 0).isEmpty)
        #expect(Tile.levels(ofTreeOf: 255) == 0..<1)
        #expect(Tile.covering(.hashes(level: 0), index: 1, treeSize: 256) == nil)
        #expect(Tile.covering(.hashes(level: 0), index: 1, treeSize: 257) == Tile(.hashes(level: 0), index: 1, width: 1))
    }

    @Test("grow with the tree, keep its root, and can be taken up again at any size up to 600")
    func growth() throws {
        let tree = NaiveTree(count: 600)
        var edge = RightEdge()
        var folder: [String: [UInt8]] = [:]
        for size in 0...600 {
            #expect(edge.size == UInt64(size))
            #expect(edge.root == tree.root(0, size), "\(size)")
            for file in edge.partialTiles {
                #expect(!file.bytes.isEmpty && !file.tile.isFull)
                folder[file.tile.path] = file.bytes
            }
            let again = try RightEdge(size: UInt64(size)) { tile in try #require(folder[tile.path]) }
            #expect(again.root == edge.root)
            #expect(again.partialTiles == edge.partialTiles)
            if size < 600 {
                for file in try edge.append(NaiveTree.entry(size), leafHash: tree.leaf(size)) {
                    #expect(file.tile.isFull)
                    folder[file.tile.path] = file.bytes
                }
            }
        }
        #expect(folder["tile/0/001"]?.count == 8192)
        #expect(folder["tile/0/002.p/88"]?.count == 88 * 32)
        #expect(folder["tile/1/000.p/2"]?.count == 64)
        let bundle = try #require(folder["tile/entries/001"])
        #expect(try EntryBundle.decode(bundle, count: 256).last == NaiveTree.entry(511))
    }

    @Test("give the same proofs as the tree, at three levels")
    func proofs() throws {
        let size: UInt64 = 66_000
        var edge = RightEdge()
        var folder: [String: [UInt8]] = [:]
        var roots: [UInt64: [UInt8]] = [:]
        for index in 0..<size {
            if index % 6_001 == 1 { roots[index] = edge.root }
            let entry = NaiveTree.entry(Int(index))
            for file in try edge.append(entry, leafHash: Merkle.leafHash(entry)) { folder[file.tile.path] = file.bytes }
        }
        for file in edge.partialTiles { folder[file.tile.path] = file.bytes }
        var hashes = TileHashes(size: size) { tile in try #require(folder[tile.path], "\(tile.path)") }
        #expect(try hashes.root() == edge.root)
        for index in [0, 1, 255, 256, 65_535, 65_536, 65_999] as [UInt64] {
            try Merkle.verifyInclusion(
                of: Merkle.leafHash(NaiveTree.entry(Int(index))), index: index, size: size, path: hashes.inclusionProof(of: index),
                root: edge.root
            )
        }
        for (old, root) in roots {
            try Merkle.verifyConsistency(from: old, root: root, to: size, root: edge.root, path: hashes.consistencyProof(from: old))
        }
        #expect(throws: TileError.self) { try hashes.hash(of: TreeNode(height: 0, index: size)) }
        #expect(throws: TileError.self) { try hashes.hash(of: TreeNode(height: 17, index: 0)) }
    }

    @Test("whose length or entries are wrong are refused when a tree is taken up again")
    func damagedEdge() throws {
        var edge = RightEdge()
        for index in 0..<5 { _ = try edge.append(NaiveTree.entry(index), leafHash: Merkle.leafHash(NaiveTree.entry(index))) }
        let files = Dictionary(uniqueKeysWithValues: edge.partialTiles.map { ($0.tile, $0.bytes) })
        for (tile, bytes) in files {
            for damaged in [Array(bytes.dropLast()), bytes + [0], []] + bytes.indices.map({ flipped(bytes, $0) }) {
                #expect(throws: (any Error).self, "\(tile.path)") {
                    try RightEdge(size: 5) { try #require($0 == tile ? damaged : files[$0]) }
                }
            }
        }
    }
}

@Suite("An entry bundle")
struct EntryBundleTests {
    @Test("keeps entries of every length up to 65,535 bytes, and none longer")
    func lengths() throws {
        let entries: [[UInt8]] = [
            [], [7], Array(repeating: 1, count: 255), Array(repeating: 2, count: 256), Array(repeating: 3, count: 65_535),
        ]
        let bytes = try entries.flatMap { try EntryBundle.encode($0) }
        #expect(Array(bytes.prefix(5)) == [0, 0, 0, 1, 7])
        #expect(try EntryBundle.decode(bytes, count: 5) == entries)
        #expect(throws: EntryBundleError.entryTooLong(65_536)) { try EntryBundle.encode(Array(repeating: 0, count: 65_536)) }
    }

    @Test("is refused when it is cut, longer, or has another number of entries")
    func damaged() throws {
        let bytes = try (0..<4).flatMap { try EntryBundle.encode(NaiveTree.entry($0)) }
        for length in bytes.indices {
            #expect(throws: EntryBundleError.self) { try EntryBundle.decode(Array(bytes[..<length]), count: 4) }
        }
        #expect(throws: EntryBundleError.truncated(entry: 4)) { try EntryBundle.decode(bytes + [0], count: 4) }
        #expect(throws: EntryBundleError.wrongCount(expected: 4, found: 5)) { try EntryBundle.decode(bytes + [0, 0], count: 4) }
        #expect(throws: EntryBundleError.wrongCount(expected: 5, found: 4)) { try EntryBundle.decode(bytes, count: 5) }
    }

    @Test("with any byte flipped doesn't have the same leaves")
    func flippedBytes() throws {
        let entries = (0..<4).map(NaiveTree.entry)
        let bytes = try entries.flatMap { try EntryBundle.encode($0) }
        for index in bytes.indices {
            for bit in 0..<8 {
                let read = try? EntryBundle.decode(flipped(bytes, index, bit: 1 << UInt8(bit)), count: 4)
                #expect(read != entries)
            }
        }
    }
}
