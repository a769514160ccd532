import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import Synchronization
import TestSupport
import Testing

@Suite("A relay that refuses us for good is told of")
struct RelayTroubleTests {
    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let cause: RelayTrouble.Cause
        var tls = RelaySettings.TLS.none
        let manner: RudeServer.Manner
    }

    static let ways: [Way] = [
        Way(testDescription: "wants a login", cause: .authentication) {
            if case .mail = $0.step { [.reply("530 5.7.0 authentication required")] } else { nil }
        },
        Way(testDescription: "refuses the sender", cause: .sender) {
            if case .mail = $0.step { [.reply("553 5.7.1 not yours")] } else { nil }
        },
        Way(testDescription: "offers TLS no more", cause: .tls, tls: .startTLS) { _ in nil },
        Way(testDescription: "speaks no TLS", cause: .tls, tls: .implicit) { _ in nil },
        Way(testDescription: "554 for a greeting", cause: .refusal) {
            $0.step == .greeting ? [.reply("554 5.7.1 not you"), .close] : nil
        },
    ]

    private static func service(_ rig: Rig, _ settings: [RelaySettings]) -> DeliveryService {
        DeliveryService(
            storage: rig.test.storage,
            couriers: settings.map { (CurlCourier($0, clock: rig.clock.wall) as any Courier, RateLimiter()) }, clock: rig.clock.wall,
            randomness: .system, logger: rig.log.logger)
    }

    @Test("after the second refusal, with its cause; without another relay nobody is mailed, and the log says so", arguments: ways)
    func alone(_ way: Way) async throws {
        let server = try RudeServer(way.manner)
        defer { server.stop() }
        let rig = try await Rig(members: 3)
        let settings = try Rig.settings(port: server.port, tls: way.tls, timeout: .seconds(5))
        let service = Self.service(rig, [settings])
        try await service.deliverDue()
        #expect(try await rig.test.storage.relayTroubles().isEmpty, "one refusal may pass")
        rig.clock.advance(by: 121)
        try await service.deliverDue()
        let trouble = try #require(try await rig.test.storage.relayTroubles().first)
        #expect(trouble.cause == way.cause)
        #expect(trouble.relay == settings.address && !trouble.reply.isEmpty && trouble.toldAt == nil)
        #expect(trouble.since == Sample.now)
        #expect(try await rig.test.storage.troublesToTell().isEmpty)
        #expect(rig.log.lines.contains { $0.level == .error && $0.text.contains("nobody can be told by mail") })
    }

    @Test("an expired certificate of a real Postfix is one")
    func expired() async throws {
        let postfix = try await Postfix(certificateDays: -1)
        defer { postfix.stop() }
        let rig = try await Rig()
        let service = Self.service(rig, [try Rig.settings(port: postfix.port, tls: .startTLS, caFile: postfix.caFile)])
        for _ in 0..<2 {
            try await service.deliverDue()
            rig.clock.advance(by: 121)
        }
        #expect(try await rig.test.storage.relayTroubles().map(\.cause) == [.certificate])
    }

    @Test("by way of another relay: once a day while it lasts, and what has not left is withdrawn when it works again")
    func told() async throws {
        let refuses = Mutex(true)
        let first = try RudeServer { moment in
            guard refuses.withLock({ $0 }), case .mail = moment.step else { return nil }
            return [.reply("535 5.7.8 the account is blocked")]
        }
        let second = try RudeServer()
        defer {
            first.stop()
            second.stop()
        }
        let rig = try await Rig(members: 1)
        let storage = rig.test.storage
        let service = Self.service(rig, try [first, second].map { try Rig.settings(port: $0.port) })
        // Something is due for each look at the first relay.
        func look() async throws {
            try await Self.mail("n.\(UUID().uuidString)", in: rig)
            rig.clock.advance(by: 1_000)
            for _ in 0..<3 { try await service.deliverDue() }
        }
        for _ in 0..<3 { try await look() }
        var wanted = try await storage.troublesToTell()
        #expect(wanted.map(\.cause) == [.authentication])
        try await storage.tell(wanted[0], with: [Self.alarm("told.1")], at: rig.clock.now)
        for _ in 0..<3 { try await look() }
        #expect(second.taken.contains { $0.messageID == "told.1@aurence.example" })
        #expect(try await storage.troublesToTell().isEmpty, "once a day")
        rig.clock.advance(by: 86_400)
        try await look()
        wanted = try await storage.troublesToTell()
        #expect(wanted.count == 1)

        // Made, but not sent before the end of it.
        refuses.withLock { $0 = false }
        try await service.deliverDue()
        try await Self.mail("n.last", in: rig)
        try await service.deliverDue()
        try await storage.noteTrouble(
            relay: "127.0.0.1:\(first.port)", cause: .authentication, reply: "535", since: rig.clock.now, canBeTold: true, at: rig.clock.now
        )
        if let again = try await storage.troublesToTell().first {
            try await storage.tell(again, with: [Self.alarm("told.2")], at: rig.clock.now)
        }
        try await storage.endTroubles(of: "127.0.0.1:\(first.port)", at: rig.clock.now)
        try await service.deliverDue()
        #expect(!(first.taken + second.taken).contains { $0.messageID == "told.2@aurence.example" })
        #expect(try await storage.queueCounts()[.cancelled] == 1)
        #expect(try await storage.relayTroubles().isEmpty)
    }

    @Test("when it takes a message again it is over, also for a service that was started meanwhile")
    func over() async throws {
        let refuses = Mutex(true)
        let server = try RudeServer { moment in
            guard refuses.withLock({ $0 }), case .mail = moment.step else { return nil }
            return [.reply("530 5.7.0 authentication required")]
        }
        defer { server.stop() }
        let rig = try await Rig(members: 2)
        let settings = try Rig.settings(port: server.port)
        let service = Self.service(rig, [settings])
        for _ in 0..<3 {
            try await service.deliverDue()
            rig.clock.advance(by: 400)
        }
        try await rig.test.storage.noteTrouble(
            relay: "127.0.0.1:1", cause: .tls, reply: "gone from the configuration", since: rig.clock.now, canBeTold: true,
            at: rig.clock.now)
        #expect(try await rig.test.storage.relayTroubles().count == 2)
        refuses.withLock { $0 = false }
        let next = Self.service(rig, [settings])
        try await next.recoverLeases()
        #expect(try await rig.test.storage.relayTroubles().map(\.relay) == [settings.address])
        rig.clock.advance(by: 3_600)
        #expect(try await next.deliverDue().accepted == 2)
        #expect(try await rig.test.storage.relayTroubles().isEmpty)
    }

    private static func mail(_ name: String, in rig: Rig) async throws {
        try await rig.test.storage.post(.rejected(name: name, reason: "illisible"), at: rig.clock.now)
        for notice in try await rig.test.storage.noticesToCompose(limit: 10) {
            try await rig.test.storage.close(notice.id, with: [alarm("\(name).\(notice.id.rawValue)")], links: [], at: rig.clock.now)
        }
    }

    private static func alarm(_ name: String) -> OutgoingMessage {
        let bytes = Array("Message-ID: <\(name)@aurence.example>\r\nSubject: Envois\r\n\r\nBonjour.\r\n".utf8)
        return OutgoingMessage(
            kind: .alarm, messageID: "\(name)@aurence.example", envelopeSender: Sample.email("assemblees@aurence.example"),
            recipient: Sample.email("greffe@aurence.example"), bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
    }
}
