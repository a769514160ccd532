import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import Synchronization
import TestSupport
import Testing

@Suite("A mail to the clerk that is refused for good")
struct InsistenceTests {
    private static let clerk = Sample.email("secretariat@aurence.example")

    private func post(_ rig: Rig, _ name: String) async throws {
        try await rig.test.storage.post(.rejected(name: name, reason: "damaged"), at: rig.clock.now)
        let notice = try #require(try await rig.test.storage.noticesToCompose(limit: 9).last)
        let bytes = Array("Subject: \(name)\r\nMessage-ID: <\(name)@aurence.example>\r\n\r\nx\r\n".utf8)
        let message = OutgoingMessage(
            kind: .alarm, messageID: "\(name)@aurence.example", envelopeSender: Sample.email("retours@aurence.example"),
            recipient: Self.clerk,
            bytes: bytes, hash: ContentHash(sha256Of: bytes), deadline: nil)
        try await rig.test.storage.close(notice.id, with: [message], links: [], at: rig.clock.now)
    }

    private func service(_ rig: Rig, _ servers: [RudeServer]) throws -> DeliveryService {
        DeliveryService(
            storage: rig.test.storage,
            couriers: try servers.map {
                (CurlCourier(try Rig.settings(port: $0.port), clock: rig.clock.wall) as any Courier, RateLimiter())
            },
            clock: rig.clock.wall, randomness: .system, logger: rig.log.logger)
    }

    @Test("is tried again, and leaves once the mailbox has room; a member's is not")
    func again() async throws {
        let isFull = Mutex(true)
        let server = try RudeServer { moment in
            guard isFull.withLock({ $0 }), case .recipient = moment.step else { return nil }
            return [.reply("552 5.2.2 mailbox full")]
        }
        defer { server.stop() }
        let rig = try await Rig(members: 1)
        let service = try service(rig, [server])
        try await post(rig, "alarm")
        try await service.deliverDue()
        #expect(try await rig.entries(.convocationFailed) == 1)
        let refused = try #require(try await rig.test.storage.refusedMails(since: rig.clock.now).first)
        #expect(refused.recipient == Self.clerk && refused.reply.contains("552 5.2.2") && refused.since == Sample.now)
        #expect(try #require(refused.nextTry) <= Sample.now + 600)
        #expect(rig.log.lines.contains { $0.level == .error && $0.text.contains("a mail to the clerk is refused") })
        isFull.withLock { $0 = false }
        try await service.deliverDue()
        #expect(server.taken.isEmpty, "not at once")
        rig.clock.advance(by: 601)
        try await service.deliverDue()
        #expect(server.taken.map(\.recipient) == [Self.clerk.description])
        #expect(try await rig.test.storage.refusedMails(since: Sample.now).isEmpty)
    }

    @Test("goes by the next relay at once")
    func otherRelay() async throws {
        let first = try RudeServer { moment in
            if case .message = moment.step { [.reply("554 5.7.1 spam")] } else { nil }
        }
        let second = try RudeServer()
        defer {
            first.stop()
            second.stop()
        }
        let rig = try await Rig(members: 1)
        try await post(rig, "alarm")
        #expect(try await service(rig, [first, second]).deliverDue().accepted == 1)
        #expect(second.taken.map(\.recipient) == [Self.clerk.description])
        #expect(try await rig.test.storage.refusedMails(since: Sample.now).isEmpty)
    }

    @Test("is given up after two days, and that is known")
    func givenUp() async throws {
        let server = try RudeServer { moment in
            if case .recipient = moment.step { [.reply("550 5.1.1 no such user")] } else { nil }
        }
        defer { server.stop() }
        let rig = try await Rig(members: 1)
        let service = try service(rig, [server])
        try await post(rig, "alarm")
        var tries = 0
        while try await rig.test.storage.nextDue() != nil, tries < 60 {
            #expect(try await service.deliverDue().refused >= 1)
            let due = try await rig.test.storage.nextDue()
            if let due { rig.clock.advance(by: max(1, due.timeIntervalSince(rig.clock.now))) }
            tries += 1
        }
        #expect((10...40).contains(tries), "\(tries)")
        #expect(rig.clock.now >= Sample.now + RefusedMail.patience && rig.clock.now < Sample.now + RefusedMail.patience + 5 * 3600)
        let mail = try #require(try await rig.test.storage.refusedMails(since: Sample.now).first)
        #expect(mail.nextTry == nil)
        #expect(try await rig.test.storage.refusedMails(since: Sample.now + 1).isEmpty)
        #expect(rig.log.lines.contains { $0.level == .error && $0.text.contains("is given up") })
    }
}
