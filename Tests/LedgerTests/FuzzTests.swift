import Ledger
import TestSupport
import Testing

/// What strangers may send us, damaged in every way: each parser answers with a value or an error, and a value has one text only.
@Suite("Hostile bytes")
struct FuzzTests {
    private static let rounds = 4_000

    /// Bytes changed, removed, doubled, cut, or taken from another place.
    private func mutations(of seeds: [[UInt8]], _ body: ([UInt8]) throws -> Void) rethrows {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<Self.rounds {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes[place], at: place)
                case 3: bytes = Array(bytes[..<place])
                case 4: bytes += bytes[place...].prefix(40)
                default: bytes.insert(contentsOf: [0x0A, 0x20, 0x30, 0x2B, 0x3D, 0x5C].shuffled(using: &generator).prefix(2), at: place)
                }
            }
            try body(bytes)
        }
    }

    private let key: NoteSigningKey
    private let proof: [UInt8]
    private let note: [UInt8]

    init() throws {
        key = try NoteSigningKey(name: "agglo.example/ledger", seed: Array(repeating: 3, count: 32))
        let tree = NaiveTree(count: 5)
        note = try key.checkpoint(size: 5, root: tree.root(0, 5)).note
        proof = try TlogProof(extra: [1, 2, 3], index: 2, path: tree.inclusion(2, 0, 5), checkpoint: note).text
    }

    @Test("never make a JSON value that isn't read back the same")
    func json() throws {
        let seeds = [
            #"{"a":[1,-2.5e3,"é\u00e9\n😀"],"b":{"c":null,"d":[true,false]},"e":9007199254740991}"#, #"[[[[[[[[""]]]]]]]]"#,
            #""\ud83d\ude00\\""#, "-0.1e-7",
        ]
        mutations(of: seeds.map { Array($0.utf8) }) { bytes in
            guard let value = try? JSON(parsing: bytes) else { return }
            #expect((try? JSON(parsing: value.canonical)) == value)
        }
    }

    @Test("never make a note, checkpoint, proof or key with two texts")
    func texts() throws {
        mutations(of: [note]) { bytes in
            guard let read = try? UnverifiedCheckpoint(parsing: bytes) else { return }
            #expect(read.checkpoint.body == read.note.text && read.note.bytes == bytes)
            if bytes != note {
                #expect((try? read.verified(by: key.verifier).body) == nil || read.note.text == Array(note.prefix(read.note.text.count)))
            }
        }
        mutations(of: [proof]) { bytes in
            if let read = try? TlogProof(parsing: bytes) { #expect(read.text == bytes) }
        }
        mutations(of: [Array(key.verifier.description.utf8)]) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let read = try? NoteVerifierKey(parsing: text) { #expect(read.description == text || read.description + "\n" == text) }
        }
    }

    @Test("never make a bundle or a tile's path that is written otherwise")
    func tiles() throws {
        let bundle = try (0..<5).flatMap { try EntryBundle.encode(NaiveTree.entry($0)) }
        try mutations(of: [bundle]) { bytes in
            guard let entries = try? EntryBundle.decode(bytes, count: 5) else { return }
            let again = try entries.flatMap { try EntryBundle.encode($0) }
            #expect(again == bytes)
        }
        mutations(of: ["tile/0/x001/x234/067.p/8", "tile/entries/000", "tile/63/999.p/255"].map { Array($0.utf8) }) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let tile = Tile(path: text) { #expect(tile.path == text) }
        }
    }
}
