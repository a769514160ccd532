import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: what servers report after the relay took a message")
struct ReportConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    /// One sitting of two, both relayed.
    private func relayed(_ backend: Backend) async throws -> (Backend.Opened, [ComposedConvocation], SittingID) {
        let opened = try backend.open()
        let sitting = try await opened.storage.sampleApproved(members: 2, documents: Sample.documents(1))
        let composed = try await opened.storage.composeAll()
        try await opened.storage.relayAll()
        return (opened, composed, sitting.id)
    }

    private func report(
        _ composed: ComposedConvocation, _ action: DeliveryReport.Action = .failed, _ digest: String = "a", isSigned: Bool = true,
        reporter: String? = "mx.example", at seconds: Double = 60
    ) -> DeliveryReport {
        DeliveryReport(
            convocation: composed.id, digest: Sample.hash(digest), action: action, reason: action == .failed ? .addressUnknown : nil,
            status: action == .failed ? "5.1.1" : "2.0.0", diagnostic: "smtp answer", reporter: reporter, recipient: "elu@ailleurs.example",
            isSigned: isSigned, at: time(seconds))
    }

    private func told(_ storage: any Storage, _ sitting: SittingID) async throws -> [ConvocationID] {
        try await storage.noticesToCompose(limit: 99).flatMap { notice -> [ConvocationID] in
            if case .undelivered(sitting, let convocations) = notice.content { convocations } else { [] }
        }
    }

    @Test("a signed failure: bounced, failed, journalled, told; once", arguments: Backend.all)
    func failed(_ backend: Backend) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        #expect(try await storage.record(report(composed[0])) == .recorded(undelivered: true))
        let size = try await storage.journalSize()
        #expect(try await storage.record(report(composed[0], at: 90)) == .repeated)
        #expect(try await opened.reopen().record(report(composed[0], at: 99)) == .repeated)
        #expect(try await storage.journalSize() == size)
        #expect(try await storage.queueCounts() == [.bounced: 1, .relayed: 1])
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.state == .failed && status.relayedAt != nil)
        #expect(
            status.bounce == Bounce(at: time(60), reason: .addressUnknown, status: "5.1.1", diagnostic: "smtp answer", isSigned: true))
        #expect(try await told(storage, sitting) == [composed[0].id])
        #expect(try await storage.publicSitting(sitting)?.served == 1)

        let entry = try #require(try await Audit(storage).contents(of: .convocationBounced).first)
        #expect(entry["status"] == "5.1.1" && entry["effect"] == "undelivered" && entry["report"]?.text == Sample.hash("a").hex)
        #expect(entry["reported"] == "elu@ailleurs.example" && entry["signed"] == true)
        let row = try #require(try await storage.journal(matching: JournalQuery(types: [.convocationBounced])).first)
        #expect(try JSON(parsing: row.leaf)["event"] == "http://uri.etsi.org/19522/Event/RelayToNonERDSFailure")
        // A second report adds an entry, and nothing else.
        #expect(try await storage.record(report(composed[0], .failed, "b")) == .recorded(undelivered: false))
        #expect(try await Audit(storage).count(.convocationBounced) == 2)
        #expect(try await told(storage, sitting) == [composed[0].id])
    }

    @Test("served on paper after the failure: served; a failure after service on paper: journalled only", arguments: Backend.all)
    func paper(_ backend: Backend) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.record(report(composed[0]))
        for place in 0...1 {
            let member = try #require(try await storage.convocation(composed[place].id)).member.id
            let day = CivilDate(of: Sample.now, in: Sample.zone)
            _ = try await storage.recordPaperService(
                PaperService(day: day, how: "posted"), of: member, in: sitting, correcting: false, zone: Sample.zone, at: time(100))
        }
        #expect(try await storage.convocation(composed[0].id)?.state == .paperServed)
        #expect(try await storage.record(report(composed[1], at: 120)) == .recorded(undelivered: false))
        #expect(try await storage.convocation(composed[1].id)?.state == .relayed)
        #expect(try await told(storage, sitting) == [composed[0].id])
        #expect(try await storage.publicSitting(sitting)?.served == 2)
        #expect(try await storage.queueCounts() == [.bounced: 2])
        try await Audit(storage)
    }

    @Test("who has acknowledged stays served, and the clerk hears of it", arguments: Backend.all, [Grade.person, .confirmed])
    func acknowledged(_ backend: Backend, _ grade: Grade) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        let link = composed[0].links[0].id
        _ = try await storage.record(Access(link: link, at: time(30), grade: grade, signals: [], document: nil))
        #expect(try await storage.record(report(composed[0])) == .recorded(undelivered: false))
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.state == .relayed && status.bounce != nil && status.receiptAt != nil)
        #expect(try await storage.queueCounts() == [.relayed: 2])
        #expect(try await told(storage, sitting) == [composed[0].id])
        #expect(try await Audit(storage).contents(of: .convocationBounced).first?["effect"] == "kept")
    }

    @Test("a robot's visit is no receipt: the failure counts", arguments: Backend.all)
    func robot(_ backend: Backend) async throws {
        let (opened, composed, _) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        let link = composed[0].links[0].id
        _ = try await storage.record(Access(link: link, at: time(10), grade: .robot, signals: ["scanner"], document: nil))
        _ = try await storage.record(Access(link: link, at: time(11), grade: .person, signals: [], document: nil))
        _ = try await storage.downgradeReceipts(of: composed[0].id, since: time(0), signals: ["burst"], at: time(12))
        #expect(try await storage.record(report(composed[0])) == .recorded(undelivered: true))
        #expect(try await storage.convocation(composed[0].id)?.state == .failed)
        try await Audit(storage)
    }

    @Test("after a cancellation, before the relay took it, and while it goes again: journalled only", arguments: Backend.all)
    func otherStates(_ backend: Backend) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        try await storage.cancel(sitting, by: "test", at: time(30))
        #expect(try await storage.record(report(composed[0])) == .recorded(undelivered: false))
        #expect(try await storage.convocation(composed[0].id)?.state == .relayed)
        #expect(try await told(storage, sitting) == [])
        try await Audit(storage)

        let second = try backend.open()
        defer { second.end() }
        let next = try await second.storage.sampleApproved(members: 1, documents: [])
        let waiting = ConvocationID(rawValue: 1)
        let early = DeliveryReport(
            convocation: waiting, digest: Sample.hash("x"), action: .failed, reason: nil, status: nil, diagnostic: nil, reporter: nil,
            recipient: nil, isSigned: true, at: time(1))
        #expect(try await second.storage.record(early) == .unknown)
        try await second.storage.composeAll()
        #expect(try await second.storage.record(early) == .recorded(undelivered: false))
        try await second.storage.relayAll()
        let status = try #require(try await second.storage.convocation(waiting))
        #expect(status.state == .relayed && status.bounce?.reason == .other)
        #expect(try await told(second.storage, next.id) == [])
        try await Audit(second.storage)
    }

    @Test("an unsigned failure is told and changes nothing; other unsigned reports are not kept", arguments: Backend.all)
    func unsigned(_ backend: Backend) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        for number in 0..<12 {
            let recording = try await storage.record(report(composed[0], .failed, "forged \(number)", isSigned: false))
            #expect(recording == (number < 8 ? .recorded(undelivered: false) : .repeated))
        }
        for action in [DeliveryReport.Action.delivered, .relayed, .delayed, .expanded] {
            #expect(try await storage.record(report(composed[0], action, "f", isSigned: false)) == .unknown)
        }
        #expect(try await storage.convocation(composed[0].id)?.state == .relayed)
        #expect(try await storage.queueCounts() == [.relayed: 2])
        #expect(try await told(storage, sitting) == [composed[0].id])
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationReported) == 8 && audit.count(.convocationBounced) == 0)
        let row = try #require(try await storage.journal(matching: JournalQuery(types: [.convocationReported])).first)
        #expect(try JSON(parsing: row.leaf)["event"] == nil)
        // Forged ones don't keep the true one out, and it is the one that is shown.
        #expect(try await storage.record(report(composed[0])) == .recorded(undelivered: true))
        #expect(try await storage.convocation(composed[0].id)?.bounce?.isSigned == true)
        try await Audit(storage)
    }

    @Test("delivered, handed on, delayed: journalled and shown; delays once for each server", arguments: Backend.all)
    func progress(_ backend: Backend) async throws {
        let (opened, composed, sitting) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        #expect(try await storage.record(report(composed[0], .delayed, "a", at: 10)) == .recorded(undelivered: false))
        #expect(try await storage.record(report(composed[0], .delayed, "b", at: 20)) == .repeated)
        #expect(
            try await storage.record(report(composed[0], .delayed, "c", reporter: "other.example", at: 30)) == .recorded(undelivered: false)
        )
        #expect(try await storage.convocation(composed[0].id)?.delayedAt == time(30))
        _ = try await storage.record(report(composed[0], .relayed, "d", at: 40))
        _ = try await storage.record(report(composed[0], .delivered, "e", at: 50))
        _ = try await storage.record(report(composed[0], .delivered, "g", at: 55))
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.state == .relayed && status.deliveredAt == time(50) && status.passedOnAt == time(40) && status.delayedAt == nil)
        // A second mailbox that fails afterwards doesn't undo it.
        #expect(try await storage.record(report(composed[0], .failed, "f")) == .recorded(undelivered: false))
        #expect(try await storage.convocation(composed[0].id)?.state == .relayed)
        #expect(try await told(storage, sitting) == [composed[0].id])
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationDelayed) == 2 && audit.count(.convocationPassedOn) == 1 && audit.count(.convocationDelivered) == 2)
        let row = try #require(try await storage.journal(matching: JournalQuery(types: [.convocationDelivered])).first)
        #expect(try JSON(parsing: row.leaf)["event"] == "http://uri.etsi.org/19522/Event/NotificationDelivered")
    }

    @Test("a message is found by its number; an erased member's reports are gone", arguments: Backend.all)
    func lookup(_ backend: Backend) async throws {
        let (opened, composed, _) = try await relayed(backend)
        defer { opened.end() }
        let storage = opened.storage
        // Who leaves the roll below.
        let gone = try #require(composed.first { $0.message.recipient.description.hasPrefix("elu1@") })
        let found = try await storage.reportedMessage(gone.message.messageID)
        #expect(found == ReportedMessage(convocation: gone.id, recipient: gone.message.recipient))
        #expect(try await storage.reportedMessage("nobody's@aurence.example") == nil)
        _ = try await storage.record(report(gone))
        let member = try #require(try await storage.convocation(gone.id)).member.id
        _ = try await storage.replaceRoll(with: Sample.roll(1), source: Sample.hash("one"), at: time(200))
        _ = try await storage.erase(member, ifLastSittingBefore: .distantFuture, at: time(300))
        #expect(try await storage.convocation(gone.id)?.bounce == nil)
        #expect(try await storage.record(report(gone, .failed, "later")) == .unknown)
        let state = try await storage.compareState(limit: 20)
        #expect(state.differences == [])
    }

    @Test("the same report from many sides at once is recorded once", arguments: Backend.all)
    func race(_ backend: Backend) async throws {
        let (opened, composed, _) = try await relayed(backend)
        defer { opened.end() }
        let other = try opened.reopen()
        let recorded = try await withThrowingTaskGroup(of: ReportRecording.self) { group in
            for number in 0..<20 {
                group.addTask { try await (number.isMultiple(of: 2) ? opened.storage : other).record(report(composed[0])) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(recorded.count { $0 == .recorded(undelivered: true) } == 1)
        #expect(recorded.count { $0 == .repeated } == 19)
        try await Audit(opened.storage)
    }
}
