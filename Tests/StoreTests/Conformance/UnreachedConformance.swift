import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: whom mail doesn't reach, and mail that must not be the last word")
struct UnreachedConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func amend(_ storage: any Storage, _ sitting: Sitting, place: String = "Salle B") async throws -> AmendmentApproval {
        _ = try await storage.submit(Sample.draft(documents: [], place: place), at: later)
        return try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
    }

    private func moveToPaper(_ storage: any Storage, _ number: Int, of count: Int) async throws {
        var roll = Sample.roll(count)
        let entry = roll[number]
        roll[number] = RollEntry(
            civility: entry.civility, familyName: entry.familyName, givenName: entry.givenName, email: nil, bodies: entry.bodies,
            service: .paper, language: entry.language)
        _ = try await storage.replaceRoll(with: roll, source: Sample.hash("paper \(number)"), at: later)
    }

    @Test("a convocation that came back ends the letters behind it; at a cancellation its member is named", arguments: Backend.all)
    func returned(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        let composed = try await storage.composeAll()
        try await storage.relayAll()
        #expect(try await amend(storage, sitting) == .approved(byMail: 3, otherwise: 0))
        try await storage.writeLetters(at: later)
        let leased = try await storage.lease(limit: 9, at: later)
        let dead = try #require(composed.first { $0.message.recipient == leased[0].message.recipient })
        let told = try #require(composed.first { $0.message.recipient == leased[1].message.recipient })
        try await storage.record([
            Sample.outcome(of: leased[0], .deferred(retryAt: later), at: later), Sample.outcome(of: leased[1], .accepted, at: later),
        ])
        for convocation in [dead, told] {
            _ = try await storage.record(
                DeliveryReport(
                    convocation: convocation.id, digest: Sample.hash("\(convocation.id)"), action: .failed, reason: .mailboxFull,
                    status: "5.1.1", diagnostic: nil, reporter: nil, recipient: nil, isSigned: true, at: later))
        }
        let again = try opened.reopen()
        #expect(try await again.lease(limit: 9, at: later).isEmpty, "to a dead address nothing more goes")
        #expect(try await again.noticesToCompose(limit: 9).map(\.content).contains(.untold(sitting: sitting.id, convocations: [dead.id])))
        #expect(try await again.convocation(dead.id)?.amendment?.isLost == true)
        #expect(try await amend(again, sitting, place: "Salle C") == .approved(byMail: 1, otherwise: 2))
        // Whom the letter had reached is warned by mail, and named all the same.
        let announced = try await again.cancel(sitting.id, by: "test", at: later)
        #expect(announced == Cancellation(byMail: 2, underWay: 0, otherwise: 2, isPast: false))
        let unwarned = NoticeContent.unwarned(sitting: sitting.id, convocations: [dead.id, told.id].sorted())
        #expect(try await again.noticesToCompose(limit: 99).map(\.content).contains(unwarned))
        try await Audit(again)
    }

    @Test("whoever has no address any more is told otherwise, and of a cancellation by the old one too", arguments: Backend.all)
    func onPaperSince(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await moveToPaper(storage, 1, of: 3)
        let moved = try #require(try await storage.status(of: sitting.id).first { $0.hasNoAddress })
        #expect(moved.member.entry.email == Sample.email("elu1@aurence.example"))
        #expect(try await storage.untold(of: sitting.id).map(\.id) == [moved.id])
        #expect(try await amend(storage, sitting) == .approved(byMail: 2, otherwise: 1))
        // Another one between the approval and the making of the letters.
        try await moveToPaper(storage, 2, of: 3)
        _ = try await storage.replaceRoll(
            with: Sample.roll(3).enumerated().map { number, entry in
                number == 0
                    ? entry
                    : RollEntry(
                        civility: entry.civility, familyName: entry.familyName, givenName: entry.givenName, email: nil,
                        bodies: entry.bodies, service: .paper, language: entry.language)
            }, source: Sample.hash("both"), at: later)
        #expect(try await storage.lettersToCompose(limit: 9).map(\.member.entry.email) == [Sample.email("elu0@aurence.example")])
        #expect(try await storage.settleLetters(overdueSince: Sample.now, at: later) == 1)
        #expect(try await storage.remind(sitting.id, at: later) == 1)
        let again = try opened.reopen()
        let announced = try await again.cancel(sitting.id, by: "test", at: later)
        #expect(announced == Cancellation(byMail: 3, underWay: 0, otherwise: 2, isPast: false))
        let addresses = Set(try await again.lettersToCompose(limit: 9).compactMap(\.member.entry.email))
        #expect(addresses == Set((0..<3).map { Sample.email("elu\($0)@aurence.example") }))
        try await Audit(again)
    }

    @Test("served on paper while the mail waits: it is not the last word, and the clerk is told whom to tell", arguments: Backend.all)
    func servedOnPaper(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 9, at: Sample.now)
        try await storage.record(leased.map { Sample.outcome(of: $0, .deferred(retryAt: later), at: Sample.now) })
        let service = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        for status in try await storage.status(of: sitting.id) {
            _ = try await storage.recordPaperService(
                service, of: status.member.id, in: sitting.id, correcting: false, zone: Sample.zone, at: later)
        }
        #expect(try await amend(storage, sitting) == .approved(byMail: 0, otherwise: 2))
        #expect(try await storage.untold(of: sitting.id).count == 2)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        let rest = try await storage.lease(limit: 9, at: later)
        try await storage.record([
            Sample.outcome(of: rest[0], .accepted, at: later), Sample.outcome(of: rest[1], .refused, at: later),
        ])
        let letters = try await opened.reopen().lettersToCompose(limit: 9)
        #expect(letters.map(\.member.entry.email) == [rest[0].message.recipient])
        try await Audit(storage)
    }
}
