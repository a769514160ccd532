import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: what the public sees")
struct RegisterConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    @Test("approved and later cancelled sittings, never drafts", arguments: Backend.all)
    func which(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let shown = try await storage.sampleApproved(documents: [])
        for day in ["2026-12-20", "2026-12-21", "2026-12-22"] {
            _ = try await storage.submit(Sample.draft(documents: [], day: day), at: Sample.now)
        }
        func id(_ day: String) -> SittingID { SittingID(rawValue: "\(day)-18h30-conseil") }
        _ = try await storage.approve(id("2026-12-20"), revision: 1, by: "test", at: Sample.now)
        try await storage.cancel(id("2026-12-20"), by: "test", at: time(1))
        try await storage.cancel(id("2026-12-21"), by: "test", at: time(1))
        #expect(try await storage.publicSittings().map(\.sitting.id) == [id("2026-12-20"), shown.id])
        #expect(try await storage.publicSitting(id("2026-12-20"))?.sitting.state == .cancelled)
        #expect(try await storage.publicSitting(id("2026-12-21")) == nil, "cancelled before anyone was convened")
        #expect(try await storage.publicSitting(id("2026-12-22")) == nil)
    }

    @Test("an opening after the cancellation is journalled, and is no receipt", arguments: Backend.all)
    func afterCancellation(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 4, documents: Sample.documents(2))
        let composed = try await storage.composeAll()
        try await storage.relayAll(at: time(1))
        func open(_ convocation: Int, _ grade: Grade, at seconds: Double) async throws {
            let link = composed[convocation].links[0].id
            _ = try await storage.record(Access(link: link, at: time(seconds), grade: grade, signals: [], document: nil))
        }
        try await open(0, .person, at: 10)
        try await storage.cancel(sitting.id, by: "test", at: time(20))
        try await open(0, .confirmed, at: 30)
        try await open(1, .person, at: 30)
        try await open(2, .confirmed, at: 30)
        #expect(try await storage.publicSitting(sitting.id)?.acknowledged == 1)
        let status = try await storage.status(of: sitting.id)
        let receipts = status.filter { $0.receiptAt != nil }
        #expect(receipts.map(\.id) == [composed[0].id] && receipts[0].receiptAt == time(10) && receipts[0].receiptGrade == .person)
        #expect(try await storage.link(composed[0].links[0].id)?.receiptAt == time(10))
        #expect(try await storage.link(composed[1].links[0].id)?.receiptAt == nil)
        let audit = try await Audit(storage)
        #expect(audit.count(.receiptOpened) == 2 && audit.count(.receiptConfirmed) == 2)
    }

    @Test("counts follow what happens; each member counts once", arguments: Backend.all)
    func counts(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 12, documents: Sample.documents(3, confidential: [1]))
        func expect(served: Int, onPaper: Int = 0, acknowledged: Int, _ location: SourceLocation = #_sourceLocation) async throws {
            let shown = try #require(try await storage.publicSitting(sitting.id), sourceLocation: location)
            #expect(shown.convened == 12 && shown.onPaper == max(1, onPaper), sourceLocation: location)
            #expect(shown.served == served && shown.servedOnPaper == onPaper, sourceLocation: location)
            #expect(shown.acknowledged == acknowledged, sourceLocation: location)
        }
        try await expect(served: 0, acknowledged: 0)
        let composed = try await storage.composeAll()
        try await storage.record(storage.lease(limit: 10, at: time(1)).map { Sample.outcome(of: $0, .accepted, at: time(2)) })
        try await expect(served: 10, acknowledged: 0)
        // On paper: whom the roll says so of, one whose mail never left, and one who has the mail as well.
        let status = try await storage.status(of: sitting.id)
        let posted = PaperService(day: try #require(CivilDate(iso: "2026-11-24")), how: "posted")
        for (state, served, onPaper) in [(ConvocationState.paperDue, 11, 1), (.queued, 12, 2), (.relayed, 12, 3)] {
            let member = try #require(status.first { $0.state == state }).member.id
            _ = try await storage.recordPaperService(
                posted, of: member, in: sitting.id, correcting: false, zone: Sample.zone, at: time(3))
            try await expect(served: served, onPaper: onPaper, acknowledged: 0)
        }

        func open(_ convocation: Int, _ link: Int, _ grade: Grade) async throws {
            let access = Access(link: composed[convocation].links[link].id, at: time(9), grade: grade, signals: [], document: nil)
            _ = try await storage.record(access)
        }
        try await open(0, 0, .robot)
        try await expect(served: 12, onPaper: 3, acknowledged: 0)
        for link in 0..<3 { try await open(1, link, .person) }
        try await open(2, 0, .confirmed)
        try await expect(served: 12, onPaper: 3, acknowledged: 2)
        _ = try await storage.downgradeReceipts(of: composed[1].id, since: time(0), signals: ["honeypot"], at: time(10))
        try await expect(served: 12, onPaper: 3, acknowledged: 1)

        let leaves = try #require(try await storage.publicSitting(sitting.id)).leaves
        #expect(Set(leaves.keys) == [sitting.draft.documents[0].hash, sitting.draft.documents[2].hash])
        for (hash, seq) in leaves {
            let row = try #require(try await storage.journal(from: seq, limit: 1).first)
            #expect(try JSON(parsing: row.leaf).fields?["document"]?.text == hash.hex)
        }
        try await Audit(storage)
    }
}
