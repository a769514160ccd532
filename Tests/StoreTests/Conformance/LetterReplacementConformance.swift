import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: letters about changes never overtake each other")
struct LetterReplacementConformance {
    private let later = Sample.now.addingTimeInterval(3600)
    private let first = "Salle des fêtes, 1 place de la Mairie"

    private func amend(_ storage: any Storage, _ sitting: Sitting, documents: Int = 0, place: String, urgency: String? = nil) async throws {
        _ = try await storage.submit(
            Sample.draft(documents: Sample.documents(documents), place: place, urgencyReason: urgency), at: later)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: later)
    }

    /// Convened, and a letter made for each that says « Salle B ».
    private func moved(_ storage: any Storage, members: Int) async throws -> Sitting {
        let sitting = try await storage.sampleApproved(members: members, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await amend(storage, sitting, place: "Salle B")
        try await storage.writeLetters(at: later)
        return sitting
    }

    private func places(_ letters: [LetterToCompose]) -> [EmailAddress: [String?]] {
        Dictionary(
            letters.compactMap { letter in
                letter.member.entry.email.map { ($0, [letter.amendment?.content.draft.place, letter.amendment?.content.formerPlace]) }
            }
        ) { $0 + $1 }
    }

    @Test("a newer place takes the older one's place where that has not left, and says what the member knows", arguments: Backend.all)
    func newerPlace(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await moved(storage, members: 4)
        let leased = try await storage.lease(limit: 3, at: later)
        let results: [DeliveryOutcome.Result] = [.accepted, .deferred(retryAt: later), .unknown(retryAt: later)]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: later) })
        try await amend(storage, sitting, place: "Salle C")
        let again = try opened.reopen()
        #expect(try await again.lease(limit: 9, at: later).isEmpty, "nothing old leaves any more")
        let letters = try await again.lettersToCompose(limit: 9)
        let told = places(letters)
        #expect(letters.count == 4 && letters.allSatisfy { $0.kind == .changedPlace })
        #expect(told[leased[0].message.recipient] == ["Salle C", "Salle B"])
        #expect(told[leased[1].message.recipient] == ["Salle C", first])
        #expect(told[leased[2].message.recipient] == ["Salle C", nil], "nobody knows which place they have in mind")
        let untried = letters.first { letter in !leased.contains { $0.message.recipient == letter.member.entry.email } }
        #expect(untried?.amendment?.content.formerPlace == first)
        try await again.writeLetters(at: later)
        try await again.relayAll(at: later)
        #expect(try await again.status(of: sitting.id).allSatisfy { $0.amendment?.state == .relayed && $0.amendment?.serial == 3 })
        #expect(try await again.settleLetters(overdueSince: later, at: later.addingTimeInterval(7200)) == 0)
        let audit = try await Audit(again)
        #expect(audit.count(.letterWithdrawn) == 3 && audit.count(.letterRelayed) == 5)
    }

    @Test("what is being sent goes first; if it doesn't leave, the next letter tells it", arguments: Backend.all)
    func underWay(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await moved(storage, members: 6)
        let leased = try await storage.lease(limit: 9, at: later)
        try await amend(storage, sitting, documents: 2, place: "Salle B")
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        let results: [DeliveryOutcome.Result] = [
            .accepted, .deferred(retryAt: later), .unknown(retryAt: later), .postponed(until: later), .refused,
        ]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: later) })
        #expect(try await storage.lettersToCompose(limit: 9).count == 5, "the sixth is still being sent")
        let again = try opened.reopen()
        #expect(try await again.recoverLeases(at: later, policy: .hold) == 1)
        #expect(try await again.lease(limit: 9, at: later).isEmpty)
        let letters = try await again.lettersToCompose(limit: 9)
        let kinds = Dictionary(letters.map { ($0.member.entry.email, $0.kind) }) { first, _ in first }
        #expect(leased.map { kinds[$0.message.recipient] } == [.supplement] + Array(repeating: .changedPlace, count: 5))
        #expect(letters.allSatisfy { $0.amendment?.content.addedItems.count == 1 })
        let told = places(letters)
        #expect(leased.map { told[$0.message.recipient]?[1] } == [nil, first, nil, first, first, nil])
        try await again.writeLetters(at: later)
        try await again.relayAll(at: later)
        #expect(try await again.status(of: sitting.id).allSatisfy { $0.amendment?.state == .relayed && $0.amendment?.serial == 3 })
        try await Audit(again)
    }

    @Test("an item without urgency and one with it stay apart, one after the other", arguments: Backend.all)
    func urgent(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 1, documents: Sample.documents(2))
        try await storage.composeAll()
        try await storage.relayAll()
        try await amend(storage, sitting, documents: 3, place: first)
        try await storage.writeLetters(at: later)
        try await amend(storage, sitting, documents: 4, place: first, urgency: "Sinistre")
        #expect(try await storage.lettersToCompose(limit: 9).isEmpty)
        try await storage.relayAll(at: later)
        let letter = try #require(try await storage.lettersToCompose(limit: 9).first)
        #expect(letter.amendment?.content.addedItems.map(\.number) == [3] && letter.parts.count == 1)
        try await Audit(storage)
    }

    @Test("a cancellation waits for what is being sent, and for nothing else", arguments: Backend.all)
    func cancellation(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await moved(storage, members: 3)
        let leased = try await storage.lease(limit: 2, at: later)
        try await storage.record([Sample.outcome(of: leased[0], .deferred(retryAt: later), at: later)])
        #expect(try await storage.cancel(sitting.id, by: "test", at: later)?.byMail == 3)
        let letters = try await storage.lettersToCompose(limit: 9)
        #expect(letters.count == 2 && letters.allSatisfy { $0.kind == .cancellation })
        #expect(letters.allSatisfy { $0.member.entry.email != leased[1].message.recipient })
        let again = try opened.reopen()
        _ = try await again.recoverLeases(at: later, policy: .resend)
        #expect(try await again.lettersToCompose(limit: 9).count == 3)
        #expect(try await again.lease(limit: 9, at: later).isEmpty)
        try await Audit(again)
    }
}
