import Curl
import Testing

@Suite("What may stand in MAIL FROM and RCPT TO")
struct EnvelopeAddressTests {
    @Test(
        "plain addresses pass unchanged",
        arguments: ["a@b.example", "c.12+x=y@agglo.example", "m@localhost", "o'brien@xn--mller-kva.example"])
    func plain(_ text: String) throws {
        #expect(try EnvelopeAddress(checking: text).text == text)
    }

    @Test(
        "nothing that could begin another command passes",
        arguments: [
            "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example>", "<a@b.example", "a@b.example> NOTIFY=NEVER", "a b@c.example",
            "a@b.example\n", "a@b.example\r", "a@b.example\0", "\0a@b.example", "a\t@b.example", "a@b@c.example", "a,b@c.example",
            "é@b.example", "a@é.example", "\"a b\"@c.example", "a(b)@c.example", "a@[127.0.0.1]", "", "@", "a@", "@b", "a",
            "a@b.example\u{85}",
            "a@b.example\u{2028}", String(repeating: "a", count: 65) + "@b.example", "a@" + String(repeating: "b", count: 253),
        ])
    func injections(_ text: String) {
        let error = #expect(throws: EnvelopeAddressError.self) { try EnvelopeAddress(checking: text) }
        // It doesn't repeat what it refused.
        #expect(error?.description.contains("\r") == false)
    }
}

@Suite("What may be handed over as a message")
struct MailBytesTests {
    @Test("7-bit lines of up to 998 bytes, ended by CRLF, pass unchanged")
    func good() throws {
        let bytes = Array(("A: b\r\n\r\n" + String(repeating: "x", count: 998) + "\r\n.\r\n\r\n").utf8)
        #expect(try MailBytes(checking: bytes).bytes == bytes)
    }

    @Test(
        "everything else is refused, with its line",
        arguments: [
            ("", MailBytesError.empty),
            ("A: b\r\n\r\né\r\n", .eightBit(line: 3)),
            ("A: b\r\n\0\r\n", .nul(line: 2)),
            ("A: b\n", .bareLF(line: 1)),
            ("A: b\r\nc\rd\r\n", .bareCR(line: 2)),
            ("A: b\r", .bareCR(line: 1)),
            ("A: b", .noFinalCRLF),
            ("A: b\r\n" + String(repeating: "x", count: 999) + "\r\n", .lineTooLong(line: 2, length: 999)),
        ])
    func bad(_ text: String, _ fault: MailBytesError) {
        #expect(throws: fault) { try MailBytes(checking: Array(text.utf8)) }
    }
}
