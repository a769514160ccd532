import Ledger
import TestSupport
import Testing

@Suite("A cosignature")
struct CosignatureTests {
    private let log: NoteSigningKey
    private let witness: CosigningKey
    private let note: UnverifiedNote
    private let tree = NaiveTree(count: 9)

    init() throws {
        log = try NoteSigningKey(name: "agglo.example/ledger", seed: Array(repeating: 3, count: 32))
        witness = try CosigningKey(name: "temoin.example/w1", seed: Array(repeating: 4, count: 32))
        note = try UnverifiedNote(parsing: log.checkpoint(size: 9, root: tree.root(0, 9)).note)
    }

    @Test("of the specification's example has the right form, and its key the right id")
    func example() throws {
        // c2sp.org/tlog-cosignature's example: the timestamp stands behind the key id.
        let lines = try NoteSignature.lines(
            parsing: Array(
                "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
                    .utf8))
        #expect(lines.map(\.keyID) == [[0x8D, 0x66, 0xCF, 0x3F]] && lines[0].signature.count == 72)
        #expect(lines[0].signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } == 1_679_315_147)
        // A key that aics-witness made and named.
        let vkey = "witness.example/w1+692e233f+BJBpJc2Hfa4JjHLqa+C3qsEGiDzZCfXRaFFS4AtqSg4u"
        #expect(try CosignerKey(parsing: vkey).description == vkey)
    }

    @Test("is made, added to the note, read and checked, and the ledger's own signature stays")
    func roundTrip() throws {
        let made = try witness.cosign(note.text, at: 1_800_000_000)
        let cosigned = try note.adding([made.line])
        #expect(try UnverifiedNote(parsing: cosigned.bytes) == cosigned && cosigned.bytes.starts(with: note.bytes))
        let read = try cosigned.cosignatures(by: [witness.verifier])
        #expect(read == [made] && read[0].time == 1_800_000_000)
        #expect(try UnverifiedCheckpoint(parsing: cosigned.bytes).verified(by: log.verifier).size == 9)
        // Once more changes nothing.
        #expect(try cosigned.adding([made.line]) == cosigned)
        #expect(try NoteSignature.lines(parsing: Array(made.line.line.utf8)) == [made.line])
    }

    @Test("of a stranger is ignored; the latest of two counts, and one key under two names once")
    func strangers() throws {
        let stranger = try CosigningKey(name: "temoin.example/w1", seed: Array(repeating: 5, count: 32))
        let alias = try CosigningKey(name: "autre.example/w1", seed: Array(repeating: 4, count: 32))
        let lines = try [
            witness.cosign(note.text, at: 20), stranger.cosign(note.text, at: 30), witness.cosign(note.text, at: 10),
            alias.cosign(note.text, at: 40),
        ].map(\.line)
        let cosigned = try note.adding(lines)
        #expect(try cosigned.cosignatures(by: [witness.verifier, alias.verifier]).map(\.time) == [20])
        #expect(try note.cosignatures(by: [witness.verifier]).isEmpty)
    }

    @Test("with any bit flipped is refused, or no longer the witness's")
    func flipped() throws {
        let line = try witness.cosign(note.text, at: 1_800_000_000).line
        var refused = 0
        for place in line.signature.indices {
            for bit in 0..<8 {
                var signature = line.signature
                signature[place] ^= 1 << UInt8(bit)
                let line = try damaged(line, signature)
                #expect(throws: NoteError.badSignature(key: witness.verifier.name)) {
                    _ = try note.adding([line]).cosignatures(by: [witness.verifier])
                }
                refused += 1
            }
        }
        #expect(refused == 72 * 8)
        for place in note.text.indices.dropLast() {
            var text = note.text
            text[place] ^= 1
            #expect(throws: NoteError.self) { _ = try witness.verifier.cosignature(in: line, of: text) }
        }
        // A ledger's signature with the same bytes of key is no cosignature, and the other way round.
        let same = try NoteSigningKey(name: witness.verifier.name, seed: Array(repeating: 4, count: 32))
        #expect(same.verifier.id != witness.verifier.id && same.verifier.publicKey == witness.verifier.publicKey)
        #expect(throws: NoteError.unsigned) { try note.adding([line]).verified(by: [same.verifier]) }
    }

    /// The line with another signature: made by reading its text.
    private func damaged(_ line: NoteSignature, _ signature: [UInt8]) throws -> NoteSignature {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = line.keyID + signature
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 { text.append(place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place) & 63)] : 0x3D) }
        }
        return try NoteSignature.lines(parsing: Array("— \(line.name) ".utf8) + text + [0x0A])[0]
    }

    @Test("has keys of type 4 only, without spaces or a wrong id")
    func keys() throws {
        let text = witness.verifier.description
        #expect(try CosignerKey(parsing: text + "\n").description == text)
        for wrong in [
            log.verifier.description, text + "\n\n", text.replacing("temoin", with: "tem oin"), String(text.dropLast(2)),
            text.replacing("w1+", with: "w2+"), "", "a+b",
        ] {
            #expect(throws: NoteError.self) { try CosignerKey(parsing: wrong) }
        }
        #expect(throws: NoteError.self) { try witness.cosign(note.text, at: UInt64.max) }
        #expect(!"\(witness) \(String(reflecting: witness))".contains("BAQEBAQE"))
    }
}

