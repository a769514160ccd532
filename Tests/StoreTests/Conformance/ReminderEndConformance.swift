import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: reminders that are no longer needed, or no longer true")
struct ReminderEndConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    /// Convened; a reminder made for each, none of which has left.
    private func reminded(_ storage: any Storage, members: Int) async throws -> (Sitting, [ComposedConvocation]) {
        let sitting = try await storage.sampleApproved(members: members, documents: [])
        let composed = try await storage.composeAll()
        try await storage.relayAll()
        #expect(try await storage.remind(sitting.id, at: later) == members)
        try await storage.writeLetters(at: later)
        return (sitting, composed)
    }

    private func acknowledge(_ storage: any Storage, _ convocation: ComposedConvocation, _ grade: Grade = .person) async throws {
        let link = try #require(convocation.links.first { $0.target == .sitting })
        _ = try await storage.record(Access(link: link.id, at: later, grade: grade, signals: [], document: nil))
    }

    @Test("an acknowledgement or a service on paper ends them, and the clerk hears nothing more of them", arguments: Backend.all)
    func needless(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let (sitting, composed) = try await reminded(storage, members: 5)
        let leased = try await storage.lease(limit: 3, at: later)
        try await storage.record([Sample.outcome(of: leased[0], .deferred(retryAt: later), at: later)])
        // The convocations of the three reminders, and of one that has not been tried; a robot acknowledges nothing.
        func convocation(_ message: LeasedMessage) async throws -> ComposedConvocation {
            let status = try await storage.status(of: sitting.id).first { $0.member.entry.email == message.message.recipient }
            return try #require(composed.first { $0.id == status?.id })
        }
        for message in leased { try await acknowledge(storage, try await convocation(message)) }
        let rest = composed.filter { one in !leased.contains { $0.message.recipient == one.message.recipient } }
        let status = try #require(try await storage.convocation(rest[0].id))
        let service = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        _ = try await storage.recordPaperService(
            service, of: status.member.id, in: sitting.id, correcting: false, zone: Sample.zone, at: later)
        try await acknowledge(storage, rest[1], .robot)
        try await storage.record([
            Sample.outcome(of: leased[1], .unknown(retryAt: later), at: later), Sample.outcome(of: leased[2], .refused, at: later),
        ])
        let again = try opened.reopen()
        #expect(try await again.lease(limit: 9, at: later).map(\.message.recipient) == [rest[1].message.recipient])
        let far = later.addingTimeInterval(7200)
        #expect(try await again.settleLetters(overdueSince: far, at: far) == 1, "the one whom nobody has heard of")
        let told = try await again.noticesToCompose(limit: 9).map(\.content)
        #expect(told.last == .untold(sitting: sitting.id, convocations: [rest[1].id]) && told.count == 2)
        #expect(try await again.status(of: sitting.id).count { $0.reminder != nil } == 1)
        #expect(try await again.remind(sitting.id, at: later.addingTimeInterval(9000)) == 1, "nobody else wants one")
        let audit = try await Audit(again)
        #expect(audit.count(.letterWithdrawn) == 3 && audit.count(.letterFailed) == 1)
    }

    @Test("an approved change makes them anew, behind the letter that tells of it", arguments: Backend.all)
    func madeAnew(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let (sitting, _) = try await reminded(storage, members: 4)
        let leased = try await storage.lease(limit: 3, at: later)
        try await storage.record([Sample.outcome(of: leased[0], .deferred(retryAt: later), at: later)])
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle B"), at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
        #expect(try await storage.lease(limit: 9, at: later).isEmpty, "no reminder with the old place leaves any more")
        #expect(try await storage.lettersToCompose(limit: 9).map(\.kind) == [.changedPlace, .changedPlace], "two are still being sent")
        try await storage.record([
            Sample.outcome(of: leased[1], .unknown(retryAt: later), at: later), Sample.outcome(of: leased[2], .accepted, at: later),
        ])
        let again = try opened.reopen()
        #expect(try await again.lettersToCompose(limit: 9).map(\.kind) == Array(repeating: .changedPlace, count: 4))
        try await again.writeLetters(at: later)
        #expect(try await again.lettersToCompose(limit: 9).isEmpty)
        try await again.relayAll(at: later)
        let anew = try await again.lettersToCompose(limit: 9)
        #expect(anew.count == 3 && anew.allSatisfy { $0.kind == .reminder && $0.sitting.draft.place == "Salle B" })
        #expect(!anew.contains { $0.member.entry.email == leased[2].message.recipient }, "theirs has left")
        try await again.writeLetters(at: later)
        try await again.relayAll(at: later)
        #expect(try await again.lettersToCompose(limit: 9).isEmpty)
        let audit = try await Audit(again)
        #expect(audit.count(.letterWithdrawn) == 3 && audit.count(.letterRelayed) == 8)
    }
}
