import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: letters in their order, and what the clerk learns of them")
struct LetterOrderConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func amended(_ storage: any Storage, _ sitting: Sitting, at now: Date) async throws -> AmendmentApproval {
        let draft = Sample.draft(documents: sitting.draft.documents, place: "Salle polyvalente")
        _ = try await storage.submit(draft, at: now)
        return try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: now)
    }

    private func notices(_ storage: any Storage) async throws -> [NoticeContent] {
        try await storage.noticesToCompose(limit: 99).map(\.content)
    }

    @Test("a letter waits while its convocation may still leave, and never overtakes it", arguments: Backend.all)
    func waits(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 6, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 5, at: Sample.now)
        let results: [DeliveryOutcome.Result] = [
            .accepted, .deferred(retryAt: later), .unknown(retryAt: later), .unknown(retryAt: nil),
        ]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: Sample.now) })
        #expect(try await amended(storage, sitting, at: Sample.now) == .approved(byMail: 6, otherwise: 0))
        func offered() async throws -> [EmailAddress?] { try await storage.lettersToCompose(limit: 9).map(\.member.entry.email) }
        #expect(try await offered() == [leased[0].message.recipient])
        #expect(try await storage.settleLetters(overdueSince: Sample.now.addingTimeInterval(-1), at: Sample.now) == 0)
        // A crash, and the relay takes the rest but for one, which it refuses.
        let again = try opened.reopen()
        _ = try await again.recoverLeases(at: later, policy: .resend)
        let rest = try await again.lease(limit: 9, at: later)
        #expect(rest.count == 4)
        let refused = rest[0].message.recipient
        try await again.record(
            rest.map { Sample.outcome(of: $0, $0.message.recipient == refused ? .refused : .accepted, at: later) })
        let status = try await again.status(of: sitting.id)
        let lost = try #require(status.first { $0.member.entry.email == refused })
        let held = try #require(status.first { $0.isHeld })
        #expect(try await again.lettersToCompose(limit: 9).count == 4)
        #expect(try await again.settleLetters(overdueSince: Sample.now.addingTimeInterval(-1), at: later) == 1)
        #expect(try await notices(again).contains(.untold(sitting: sitting.id, convocations: [lost.id])))
        #expect(try await again.convocation(lost.id)?.amendment?.isWithdrawn == true)
        // The held one is served on paper, and its message ends at the last lawful moment.
        let service = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        _ = try await again.recordPaperService(
            service, of: held.member.id, in: sitting.id, correcting: false, zone: Sample.zone, at: later)
        #expect(try await again.settleLetters(overdueSince: Sample.now.addingTimeInterval(-1), at: later) == 0)
        try await again.writeLetters(at: later)
        try await again.relayAll(at: later)
        _ = try await again.lease(limit: 9, at: sitting.draft.deadline)
        #expect(try await again.settleLetters(overdueSince: Sample.now.addingTimeInterval(-1), at: sitting.draft.deadline) == 1)
        #expect(try await notices(again).contains(.untold(sitting: sitting.id, convocations: [lost.id, held.id])))
        #expect(try await again.lettersToCompose(limit: 9).isEmpty)
        try await Audit(again)
    }

    @Test("a letter goes to the address that the member has now", arguments: Backend.all)
    func presentAddress(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        let roll = Sample.roll(3).enumerated().map { number, entry in
            number == 1
                ? RollEntry(
                    civility: entry.civility, familyName: entry.familyName, givenName: entry.givenName,
                    email: Sample.email("nouvelle@aurence.example"), bodies: entry.bodies, service: .electronic, language: entry.language)
                : entry
        }
        // The first has left the council, and is told all the same.
        _ = try await storage.replaceRoll(with: Array(roll.dropFirst()), source: Sample.hash("roll"), at: later)
        _ = try await amended(storage, sitting, at: later)
        let addresses = try await storage.lettersToCompose(limit: 9).map { $0.member.entry.email?.description }
        #expect(Set(addresses) == ["elu0@aurence.example", "nouvelle@aurence.example", "elu2@aurence.example"])
        try await storage.writeLetters(at: later)
        try await Audit(storage)
    }

    @Test("what is open for two hours is told once and together; what fails, and what expires, again", arguments: Backend.all)
    func overdue(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 4, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        _ = try await amended(storage, sitting, at: later)
        try await storage.writeLetters(at: later)
        let leased = try await storage.lease(limit: 9, at: later)
        let far = sitting.draft.start
        try await storage.record(
            leased.enumerated().map { Sample.outcome(of: $1, $0 == 0 ? .accepted : .deferred(retryAt: far), at: later) })
        let waiting = try await storage.status(of: sitting.id).filter { $0.amendment?.isOpen == true }.map(\.id).sorted()
        #expect(waiting.count == 3)
        let soon = later.addingTimeInterval(7199)
        #expect(try await storage.settleLetters(overdueSince: soon.addingTimeInterval(-7200), at: soon) == 0)
        let then = later.addingTimeInterval(7200)
        #expect(try await storage.settleLetters(overdueSince: later, at: then) == 3)
        let notice = try #require(try await storage.noticesToCompose(limit: 99).last)
        #expect(notice.content == .untold(sitting: sitting.id, convocations: waiting))
        try await storage.close(notice.id, with: [], links: [], at: then)
        #expect(try await opened.reopen().settleLetters(overdueSince: later, at: then.addingTimeInterval(60)) == 0, "once each")
        // At the sitting's hour they fail, and the clerk learns that too.
        #expect(try await storage.lease(limit: 9, at: far).isEmpty)
        #expect(try await notices(storage).last == .untold(sitting: sitting.id, convocations: waiting))
        #expect(try await storage.status(of: sitting.id).count { $0.amendment?.isLost == true } == 3)
    }

    @Test("near its end one refusal is enough, and without any, half of the time that is left", arguments: Backend.all)
    func lastHours(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        let evening = sitting.draft.start.addingTimeInterval(-5400)
        _ = try await amended(storage, sitting, at: evening)
        try await storage.writeLetters(at: evening)
        func told(after seconds: TimeInterval) async throws -> Int {
            let now = evening.addingTimeInterval(seconds)
            return try await storage.settleLetters(overdueSince: now.addingTimeInterval(-7200), at: now)
        }
        #expect(try await told(after: 1) == 0)
        let leased = try await storage.lease(limit: 9, at: evening)
        try await storage.record(
            zip(leased, [.deferred(retryAt: evening.addingTimeInterval(60)), .accepted, .postponed(until: sitting.draft.start)])
                .map { Sample.outcome(of: $0, $1, at: evening) })
        #expect(try await told(after: 2) == 1)
        #expect(try await told(after: 1799) == 0, "once each")
        #expect(try await told(after: 1800) == 1, "not even tried")
        try await Audit(storage)
    }

    @Test("a cancellation that isn't even made is told to the clerk as one", arguments: Backend.all)
    func overdueCancellation(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("roll"), at: Sample.now)
        let then = later.addingTimeInterval(7200)
        let other = try await storage.submit(Sample.draft(documents: [], day: "2026-12-17"), at: later).sitting
        _ = try await storage.approve(other.id, revision: 1, by: "test", at: later)
        try await storage.composeAll(at: later)
        try await storage.relayAll(at: later)
        try await storage.cancel(other.id, by: "test", at: later)
        #expect(try await storage.settleLetters(overdueSince: later, at: then) == 4, "not even made")
        guard case .unwarned(other.id, let unwarned) = try await notices(storage).last else {
            Issue.record("the clerk is told whom the cancellation has not reached")
            return
        }
        #expect(unwarned.count == 4)
        try await Audit(storage)
    }

    @Test("a convocation that the relay took after the last lawful moment is told apart, and not counted in public", arguments: Backend.all)
    func late(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: [])
        try await storage.composeAll()
        let deadline = sitting.draft.deadline
        let leased = try await storage.lease(limit: 9, at: deadline.addingTimeInterval(-8))
        try await storage.record([Sample.outcome(of: leased[0], .accepted, at: deadline.addingTimeInterval(-0.001))])
        try await storage.record([Sample.outcome(of: leased[1], .accepted, at: deadline)])
        let status = try await storage.status(of: sitting.id).sorted { $0.id < $1.id }
        #expect(status.map(\.state) == [.relayed, .relayed] && status.map(\.isLate) == [false, true])
        #expect(try await notices(storage).last == .undelivered(sitting: sitting.id, convocations: [status[1].id]))
        #expect(try await storage.publicSitting(sitting.id)?.served == 1)
        try await Audit(storage)
    }
}
