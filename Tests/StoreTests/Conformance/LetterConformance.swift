import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: letters after the convocation")
struct LetterConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    /// Plain messages for all wanted letters.
    private func write(_ storage: any Storage, at now: Date) async throws -> [ComposedLetter] {
        let letters = try await storage.lettersToCompose(limit: 99).map { letter in
            let bytes = Array("Message-ID: <l.\(letter.id)@aurence.example>\r\n\r\n\(letter.kind)\r\n".utf8)
            return ComposedLetter(
                id: letter.id,
                message: OutgoingMessage(
                    kind: letter.kind.messageKind, messageID: "l.\(letter.id)@aurence.example",
                    envelopeSender: Sample.email("assemblees@aurence.example"),
                    recipient: letter.member.entry.email ?? Sample.email("x@aurence.example"), bytes: bytes, hash: Sample.hash(bytes),
                    deadline: letter.sitting.draft.start))
        }
        try await storage.store(letters, at: now)
        return letters
    }

    @Test("a cancellation is told to whom the convocation has reached or may have, and to nobody else", arguments: Backend.all)
    func cancelled(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 20, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 10, at: Sample.now)
        var results: [DeliveryOutcome.Result] = [.accepted, .unknown(retryAt: later), .deferred(retryAt: later), .refused]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: Sample.now) })
        // Six are just being sent, eight have not been tried, two are on paper: one of those is served.
        let paper = try await storage.status(of: sitting.id).filter { $0.state == .paperDue }
        let service = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        _ = try await storage.recordPaperService(
            service, of: paper[0].member.id, in: sitting.id, correcting: false, zone: Sample.zone, at: later)
        let refused = try #require(try await storage.status(of: sitting.id).first { $0.state == .failed })
        let announced = try await storage.cancel(sitting.id, by: "test", at: later)
        #expect(announced == Cancellation(byMail: 2, underWay: 6, otherwise: 3, isPast: false))
        #expect(try await storage.cancel(sitting.id, by: "test", at: later) == nil)
        let notice = try #require(try await storage.noticesToCompose(limit: 9).last?.content)
        #expect(notice == .unwarned(sitting: sitting.id, convocations: ([refused.id] + paper.map(\.id)).sorted()))

        results = [
            .accepted, .unknown(retryAt: later), .unknown(retryAt: nil), .deferred(retryAt: later), .refused, .postponed(until: later),
        ]
        try await storage.record(zip(leased[4...], results).map { Sample.outcome(of: $0, $1, at: later) })
        let letters = try await storage.lettersToCompose(limit: 99)
        #expect(letters.count == 5 && letters.allSatisfy { $0.kind == .cancellation && $0.cancelledAt == later })
        #expect(letters.map { $0.member.entry.email } == [0, 1, 4, 5, 6].map { leased[$0].message.recipient })
        try await Audit(storage)
    }

    @Test("a letter is made once, its way is journalled, and no convocation changes by it", arguments: Backend.all)
    func sent(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 4, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await storage.cancel(sitting.id, by: "test", at: later)
        let states = try await storage.status(of: sitting.id).map(\.state)
        let letters = try await write(storage, at: later)
        try await storage.store(letters, at: later)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        let size = try await storage.journalSize()
        try await opened.reopen().store(letters, at: later)
        #expect(try await storage.journalSize() == size)

        let leased = try await storage.lease(limit: 99, at: later)
        #expect(leased.map(\.message.hash) == letters.map(\.message.hash))
        let results: [DeliveryOutcome.Result] = [.accepted, .refused, .unknown(retryAt: later), .deferred(retryAt: later)]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: later) })
        // A process that dies while it sends: even where the clerk has the last word on convocations, a letter goes again.
        #expect(try await storage.lease(limit: 99, at: later).count == 2)
        #expect(try await storage.recoverLeases(at: later, policy: .hold) == 2)
        #expect(try await storage.lease(limit: 99, at: later).count == 2)
        _ = try await storage.recoverLeases(at: later, policy: .resend)
        // At the sitting's hour it is too late.
        #expect(try await storage.lease(limit: 99, at: sitting.draft.start).isEmpty)
        let status = try await storage.status(of: sitting.id)
        #expect(status.map(\.state) == states && status.allSatisfy { $0.attempts == 1 })
        let fates = try #require(status.map(\.cancellation) as? [LetterStatus])
        #expect(fates.count { $0.state == .relayed && $0.relayedAt == later } == 1 && fates.count { $0.state == .failed } == 3)
        let failed = status.filter { $0.cancellation?.state == .failed }.map(\.id).sorted()
        guard case .unwarned(sitting.id, let told) = try await storage.noticesToCompose(limit: 9).last?.content else {
            Issue.record("the clerk is told whom the cancellation did not reach")
            return
        }
        #expect(told.sorted() == failed)
        let audit = try await Audit(storage)
        #expect(audit.count(.letterIssued) == 4 && audit.count(.letterRelayed) == 1 && audit.count(.letterFailed) == 3)
        #expect(audit.count(.letterRepeated) == 5, "one lost answer, and twice two dead processes")
        #expect(audit.contents(of: .letterIssued).allSatisfy { $0["kind"] == "cancellation" && $0["recipient"] != nil })
        #expect(audit.count(.convocationRelayed) == 4 && audit.count(.convocationFailed) == 0)
    }

    @Test("after the sitting's hour, nobody is told", arguments: Backend.all)
    func past(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 10, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        let announced = try await storage.cancel(sitting.id, by: "test", at: sitting.draft.start)
        #expect(announced == Cancellation(byMail: 0, underWay: 0, otherwise: 0, isPast: true))
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        #expect(try await storage.noticesToCompose(limit: 9).map(\.content) == [.preview(sitting: sitting.id, revision: 1)])
    }

    @Test("a reminder is for whoever was served by mail and has not acknowledged, once an hour", arguments: Backend.all)
    func reminded(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 10, documents: [])
        let composed = try await storage.composeAll()
        #expect(try await storage.remind(sitting.id, at: later) == 0, "nothing has left yet")
        let leased = try await storage.lease(limit: 8, at: Sample.now)
        try await storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: Sample.now) })
        let (person, robot) = (composed[0], composed[1])
        for (convocation, grade) in [(person, Grade.person), (robot, .robot)] {
            let link = try #require(convocation.links.first { $0.target == .sitting })
            _ = try await storage.record(Access(link: link.id, at: later, grade: grade, signals: [], document: nil))
        }
        try await storage.revokeLinks(of: composed[2].id, at: later)
        #expect(try await storage.remind(sitting.id, at: later) == 6)
        #expect(try await storage.remind(sitting.id, at: later.addingTimeInterval(3599)) == 0)
        let letters = try await storage.lettersToCompose(limit: 99)
        #expect(letters.map(\.convocation) == composed[1..<8].map(\.id).filter { $0 != composed[2].id })
        for letter in letters {
            #expect(letter.link == composed.first { $0.id == letter.convocation }?.links.first { $0.target == .sitting })
        }
        _ = try await write(storage, at: later)
        try await storage.relayAll(at: later)
        #expect(try await storage.status(of: sitting.id).count { $0.remindedAt == later } == 6)
        #expect(try await storage.remind(sitting.id, at: later.addingTimeInterval(3601)) == 7, "the eighth has been convened since")
        // What is wanted is not made any more, what is queued doesn't leave.
        try await storage.cancel(sitting.id, by: "test", at: later.addingTimeInterval(3602))
        #expect(try await storage.lettersToCompose(limit: 99).allSatisfy { $0.kind == .cancellation })
        await #expect(throws: StorageError.wrongState(sitting.id, .cancelled)) { try await storage.remind(sitting.id, at: later) }
        let audit = try await Audit(storage)
        #expect(audit.contents(of: .letterIssued).count { $0["kind"] == "reminder" } == 6)
        #expect(audit.count(.letterRelayed) == 6)
    }

    @Test("a queued reminder doesn't leave once its sitting is cancelled; its hour ends it too", arguments: Backend.all)
    func withdrawn(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        #expect(try await storage.remind(sitting.id, at: later) == 3)
        _ = try await write(storage, at: later)
        let leased = try await storage.lease(limit: 1, at: later)
        try await storage.cancel(sitting.id, by: "test", at: later)
        try await storage.record(leased.map { Sample.outcome(of: $0, .unknown(retryAt: later), at: later) })
        #expect(try await storage.lease(limit: 99, at: later).isEmpty)
        #expect(try await storage.queueCounts() == [.relayed: 3, .cancelled: 3])
        #expect(try await Audit(storage).count(.letterRepeated) == 0)
    }

    @Test("a configured hour reminds once, and not whoever was convened after it", arguments: Backend.all)
    func hours(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        let first = try await storage.lease(limit: 1, at: Sample.now)
        try await storage.record(first.map { Sample.outcome(of: $0, .accepted, at: Sample.now) })
        func before(_ hours: Double) -> Date { sitting.draft.start.addingTimeInterval(-hours * 3600) }
        // Convened between the two hours.
        let second = try await storage.lease(limit: 1, at: Sample.now)
        try await storage.record(second.map { Sample.outcome(of: $0, .accepted, at: before(30)) })
        #expect(try await storage.remindDue(hoursBefore: [], at: before(24)) == 0)
        #expect(try await storage.remindDue(hoursBefore: [48, 24], at: before(48.1)) == 0)
        #expect(try await storage.remindDue(hoursBefore: [48, 24], at: before(48)) == 1)
        #expect(try await storage.remindDue(hoursBefore: [48, 24], at: before(29)) == 0)
        #expect(try await storage.remindDue(hoursBefore: [48, 24], at: before(23)) == 2)
        #expect(try await opened.reopen().remindDue(hoursBefore: [48, 24], at: before(22)) == 0)
        #expect(try await storage.remindDue(hoursBefore: [12], at: sitting.draft.start) == 0, "never after the sitting's hour")
        #expect(try await storage.lettersToCompose(limit: 9).count == 3)
        // Made too late: it is not even queued.
        _ = try await write(storage, at: sitting.draft.start)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        #expect(try await Audit(storage).count(.letterIssued) == 0)
    }
}
