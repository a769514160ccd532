import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: approval, cancellation")
struct ApprovalConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    @Test("approval convenes each active member of the body once", arguments: Backend.all)
    func convenes(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = try await storage.sampleDraft(members: 20, documents: Sample.documents(2))
        #expect(try await storage.approve(draft.id, revision: 1, by: "link", at: later) == .approved(electronic: 18, paper: 2))
        let status = try await storage.status(of: draft.id)
        #expect(status.count == 20 && Set(status.map(\.member.id)).count == 20)
        #expect(status.count { $0.state == .paperDue } == 2 && status.count { $0.state == .composing } == 18)
        #expect(try await storage.sitting(draft.id)?.approvedAt == later)
        // Lists are sorted by name; numbers are drawn by lot, and with them the order of the public entries.
        #expect(status.map(\.member.id) == (try await storage.members(of: Sample.council).map(\.id)))
        let numbers = status.map(\.id.rawValue)
        #expect(numbers != numbers.sorted() && numbers.sorted() == Array(1...20))

        let size = try await storage.journalSize()
        #expect(try await storage.approve(draft.id, revision: 1, by: "cli", at: later.addingTimeInterval(9)) == .alreadyApproved(at: later))
        #expect(try await storage.journalSize() == size)
        let entry = try #require(try await Audit(storage).contents(of: .sittingApproved).first)
        #expect(entry["by"] == "link" && entry["electronic"] == 18 && entry["paper"] == 2)
    }

    @Test("approved from many sides at once, a member is convened once", arguments: Backend.all)
    func race(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let draft = try await opened.storage.sampleDraft(members: 9, documents: Sample.documents(1))
        let other = try opened.reopen()
        let answers = try await withThrowingTaskGroup(of: Approval.self) { group in
            for number in 0..<20 {
                let storage = number.isMultiple(of: 2) ? opened.storage : other
                group.addTask { try await storage.approve(draft.id, revision: nil, by: "\(number)", at: later) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .approved(electronic: 9, paper: 0) } == 1)
        #expect(answers.count { $0 == .alreadyApproved(at: later) } == 19)
        #expect(try await opened.storage.status(of: draft.id).count == 9)
        #expect(try await Audit(opened.storage).count(.sittingApproved) == 1)
    }

    @Test("at the deadline nothing changes, and the clerk is told once a revision", arguments: Backend.all)
    func tooLate(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = try await storage.sampleDraft(documents: [])
        let deadline = draft.draft.deadline
        for _ in 0..<3 {
            #expect(try await storage.approve(draft.id, revision: 1, by: "link", at: deadline) == .tooLate(deadline: deadline))
        }
        let notices = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(notices == [.preview(sitting: draft.id, revision: 1), .tooLate(sitting: draft.id, revision: 1)])
        #expect(try await storage.status(of: draft.id).isEmpty)
        #expect(try await storage.sitting(draft.id)?.state == .draft)
        #expect(try await Audit(storage).count(.sittingApproved) == 0)
        // A millisecond before, it is in time.
        let approval = try await storage.approve(draft.id, revision: 1, by: "link", at: deadline.addingTimeInterval(-0.001))
        #expect(approval == .approved(electronic: 5, paper: 0))
    }

    @Test("an older preview, a cancelled or unknown sitting, an empty body cannot be approved", arguments: Backend.all)
    func refusals(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = try await storage.sampleDraft(members: 3, documents: [])
        _ = try await storage.submit(Sample.draft(documents: [], place: "Ailleurs"), at: later)
        await #expect(throws: StorageError.staleRevision(current: 2)) {
            _ = try await storage.approve(draft.id, revision: 1, by: "link", at: later)
        }
        let unknown = SittingID(rawValue: "nulle-part")
        await #expect(throws: StorageError.noSuchSitting(unknown)) {
            _ = try await storage.approve(unknown, revision: nil, by: "cli", at: later)
        }
        // Whom it would convene has changed: there is a new preview to approve.
        _ = try await storage.replaceRoll(with: [], source: Sample.hash("empty"), at: later)
        await #expect(throws: StorageError.staleRevision(current: 3)) {
            _ = try await storage.approve(draft.id, revision: 2, by: "link", at: later)
        }
        await #expect(throws: StorageError.nobodyToConvene(Sample.council)) {
            _ = try await storage.approve(draft.id, revision: 3, by: "link", at: later)
        }
        try await storage.cancel(draft.id, by: "cli", at: later)
        await #expect(throws: StorageError.wrongState(draft.id, .cancelled)) {
            _ = try await storage.approve(draft.id, revision: 3, by: "link", at: later)
        }
        #expect(try await Audit(storage).count(.sittingApproved) == 0)
    }

    @Test("a convocation keeps the member as at approval time", arguments: Backend.all)
    func snapshot(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        let before = try await storage.status(of: sitting.id).map(\.member)
        let moved = Sample.roll(3).map { $0.with(email: Sample.email("autre-\($0.familyName.utf8.count)@aurence.example")) }
        _ = try await storage.replaceRoll(with: moved, source: Sample.hash("moved"), at: later)
        #expect(try await storage.status(of: sitting.id).map(\.member) == before)
        #expect(try await storage.convocationsToCompose(limit: 9).map(\.member).sorted { $0.id < $1.id } == before.sorted { $0.id < $1.id })
    }

    @Test("cancelling stops what has not left, and leaves the rest as it was", arguments: Backend.all)
    func cancels(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 12, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 3, at: Sample.now)
        try await storage.record([Sample.outcome(of: leased[0], .accepted, at: later)])
        try await storage.record([Sample.outcome(of: leased[1], .deferred(retryAt: later), at: later)])
        try await storage.cancel(sitting.id, by: "link", at: later)
        try await storage.cancel(sitting.id, by: "link", at: later)
        #expect(try await storage.queueCounts() == [.relayed: 1, .leased: 1, .cancelled: 9])
        #expect(try await storage.lease(limit: 99, at: later.addingTimeInterval(999)).isEmpty)
        let states = try await storage.status(of: sitting.id).map(\.state)
        #expect(states.count { $0 == .relayed } == 1 && states.count { $0 == .cancelled } == 11)
        #expect(try await Audit(storage).count(.sittingCancelled) == 1)
    }

    @Test("what was under way when its sitting was cancelled is recorded, and never sent again", arguments: Backend.all)
    func cancelledUnderWay(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 4, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 4, at: Sample.now)
        try await storage.cancel(sitting.id, by: "link", at: later)
        let results: [DeliveryOutcome.Result] = [.accepted, .deferred(retryAt: later), .unknown(retryAt: later), .refused]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: later) })
        #expect(try await storage.queueCounts() == [.relayed: 1, .cancelled: 2, .failed: 1])
        #expect(try await storage.nextDue() == nil)
        let states = try await storage.status(of: sitting.id).map(\.state)
        #expect(states.count { $0 == .relayed } == 1 && states.count { $0 == .cancelled } == 3)
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationRelayed) == 1 && audit.count(.convocationDeferred) == 2 && audit.count(.convocationFailed) == 1)
        #expect(audit.count(.convocationRepeated) == 0, "it is not repeated")
        let notices = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(notices == [.preview(sitting: sitting.id, revision: 1)], "nobody needs to be served any more")
    }
}
