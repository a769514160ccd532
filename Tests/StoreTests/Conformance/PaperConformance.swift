import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: service on paper")
struct PaperConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func day(_ text: String) throws -> CivilDate { try #require(CivilDate(iso: text)) }

    private func instant(_ text: String) throws -> Date {
        let parts = text.split(separator: " ")
        let clock = parts[1].split(separator: ":").compactMap { Int($0) }
        let when = try #require(CivilDateTime(date: day(String(parts[0])), hour: clock[0], minute: clock[1]))
        return when.instant(in: Sample.zone)
    }

    private func record(
        _ storage: any Storage, _ status: ConvocationStatus, _ day: String, _ how: String = "posted", correcting: Bool = false, at now: Date
    ) async throws -> PaperRecording {
        try await storage.recordPaperService(
            PaperService(day: self.day(day), how: how), of: status.member.id, in: status.sitting, correcting: correcting, zone: Sample.zone,
            at: now)
    }

    private func paperDue(_ storage: any Storage, in sitting: SittingID) async throws -> ConvocationStatus {
        try #require(try await storage.status(of: sitting).first { $0.state == .paperDue })
    }

    @Test("it is recorded as the clerk states it; told again, nothing is written and it is said", arguments: Backend.all)
    func once(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 10, documents: [])
        let onPaper = try await paperDue(storage, in: sitting.id)
        #expect(onPaper.paperService == nil && !onPaper.paperCorrected)
        let now = try instant("2026-12-02 10:00")
        #expect(try await record(storage, onPaper, "2026-12-01", at: now) == .recorded)
        let size = try await storage.journalSize()
        for correcting in [false, true] {
            #expect(try await record(storage, onPaper, "2026-12-01", correcting: correcting, at: now) == .unchanged)
        }
        #expect(try await storage.journalSize() == size)
        let after = try #require(try await storage.convocation(onPaper.id))
        #expect(after.state == .paperServed)
        #expect(try after.paperService == PaperService(day: day("2026-12-01"), how: "posted"))
        #expect(!after.paperCorrected)
        let entries = try await Audit(storage).contents(of: .convocationPaper)
        #expect(entries.count == 1 && entries[0]["day"] == "2026-12-01" && entries[0]["how"] == "posted" && entries[0]["corrects"] == nil)

