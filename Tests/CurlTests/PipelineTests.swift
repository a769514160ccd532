import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

/// MAIL, RCPT and DATA in one breath (RFC 2920), and what a relay may make of it.
@Suite("A relay that takes commands in one breath")
struct PipelineTests {
    private static func send(_ count: Int, to server: RudeServer, body: String = "Bonjour.\r\n") async throws -> [SMTPAttempt] {
        let message = try SMTPConnectionTests.message(body)
        return try await SMTPConnectionTests.send(
            [MailBytes](repeating: message, count: count), to: try SMTPConnectionTests.relay(server))
    }

    /// Holds its replies to MAIL and RCPT back until DATA has come: who waits for them waits for ever.
    @Test("gets all three before it has answered the first")
    func oneBreath() async throws {
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .mail, .recipient: []
            case .data: [.reply("250 2.1.0 Ok"), .reply("250 2.1.5 Ok"), .reply("354 go on")]
            default: nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(3, to: server)
        #expect(attempts.map(\.finalReply?.code) == [250, 250, 250])
        #expect(server.taken.count == 3 && server.connections == 1)
    }

    @Test("and one that doesn't offer it gets each after the reply to the one before")
    func oneByOne() async throws {
        let answered = Mutex(0)
        let early = Mutex(0)
        let server = try RudeServer { moment in
            switch moment.step {
            case .mail:
                // Whoever doesn't wait has said RCPT by now, and it is read in the same breath.
                Thread.sleep(forTimeInterval: 0.2)
                answered.withLock { $0 = 1 }
                return nil
            case .recipient:
                if answered.withLock({ $0 }) != 1 { early.withLock { $0 += 1 } }
                return [.perform { Thread.sleep(forTimeInterval: 0.05) }, .reply("550 5.1.1 no")]
            case .data:
                early.withLock { $0 += 1 }
                return nil
            default: return nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(1, to: server)
        #expect(attempts.first?.refusal?.code == 550)
        #expect(early.withLock { $0 } == 0, "DATA was said after a refused recipient")
    }

    @Test("refuses a recipient: the connection is made ready by RSET, and the next message goes over it")
    func reset() async throws {
        let heard = Mutex<[String]>([])
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .recipient: return heard.withLock { $0.contains("RSET") } ? nil : [.reply("450 4.2.0 later")]
            case .data: return heard.withLock { $0.contains("RSET") } ? nil : [.reply("503 5.5.1 no valid recipients")]
            case .other(let line):
                heard.withLock { $0.append(line) }
                return nil
            default: return nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(2, to: server)
        #expect(attempts.map(\.refusal?.code) == [450, nil] && attempts.map(\.finalReply?.code) == [nil, 250])
        #expect(attempts.first?.stage == .recipient)
        #expect(heard.withLock { $0.first } == "RSET")
        #expect(server.connections == 1 && server.taken.count == 1)
    }

    /// RFC 2920 §3.1 allows it. A dot alone might be delivered to nobody knows whom.
    @Test("refuses the recipient and asks for the body all the same: it gets none, not even an empty one")
    func bodyWithoutRecipient() async throws {
        let server = try RudeServer(offersPipelining: true) { moment in
            if case .recipient = moment.step, moment.connection == 1 { [.reply("550 5.1.1 no")] } else { nil }
        }
        defer { server.stop() }
        let attempts = try await Self.send(2, to: server)
        #expect(attempts.map(\.refusal?.code) == [550, nil] && attempts.map(\.finalReply?.code) == [nil, 250])
        #expect(server.taken.count == 1 && server.connections == 2)
    }

    @Test("refuses the sender: the first reply is told, not what follows from it")
    func refusedSender() async throws {
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .mail: [.reply("553 5.7.1 not yours")]
            case .recipient, .data: [.reply("503 5.5.1 need MAIL")]
            default: nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(1, to: server)
        #expect(attempts.first?.stage == .sender && attempts.first?.refusal?.code == 553)
    }

    @Test("refuses a large body while it is still coming, and reads no more of it: its reply is told, nothing is in doubt")
    func refusedBody() async throws {
        let port = try RawRelay.listen { relay in
            relay.answer("220 raw\r\n", after: nil)
            relay.answer("250-raw\r\n250 PIPELINING\r\n", after: "\r\n")
            relay.answer("250 ok\r\n250 ok\r\n354 go on\r\n", after: "DATA\r\n")
            relay.answer("552 5.3.4 too big\r\n", after: "x")
            relay.waitForTheEnd()
        }
        let relay = try SMTPRelay(
            host: "127.0.0.1", port: port, security: .none, heloName: "gateway.test", connectTimeout: .seconds(20),
            responseTimeout: .seconds(20))
        let message = try SMTPConnectionTests.message(String(repeating: String(repeating: "x", count: 900) + "\r\n", count: 40_000))
        let attempt = try #require(try await SMTPConnectionTests.send([message], to: relay).first)
        #expect(attempt.finalReply?.code == 552 && !attempt.bodyHandedOver && !attempt.connectionKept)
    }

    @Test("claims to have taken what it hasn't seen the end of, and closes: it isn't believed")
    func takenTooEarly() async throws {
        let port = try RawRelay.listen { relay in
            relay.answer("220 raw\r\n", after: nil)
            relay.answer("250-raw\r\n250 PIPELINING\r\n", after: "\r\n")
            relay.answer("250 ok\r\n250 ok\r\n354 go on\r\n", after: "DATA\r\n")
            relay.answer("250 2.0.0 taken\r\n", after: "x")
        }
        let relay = try SMTPRelay(
            host: "127.0.0.1", port: port, security: .none, heloName: "gateway.test", connectTimeout: .seconds(20),
            responseTimeout: .seconds(20))
        let message = try SMTPConnectionTests.message(String(repeating: String(repeating: "x", count: 900) + "\r\n", count: 40_000))
        let attempt = try #require(try await SMTPConnectionTests.send([message], to: relay).first)
        #expect(attempt.finalReply == nil && !attempt.bodyHandedOver && attempt.bodyAskedFor && attempt.fault != nil)
    }
}

@Suite("The next message's commands go with the final dot")
struct FollowingTests {
    private static func send(_ count: Int, to server: RudeServer, over connections: Int = 1) async throws -> [SMTPAttempt] {
        let pool = SMTPConnections(try SMTPConnectionTests.relay(server), count: connections, idle: .seconds(5))
        let (sender, recipient) = (try EnvelopeAddress(checking: "a@b.example"), try EnvelopeAddress(checking: "c@d.example"))
        let messages = try (0..<count).map { try SMTPConnectionTests.message("number \($0)\r\n") }
        return await withTaskGroup { group in
            for message in messages { group.addTask { await pool.send(SMTPParcel(from: sender, to: recipient, message)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func expectEachOnce(_ count: Int, _ attempts: [SMTPAttempt], _ server: RudeServer) throws {
        #expect(attempts.count == count && attempts.allSatisfy { $0.finalReply?.code == 250 && $0.bodyHandedOver })
        #expect(Set(server.taken.map(\.bytes)) == Set(try (0..<count).map { try SMTPConnectionTests.message("number \($0)\r\n").bytes }))
        #expect(server.taken.count == count)
    }

    /// A message's reply is held back until the next one's commands have come: who waits for it waits for ever.
    @Test("they are there before the relay has answered the dot")
    func withTheDot() async throws {
        let taken = Mutex(0)
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .message:
                let number = taken.withLock { taken in
                    taken += 1
                    return taken
                }
                return number == 6 ? nil : [.take]
            case .mail where taken.withLock { $0 } > 0: return [.reply("250 2.0.0 Ok: queued as LATE"), .reply("250 2.1.0 Ok")]
            default: return nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(6, to: server)
        try Self.expectEachOnce(6, attempts, server)
        #expect(server.connections == 1)
        #expect(attempts.count(where: { $0.connectionReused }) == 5)
        // Each message's replies are its own: the greeting and EHLO are the first one's alone.
        #expect(attempts.filter(\.connectionReused).allSatisfy { $0.replies.map(\.code) == [250, 250, 354, 250] })
    }

    @Test(
        "a relay that closes after each message, with or without a word: each is taken once", arguments: [String?.none, "421 4.7.0 enough"])
    func closing(word: String?) async throws {
        let server = try RudeServer(offersPipelining: true) { moment in
            guard case .message = moment.step else { return nil }
            return RudeServer.polite(moment.step) + (word.map { [.reply($0)] } ?? []) + [.close]
        }
        defer { server.stop() }
        try Self.expectEachOnce(9, try await Self.send(9, to: server, over: 2), server)
    }

    @Test("a relay that loses what comes behind a dot gets it again on another connection, and no more behind a dot")
    func forgetful() async throws {
        let server = try RudeServer(offersPipelining: true) { moment in
            guard case .message = moment.step else { return nil }
            return [.forget] + RudeServer.polite(moment.step)
        }
        defer { server.stop() }
        try Self.expectEachOnce(5, try await Self.send(5, to: server), server)
        #expect(server.connections == 2)
    }

    @Test("a message that is refused behind another's dot has its own refusal, and the others go on")
    func refusedBehind() async throws {
        let count = Mutex(0)
        let server = try RudeServer(offersPipelining: true) { moment in
            guard case .recipient = moment.step else { return nil }
            return count.withLock { count in
                count += 1
                return count == 3 ? [.reply("550 5.1.1 no")] : nil
            }
        }
        defer { server.stop() }
        let attempts = try await Self.send(6, to: server)
        #expect(attempts.count(where: { $0.finalReply?.code == 250 }) == 5)
        #expect(attempts.count(where: { $0.refusal?.code == 550 && $0.stage == .recipient && !$0.bodyHandedOver }) == 1)
        #expect(server.taken.count == 5)
    }

    @Test("what may not begin any more when its turn comes isn't spoken of to the relay")
    func notBegun() async throws {
        let isOver = Mutex(false)
        let mails = Mutex(0)
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .mail: mails.withLock { $0 += 1 }
            case .message: isOver.withLock { $0 = true }
            default: break
            }
            return nil
        }
        defer { server.stop() }
        let pool = SMTPConnections(try SMTPConnectionTests.relay(server), count: 1, idle: .seconds(5))
        let (sender, recipient) = (try EnvelopeAddress(checking: "a@b.example"), try EnvelopeAddress(checking: "c@d.example"))
        let parcel = SMTPParcel(from: sender, to: recipient, try SMTPConnectionTests.message())
        let mayBegin: @Sendable () -> Bool = { !isOver.withLock { $0 } }
        let attempts = await withTaskGroup { group in
            for _ in 0..<9 { group.addTask { await pool.send(parcel, mayBegin: mayBegin, mayLeave: { true }) } }
            return await group.reduce(into: [SMTPAttempt?]()) { $0.append($1) }
        }
        // The first, and what was said with its dot.
        let begun = attempts.count(where: { $0 != nil })
        #expect((1...2).contains(begun) && mails.withLock { $0 } == begun && server.taken.count == begun)
    }
}

/// One connection on loopback that is answered by a script, whatever SMTP would have it say.
struct RawRelay {
    private let socket: Int32

    /// Its port. The script runs on a thread of its own; the connection ends with it.
    static func listen(_ script: @escaping @Sendable (RawRelay) -> Void) throws -> Int {
        let (listener, port) = try Loopback.listen()
        Thread.detachNewThread {
            let socket = accept(listener, nil, nil)
            close(listener)
            guard socket >= 0 else { return }
            script(RawRelay(socket: socket))
            Loopback.end(socket)
        }
        return port
    }

    /// Once `text` has come; nil: at once. Bytes behind it are lost to the script, not to the system.
    func answer(_ reply: String, after text: String?) {
        var heard = ""
        while let text, !heard.contains(text) {
            guard let bytes = Loopback.receive(from: socket) else { return }
            heard += String(decoding: bytes, as: UTF8.self)
        }
        _ = Loopback.send(Array(reply.utf8), to: socket)
    }

    /// Without reading: what doesn't fit in the system's memory stays with the sender.
    func waitForTheEnd() {
        // POLLRDHUP, which Swift's view of the C library lacks.
        var watched = pollfd(fd: socket, events: 0x2000, revents: 0)
        _ = poll(&watched, 1, 20_000)
    }
}
