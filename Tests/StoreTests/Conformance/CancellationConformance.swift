import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: whom a cancellation reaches")
struct CancellationConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func draft(replacing old: Sitting, day: String = "2026-12-17", body: BodyID = Sample.council) -> SittingDraft {
        Sample.draft(documents: [], body: body, day: day, replacing: old)
    }

    @Test("whom a letter has told of the sitting is told of its end, though the convocation came back", arguments: Backend.all)
    func toldByLetter(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: [])
        let composed = try await storage.composeAll()
        try await storage.relayAll()
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle polyvalente"), at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
        try await storage.writeLetters(at: later)
        try await storage.relayAll(at: later)
        _ = try await storage.record(
            DeliveryReport(
                convocation: composed[0].id, digest: Sample.hash("report"), action: .failed, reason: .mailboxFull, status: "5.2.2",
                diagnostic: nil, reporter: nil, recipient: nil, isSigned: true, at: later))
        #expect(try await storage.convocation(composed[0].id)?.state == .failed)
        #expect(try await storage.cancel(sitting.id, by: "test", at: later)?.byMail == 2)
        try await Audit(storage)
    }

    @Test(
        "a sitting that took another's place is cancelled: whom it had not reached learns that the first is off too", arguments: Backend.all
    )
    func replacedThenCancelled(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceCopies(
            with: (1...2).map { Sample.councillor("P\($0)", "N\($0)", "p\($0)@example.org") }, at: Sample.now)
        let old = try await storage.sampleApproved(members: 4, documents: [])
        try await storage.composeAll()
        let first = try await storage.lease(limit: 9, at: Sample.now)
        // The last has never heard of anything.
        try await storage.record(
            first.map { Sample.outcome(of: $0, $0.id == first[3].id ? .deferred(retryAt: later) : .accepted, at: Sample.now) })
        let service = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        let second = try #require(try await storage.status(of: old.id).first { $0.member.entry.email == first[1].message.recipient })
        _ = try await storage.recordPaperService(
            service, of: second.member.id, in: old.id, correcting: false, zone: Sample.zone, at: later)
        let new = try await storage.submit(draft(replacing: old), at: later).sitting
        _ = try await storage.approve(new.id, revision: 1, by: "test", at: later)
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty, "all are convened anew")
        try await storage.composeAll(at: later)
        // Numbers are drawn anew for each sitting.
        let places = Dictionary(uniqueKeysWithValues: first.enumerated().map { ($1.message.recipient, $0) })
        let leased = try await storage.lease(limit: 9, at: later).sorted {
            places[$0.message.recipient] ?? 9 < places[$1.message.recipient] ?? 9
        }
        #expect(leased.map(\.message.recipient) == first.map(\.message.recipient))
        try await storage.record(
            leased.enumerated().map { Sample.outcome(of: $1, $0 == 0 ? .accepted : .deferred(retryAt: later), at: later) })
        let announced = try await opened.reopen().cancel(new.id, by: "test", at: later)
        #expect(announced?.byMail == 3)
        let letters = try await storage.lettersToCompose(limit: 9)
        let told = letters.map { [$0.sitting.id.rawValue, $0.member.entry.email?.description ?? ""] }
        #expect(
            Set(told) == [
                [new.id.rawValue, first[0].message.recipient.description], [old.id.rawValue, first[1].message.recipient.description],
                [old.id.rawValue, first[2].message.recipient.description],
            ])
        #expect(told.count == 3)
        try await Audit(storage)
    }

    @Test("copies: whom the second sitting's copy had not reached learns that the first is off too", arguments: Backend.all)
    func copies(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceCopies(with: [Sample.councillor("P", "N", "p@example.org")], at: Sample.now)
        let old = try await storage.sampleApproved(members: 1, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await storage.writeCopies()
        try await storage.relayAll()
        let new = try await storage.submit(draft(replacing: old), at: later).sitting
        _ = try await storage.approve(new.id, revision: 1, by: "test", at: later)
        #expect(try await storage.copiesToCompose(limit: 9).isEmpty)
        try await storage.cancel(new.id, by: "test", at: later)
        let wanted = try await storage.copiesToCompose(limit: 9)
        #expect(wanted.map(\.kind) == [.cancellation] && wanted.map(\.sitting.id) == [old.id])
        try await Audit(storage)
    }

    @Test("one sitting takes another's place, once, and in the same body", arguments: Backend.all)
    func once(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let old = try await storage.sampleApproved(members: 4, documents: [])
        let first = try await storage.submit(draft(replacing: old), at: later).sitting
        let second = try await storage.submit(draft(replacing: old, day: "2026-12-18"), at: later).sitting
        let bureau = try await storage.submit(draft(replacing: old, body: BodyID(rawValue: "bureau")), at: later).sitting
        await #expect(throws: StorageError.replacesOtherBody(old.id)) {
            _ = try await storage.approve(bureau.id, revision: 1, by: "test", at: later)
        }
        _ = try await storage.approve(first.id, revision: 1, by: "test", at: later)
        await #expect(throws: StorageError.replacedBefore(old.id, by: first.id)) {
            _ = try await storage.approve(second.id, revision: 1, by: "test", at: later)
        }
        #expect(try await storage.sitting(second.id)?.state == .draft)
        #expect(try await storage.sitting(old.id)?.state == .cancelled)
        try await Audit(storage)
    }
}
