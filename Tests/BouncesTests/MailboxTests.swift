import Bounces
import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

/// Dovecot as the mailbox's server; Python's IMAP client puts mails in and looks at what became of them.
@Suite("The mailbox of returns, over IMAP", .serialized)
struct MailboxTests {
    private func server(
        _ dovecot: Dovecot, _ security: IMAPServer.Security = .implicit, caFile: String? = nil, password: String = Dovecot.password
    )
        throws -> IMAPServer
    {
        try IMAPServer(
            host: "127.0.0.1", port: security == .implicit ? dovecot.tlsPort : dovecot.port, security: security,
            caFile: caFile ?? dovecot.caFile, credentials: SMTPCredentials(user: Dovecot.user, password: password))
    }

    private func source(_ server: IMAPServer, done: String? = nil, folder: String = "INBOX") throws -> IMAPSource {
        IMAPSource(server: server, folder: try #require(IMAPFolder(folder)), done: try done.map { try #require(IMAPFolder($0)) })
    }

    @Test("reports are recorded and marked as seen, over TLS and STARTTLS, and not read twice")
    func seen() async throws {
        let dovecot = try await Dovecot()
        let desk = try await Desk()
        try await aside { try dovecot.append([Fixture.bytes("delayed-postfix.eml"), Fixture.bytes("auto-header.eml")]) }
        #expect(try await desk.service(source(server(dovecot))).readPending() == 1)
        #expect(try await aside { try dovecot.messages() } == ["1 \\Seen", "2 \\Seen"])
        try await aside { try dovecot.append([Fixture.bytes("failed-postfix.eml")]) }
        #expect(try await desk.service(source(server(dovecot, .startTLS))).readPending() == 1)
        #expect(try await aside { try dovecot.messages() } == ["1 \\Seen", "2 \\Seen", "3 \\Seen"])
        #expect(try await desk.status.state == .failed)
        #expect(try await desk.service(source(server(dovecot))).readPending() == 0)
        try await desk.audit()
    }

    @Test("fetched and not finished, a mail is read again though the server calls it seen")
    func crash() async throws {
        let dovecot = try await Dovecot()
        try await aside { try dovecot.append([Fixture.bytes("failed-postfix.eml")]) }
        let source = try source(server(dovecot))
        let name = try #require(try await source.pending(limit: 9).first)
        #expect(try await source.read(name, limit: 1 << 18) == crlf(Fixture.bytes("failed-postfix.eml")))
        #expect(try await aside { try dovecot.messages() } == ["1 \\Flagged \\Seen"])
        let next = try self.source(server(dovecot))
        #expect(try await next.pending(limit: 9) == [name])
        try await next.finish(name)
        #expect(try await next.pending(limit: 9) == [])
    }

    @Test("what is done is moved into its folder, whatever letters its name has")
    func moved() async throws {
        let dovecot = try await Dovecot()
        let desk = try await Desk()
        try await aside {
            try dovecot.append([], to: "Trait&AOk-s &- rang&AOk-s")
            try dovecot.append([Fixture.bytes("failed-exim.eml"), Fixture.bytes("other-person.eml")])
        }
        #expect(try await desk.service(source(server(dovecot), done: "Traités & rangés")).readPending() == 1)
        #expect(try await aside { try dovecot.messages() } == [])
        #expect(try await aside { try dovecot.messages(in: "Trait&AOk-s &- rang&AOk-s").count } == 2)
        // From there, too.
        #expect(try await source(server(dovecot), done: "INBOX", folder: "Traités & rangés").pending(limit: 9) == ["1", "2"])
    }

    @Test("a mail that holds lines of the protocol, and one that is too large, are fetched as far as is asked for")
    func hostile() async throws {
        let dovecot = try await Dovecot()
        let lines = (1...40).map { "A0\($0 < 10 ? "0" : "")\($0) OK done\r\n* \($0) FETCH (FLAGS ())\r\n" }.joined()
        let hostile = Array("From: a@b.example\r\nSubject: x\r\n\r\n\(lines)end\r\n".utf8)
        let large = Array("From: a@b.example\r\n\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 300_000) + Array("\r\n".utf8)
        try await aside { try dovecot.append([hostile, large]) }
        let source = try source(server(dovecot))
        #expect(try await source.read("1", limit: 1 << 18) == hostile)
        #expect(try await source.read("2", limit: 100_000) == Array(large[..<100_000]))
        #expect(try await source.read("77", limit: 100) == nil)
    }

    @Test("a server that can't prove who it is gets no password; a wrong one, a missing folder, a server that is gone are told apart")
    func refusals() async throws {
        let dovecot = try await Dovecot()
        func fault(_ source: IMAPSource) async throws -> IMAPFault? {
            do {
                _ = try await source.pending(limit: 1)
                return nil
            } catch let fault as IMAPFault {
                return fault
            }
        }
        for security in [IMAPServer.Security.implicit, .startTLS] {
            let stranger = try await fault(source(server(dovecot, security, caFile: dovecot.otherCAFile)))
            #expect(stranger?.kind == .connection)
        }
        #expect(!dovecot.log.contains("user=<\(Dovecot.user)>"))
        let wrong = try await fault(source(server(dovecot, password: "faux-mot")))
        #expect(wrong?.kind == .login && wrong.map { "\($0)" }?.contains("faux-mot") == false)
        let missing = try await fault(source(server(dovecot), folder: "Nulle part"))
        #expect(missing?.kind == .refused)
        let nobody = try IMAPServer(
            host: "127.0.0.1", port: try Loopback.freePorts(1)[0], caFile: dovecot.caFile,
            credentials: SMTPCredentials(user: "a", password: "b"))
        #expect(try await fault(source(nobody))?.kind == .connection)
    }

    @Test("hundreds of mails are read in passes")
    func many() async throws {
        let dovecot = try await Dovecot()
        let desk = try await Desk()
        let mails =
            try (0..<230).map { Array("X-Number: \($0)\r\n".utf8) + (try Fixture.bytes("auto-header.eml")) } + [
                Fixture.bytes("failed-postfix.eml")
            ]
        try await aside { try dovecot.append(mails) }
        let service = try desk.service(source(server(dovecot)))
        #expect(try await service.readPending() == 0)
        #expect(try await service.readPending() == 1)
        #expect(try await aside { try dovecot.messages().allSatisfy { $0.hasSuffix(" \\Seen") } })
    }

    /// As Dovecot keeps it.
    private func crlf(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
}
