import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("What the clerk reads of letters that are late, or go nowhere")
struct UnreachedLetterTests {
    private func convened(_ stage: Stage, members: Int = 2) async throws -> Sitting {
        let sitting = try await stage.test.approvedSitting(members: members, documents: 2, at: stage.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: stage.now)
        return sitting
    }

    private func amend(_ stage: Stage, _ sitting: Sitting, documents: Int, place: String) async throws {
        _ = try await stage.storage.submit(Sample.draft(documents: try stage.test.makeDocuments(documents), place: place), at: stage.now)
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
        try await stage.service.composePending()
    }

    /// The last mail of a kind that is due.
    private func mail(_ stage: Stage, _ kind: MessageKind) async throws -> (subject: String, text: String) {
        try await stage.service.composePending()
        let due = try await stage.storage.lease(limit: 99, at: stage.now).filter { $0.message.kind == kind }
        let judged = try #require(try Judge.messages(due.suffix(1).map(\.message.bytes)).first)
        return (judged.subject ?? "", (judged.text ?? "").replacing("\r\n", with: "\n"))
    }

    @Test func `an item that was taken too late is told as such`() async throws {
        let stage = try Stage(now: Fixture.instant("2026-12-09 23:00"))
        let sitting = try await convened(stage)
        try await amend(stage, sitting, documents: 3, place: "Salle des fêtes, 1 place de la Mairie")
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        let late = sitting.draft.deadline.addingTimeInterval(4)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: late) })
        let alarm = try await mail(Stage(on: stage, now: late, seed: 2), .alarm)
        #expect(alarm.subject.hasPrefix("Additif ou changement accepté trop tard (2)"), "\(alarm.subject)")
        #expect(alarm.text.contains("le serveur a pris le message après le dernier moment légal"), "\(alarm.text)")
        // They have it: nothing contradicts that.
        #expect(alarm.text.contains("Ces personnes ont donc l’additif, mais trop tard"), "\(alarm.text)")
        #expect(!alarm.text.contains("n’est pas parvenu") && !alarm.text.contains("n’est plus envoyé"), "\(alarm.text)")
    }

    @Test func `when an item's time is over, the place that came with it is still told, and the alarm names it`() async throws {
        let stage = try Stage(now: Fixture.instant("2026-12-09 08:00"))
        let sitting = try await convened(stage)
        try await amend(stage, sitting, documents: 3, place: "Gymnase")
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(
            leased.map {
                Sample.outcome(
                    of: $0, $0.message.kind == .changedPlace ? .deferred(retryAt: sitting.draft.start) : .accepted, at: stage.now)
            })
        let over = try Stage(on: stage, now: sitting.draft.deadline, seed: 2)
        #expect(try await over.storage.lease(limit: 99, at: over.now).isEmpty)
        try await over.service.composePending()
        let due = try await over.queued()
        let alarm = try #require(try Judge.messages(due.filter { $0.kind == .alarm }.map(\.bytes)).last)
        let said = (alarm.text ?? "").replacing("\r\n", with: "\n")
        #expect(alarm.subject?.hasPrefix("Additif ou changement non parvenu (2)") == true, "\(alarm.subject ?? "")")
        for words in ["l’additif n’est plus envoyé", "le lieu, qui a changé : Gymnase."] {
            #expect(said.contains(words), "\(words) in \(said)")
        }
        let letters = due.filter { $0.kind == .changedPlace && $0.deadline == sitting.draft.start }
        #expect(letters.count == 2)
        let text = try #require(try Judge.messages(letters.map(\.bytes)).first { $0.language == "fr" }?.text)
        #expect(text.contains("Gymnase") && text.contains("Lieu prévu auparavant : Salle des fêtes") && !text.contains("AJOUTÉ"), "\(text)")
        #expect(try await over.storage.compareState(limit: 9).differences == [])
    }

    @Test func `whoever came back, or has no address any more, is named at a cancellation and before an amendment`() async throws {
        let stage = try Stage(now: Fixture.instant("2026-12-07 06:00"))
        let sitting = try await convened(stage, members: 3)
        let roll = Sample.roll(3)
        let onPaper = RollEntry(
            civility: roll[1].civility, familyName: roll[1].familyName, givenName: roll[1].givenName, email: nil, bodies: roll[1].bodies,
            service: .paper, language: roll[1].language)
        _ = try await stage.storage.replaceRoll(with: [roll[0], onPaper, roll[2]], source: Sample.hash("roll"), at: stage.now)
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: stage.now) })
        _ = try await stage.storage.submit(Sample.draft(documents: try stage.test.makeDocuments(2), place: "Gymnase"), at: stage.now)
        let preview = try await mail(stage, .preview).text
        #expect(preview.contains(roll[1].fullName), "\(preview)")
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
        try await stage.service.composePending()
        let letters = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(letters.map { Sample.outcome(of: $0, .accepted, at: stage.now) })
        let dead = try #require(try await stage.storage.status(of: sitting.id).first { $0.member.entry.email == roll[2].email })
        _ = try await stage.storage.record(
            DeliveryReport(
                convocation: dead.id, digest: Sample.hash("back"), action: .failed, reason: .mailboxFull, status: "5.1.1", diagnostic: nil,
                reporter: nil, recipient: nil, isSigned: true, at: stage.now))
        try await stage.storage.cancel(sitting.id, by: "test", at: stage.now)
        let alarm = try await mail(stage, .alarm)
        let lines = alarm.text.split(separator: "\n")
        #expect(lines.contains { $0.contains(roll[1].fullName) && $0.contains("ne lui donne plus d’adresse") }, "\(alarm.text)")
        #expect(lines.contains { $0.contains(roll[2].fullName) && $0.contains("n’a pas pu lui être remise") }, "\(alarm.text)")
        #expect(!alarm.text.contains(roll[0].fullName))
    }
}