@Suite("A request to a witness")
struct AddCheckpointTests {
    private let log: NoteSigningKey
    private let tree = NaiveTree(count: 300)

    init() throws { log = try NoteSigningKey(name: "agglo.example/ledger", seed: Array(repeating: 3, count: 32)) }

    private func request(from old: Int, to new: Int) throws -> AddCheckpointRequest {
        let note = try log.checkpoint(size: UInt64(new), root: tree.root(0, new)).note
        return try AddCheckpointRequest(
            oldSize: UInt64(old), proof: old == 0 ? [] : tree.consistency(old, 0, new), checkpoint: UnverifiedCheckpoint(parsing: note))
    }

    @Test("is read back as it was written, and its proof leads from each size to each other")
    func roundTrip() throws {
        for new in stride(from: 1, through: 300, by: 13) {
            for old in stride(from: 0, through: new, by: 7) {
                let request = try request(from: old, to: new)
                let read = try AddCheckpointRequest(parsing: request.text)
                #expect(read == request && read.text == request.text)
                try Merkle.verifyConsistency(
                    from: UInt64(old), root: tree.root(0, old), to: UInt64(new), root: tree.root(0, new), path: read.proof)
            }
        }
    }

    @Test("with any byte flipped is another one or none, and never one that holds")
    func flipped() throws {
        let text = try request(from: 133, to: 290).text
        var parsed = 0
        for place in text.indices {
            for bit in 0..<8 {
                var bytes = text
                bytes[place] ^= 1 << UInt8(bit)
                guard let read = try? AddCheckpointRequest(parsing: bytes) else { continue }
                parsed += 1
                #expect(read.text == bytes)
                #expect(throws: (any Error).self) {
                    guard read.oldSize == 133 else { throw AddCheckpointError.malformed("another size: 409") }
                    let checkpoint = try read.checkpoint.verified(by: log.verifier)
                    try Merkle.verifyConsistency(
                        from: 133, root: tree.root(0, 133), to: checkpoint.size, root: checkpoint.root, path: read.proof)
                }
            }
        }
        #expect(parsed > 1000)
    }

    @Test("has at most 63 lines of proof, plain numbers and whole hashes")
    func malformed() throws {
        let good = try request(from: 133, to: 290)
        let note = String(decoding: good.checkpoint.note.bytes, as: UTF8.self)
        let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        func text(_ lines: [String]) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n\n" + note).utf8) }
        #expect(try AddCheckpointRequest(parsing: text(["old 7"] + Array(repeating: hash, count: 63))).proof.count == 63)
        for lines in [
            ["old 7"] + Array(repeating: hash, count: 64), ["old 07"], ["old -1"], ["old +1"], ["old 18446744073709551616"], ["old  7"],
            ["old 7 "], ["Old 7"], ["7"], [""], [], ["old 7", "AAAA"], ["old 7", hash + " "], ["old 7", hash, "x"], ["old 7\r"],
        ] {
            #expect(throws: AddCheckpointError.self, "\(lines)") { try AddCheckpointRequest(parsing: text(lines)) }
        }
        #expect(throws: AddCheckpointError.self) { try AddCheckpointRequest(parsing: []) }
        #expect(throws: AddCheckpointError.self) { try AddCheckpointRequest(parsing: Array("old 0\n\nno note\n".utf8)) }
        #expect(throws: AddCheckpointError.self) {
            try AddCheckpointRequest(oldSize: 1, proof: [[1, 2]], checkpoint: good.checkpoint)
        }
        #expect(TreeSizeText.decode(TreeSizeText.encode(290)) == 290)
        for wrong in ["", "1", "01\n", "1\n\n", "+1\n", " 1\n", "1\r\n"] { #expect(TreeSizeText.decode(Array(wrong.utf8)) == nil) }
    }

    @Test("may carry a checkpoint with extension lines, which only our own ledger never has")
    func extensions() throws {
        let body = try Checkpoint(origin: log.verifier.name, size: 9, root: tree.root(0, 9)).body + Array("more\n".utf8)
        let note = try UnverifiedNote.signed(body, by: log)
        let read = try UnverifiedCheckpoint(parsing: note.bytes, extensions: true)
        #expect(try read.verified(by: log.verifier).body == body && read.checkpoint.size == 9)
        #expect(throws: CheckpointError.self) { try UnverifiedCheckpoint(parsing: note.bytes) }
    }
}
