import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: what is added after the convocations")
struct AmendmentConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func amended(_ storage: any Storage, _ count: Int = 4, place: String? = nil, at now: Date) async throws -> StoredAmendment {
        let draft =
            place.map { Sample.draft(documents: Sample.documents(count), place: $0) } ?? Sample.draft(documents: Sample.documents(count))
        guard case .amended(_, let amendment) = try await storage.submit(draft, at: now) else { throw NotAmended() }
        return amendment
    }

    private struct NotAmended: Error {}

    @Test("it waits for approval: the sitting stays as it was, and nobody is told", arguments: Backend.all)
    func held(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        let amendment = try await amended(storage, at: later)
        #expect(amendment.revision == 2 && amendment.state == .held && amendment.content.added.map(\.label) == ["03"])
        let size = try await storage.journalSize()
        #expect(try await amended(storage, at: later.addingTimeInterval(9)) == amendment, "dropped again: the same")
        #expect(try await storage.journalSize() == size)
        #expect(try await storage.sitting(sitting.id) == sitting)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        let notices = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(notices.filter { $0 == .previewAmendment(sitting: sitting.id, revision: 2) }.count == 1)

        let newer = try await amended(storage, 5, at: later)
        #expect(newer.revision == 3 && newer.content.added.map(\.label) == ["03", "04"])
        #expect(try await opened.reopen().amendments(of: sitting.id).map(\.state) == [.replaced, .held])
        await #expect(throws: StorageError.staleRevision(current: 3)) {
            _ = try await storage.approveAmendment(of: sitting.id, revision: 2, by: "link", at: later)
        }
        let audit = try await Audit(storage)
        #expect(audit.count(.amendmentReceived) == 2 && audit.count(.documentReceived) == 5 && audit.count(.sittingAmended) == 0)
    }

    @Test("what is in force, dropped again, withdraws what waits, its preview and its link", arguments: Backend.all)
    func takenBack(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        #expect(try await storage.submit(sitting.draft, at: later) == .unchanged(sitting))
        _ = try await amended(storage, 4, place: "Gymnase", at: later)
        guard case .takenBack(sitting, let withdrawn) = try await storage.submit(sitting.draft, at: later) else { throw NotAmended() }
        #expect(withdrawn.state == .withdrawn && withdrawn.revision == 2 && withdrawn.content.hasNewPlace)
        let notices = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(!notices.contains(.previewAmendment(sitting: sitting.id, revision: 2)))
        for revision in [nil, 2] {
            await #expect(throws: StorageError.noAmendment(sitting.id)) {
                _ = try await storage.approveAmendment(of: sitting.id, revision: revision, by: "cli", at: later)
            }
        }
        let size = try await storage.journalSize()
        #expect(try await storage.submit(sitting.draft, at: later) == .takenBack(sitting, withdrawn), "as after a crash: the same answer")
        #expect(try await storage.journalSize() == size)
        let again = try await amended(opened.reopen(), 4, place: "Gymnase", at: later)
        #expect(again.revision == 3 && again.state == .held)
        #expect(try await storage.amendments(of: sitting.id).map(\.state) == [.withdrawn, .held])
        #expect(try await Audit(storage).count(.amendmentWithdrawn) == 1)
    }

    @Test("approved, it is one letter for each member convened by mail, with links and receipts of its own", arguments: Backend.all)
    func approved(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 20, documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        await #expect(throws: StorageError.noAmendment(sitting.id)) {
            _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "cli", at: later)
        }
        _ = try await amended(storage, at: later)
        let approval = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "cli", at: later)
        #expect(approval == .approved(byMail: 18, otherwise: 2))
        #expect(try await storage.untold(of: sitting.id).count == 2)
        #expect(try await storage.approveAmendment(of: sitting.id, revision: 2, by: "cli", at: later) == .alreadyApproved(at: later))
        let now = try #require(try await storage.sitting(sitting.id))
        #expect(now.revision == 2 && now.draft.documents.count == 4 && now.state == .approved && now.approvedAt == sitting.approvedAt)
        let wanted = try await storage.lettersToCompose(limit: 99)
        #expect(wanted.count == 18 && wanted.allSatisfy { $0.kind == .supplement && $0.amendment?.content.added.count == 1 })
        try await storage.writeLetters(at: later)
        try await storage.relayAll(at: later)
        #expect(try await opened.reopen().lettersToCompose(limit: 9).isEmpty)

        let first = try #require(wanted.first)
        let own = Sample.links(of: first)
        let read = later.addingTimeInterval(600)
        let context = try #require(try await storage.link(own[0].id))
        #expect(context.relayedAt == later && context.receiptAt == nil, "seconds after the letter, not the convocation")
        _ = try await storage.record(Access(link: own[0].id, at: read, grade: .person, signals: [], document: nil))
        #expect(try await storage.link(own[0].id)?.receiptAt == read)
        let status = try #require(try await storage.convocation(first.convocation))
        #expect(status.receiptAt == nil, "the convocation has its own receipt")
        #expect(status.amendment?.receiptAt == read && status.amendment?.state == .relayed)
        #expect(try await storage.remind(sitting.id, at: read) == 18, "who opened the supplement alone is still reminded")
        _ = try await storage.record(
            Access(link: Sample.linkID(first.convocation, 0), at: read, grade: .person, signals: [], document: nil))
        #expect(try await storage.convocation(first.convocation)?.receiptAt == read)
        let audit = try await Audit(storage)
        #expect(audit.count(.sittingAmended) == 1 && audit.count(.letterIssued) == 18)
    }

    @Test("a convocation that is still to be made goes first; what came after revoked links is told apart", arguments: Backend.all)
    func order(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: Sample.documents(3))
        _ = try await amended(storage, place: "Salle polyvalente", at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: 2, by: "link", at: later)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        let composed = try await storage.composeAll(at: later)
        try await storage.revokeLinks(of: composed[0].id, at: later)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty, "it may still leave")
        try await storage.relayAll(at: later)
        let letters = try await storage.lettersToCompose(limit: 9)
        #expect(letters.count == 3 && letters.allSatisfy { $0.kind == .changedPlace && $0.sitting.draft.place == "Salle polyvalente" })
        try await storage.writeLetters(at: later)
        try await Audit(storage)
    }

    @Test("a letter that is refused or comes back is told to the clerk; the convocation stands", arguments: Backend.all)
    func lost(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        _ = try await amended(storage, at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: 2, by: "link", at: later)
        let letters = try await storage.lettersToCompose(limit: 9)
        try await storage.writeLetters(at: later)
        let leased = try await storage.lease(limit: 9, at: later)
        try await storage.record(zip(leased, [.refused, .accepted]).map { Sample.outcome(of: $0, $1, at: later) })
        let report = LetterReport(
            letter: letters[1].id, digest: Sample.hash("report"), reason: .mailboxFull, status: "5.2.2", diagnostic: nil, reporter: nil,
            at: later)
        #expect(try await storage.record(report) == .recorded(undelivered: false))
        let told = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(told.last == .untold(sitting: sitting.id, convocations: letters.map(\.convocation)))
        let statuses = try await storage.status(of: sitting.id).sorted { $0.id < $1.id }
        #expect(statuses.allSatisfy { $0.state == .relayed } && statuses.map { $0.amendment?.state } == [.failed, .bounced])
        #expect(statuses.map { $0.amendmentBounce?.reason } == [nil, .mailboxFull])
        try await Audit(storage)
    }

    @Test("with the sitting, what waits ends; a sitting that has begun is told to nobody", arguments: Backend.all)
    func ended(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        _ = try await amended(storage, at: later)
        let start = sitting.draft.start
        #expect(try await storage.approveAmendment(of: sitting.id, revision: 2, by: "link", at: start) == .tooLate(start: start))
        try await storage.cancel(sitting.id, by: "test", at: later)
        #expect(try await storage.amendments(of: sitting.id).map(\.state) == [.withdrawn])
        await #expect(throws: StorageError.wrongState(sitting.id, .cancelled)) {
            _ = try await storage.approveAmendment(of: sitting.id, revision: 2, by: "link", at: later)
        }
        try await Audit(storage)
    }

    @Test("a sitting in another's place ends it: who is convened anew gets no cancellation", arguments: Backend.all)
    func replaced(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let old = try await storage.sampleApproved(members: 20, documents: Sample.documents(3))
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 99, at: Sample.now)
        try await storage.record(leased.dropLast().map { Sample.outcome(of: $0, .accepted, at: Sample.now) })
        // Two no longer sit: one whose convocation has left, one whose is just being sent.
        let gone = [0, 17].map { leased[$0].message.recipient }
        let roll = Sample.roll(20).filter { entry in !gone.contains { $0 == entry.email } }
        _ = try await storage.replaceRoll(with: roll, source: Sample.hash("roll"), at: later)
        let draft = Sample.draft(documents: Sample.documents(3), day: "2026-12-17", replacing: old)
        let new = try await storage.submit(draft, at: later).sitting
        #expect(try await storage.sitting(old.id)?.state == .approved, "the old one stands until the new one is approved")
        #expect(try await storage.approve(new.id, revision: 1, by: "test", at: later) == .approved(electronic: 16, paper: 2))
        #expect(try await storage.sitting(old.id)?.state == .cancelled)
        try await storage.record([Sample.outcome(of: leased[17], .accepted, at: later)])
        let letters = try await storage.lettersToCompose(limit: 99)
        #expect(letters.allSatisfy { $0.kind == .cancellation && $0.sitting.id == old.id })
        #expect(letters.map(\.member.entry.email) == gone)
        #expect(try await storage.noticesToCompose(limit: 99).allSatisfy { if case .unwarned = $0.content { false } else { true } })
        #expect(try await storage.convocationsToCompose(limit: 99).count == 16)
        let audit = try await Audit(storage)
        #expect(audit.contents(of: .sittingCancelled).first?["replacedBy"]?.text == new.id.rawValue)
    }

    @Test("what is added to a sitting that a draft is to replace makes a new preview of the draft", arguments: Backend.all)
    func addedMeanwhile(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let old = try await storage.sampleApproved(members: 2, documents: Sample.documents(3))
        try await storage.composeAll()
        try await storage.relayAll()
        let draft = Sample.draft(documents: Sample.documents(3), day: "2026-12-17", replacing: old)
        let new = try await storage.submit(draft, at: later).sitting
        let other = try await storage.submit(Sample.draft(documents: [], day: "2026-12-21"), at: later).sitting
        _ = try await amended(storage, at: later)
        #expect(try await storage.sitting(new.id)?.revision == 1, "nobody was told yet")
        _ = try await storage.approveAmendment(of: old.id, revision: nil, by: "test", at: later)
        await #expect(throws: StorageError.staleRevision(current: 2)) {
            _ = try await storage.approve(new.id, revision: 1, by: "link", at: later)
        }
        #expect(try await storage.sitting(other.id)?.revision == 1)
        let previews = try await storage.noticesToCompose(limit: 99).map(\.content)
        #expect(previews.contains(.preview(sitting: new.id, revision: 2)) && !previews.contains(.preview(sitting: new.id, revision: 1)))
        guard case .approved = try await storage.approve(new.id, revision: 2, by: "link", at: later) else { throw NotAmended() }
        try await Audit(storage)
    }

    @Test("a day's summary is posted once, whoever asks", arguments: Backend.all)
    func summary(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let day = CivilDate(of: Sample.now, in: Sample.zone)
        let new = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { try await storage.postSummary(of: day, at: Sample.now) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(new == 1)
        let notice = try #require(try await storage.noticesToCompose(limit: 9).first)
        #expect(notice.content == .summary(day: day))
        try await storage.close(notice.id, with: [], links: [], at: later)
        #expect(try await opened.reopen().postSummary(of: day, at: later) == false)
        #expect(try await storage.postSummary(of: day.adding(days: 1), at: later))
    }
}
