import Curl
import Synchronization
import TestSupport
import Testing

@Suite("One connection to a relay")
struct SMTPConnectionTests {
    static func relay(_ server: RudeServer, timeout: Duration = .seconds(20), security: SMTPRelay.Security = .none) throws -> SMTPRelay {
        try SMTPRelay(
            host: "127.0.0.1", port: server.port, security: security, heloName: "gateway.test", connectTimeout: timeout,
            responseTimeout: timeout)
    }

    static func message(_ body: String = "Bonjour.\r\n") throws -> MailBytes {
        try MailBytes(checking: Array(("Subject: essai\r\n\r\n" + body).utf8))
    }

    /// One after the other, over at most one connection.
    static func send(
        _ messages: [MailBytes], to relay: SMTPRelay, abort: AbortFlag = AbortFlag(), mayLeave: @escaping @Sendable () -> Bool = { true }
    ) async throws -> [SMTPAttempt] {
        let connections = SMTPConnections(relay, count: 1, idle: .seconds(5), abort: abort)
        let (sender, recipient) = (try EnvelopeAddress(checking: "a@b.example"), try EnvelopeAddress(checking: "c@d.example"))
        var attempts: [SMTPAttempt] = []
        for message in messages {
            attempts.append(await connections.send(SMTPParcel(from: sender, to: recipient, message), mayLeave: mayLeave))
        }
        return attempts
    }

    @Test("several messages go over one connection, their bytes unchanged, dots and all", arguments: [false, true])
    func bytes(offersPipelining: Bool) async throws {
        let server = try RudeServer(offersPipelining: offersPipelining)
        defer { server.stop() }
        let bodies = [
            ".\r\n", "..\r\n.\r\n\r\n.\r\n", ".a\r\n..b\r\n", "\r\n\r\n", String(repeating: ".\r\n", count: 50_000),
            String(repeating: String(repeating: "x", count: 996) + ".\r\n", count: 300), "no more\r\n",
        ]
        let messages = try bodies.map { try Self.message($0) } + [try MailBytes(checking: Array(".\r\n".utf8))]
        let attempts = try await Self.send(messages, to: try Self.relay(server))
        #expect(attempts.map(\.finalReply?.code) == messages.map { _ in 250 })
        #expect(server.taken.map(\.bytes) == messages.map(\.bytes))
        #expect(server.taken.allSatisfy { $0.sender == "a@b.example" && $0.recipient == "c@d.example" })
        #expect(server.connections == 1)
        #expect(attempts.map(\.connectionReused) == [false] + messages.dropFirst().map { _ in true })
        #expect(attempts.allSatisfy { $0.connectionKept && $0.bodyHandedOver && $0.bodyAskedFor && $0.fault == nil })
        #expect(attempts.last?.finalReply?.lastLine == "250 2.0.0 Ok: queued as RUDE0001")
    }

    @Test("EHLO says the configured name")
    func hello() async throws {
        let heard = Mutex<[RudeServer.Step]>([])
        let server = try RudeServer { moment in
            heard.withLock { $0.append(moment.step) }
            return nil
        }
        defer { server.stop() }
        _ = try await Self.send([try Self.message()], to: try Self.relay(server))
        let steps = heard.withLock { $0 }
        #expect(steps.contains(.recipient("RCPT TO:<c@d.example>")))
        #expect(steps.contains { if case .mail(let line) = $0 { line.hasPrefix("MAIL FROM:<a@b.example>") } else { false } })
    }

    @Test(
        "a kept connection that the relay closed meanwhile is replaced, and each message is taken once", arguments: [true, false],
        [true, false])
    func stale(saysSo: Bool, offersPipelining: Bool) async throws {
        let server = try RudeServer(offersPipelining: offersPipelining) { moment in
            guard case .message = moment.step else { return nil }
            return RudeServer.polite(moment.step) + (saysSo ? [.reply("421 4.4.2 idle too long")] : []) + [.close]
        }
        defer { server.stop() }
        let messages = try (0..<4).map { try Self.message("number \($0)\r\n") }
        let attempts = try await Self.send(messages, to: try Self.relay(server))
        #expect(attempts.map(\.finalReply?.code) == [250, 250, 250, 250])
        #expect(server.taken.map(\.bytes) == messages.map(\.bytes))
        #expect(server.connections == 4)
    }

