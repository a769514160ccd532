import Curl
import TestSupport
import Testing

@Suite("A mailbox's server")
struct IMAPServerTests {
    @Test(
        "has folder names in modified UTF-7, as RFC 3501 writes them",
        arguments: [
            ("INBOX", "INBOX"), ("Traités", "Trait&AOk-s"), ("A & B", "A &- B"), ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Hi Mom -☺-!", "Hi Mom -&Jjo--!"), ("🗳", "&2D3d8w-"),
        ])
    func folders(name: String, encoded: String) throws {
        #expect(try #require(IMAPFolder(name)).encoded == encoded)
    }

    @Test(
        "has no folder whose name could end a command",
        arguments: ["", "a\"b", "a\\b", "a\r\nA1 DELETE INBOX", "a\u{0}", "*", "%", String(repeating: "a", count: 201)])
    func refusedFolders(name: String) {
        #expect(IMAPFolder(name) == nil)
    }

    @Test("is not spoken to in clear, but on this machine; no secret is in what is printed of it")
    func settings() throws {
        let credentials = try SMTPCredentials(user: "retours", password: "mot-secret")
        #expect(throws: SettingMistakes.self) {
            try IMAPServer(host: "imap.example", port: 143, security: .none, credentials: credentials)
        }
        let server = try IMAPServer(host: "::1", port: 143, security: .none, credentials: credentials)
        #expect(server.address == "[::1]:143")
        #expect(!"\(server)".contains("mot-secret"))
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!dumped.contains("mot-secret"))
    }
}
