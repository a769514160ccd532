import Council
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// What is leased and waits for a connection while the relay is slow.
@Suite("Messages that wait for a slow relay")
struct WaitingTests {
    /// Takes each message, and answers only once it may.
    private final class SlowRelay: Sendable {
        let mayAnswer = Mutex(false)
        let reached = Mutex(0)

        func server() throws -> RudeServer {
            try RudeServer { [self] moment in
                guard case .message = moment.step else { return nil }
                return [
                    .perform {
                        self.reached.withLock { $0 += 1 }
                        while !self.mayAnswer.withLock({ $0 }) { usleep(5_000) }
                    }, .take, .reply("250 2.0.0 Ok: queued as \(moment.connection)"),
                ]
            }
        }
    }

    private func run(_ rig: Rig, policy: UnknownPolicy, _ relay: SlowRelay, _ meanwhile: () async throws -> Void) async throws -> RudeServer
    {
        let server = try relay.server()
        defer { server.stop() }
        let courier = CurlCourier(try Rig.settings(port: server.port, connections: 2), clock: rig.clock.wall)
        let service = DeliveryService(
            storage: rig.test.storage, couriers: [(courier, RateLimiter())], policy: policy, clock: rig.clock.wall, randomness: .system,
            logger: rig.log.logger)
        async let sending: Void = { _ = try await service.deliverDue() }()
        #expect(await eventually { relay.reached.withLock { $0 } == 2 })
        do { try await meanwhile() } catch {
            relay.mayAnswer.withLock { $0 = true }
            throw error
        }
        relay.mayAnswer.withLock { $0 = true }
        try await sending
        return server
    }

    @Test("of a sitting that is cancelled meanwhile, only what the relay has already goes")
    func cancelled() async throws {
        let rig = try await Rig(members: 12)
        let all = rig.messages.count
        let storage = rig.test.storage
        let server = try await run(rig, policy: .resend, SlowRelay()) {
            #expect(try await eventuallyTrue { try await storage.queueCounts()[.leased] ?? 0 > 2 })
            _ = try await storage.cancel(rig.sitting.id, by: "clerk", at: rig.clock.now)
            // As long as a leased message is taken for current.
            try await Task.sleep(for: .milliseconds(2_200))
        }
        #expect(server.taken.count == 2)
        let counts = try await storage.queueCounts()
        #expect(counts == [.relayed: 2, .cancelled: all - 2])
        #expect(try await rig.entries(.convocationRelayed) == 2)
        #expect(try await storage.compareState(limit: 9).differences == [])
    }

    @Test("where the clerk decides of the unknown, no more is taken than is being sent")
    func held() async throws {
        let rig = try await Rig(members: 12)
        let storage = rig.test.storage
        let server = try await run(rig, policy: .hold, SlowRelay()) {
            // Longer than the queue is left without a look.
            try await Task.sleep(for: .milliseconds(1_300))
            #expect(try await storage.queueCounts()[.leased] == 2)
        }
        #expect(server.taken.count == rig.messages.count)
        #expect(try await storage.queueCounts() == [.relayed: rig.messages.count])
    }

    private func eventuallyTrue(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<2000 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}
