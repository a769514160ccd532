import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: what later events have overtaken is not told any more")
struct OvertakenConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private func amend(_ storage: any Storage, _ sitting: Sitting, place: String, documents: [Document] = []) async throws {
        let current = try #require(try await storage.sitting(sitting.id)).draft
        _ = try await storage.submit(Sample.draft(documents: current.documents + documents, place: place), at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
        try await storage.writeLetters(at: later)
    }

    /// Sends what waits; the first address is refused where that is said.
    private func send(_ storage: any Storage, refusing lost: EmailAddress? = nil) async throws {
        try await storage.record(
            storage.lease(limit: 99, at: later).map {
                Sample.outcome(of: $0, $0.message.recipient == lost ? .refused : .accepted, at: later)
            })
    }

    @Test("a lost place that has changed again; of a lost supplement with a place, its documents stay to be told", arguments: Backend.all)
    func places(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: Sample.documents(1))
        let composed = try await storage.composeAll()
        try await storage.relayAll()
        let (lost, other) = (composed[0].message.recipient, composed[0].id)
        func untold() async throws -> [[String]] {
            let amendments = try await storage.amendments(of: sitting.id)
            return (try await storage.lettersNotReceived(of: sitting.id)[other] ?? []).map { letter in
                letter.amendments(among: amendments).flatMap { told in
                    (told.content.hasNewPlace ? [told.content.draft.place ?? ""] : []) + told.content.added.map(\.title)
                }
            }
        }
        func isLost() async throws -> Bool { try await storage.convocation(other)?.amendment?.isLost == true }
        try await amend(storage, sitting, place: "Salle B")
        try await send(storage, refusing: lost)
        #expect(try await untold() == [["Salle B"]])
        #expect(try await isLost())
        // Approved, and still to leave: the newer letter is the one that tells.
        try await amend(storage, sitting, place: "Salle C")
        #expect(try await !isLost())
        try await send(storage)
        #expect(try await untold() == [])
        #expect(try await !isLost())
        // Lost with a document, then moved again: the document alone is to be told.
        let document = Sample.documents(2)[1]
        try await amend(storage, sitting, place: "Salle D", documents: [document])
        try await send(storage, refusing: lost)
        #expect(try await untold() == [["Salle D", document.title]])
        #expect(try await isLost())
        try await amend(storage, sitting, place: "Salle E")
        try await send(storage)
        #expect(try await untold() == [[document.title]])
        #expect(try await isLost())
        // Lost twice: the place that is in force.
        try await amend(storage, sitting, place: "Salle F")
        try await send(storage, refusing: lost)
        #expect(try await untold() == [[document.title], ["Salle F"]])
        #expect(try await storage.compareState(limit: 9).differences == [])
    }

    @Test("a lost place behind a letter that told an older one's documents, too, and was taken", arguments: Backend.all)
    func behindMerged(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: Sample.documents(1))
        let composed = try await storage.composeAll()
        try await storage.relayAll()
        let (lost, other) = (composed[0].message.recipient, composed[0].id)
        // The supplement waits, and the place that follows tells it, too.
        try await amend(storage, sitting, place: "Salle A", documents: [Sample.documents(2)[1]])
        try await amend(storage, sitting, place: "Salle B")
        try await send(storage)
        try await amend(storage, sitting, place: "Salle C")
        try await send(storage, refusing: lost)
        #expect(try await storage.lettersNotReceived(of: sitting.id)[other]?.count == 1)
        try await amend(storage, sitting, place: "Salle D")
        try await send(storage)
        #expect(try await storage.lettersNotReceived(of: sitting.id)[other] == nil)
        #expect(try await storage.convocation(other)?.amendment?.isLost == false)
    }

    @Test("a preview that has not left when its sitting is approved, replaced or cancelled", arguments: Backend.all)
    func previews(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        func previews() async throws -> [NoticeContent] {
            try await storage.noticesToCompose(limit: 99).map(\.content)
        }
        /// Its mail is made, and refused: it will be tried again.
        func refuse() async throws {
            let notice = try #require(try await storage.noticesToCompose(limit: 99).last)
            let bytes = Array("preview \(notice.id.rawValue)\r\n".utf8)
            try await storage.close(
                notice.id,
                with: [
                    OutgoingMessage(
                        kind: .preview, messageID: "p\(notice.id.rawValue)@aurence.example",
                        envelopeSender: Sample.email("a@aurence.example"),
                        recipient: Sample.email("greffe@aurence.example"), bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
                ], links: [], at: Sample.now)
            let leased = try await storage.lease(limit: 99, at: Sample.now).filter { $0.message.kind == .preview }
            try await storage.record(leased.map { Sample.outcome(of: $0, .deferred(retryAt: later), at: Sample.now) })
            #expect(leased.count == 1)
        }
        _ = try await storage.replaceRoll(with: Sample.roll(2), source: Sample.hash("roll"), at: Sample.now)
        let first = try await storage.submit(Sample.draft(documents: []), at: Sample.now).sitting
        try await refuse()
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle B"), at: Sample.now)
        #expect(try await storage.queueCounts()[.cancelled] == 1, "replaced")
        #expect(try await previews() == [.preview(sitting: first.id, revision: 2)])
        try await refuse()
        _ = try await storage.approve(first.id, revision: nil, by: "test", at: Sample.now)
        #expect(try await storage.queueCounts()[.cancelled] == 2, "approved")
        #expect(try await previews() == [.preview(sitting: first.id, revision: 2)], "told anew that it is approved")
        try await refuse()
        try await storage.composeAll()
        try await storage.relayAll()
        // The same of a change.
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle C"), at: Sample.now)
        try await refuse()
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle B"), at: Sample.now)
        #expect(try await previews() == [], "taken back")
        #expect(try await storage.queueCounts()[.cancelled] == 3)
        _ = try await storage.submit(Sample.draft(documents: [], place: "Salle D"), at: Sample.now)
        try await refuse()
        _ = try await storage.approveAmendment(of: first.id, revision: nil, by: "test", at: Sample.now)
        #expect(try await storage.queueCounts()[.cancelled] == 4)
        let revision = try #require(try await storage.sitting(first.id)).revision
        #expect(try await previews() == [.previewAmendment(sitting: first.id, revision: revision)])
        try await refuse()
        try await storage.cancel(first.id, by: "test", at: Sample.now)
        #expect(try await storage.queueCounts()[.deferred] == nil)
        #expect(try await storage.compareState(limit: 9).differences == [])
    }

    @Test(
        "who stands in the place of a sitting is known over several changes of date, and where it is cancelled itself",
        arguments: Backend.all)
    func successors(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let first = try await storage.sampleApproved(members: 2, documents: [])
        #expect(try await storage.successor(of: first.id) == nil)
        var last = first
        for day in ["2026-12-17", "2026-12-18"] {
            let draft = Sample.draft(documents: [], day: day, replacing: last)
            last = try await storage.submit(draft, at: Sample.now).sitting
            _ = try await storage.approve(last.id, revision: nil, by: "test", at: Sample.now)
            #expect(try await storage.successor(of: first.id)?.id == last.id)
        }
        try await storage.cancel(last.id, by: "test", at: Sample.now)
        let found = try #require(try await storage.successor(of: first.id))
        #expect(found.id == last.id && found.state == .cancelled)
    }
}
