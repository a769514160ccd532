import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: letters about items, at the last lawful moment")
struct LateLetterConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    /// As the composing stage does: an item ends with the last lawful moment.
    private func write(_ storage: any Storage, at now: Date) async throws {
        let letters = try await storage.lettersToCompose(limit: 99).map { letter in
            let bytes = Array("Message-ID: <l.\(letter.id)@aurence.example>\r\n\r\n\(letter.kind)\r\n".utf8)
            let addsItems = letter.parts.contains { !$0.content.addedItems.isEmpty }
            return ComposedLetter(
                id: letter.id,
                message: OutgoingMessage(
                    kind: letter.kind.messageKind, messageID: "l.\(letter.id)@aurence.example",
                    envelopeSender: Sample.email("assemblees@aurence.example"),
                    recipient: letter.member.entry.email ?? Sample.email("x@aurence.example"), bytes: bytes, hash: Sample.hash(bytes),
                    deadline: addsItems ? letter.sitting.draft.deadline : letter.sitting.draft.start), links: Sample.links(of: letter))
        }
        try await storage.store(letters, at: now)
    }

    private func convened(_ storage: any Storage, members: Int) async throws -> Sitting {
        let sitting = try await storage.sampleApproved(members: members, documents: Sample.documents(2))
        try await storage.composeAll()
        try await storage.relayAll()
        return sitting
    }

    private func amend(_ storage: any Storage, _ sitting: Sitting, documents: Int, place: String? = nil) async throws {
        let all = Sample.documents(documents)
        _ = try await storage.submit(place.map { Sample.draft(documents: all, place: $0) } ?? Sample.draft(documents: all), at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
    }

    @Test("an item that the relay took too late is marked, and told", arguments: Backend.all)
    func late(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await convened(storage, members: 2)
        try await amend(storage, sitting, documents: 3)
        try await write(storage, at: later)
        let deadline = sitting.draft.deadline
        let leased = try await storage.lease(limit: 9, at: deadline.addingTimeInterval(-8))
        try await storage.record([Sample.outcome(of: leased[0], .accepted, at: deadline.addingTimeInterval(-0.001))])
        try await storage.record([Sample.outcome(of: leased[1], .accepted, at: deadline)])
        let status = try await opened.reopen().status(of: sitting.id)
        let late = try #require(status.first { $0.member.entry.email == leased[1].message.recipient })
        #expect(late.amendment?.isLate == true && status.count { $0.amendment?.isLate == true } == 1 && !late.isLate)
        #expect(try await storage.noticesToCompose(limit: 9).map(\.content).last == .untold(sitting: sitting.id, convocations: [late.id]))
        try await Audit(storage)
    }

    @Test("a place outlives the item that came with it", arguments: Backend.all)
    func outlives(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await convened(storage, members: 3)
        try await amend(storage, sitting, documents: 3, place: "Salle B")
        try await write(storage, at: later)
        let leased = try await storage.lease(limit: 2, at: later)
        let far = sitting.draft.start
        try await storage.record([
            Sample.outcome(of: leased[0], .accepted, at: later), Sample.outcome(of: leased[1], .deferred(retryAt: far), at: later),
        ])
        let deadline = sitting.draft.deadline
        #expect(try await storage.lease(limit: 9, at: deadline).isEmpty)
        let again = try opened.reopen()
        let letters = try await again.lettersToCompose(limit: 9)
        #expect(
            letters.count == 2 && letters.allSatisfy { $0.kind == .changedPlace && $0.member.entry.email != leased[0].message.recipient })
        for letter in letters {
            let content = try #require(letter.amendment?.content)
            #expect(content.addedItems.isEmpty && content.newDocuments.isEmpty && content.draft.place == "Salle B")
            #expect(content.formerPlace == sitting.draft.place)
        }
        // The clerk still sees what was lost, and a newer place takes the place of this one too.
        let lost = try await again.status(of: sitting.id).filter { $0.amendment?.isLost == true }
        #expect(lost.count == 2 && lost.allSatisfy { $0.amendment?.serial == 2 })
        try await write(again, at: deadline)
        _ = try await again.submit(Sample.draft(documents: Sample.documents(3), place: "Salle C"), at: deadline)
        _ = try await again.approveAmendment(of: sitting.id, revision: nil, by: "test", at: deadline)
        let newest = try await again.lettersToCompose(limit: 9)
        #expect(newest.count == 3 && newest.allSatisfy { $0.amendment?.content.addedItems.isEmpty == true })
        #expect(newest.count { $0.amendment?.content.formerPlace == sitting.draft.place } == 2)
        #expect(newest.count { $0.amendment?.content.formerPlace == "Salle B" } == 1)
        try await write(again, at: deadline)
        try await again.relayAll(at: deadline)
        try await Audit(again)
    }

    @Test("also where nobody could make the letter in time", arguments: Backend.all)
    func unmade(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await convened(storage, members: 1)
        try await amend(storage, sitting, documents: 3, place: "Salle B")
        try await write(storage, at: sitting.draft.deadline)
        let letters = try await opened.reopen().lettersToCompose(limit: 9)
        #expect(letters.map(\.kind) == [.changedPlace] && letters.first?.amendment?.content.addedItems == [])
        try await Audit(storage)
    }
}
