import Composition
import Council
import Foundation
import Logging
import ServiceLifecycle
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Letters that have waited while nothing ran")
struct OverdueTests {
    @Test func `what leaves as soon as the service is back is not told as waiting; what stays is`() async throws {
        let stage = try Stage(now: Fixture.instant("2026-12-07 06:00"))
        let sitting = try await stage.test.approvedSitting(members: 2, documents: 2, at: stage.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: stage.now)
        _ = try await stage.storage.submit(Sample.draft(documents: try stage.test.makeDocuments(2), place: "Gymnase"), at: stage.now)
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
        // Five hours later it starts again.
        let time = Mutex(stage.now.addingTimeInterval(5 * 3600))
        let clock = WallClock { time.withLock { $0 } }
        let keyring = try Fixture.keyring()
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = CompositionService(
            settings: Fixture.settings(), storage: stage.storage, documents: stage.test.documents, keyring: { keyring },
            templates: try Fixture.templates(), clock: clock, randomness: Fixture.randomness(), logger: quiet)
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: quiet))
        func told() async throws -> Int {
            let now = clock.now()
            let due = try await stage.storage.lease(limit: 99, at: now)
            let alarms = due.filter { $0.message.kind == .alarm }
            // One change leaves, the other stays.
            try await stage.storage.record(
                due.map { leased in
                    let stays = leased.message.kind == .changedPlace && leased.message.recipient == Sample.email("elu1@aurence.example")
                    return Sample.outcome(of: leased, stays ? .deferred(retryAt: now.addingTimeInterval(60)) : .accepted, at: now)
                })
            // Delivery has had its time; another mail to the clerk wakes the service for its next look.
            if !due.isEmpty {
                time.withLock { $0 += 301 }
                try await stage.storage.post(.rejected(name: "copies.csv", reason: "Ligne 3"), at: now)
            }
            return try Judge.messages(alarms.map(\.message.bytes)).count { $0.subject?.contains("pas encore parti (1)") == true }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let end = ContinuousClock.now + .seconds(240)
            var count = 0
            while count == 0, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(100))
                count += try await told()
            }
            #expect(count == 1, "one alarm, of the one that stays")
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
