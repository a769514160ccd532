import Council
import Curl
import Delivery
import Foundation
import ServiceLifecycle
import Store
import Synchronization
import TestSupport
import Testing

@Suite("The queue's runner")
struct DeliveryServiceTests {
    @Test("many messages over several connections: each is taken once, as it was stored")
    func many() async throws {
        let server = try RudeServer()
        defer { server.stop() }
        let rig = try await Rig(members: 99)
        let tally = try await rig.service(Rig.settings(port: server.port, connections: 5)).deliverDue()
        #expect(tally.accepted == rig.messages.count)
        #expect(Set(server.taken.map(\.bytes)) == Set(rig.messages.map(\.message.bytes)))
        #expect(server.taken.count == rig.messages.count)
        #expect(server.connections <= 5)
        #expect(try await rig.test.storage.queueCounts() == [.relayed: rig.messages.count])
        #expect(try await rig.entries(.convocationRelayed) == rig.messages.count)
    }

    @Test("nothing leaves at or after its deadline, not even while the relay makes us wait")
    func deadline() async throws {
        let rig = try await Rig(members: 3)
        let clock = rig.clock
        let deadline = rig.sitting.draft.deadline
        let server = try RudeServer { moment in
            // The deadline passes between RCPT and the body.
            if case .recipient = moment.step {
                return [.perform { clock.advance(by: deadline.timeIntervalSince(clock.now)) }, .reply("250 2.1.5 Ok")]
            }
            return nil
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port))
        try await service.deliverDue()
        try await service.deliverDue()
        #expect(server.taken.isEmpty)
        #expect(try await rig.status().allSatisfy { $0.state == .failed })
    }

    @Test("a graceful shutdown lets attempts end, records them, and leaves nothing leased")
    func shutdown() async throws {
        let rig = try await Rig(members: 40)
        let (seen, notify) = AsyncStream<Void>.makeStream()
        let server = try RudeServer { moment in
            if case .message = moment.step { notify.yield() }
            return nil
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port, connections: 2))
        let group = ServiceGroup(services: [service], logger: rig.log.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in seen { break }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let counts = try await rig.test.storage.queueCounts()
        #expect(counts[.leased] == nil)
        #expect(counts[.relayed] == server.taken.count)
        #expect(counts.values.reduce(0, +) == rig.messages.count)
    }

    @Test("a shutdown doesn't wait for a relay that hangs: after the grace the attempt is cut off and recorded as unknown")
    func cutOff() async throws {
        let rig = try await Rig()
        let (seen, notify) = AsyncStream<Void>.makeStream()
        let server = try RudeServer { moment in
            guard case .message = moment.step else { return nil }
            return [.take, .perform { notify.yield() }, .hang]
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port, timeout: .seconds(300)), grace: .milliseconds(100))
        let group = ServiceGroup(services: [service], logger: rig.log.logger)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in seen { break }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try await rig.test.storage.queueCounts() == [.unknown: 1])
        #expect(try await rig.entries(.convocationRepeated) == 1)
    }

    @Test("a cancelled run cuts attempts off at once, and still records them")
    func cancelled() async throws {
        let rig = try await Rig()
        let (seen, notify) = AsyncStream<Void>.makeStream()
        let server = try RudeServer { moment in
            guard case .message = moment.step else { return nil }
            return [.perform { notify.yield() }, .hang]
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port, timeout: .seconds(300)), grace: .seconds(300))
        let start = ContinuousClock.now
        let running = Task { try await service.run() }
        for await _ in seen { break }
        running.cancel()
        _ = await running.result
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try await rig.test.storage.queueCounts() == [.unknown: 1])
    }

    @Test("the running service sends what comes into the queue later")
    func wakes() async throws {
        let server = try RudeServer()
        defer { server.stop() }
        let test = try TestStorage()
        let clock = TestClock()
        let sitting = try await test.approvedSitting(members: 5, documents: 1)
        let service = DeliveryService(
            storage: test.storage, couriers: [(CurlCourier(try Rig.settings(port: server.port), clock: .fixed(Sample.now)), RateLimiter())],
            clock: clock.wall,
            randomness: .system,
            logger: LogBook().logger)
        let group = ServiceGroup(services: [service], logger: LogBook().logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await test.composeAll()
            #expect(await eventually { server.taken.count == 5 })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await test.storage.status(of: sitting.id).allSatisfy { $0.state == .relayed })
    }

    @Test("a relay that doesn't answer to one message keeps no other waiting, be it new or due again")
    func hangs() async throws {
        let rig = try await Rig(members: 3)
        let clock = rig.clock
        let bodies = Mutex(0)
        let server = try RudeServer { moment in
            guard case .message = moment.step else { return nil }
            let number = bodies.withLock { bodies in
                bodies += 1
                return bodies
            }
            return switch number {
            case 1: [.hang]
            case 2: [.reply("451 4.7.1 Later, please")]
            default: nil
            }
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port, connections: 2, timeout: .seconds(600)), grace: .zero)
        let group = ServiceGroup(services: [service], logger: rig.log.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(await eventually { Set(server.taken.map(\.bytes)).count == 1 })
            // The one that was put off is due again only now, in the same pass.
            clock.advance(by: 7200)
            #expect(await eventually { Set(server.taken.map(\.bytes)).count == 2 })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await rig.test.storage.queueCounts() == [.relayed: 2, .unknown: 1])
    }

    @Test("bytes that no relay may get are refused here, and the clerk is told")
    func malformed() async throws {
        let server = try RudeServer()
        defer { server.stop() }
        let test = try TestStorage()
        let sitting = try await test.approvedSitting(members: 1, documents: 1)
        let composed = try #require(
            try await test.storage.convocationsToCompose(limit: 1).map { Sample.composed($0, at: Sample.now) }.first)
        let bytes = Array("Subject: é\r\n\r\n".utf8)
        let message = OutgoingMessage(
            kind: .convocation, messageID: composed.message.messageID, envelopeSender: composed.message.envelopeSender,
            recipient: composed.message.recipient, bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
        try await test.storage.store([ComposedConvocation(id: composed.id, message: message, links: [])], at: Sample.now)
        let service = DeliveryService(
            storage: test.storage, couriers: [(CurlCourier(try Rig.settings(port: server.port), clock: .fixed(Sample.now)), RateLimiter())],
            clock: .fixed(Sample.now),
            randomness: .system,
            logger: LogBook().logger)
        #expect(try await service.deliverDue().refused == 1)
        #expect(server.connections == 0)
        let status = try #require(try await test.storage.status(of: sitting.id).first)
        #expect(status.state == .failed)
        #expect(status.lastReply == "not sent: the message's line 1 holds a byte above 127")
    }

    @Test(
        "an address with a line break, bracket or space never becomes an address",
        arguments: [
            "a@b.example\r\nRCPT TO:<x@y.example>", "a@b.example>", "<a@b.example", "a b@c.example", "a@b.example\n", "a@b .example",
        ])
    func injection(_ text: String) {
        #expect(throws: EmailAddressError.self) { try EmailAddress(parsing: text) }
        #expect(throws: EnvelopeAddressError.self) { try EnvelopeAddress(checking: text) }
    }
}
