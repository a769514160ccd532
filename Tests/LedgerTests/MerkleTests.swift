import Ledger
import Testing

@Suite("The tree of RFC 9162")
struct MerkleTests {
    @Test("has the roots that Certificate Transparency's test vectors give")
    func knownRoots() {
        let entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        let tree = NaiveTree(leaves: entries.map { Merkle.leafHash(hex($0)) })
        for (index, root) in roots.enumerated() {
            #expect(Merkle.root(size: UInt64(index + 1), read: tree.node) == hex(root))
        }
        #expect(Merkle.emptyRoot == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(Merkle.root(size: 0, read: tree.node) == Merkle.emptyRoot)
    }

    @Test(
        "makes and checks the inclusion of every leaf in every tree up to 300, and refuses it with one byte of its hashes flipped",
        arguments: 0..<6)
    func inclusion(part: Int) throws {
        let tree = NaiveTree(count: Self.largest)
        var turn = part
        for size in stride(from: part == 0 ? 6 : part, through: Self.largest, by: 6) {
            let root = tree.root(0, size)
            #expect(Merkle.root(size: UInt64(size), read: tree.node) == root)
            var wrong: [Int] = []
            for index in 0..<size {
                let path = Merkle.inclusionProof(of: UInt64(index), size: UInt64(size), read: tree.node)
                if path != tree.inclusion(index, 0, size) { wrong.append(index) }
                for (hashes, isRight) in [
                    ([tree.leaf(index), root] + path, true), (Self.spoilt([tree.leaf(index), root] + path, &turn), false),
                ] {
                    let holds = Self.holds { () throws(ProofError) in
                        try Merkle.verifyInclusion(
                            of: hashes[0], index: UInt64(index), size: UInt64(size), path: Array(hashes[2...]), root: hashes[1])
                    }
                    if holds != isRight { wrong.append(index) }
                }
            }
            #expect(wrong == [], "in \(size)")
        }
        #expect(turn > 7_000)
    }

    @Test(
        "makes and checks the consistency of every pair of trees up to 300, and refuses it with one byte of its hashes flipped",
        arguments: 0..<6)
    func consistency(part: Int) throws {
        let tree = NaiveTree(count: Self.largest)
        let roots = (0...Self.largest).map { tree.root(0, $0) }
        var turn = part
        for new in stride(from: part, through: Self.largest, by: 6) {
            var wrong: [Int] = []
            for old in 0...new {
                let path = Merkle.consistencyProof(from: UInt64(old), to: UInt64(new), read: tree.node)
                if path != (old == 0 ? [] : tree.consistency(old, 0, new)) { wrong.append(old) }
                // From no entries every state grows: only the empty tree's root is there to be wrong.
                let right = [roots[old]] + (old == 0 ? [] : [roots[new]] + path)
                for (hashes, isRight) in [(right, true), (Self.spoilt(right, &turn), false)] {
                    let holds = Self.holds { () throws(ProofError) in
                        try Merkle.verifyConsistency(
                            from: UInt64(old), root: hashes[0], to: UInt64(new), root: old == 0 ? roots[new] : hashes[1],
                            path: Array(hashes.dropFirst(2)))
                    }
                    if holds != isRight { wrong.append(old) }
                }
            }
            #expect(wrong == [], "to \(new)")
        }
        #expect(turn > 7_000)
    }

    private static let largest = 300

    private static func holds(_ verify: () throws(ProofError) -> Void) -> Bool {
        do throws(ProofError) {
            try verify()
            return true
        } catch {
            return false
        }
    }

    /// One bit of one of the hashes; from call to call it is another hash, byte and bit.
    private static func spoilt(_ hashes: [[UInt8]], _ turn: inout Int) -> [[UInt8]] {
        turn += 1
        var other = hashes
        let place = turn % hashes.count
        other[place] = flipped(hashes[place], turn * 7 % 32, bit: 1 << UInt8(turn / 32 % 8))
        return other
    }

    @Test("refuses an inclusion proof when any of its parts is altered", arguments: [1, 2, 3, 7, 8, 100, 255, 256, 257, 300])
    func alteredInclusion(size: Int) throws {
        let tree = NaiveTree(count: size)
        let root = tree.root(0, size)
        for index in Set([0, 1, size / 2, size - 2, size - 1]).filter({ (0..<size).contains($0) }) {
            let path = tree.inclusion(index, 0, size)
            func refuses(
                _ leaf: [UInt8]? = nil, at place: Int? = nil, in total: Int? = nil, path other: [[UInt8]]? = nil,
                root otherRoot: [UInt8]? = nil
            ) -> Bool {
                do throws(ProofError) {
                    try Merkle.verifyInclusion(
                        of: leaf ?? tree.leaf(index), index: UInt64(place ?? index), size: UInt64(total ?? size), path: other ?? path,
                        root: otherRoot ?? root
                    )
                    return false
                } catch {
                    return true
                }
            }
            #expect(!refuses())
            for byte in 0..<32 {
                #expect(refuses(flipped(tree.leaf(index), byte)))
                #expect(refuses(root: flipped(root, byte)))
                for step in path.indices {
                    var other = path
                    other[step] = flipped(other[step], byte)
                    #expect(refuses(path: other))
                }
            }
            for place in 0..<size where place != index { #expect(refuses(at: place)) }
            #expect(refuses(at: size))
            #expect(refuses(path: path + [root]))
            if !path.isEmpty {
                #expect(refuses(path: Array(path.dropLast())))
                #expect(refuses(path: Array(path.dropFirst())))
                #expect(refuses(path: [Array(path[0].dropLast())] + path.dropFirst()))
            }
        }
    }

    @Test(
        "refuses a consistency proof when any of its parts is altered",
        arguments: [(1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (128, 256), (200, 300)])
    func alteredConsistency(old: Int, new: Int) {
        let tree = NaiveTree(count: new)
        let (oldRoot, newRoot) = (tree.root(0, old), tree.root(0, new))
        let path = tree.consistency(old, 0, new)
        func refuses(_ a: Int, _ aRoot: [UInt8], _ b: Int, _ bRoot: [UInt8], _ path: [[UInt8]]) -> Bool {
            do throws(ProofError) {
                try Merkle.verifyConsistency(from: UInt64(a), root: aRoot, to: UInt64(b), root: bRoot, path: path)
                return false
            } catch {
                return true
            }
        }
        #expect(!refuses(old, oldRoot, new, newRoot, path))
        for byte in 0..<32 {
            #expect(refuses(old, flipped(oldRoot, byte), new, newRoot, path))
            #expect(refuses(old, oldRoot, new, flipped(newRoot, byte), path))
            for step in path.indices {
                var other = path
                other[step] = flipped(other[step], byte)
                #expect(refuses(old, oldRoot, new, newRoot, other))
            }
        }
        #expect(refuses(old, oldRoot, new, newRoot, path + [newRoot]))
        #expect(refuses(old, oldRoot, new, newRoot, Array(path.dropLast())))
        #expect(refuses(old, oldRoot, new, newRoot, []))
        #expect(refuses(new, newRoot, old, oldRoot, path))
        #expect(refuses(0, oldRoot, new, newRoot, []))
        #expect(refuses(new, oldRoot, new, newRoot, []))
    }
}

func flipped(_ bytes: [UInt8], _ index: Int, bit: UInt8 = 1) -> [UInt8] {
    var bytes = bytes
    bytes[index] ^= bit
    return bytes
}