    @Test("a refused recipient tells its code and line, and the next message still goes", arguments: [false, true])
    func refused(offersPipelining: Bool) async throws {
        let wasRefused = Mutex(false)
        let server = try RudeServer(offersPipelining: offersPipelining) { moment in
            if case .recipient = moment.step, !wasRefused.withLock({ $0 }) {
                wasRefused.withLock { $0 = true }
                return [.reply("550-5.1.1 no such"), .reply("550 5.1.1 mailbox")]
            }
            return nil
        }
        defer { server.stop() }
        let attempts = try await Self.send([try Self.message(), try Self.message()], to: try Self.relay(server))
        let first = try #require(attempts.first)
        #expect(first.stage == .recipient, "\(first)")
        #expect(first.refusal == SMTPDialogue.Reply(code: 550, lines: ["550-5.1.1 no such", "550 5.1.1 mailbox"]))
        #expect(!first.bodyAskedFor)
        #expect(attempts.last?.finalReply?.code == 250)
        #expect(server.taken.count == 1 && server.connections == (offersPipelining ? 2 : 1))
    }

    @Test("when the message may no longer leave, nothing of it does", arguments: [false, true])
    func tooLate(offersPipelining: Bool) async throws {
        let server = try RudeServer(offersPipelining: offersPipelining)
        defer { server.stop() }
        let attempts = try await Self.send([try Self.message()], to: try Self.relay(server), mayLeave: { false })
        #expect(attempts.first?.fault?.code == 42)
        #expect(attempts.first?.bodyHandedOver == false)
        #expect(server.taken.isEmpty)
    }

    @Test("a relay that never speaks is given up after the time-out")
    func silent() async throws {
        let server = try RudeServer { $0.step == .greeting ? [.hang] : nil }
        defer { server.stop() }
        let attempts = try await Self.send([try Self.message()], to: try Self.relay(server, timeout: .seconds(1)))
        #expect(attempts.first?.fault?.code == 28)
        #expect(attempts.first?.stage == .greeting)
    }

    @Test("raising the flag ends an attempt that waits for its reply", arguments: [false, true])
    func aborted(offersPipelining: Bool) async throws {
        let abort = AbortFlag()
        let server = try RudeServer(offersPipelining: offersPipelining) { moment in
            guard case .message = moment.step else { return nil }
            return [.take, .perform { abort.raise() }, .hang]
        }
        defer { server.stop() }
        let attempts = try await Self.send([try Self.message()], to: try Self.relay(server, timeout: .seconds(60)), abort: abort)
        // By the flag; the time-out's code is another.
        #expect(attempts.first?.fault?.code == 42)
        #expect(attempts.first?.bodyHandedOver == true)
        #expect(attempts.first?.finalReply == nil)
    }

    @Test("a relay that knows AUTH LOGIN only gets user and password, each by itself")
    func login() async throws {
        let heard = Mutex<[String]>([])
        let server = try RudeServer { moment in
            switch moment.step {
            case .hello: return [.reply("250-rude"), .reply("250 AUTH LOGIN GSSAPI CRAM-MD5")]
            case .other(let line) where line != "QUIT":
                let count = heard.withLock { heard in
                    heard.append(line)
                    return heard.count
                }
                return [.reply(["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 welcome"][min(count - 1, 2)])]
            default: return nil
            }
        }
        defer { server.stop() }
        let relay = try SMTPRelay(
            host: "127.0.0.1", port: server.port, security: .none, credentials: SMTPCredentials(user: "gateway", password: "hunter2"),
            heloName: "gateway.test")
        let attempts = try await Self.send([try Self.message()], to: relay)
        #expect(heard.withLock { $0 } == ["AUTH LOGIN", "Z2F0ZXdheQ==", "aHVudGVyMg=="])
        #expect(attempts.first?.finalReply?.code == 250)
        #expect(server.taken.count == 1)
    }

    @Test("a relay that repeats the password in its reply doesn't get it into our records")
    func echoedSecret() async throws {
        let server = try RudeServer { moment in
            switch moment.step {
            case .hello: [.reply("250-rude"), .reply("250 AUTH PLAIN")]
            case .other(let line): [.reply("535 5.7.8 no: hunter2 \(line)")]
            default: nil
            }
        }
        defer { server.stop() }
        let relay = try SMTPRelay(
            host: "127.0.0.1", port: server.port, security: .none, credentials: SMTPCredentials(user: "gateway", password: "hunter2"),
            heloName: "gateway.test")
        let attempts = try await Self.send([try Self.message()], to: relay)
        #expect(attempts.first?.fault?.code == 67)
        #expect(attempts.first?.refusal?.code == 535)
        #expect(!"\(attempts)".contains("hunter2"))
        #expect(server.taken.isEmpty)
    }
}
