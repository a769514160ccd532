import Council
import Curl
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Several relays, limits, and what may have left")
struct SeveralRelaysTests {
    private static func service(
        _ rig: Rig, _ ports: [Int], limits: RateLimits = .none, policy: UnknownPolicy = .resend
    ) throws -> DeliveryService {
        let couriers = try ports.map { port in
            (
                courier: CurlCourier(try Rig.settings(port: port), clock: rig.clock.wall) as any Courier,
                limiter: RateLimiter(relay: limits)
            )
        }
        return DeliveryService(
            storage: rig.test.storage, couriers: couriers, policy: policy, clock: rig.clock.wall, randomness: .system,
            logger: rig.log.logger)
    }

    @Test("while the first relay is away the second has everything at once; when it is back, it has the rest")
    func failover() async throws {
        let isDown = Mutex(true)
        let first = try RudeServer { moment in
            guard isDown.withLock({ $0 }), case .greeting = moment.step else { return nil }
            return [.reply("421 4.3.2 closed for now"), .close]
        }
        let second = try RudeServer()
        defer {
            first.stop()
            second.stop()
        }
        let rig = try await Rig(members: 40)
        let service = try Self.service(rig, [first.port, second.port])
        let all = rig.messages.count
        var passes = 0
        while second.taken.count < all, passes < 20 {
            try await service.deliverDue()
            rig.clock.advance(by: 0.1)
            passes += 1
        }
        #expect(second.taken.count == all && first.taken.isEmpty)
        #expect(Set(second.taken.map(\.recipient)) == Set(rig.messages.map(\.message.recipient.description)))
        #expect(try await rig.test.storage.queueCounts() == [.relayed: all])

        isDown.withLock { $0 = false }
        rig.clock.advance(by: 3_600)
        let next = try await Rig(members: 10, clock: rig.clock)
        #expect(try await Self.service(next, [first.port, second.port]).deliverDue().accepted == next.messages.count)
        #expect(first.taken.count == next.messages.count)
    }

    @Test("a daily limit holds over a restart, and what it kept back is as it was")
    func limitOverRestart() async throws {
        let server = try RudeServer()
        defer { server.stop() }
        let rig = try await Rig(members: 12)
        let limits = RateLimits(perDay: 5)
        var service = try Self.service(rig, [server.port], limits: limits)
        try await service.recoverLeases()
        try await service.deliverDue()
        #expect(server.taken.count == 5)
        service = try Self.service(rig, [server.port], limits: limits)
        try await service.recoverLeases()
        rig.clock.advance(by: 3_600)
        try await service.deliverDue()
        #expect(server.taken.count == 5)
        let counts = try await rig.test.storage.queueCounts()
        #expect(counts[.relayed] == 5 && counts[.leased] == nil && counts[.deferred] == nil)
        #expect(try await rig.entries(.convocationDeferred) == 0)
        rig.clock.advance(by: 82_801)
        try await service.deliverDue()
        #expect(server.taken.count == 10)
    }

    @Test("hold: what may have left is not sent again until the clerk says so")
    func hold() async throws {
        let isRude = Mutex(true)
        let server = try RudeServer { moment in
            guard isRude.withLock({ $0 }), case .message = moment.step else { return nil }
            return [.take, .close]
        }
        defer { server.stop() }
        let rig = try await Rig(members: 1)
        let service = try Self.service(rig, [server.port], policy: .hold)
        try await service.deliverDue()
        rig.clock.advance(by: 7_200)
        try await service.deliverDue()
        #expect(server.taken.count == 1)
        let status = try #require(try await rig.status().first { $0.isHeld })
        #expect(status.state == .queued)
        #expect(try await rig.entries(.convocationRepeated) == 0)
        isRude.withLock { $0 = false }
        #expect(try await rig.test.storage.sendAgain(status.id, by: "clerk", at: rig.clock.now))
        try await service.deliverDue()
        #expect(server.taken.count == 2 && server.taken[0].bytes == server.taken[1].bytes)
        #expect(try await rig.entries(.convocationRepeated) == 1)
        #expect(try await rig.entries(.convocationRelayed) == 1)
    }
}
