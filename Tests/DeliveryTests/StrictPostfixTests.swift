import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import TestSupport
import Testing

@Suite("A strict relay: Postfix, slow, with limits, and Postgrey", .serialized)
struct StrictPostfixTests {
    /// Goes `speed` times as fast as the machine's, so that the backoff of minutes fits a relay whose minutes are seconds.
    private static func fastClock(_ speed: Double) -> WallClock {
        let began = ContinuousClock.now
        return WallClock { Sample.now + speed * ((ContinuousClock.now - began) / .seconds(1)) }
    }

    private struct Run {
        let rig: Rig
        let delivered: [DeliveredMessage]
        /// Of the relay.
        let log: String
        func lines(_ words: String) -> Int { log.split(separator: "\n").count { $0.contains(words) } }
    }

    /// Delivers until the queue is empty.
    private static func run(_ postfix: Postfix, members: Int, connections: Int, speed: Double) async throws -> Run {
        let rig = try await Rig(members: members)
        let clock = fastClock(speed)
        let settings = try RelaySettings(
            name: "relay", host: "127.0.0.1", port: postfix.port, tls: .startTLS, caFile: postfix.caFile, connections: connections,
            heloName: "gateway.test", connectTimeout: .seconds(20), responseTimeout: .seconds(20))
        let service = DeliveryService(
            storage: rig.test.storage, couriers: [(CurlCourier(settings, clock: clock), RateLimiter())], clock: clock,
            randomness: .system, logger: rig.log.logger)
        let end = ContinuousClock.now + .seconds(600)
        while try await rig.test.storage.nextDue() != nil, ContinuousClock.now < end {
            if try await service.deliverDue().total == 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
        let counts = try await rig.test.storage.queueCounts()
        let reasons = rig.log.lines.suffix(5).map(\.text)
        try #require(counts == [.relayed: rig.messages.count], "\(counts), \(reasons): \(postfix.log.suffix(2_000))")
        let delivered = try await postfix.delivered(count: rig.messages.count)
        return Run(rig: rig, delivered: delivered, log: postfix.log)
    }

    /// Everyone is served, within the deadline, by one message each.
    private static func expectServed(_ run: Run) async throws {
        let rig = run.rig
        #expect(try await rig.test.storage.queueCounts() == [.relayed: rig.messages.count])
        for status in try await rig.status() where status.member.entry.service == .electronic {
            #expect(try #require(status.relayedAt) < rig.sitting.draft.deadline)
        }
        #expect(run.delivered.count == rig.messages.count)
        #expect(Set(run.delivered.map(\.recipient)) == Set(rig.messages.map(\.message.recipient.description)))
        #expect(try await rig.entries(.convocationRepeated) == 0)
        #expect(try await rig.entries(.convocationFailed) == 0)
    }

    @Test("greylisted: everyone is served once the time has passed, each asked for a few times only")
    func greylisted() async throws {
        let postgrey = try await Postgrey(delay: 4)
        let postfix = try await Postfix(settings: [
            "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:\(postgrey.port), permit_mynetworks, reject"
        ])
        defer { postfix.stop() }
        let run = try await Self.run(postfix, members: 40, connections: 4, speed: 30)
        try await Self.expectServed(run)
        let refused = run.lines("Greylisted")
        #expect(refused >= run.rig.messages.count, "each is greylisted at first")
        // 30 to 60 s after the first, 60 to 120 s after the second, 120 to 240 s after the third; the wait is of 120 s.
        #expect(refused <= 3 * run.rig.messages.count)
        // One member's greylisting is no fault of the relay: nobody else waits for it.
        #expect(run.rig.log.lines.allSatisfy { $0.level < .warning })
    }

    @Test("fewer connections at once, and fewer messages and connections in a time, than we would like: all leave, nothing is hammered")
    func limited() async throws {
        // Its minute is of four seconds; loopback counts, too.
        let postfix = try await Postfix(settings: [
            "smtpd_client_event_limit_exceptions =", "anvil_rate_time_unit = 4s", "smtpd_client_message_rate_limit = 15",
            "smtpd_client_connection_count_limit = 2", "smtpd_client_connection_rate_limit = 10",
            // Slow: each connection waits a second before it is greeted.
            "smtpd_client_restrictions = sleep 1", "smtpd_delay_reject = no",
        ])
        defer { postfix.stop() }
        let run = try await Self.run(postfix, members: 60, connections: 6, speed: 15)
        try await Self.expectServed(run)
        let (rate, count) = (run.lines("Message delivery request rate limit exceeded"), run.lines("Connection concurrency limit exceeded"))
        #expect(rate > 0 && count > 0, "the limits were met")
        let refused = rate + count + run.lines("Connection rate limit exceeded")
        #expect(refused <= run.rig.messages.count / 2, "\(refused) times against a limit")
        let deferred = try await run.rig.entries(.convocationDeferred)
        #expect(deferred <= run.rig.messages.count)
    }
}