        let nobody = MemberID(rawValue: 999)
        await #expect(throws: StorageError.noSuchMember(nobody)) {
            try await storage.recordPaperService(
                PaperService(day: day("2026-12-01"), how: "posted"), of: nobody, in: sitting.id, correcting: false, zone: Sample.zone,
                at: now)
        }
    }

    @Test("days before the approval, to come, or after the sitting are refused with the range that is lawful", arguments: Backend.all)
    func days(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        // Approved at 23:30 UTC: the next day on the authority's clocks, and only those count.
        let approval = try instant("2026-11-26 00:30")
        let sitting = try await storage.sampleApproved(members: 10, documents: [], at: approval)
        let onPaper = try await paperDue(storage, in: sitting.id)
        let size = try await storage.journalSize()
        func expectRefusal(_ text: String, lawful first: String, _ last: String, at now: Date) async throws {
            let refusal = StorageError.paperDayOutOfRange(try day(text), lawful: try day(first)...day(last))
            for correcting in [false, true] {
                await #expect(throws: refusal, "\(text)") { try await record(storage, onPaper, text, correcting: correcting, at: now) }
            }
        }
        for text in ["2020-01-01", "2026-11-25", "2026-11-27", "2026-12-31", "2199-12-31"] {
            try await expectRefusal(text, lawful: "2026-11-26", "2026-11-26", at: approval.addingTimeInterval(60))
        }
        let evening = try instant("2026-12-01 23:59")
        try await expectRefusal("2026-12-02", lawful: "2026-11-26", "2026-12-01", at: evening)
        let afterwards = try instant("2026-12-20 09:00")
        try await expectRefusal("2026-12-16", lawful: "2026-11-26", "2026-12-15", at: afterwards)
        // A clock set back before the approval offers no day but the approval's.
        try await expectRefusal("2026-11-24", lawful: "2026-11-26", "2026-11-26", at: Sample.now)
        #expect(try await storage.journalSize() == size)
        #expect(try await storage.convocation(onPaper.id)?.state == .paperDue)

        for (text, now) in [("2026-11-26", evening), ("2026-12-01", evening), ("2026-12-15", afterwards)] {
            _ = try await record(storage, onPaper, text, correcting: true, at: now)
            #expect(try await storage.convocation(onPaper.id)?.paperService?.day == day(text))
        }
        try await Audit(storage)
    }

    @Test("other values are refused, unless they are said to be a correction, which names what it corrects", arguments: Backend.all)
    func corrections(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 10, documents: [])
        let onPaper = try await paperDue(storage, in: sitting.id)
        let now = try instant("2026-12-02 10:00")
        let first = PaperService(day: try day("2026-12-01"), how: "posted")
        #expect(try await record(storage, onPaper, "2026-12-01", correcting: true, at: now) == .recorded, "nothing there to correct")
        let size = try await storage.journalSize()
        for (text, how) in [("2026-12-02", "posted"), ("2026-12-01", "handed over")] {
            await #expect(throws: StorageError.paperServiceRecorded(first)) { try await record(storage, onPaper, text, how, at: now) }
        }
        #expect(try await storage.journalSize() == size)
        #expect(try await storage.convocation(onPaper.id)?.paperService == first)

        let corrected = try await record(storage, onPaper, "2026-12-02", "handed over", correcting: true, at: now)
        #expect(corrected == .corrected(earlier: first))
        let after = try #require(try await storage.convocation(onPaper.id))
        #expect(after.state == .paperServed && after.paperCorrected)
        #expect(try after.paperService == PaperService(day: day("2026-12-02"), how: "handed over"))
        let entries = try await Audit(storage).contents(of: .convocationPaper)
        #expect(entries.count == 2 && entries[1]["day"] == "2026-12-02" && entries[1]["how"] == "handed over")
        #expect(entries[1]["corrects"] == .object(["day": "2026-12-01", "how": "posted"]))
        let shown = try #require(try await storage.publicSitting(sitting.id))
        #expect(shown.served == 1 && shown.servedOnPaper == 1, "a correction serves nobody twice")
    }

    @Test("nobody is served to a cancelled sitting, nor to one that is not approved", arguments: Backend.all)
    func states(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = try await storage.sampleDraft(members: 10, documents: [])
        let member = try #require(try await storage.members(of: Sample.council).first { $0.entry.service == .paper })
        func serve() async throws -> PaperRecording {
            try await storage.recordPaperService(
                PaperService(day: day("2026-11-24"), how: "posted"), of: member.id, in: draft.id, correcting: true, zone: Sample.zone,
                at: later)
        }
        await #expect(throws: StorageError.wrongState(draft.id, .draft)) { try await serve() }
        _ = try await storage.approve(draft.id, revision: 1, by: "test", at: Sample.now)
        try await storage.cancel(draft.id, by: "test", at: Sample.now)
        await #expect(throws: StorageError.wrongState(draft.id, .cancelled)) { try await serve() }
        #expect(try await Audit(storage).count(.convocationPaper) == 0)
    }

    @Test("a member served on paper because their mail failed is no longer an alarm; a mail under way goes on", arguments: Backend.all)
    func paperInstead(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: [])
        try await storage.composeAll()
        let leased = try await storage.lease(limit: 3, at: Sample.now)
        for status in try await storage.status(of: sitting.id) {
            #expect(try await record(storage, status, "2026-11-24", "handed over", at: later) == .recorded)
        }
        let results: [DeliveryOutcome.Result] = [.accepted, .refused, .deferred(retryAt: later)]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: later) })
        #expect(try await storage.status(of: sitting.id).map(\.state) == [.paperServed, .paperServed, .paperServed])
        #expect(try await storage.noticesToCompose(limit: 9).count == 1, "the preview alone")
        #expect(try await storage.lease(limit: 9, at: later).count == 1, "the deferred one is left to its course")
        #expect(try await Audit(storage).count(.convocationRelayed) == 1)
    }
}
