import Ledger
import Testing

/// The keys and the note of golang.org/x/mod/sumdb/note's documentation.
private let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
private let peterSecret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
private let enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
private let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
private let signature =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
private let published = Array((text + "\n" + signature).utf8)

@Suite("A signed note")
struct NoteTests {
    @Test("is written and read as Go's sumdb does")
    func goNote() throws {
        let key = try NoteSigningKey(parsing: peterSecret + "\n")
        #expect(key.verifier.description == peter)
        #expect(key.serialized == peterSecret + "\n")
        #expect(try NoteVerifierKey(parsing: peter) == key.verifier)
        #expect(try UnverifiedNote.signed(Array(text.utf8), by: key).bytes == published)
        let note = try UnverifiedNote(parsing: published)
        #expect(note.text == Array(text.utf8))
        #expect(try note.verified(by: [NoteVerifierKey(parsing: peter)]) == [key.verifier])
    }

    @Test("by nobody we know is refused, and strangers' lines are ignored")
    func strangers() throws {
        let (known, stranger) = try (NoteVerifierKey(parsing: peter), NoteVerifierKey(parsing: enoch))
        #expect(throws: NoteError.unsigned) { try UnverifiedNote(parsing: published).verified(by: [stranger]) }
        #expect(throws: NoteError.unsigned) { try UnverifiedNote(parsing: published).verified(by: []) }
        let lines = (0..<20).map { "— witness\($0).example AAAAAAAAAAAAAAAA\n" }.joined()
        let note = try UnverifiedNote(parsing: Array((text + "\n" + lines + signature).utf8))
        #expect(try note.verified(by: [stranger, known]) == [known])
        // Another key's line under the same name is a stranger's.
        let sameName = "— PeterNeumann AAAAAAAAAAAAAAAA\n"
        #expect(try UnverifiedNote(parsing: Array((text + "\n" + sameName + signature).utf8)).verified(by: [known]) == [known])
    }

    @Test("with a wrong line of a known key is refused, also beside a right one")
    func badSignature() throws {
        let known = try NoteVerifierKey(parsing: peter)
        let wrong = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAc=\n"
        for lines in [wrong, signature + wrong, wrong + signature] {
            #expect(throws: NoteError.badSignature(key: "PeterNeumann")) {
                try UnverifiedNote(parsing: Array((text + "\n" + lines).utf8)).verified(by: [known])
            }
        }
    }

    @Test("with any bit flipped is refused")
    func flippedBits() throws {
        let known = try NoteVerifierKey(parsing: peter)
        for index in published.indices {
            for bit in 0..<8 {
                #expect(throws: NoteError.self, "byte \(index), bit \(bit)") {
                    try UnverifiedNote(parsing: flipped(published, index, bit: 1 << UInt8(bit))).verified(by: [known])
                }
            }
        }
    }

    @Test(
        "that isn't one is refused",
        arguments: [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\nsig\n", "text\n\n— a\n", "text\n\n— a AAAA\n", "text\n\n— a AAAAAAA\n",
            "text\n\n— a AAAAAAAA", "text\n\n— a+b AAAAAAAA\n", "text\n\n—  AAAAAAAA\n", "text\n\n- a AAAAAAAA\n",
            "text\n\n— a AAAAAAA=\u{20}\n",
            "text\n\n— a AAAAAAAB AAAA\n", "te\u{1}xt\n\n— a AAAAAAAA\n", "text\r\n\n— a AAAAAAAA\n", "text\n\n— a AAAAAAAA\n\n",
            "text\n\n— a AAAAAA/=\n",
        ]
    )
    func malformed(text: String) {
        #expect(throws: NoteError.self) { try UnverifiedNote(parsing: Array(text.utf8)) }
    }

    @Test("is UTF-8, holds its size, and its text may have blank lines")
    func limits() throws {
        #expect(throws: NoteError.self) { try UnverifiedNote(parsing: [0xFF] + published) }
        #expect(throws: NoteError.self) { try UnverifiedNote(parsing: Array(repeating: 0x61, count: 300_000) + published) }
        let many = Array((text + "\n" + String(repeating: "— a AAAAAAAA\n", count: 65)).utf8)
        #expect(throws: NoteError.self) { try UnverifiedNote(parsing: many) }
        let key = try NoteSigningKey(name: "élu.example", seed: Array(repeating: 9, count: 32))
        let note = try UnverifiedNote.signed(Array("a\n\nb\n\n".utf8), by: key)
        #expect(try UnverifiedNote(parsing: note.bytes).text == Array("a\n\nb\n\n".utf8))
        for text in ["", "a", "a\u{7}\n"] { #expect(throws: NoteError.self) { try UnverifiedNote.signed(Array(text.utf8), by: key) } }
    }

    @Test(
        "has keys with one text each",
        arguments: [
            "", "a", "a+b", "a+b+c", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            peter + "\n\n", " " + peter, peter + "=",
        ]
    )
    func keys(vkey: String) {
        #expect(throws: NoteError.self) { try NoteVerifierKey(parsing: vkey) }
    }

    @Test("doesn't let its secret key into a description")
    func secret() throws {
        let key = try NoteSigningKey(parsing: peterSecret)
        let dumped = "\(key) \(String(reflecting: key)) \(Mirror(reflecting: key).children.map { "\($0)" })"
        #expect(!dumped.contains("AYEKFALV") && !dumped.contains("81, 10") && dumped.contains("PeterNeumann"))
        for text in ["PRIVATE+KEY+x+c74f20a3+AYEK", peter, peterSecret.replacing("c74f", with: "c74e"), peterSecret + "A"] {
            #expect(throws: NoteError.self) { try NoteSigningKey(parsing: text) }
        }
    }
}
