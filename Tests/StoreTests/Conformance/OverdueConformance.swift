import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: convocations that don't leave are told while there is time to serve them otherwise")
struct OverdueConformance {
    /// Twelve days before the last lawful moment.
    private func queue(_ storage: any Storage, _ results: [DeliveryOutcome.Result], at now: Date) async throws -> Sitting {
        let sitting = try await storage.sampleApproved(members: results.count, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: results.count, at: now)
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: now) })
        return sitting
    }

    private func tell(_ storage: any Storage, at now: Date) async throws -> Int {
        try await storage.tellOverdue(since: now.addingTimeInterval(-7200), at: now)
    }

    private func waiting(_ storage: any Storage, _ sitting: Sitting) async throws -> [ConvocationID] {
        try await storage.status(of: sitting.id).filter { $0.state == .queued && !$0.isHeld && $0.lastReply != nil }.map(\.id).sorted()
    }

    @Test("two hours after the first refusal, once each; not what is held, nor what hasn't been refused", arguments: Backend.all)
    func refused(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let far = Sample.now.addingTimeInterval(5 * 86_400)
        let sitting = try await queue(
            storage,
            [.accepted, .deferred(retryAt: far), .unknown(retryAt: far), .unknown(retryAt: nil), .postponed(until: far), .refused],
            at: Sample.now)
        let due = try await waiting(storage, sitting)
        #expect(due.count == 2)
        for notice in try await storage.noticesToCompose(limit: 99) {
            try await storage.close(notice.id, with: [], links: [], at: Sample.now)
        }
        #expect(try await tell(storage, at: Sample.now.addingTimeInterval(7199)) == 0)
        #expect(try await tell(storage, at: Sample.now.addingTimeInterval(7200)) == 2)
        let notices = try await storage.noticesToCompose(limit: 99)
        #expect(notices.map(\.content) == [.undelivered(sitting: sitting.id, convocations: due)])
        #expect(try await tell(opened.reopen(), at: Sample.now.addingTimeInterval(7300)) == 0, "once each")
        #expect(try await storage.compareState(limit: 9).differences == [])
    }

    @Test("while a relay takes nothing only that is told, but for the last hours", arguments: Backend.all)
    func trouble(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await queue(storage, [.deferred(retryAt: Sample.now.addingTimeInterval(60))], at: Sample.now)
        try await storage.noteTrouble(
            relay: "relay.test:25", cause: .unreachable, reply: "no answer", since: Sample.now, canBeTold: true, at: Sample.now)
        #expect(try await tell(storage, at: Sample.now.addingTimeInterval(86_400)) == 0)
        let end = sitting.draft.deadline
        #expect(try await tell(storage, at: end.addingTimeInterval(-14_401)) == 0)
        #expect(try await tell(storage, at: end.addingTimeInterval(-14_400)) == 1)
    }

    @Test("near the end one refusal is enough, and without any, half of the time that was left", arguments: Backend.all)
    func lastHours(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceRoll(with: Sample.roll(2), source: Sample.hash("roll"), at: Sample.now)
        let sitting = try await storage.submit(Sample.draft(documents: []), at: Sample.now).sitting
        let end = sitting.draft.deadline
        let evening = end.addingTimeInterval(-3600)
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: evening)
        try await storage.composeAll(at: evening)
        #expect(try await tell(storage, at: evening) == 0)
        let leased = try await storage.lease(limit: 2, at: evening)
        try await storage.record(
            zip(leased, [.deferred(retryAt: end), .postponed(until: end)]).map { Sample.outcome(of: $0, $1, at: evening) })
        #expect(try await tell(storage, at: evening.addingTimeInterval(1)) == 1)
        #expect(try await tell(storage, at: evening.addingTimeInterval(1199)) == 0)
        #expect(try await tell(storage, at: evening.addingTimeInterval(1200)) == 1, "not even tried")
        // At the end they fail, and the clerk learns that too.
        #expect(try await tell(storage, at: end) == 0)
        for notice in try await storage.noticesToCompose(limit: 99) { try await storage.close(notice.id, with: [], links: [], at: end) }
        #expect(try await storage.lease(limit: 9, at: end).isEmpty)
        guard case .undelivered(sitting.id, let told)? = try await storage.noticesToCompose(limit: 99).last?.content else {
            Issue.record("the clerk is told of what failed")
            return
        }
        #expect(told.count == 2)
    }

    @Test("of many that fail at once, one list is made, not one after each", arguments: Backend.all)
    func many(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 40, documents: [])
        try await storage.composeAll()
        let all = try await storage.status(of: sitting.id).filter { $0.state == .queued }.map(\.id).sorted()
        let preview = try #require(try await storage.noticesToCompose(limit: 9).last)
        #expect(try await storage.lease(limit: 9, at: sitting.draft.deadline).isEmpty)
        let notice = try #require(try await storage.noticesToCompose(limit: 9).last)
        #expect(all.count > 30 && notice.content == .undelivered(sitting: sitting.id, convocations: all))
        #expect(notice.id.rawValue == preview.id.rawValue + 1)
        // A longer list later takes the shorter one's place.
        try await storage.post(.undelivered(sitting: sitting.id, convocations: [all[0], ConvocationID(rawValue: 77_777)]), at: Sample.now)
        let longer = try #require(try await storage.noticesToCompose(limit: 9).last)
        #expect(longer.content == .undelivered(sitting: sitting.id, convocations: all + [ConvocationID(rawValue: 77_777)]))
        #expect(try await storage.noticesToCompose(limit: 9).count == 2 && longer.id.rawValue == notice.id.rawValue + 1)
    }
}
