import Ledger
import Testing

private func testKey(_ name: String = "agglo.example/ledger") throws -> NoteSigningKey {
    try NoteSigningKey(name: name, seed: Array(repeating: 42, count: 32))
}

@Suite("A checkpoint")
struct CheckpointTests {
    @Test("is signed, published, read and checked")
    func roundTrip() throws {
        let key = try testKey()
        let root = Merkle.leafHash([1])
        let signed = try key.checkpoint(size: 1, root: root)
        #expect(String(decoding: signed.body, as: UTF8.self).hasPrefix("agglo.example/ledger\n1\nt"))
        let read = try UnverifiedCheckpoint(parsing: signed.note).verified(by: key.verifier)
        #expect(read == signed && read.size == 1 && read.root == root)
        #expect(try key.checkpoint(size: 0, root: Merkle.emptyRoot).size == 0)
    }

    @Test("has a root of 32 bytes, and the empty tree's only when it is empty")
    func roots() throws {
        let key = try testKey()
        for root in [[], Array(repeating: 0, count: 31), Array(repeating: 0, count: 33)] as [[UInt8]] {
            #expect(throws: CheckpointError.self) { try key.checkpoint(size: 1, root: root) }
        }
        #expect(throws: CheckpointError.self) { try key.checkpoint(size: 0, root: Merkle.leafHash([])) }
    }

    @Test(
        "with another body is refused",
        arguments: [
            "", "a\n", "a\n1\n", "a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
            "a\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
            "a\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
            "a\n18446744073709551616\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "a\n1\n\n", "a\n1\nAAAA\n",
            "a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", "a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
            "a\r\n1\r\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", "a b\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        ]
    )
    func malformed(body: String) {
        #expect(throws: CheckpointError.self) { try Checkpoint(parsing: Array(body.utf8)) }
    }

    @Test("of another ledger is refused, though our key signed it")
    func otherOrigin() throws {
        let key = try testKey()
        let body = try Checkpoint(origin: "other.example", size: 1, root: Merkle.leafHash([1])).body
        let note = try UnverifiedNote.signed(body, by: key)
        #expect(throws: CheckpointError.otherOrigin("other.example")) {
            try UnverifiedCheckpoint(parsing: note.bytes).verified(by: key.verifier)
        }
        let stranger = try testKey("other.example")
        #expect(throws: CheckpointError.note(.unsigned)) {
            try UnverifiedCheckpoint(parsing: key.checkpoint(size: 1, root: Merkle.leafHash([1])).note).verified(by: stranger.verifier)
        }
    }
}

@Suite("A tlog-proof")
struct TlogProofTests {
    private func example(extra: [UInt8]? = nil) throws -> (NoteSigningKey, TlogProof) {
        let key = try testKey()
        let tree = NaiveTree(count: 7)
        let checkpoint = try key.checkpoint(size: 7, root: tree.root(0, 7))
        return (key, try TlogProof(extra: extra, index: 4, path: tree.inclusion(4, 0, 7), checkpoint: checkpoint.note))
    }

    @Test("has the text of c2sp.org/tlog-proof and proves its entry", arguments: [nil, [], [0, 1, 2, 255]] as [[UInt8]?])
    func roundTrip(extra: [UInt8]?) throws {
        let (key, proof) = try example(extra: extra)
        let lines = String(decoding: proof.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "c2sp.org/tlog-proof@v1")
        if let extra { #expect(lines[1] == (extra.isEmpty ? "extra " : "extra AAEC/w==")) }
        let start = extra == nil ? 1 : 2
        #expect(lines[start] == "index 4")
        #expect(lines[start + 4] == "" && lines[start + 5] == "agglo.example/ledger")
        let read = try TlogProof(parsing: proof.text)
        #expect(read == proof)
        let verified = try read.verified(entry: NaiveTree.entry(4), key: key.verifier)
        #expect(verified.index == 4 && verified.checkpoint.size == 7)
    }

    @Test("of the only entry has no hash")
    func single() throws {
        let key = try testKey()
        let checkpoint = try key.checkpoint(size: 1, root: Merkle.leafHash(NaiveTree.entry(0)))
        let proof = try TlogProof(parsing: TlogProof(index: 0, path: [], checkpoint: checkpoint.note).text)
        #expect(proof.path.isEmpty)
        #expect(try proof.verified(entry: NaiveTree.entry(0), key: key.verifier).index == 0)
    }

    @Test("with any bit flipped, or of another entry, proves nothing")
    func flippedBits() throws {
        let (key, proof) = try example()
        for entry in [0, 1, 2, 3, 5, 6] {
            #expect(throws: TlogProofError.self) { try proof.verified(entry: NaiveTree.entry(entry), key: key.verifier) }
        }
        for index in proof.text.indices {
            for bit in 0..<8 {
                #expect(throws: TlogProofError.self, "byte \(index), bit \(bit)") {
                    try TlogProof(parsing: flipped(proof.text, index, bit: 1 << UInt8(bit))).verified(
                        entry: NaiveTree.entry(4), key: key.verifier)
                }
            }
        }
    }

    @Test("that isn't one is refused")
    func malformed() throws {
        let text = String(decoding: try example().1.text, as: UTF8.self)
        let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        for broken in [
            "", "\n\n", text.replacing("@v1", with: "@v2"), text.replacing("index 4\n", with: ""),
            text.replacing("index 4", with: "index 04"),
            text.replacing("index 4", with: "extra AAAB\nextra AAAB\nindex 4"), text.replacing("index 4", with: "index 4\n"),
            text.replacing("index 4", with: "extra A\nindex 4"), text.replacing("index 4", with: "index 4\nAAAA"),
            text.replacing("\n\n", with: "\n"),
            text.replacing("index 4", with: "index 4\n" + Array(repeating: hash, count: 62).joined(separator: "\n")), text + "\n",
        ] {
            #expect(throws: TlogProofError.self, "\(broken)") { try TlogProof(parsing: Array(broken.utf8)) }
        }
    }
}
