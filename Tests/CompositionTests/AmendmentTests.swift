import Composition
import Council
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("Letters about what is added after the convocation")
struct AmendmentTests {
    private func convened(_ stage: Stage) async throws -> (Sitting, [JudgedMessage]) {
        let sitting = try await stage.test.approvedSitting(members: 8, documents: 2)
        try await stage.service.composePending()
        let messages = try await relay(stage).filter { $0.kind == .convocation }
        return (sitting, try Judge.messages(messages.map(\.bytes)))
    }

    private func relay(_ stage: Stage) async throws -> [OutgoingMessage] {
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: stage.now) })
        return leased.map(\.message)
    }

    private func amend(_ stage: Stage, _ sitting: Sitting, documents: Int = 2, place: String? = nil) async throws {
        let all = try stage.test.makeDocuments(documents)
        let draft = place.map { Sample.draft(documents: all, place: $0) } ?? Sample.draft(documents: all)
        guard case .amended = try await stage.storage.submit(draft, at: stage.now) else { throw NotAmended() }
    }

    private struct NotAmended: Error {}

    @Test func `a supplement tells what is new alone, with links that open, in the convocation's thread`() async throws {
        let stage = try Stage()
        let (sitting, before) = try await convened(stage)
        try await amend(stage, sitting, documents: 4)
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: 2, by: "test", at: stage.now)
        #expect(try await stage.service.composePending() == 9, "eight letters, and the clerk's copy")
        #expect(try await Stage(on: stage, seed: 9).service.composePending() == 0)
        let letters = try await relay(stage).filter { $0.kind == .supplement }
        #expect(letters.count == 8 && letters.allSatisfy { $0.deadline == sitting.draft.deadline })
        let keyring = try Fixture.keyring()
        let after = try Judge.messages(letters.map(\.bytes))
        for ((one, other), message) in zip(zip(before, after), letters) {
            expectWellFormed(message.bytes)
            #expect(other.defects == [] && other.inReplyTo == one.references && other.references == one.references)
            let own = tokens(other.text ?? "", "r")
            #expect(own.count == 3 && tokens(other.html ?? "", "r") == own && Set(own).isDisjoint(with: tokens(one.text ?? "", "r")))
            var targets: [Link.Target] = []
            for token in own {
                let context = try #require(try await stage.storage.link(keyring.verify(token, purpose: .member, now: stage.now).id))
                #expect(context.member?.entry.email == message.recipient)
                targets.append(context.link.target)
            }
            let documents = try #require(try await stage.storage.sitting(sitting.id)).draft.documents
            #expect(targets == documents[2...].map { .document($0.hash) } + [.sitting])
            let text = (other.text ?? "").replacing("\r\n", with: "\n")
            #expect(text.contains("Délibération n° 3") && !text.contains("Note de synthèse"))
            #expect(text.contains(one.language == "fr" ? "AJOUTÉ À L’ORDRE DU JOUR" : "ADDED TO THE AGENDA"))
        }
        // The agenda is in the calendar's words.
        let was = try #require(try Judge.calendars(before.compactMap { $0.calendars?.first }).first)
        let now = try #require(try Judge.calendars(after.compactMap { $0.calendars?.first }).first)
        #expect(now.faults == [] && now.method == "PUBLISH" && now.uid == was.uid && was.sequence == "1" && now.sequence == "2")
    }

    @Test func `a changed place updates the calendar, and a later cancellation stands above it`() async throws {
        let stage = try Stage()
        let (sitting, before) = try await convened(stage)
        try await amend(stage, sitting, place: "Gymnase, 3 rue des Sports")
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
        try await stage.service.composePending()
        let letters = try await relay(stage).filter { $0.kind == .changedPlace }
        #expect(letters.count == 8)
        let after = try Judge.messages(letters.map(\.bytes))
        let text = try #require(after.first { $0.language == "fr" }?.text)
        #expect(text.contains("change de lieu") && text.contains("Gymnase, 3 rue des Sports") && text.contains("Lieu prévu auparavant"))
        #expect(after.first { $0.language == "fr" }?.subject?.hasPrefix("Changement de lieu") == true)
        try await stage.storage.cancel(sitting.id, by: "test", at: stage.now)
        try await stage.service.composePending()
        let cancelled = try Judge.messages(try await relay(stage).filter { $0.kind == .cancellation }.map(\.bytes))
        let calendars = try Judge.calendars([before, after, cancelled].compactMap { $0.first?.calendars?.first })
        #expect(calendars.map(\.sequence) == ["1", "2", "3"] && Set(calendars.map(\.uid)).count == 1)
        #expect(calendars[1].location == "Gymnase, 3 rue des Sports" && calendars[2].method == "CANCEL")
    }

    @Test(
        "the clerk sees what would change, who is told, and what the law says of the day",
        arguments: [
            ("2026-12-08", false, ["À APPROUVER", "Rien n’est parti", "3. Délibération n° 3"], ["! "]),
            ("2026-12-09", false, ["dernier jour légal"], ["n’est pas régulier"]),
            ("2026-12-11", false, ["n’est pas régulier", "après le dernier moment légal"], ["n’est plus régulier"]),
            ("2026-12-14", false, ["n’est plus régulier, même en urgence"], ["invoquer l’urgence"]),
            ("2026-12-11", true, ["Le lieu ou la visioconférence change après le dernier moment légal"], ["n’est pas régulier"]),
        ] as [(String, Bool, [String], [String])])
    func preview(_ day: String, _ moves: Bool, _ expected: [String], _ absent: [String]) async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting(members: 20, documents: 2)
        try await stage.service.composePending()
        _ = try await relay(stage)
        let now = try #require(CivilDate(iso: day)).start(in: Fixture.zone).addingTimeInterval(36_000)
        let later = try Stage(on: stage, now: now, seed: 3)
        try await amend(later, sitting, documents: moves ? 2 : 4, place: moves ? "Gymnase" : nil)
        #expect(try await later.service.composePending() == 1)
        let notice = try #require(try await later.queued().first { $0.kind == .preview })
        let text = (try Judge.message(notice.bytes).text ?? "").replacing("\r\n", with: "\n")
        for words in expected + ["Par courriel : 18 personnes.", "Pas par courriel, à avertir par vos soins :"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        for words in absent { #expect(!text.contains(words), "\(words) in \(text)") }
        #expect(tokens(text, "suivi").count >= 3)
    }

    @Test func `a sitting in another's place is convened in the former's thread and calendar`() async throws {
        let stage = try Stage()
        let (old, before) = try await convened(stage)
        let draft = Sample.draft(documents: try stage.test.makeDocuments(2), day: "2026-12-17", replacing: old)
        let new = try await stage.storage.submit(draft, at: stage.now).sitting
        _ = try await stage.storage.approve(new.id, revision: 1, by: "test", at: stage.now)
        try await stage.service.composePending()
        let messages = try await relay(stage)
        #expect(!messages.contains { $0.kind == .cancellation })
        let after = try Judge.messages(messages.filter { $0.kind == .convocation }.map(\.bytes))
        #expect(after.count == 8 && Set(after.compactMap(\.to?.address)) == Set(before.compactMap(\.to?.address)))
        for one in before {
            let other = try #require(after.first { $0.to?.address == one.to?.address })
            #expect(other.inReplyTo == one.references && other.references == one.references)
            let isFrench = one.language == "fr"
            #expect(other.subject?.hasPrefix(isFrench ? "Changement de date" : "Changed date") == true)
            #expect((other.text ?? "").contains(isFrench ? "La séance prévue le mardi 15 décembre 2026" : "Tuesday 15 December 2026"))
        }
        let calendars = try Judge.calendars(
            [before.first, after.first { $0.to?.address == before[0].to?.address }].compactMap { $0 }.compactMap { $0.calendars?.first })
        #expect(calendars[0].uid == calendars[1].uid && calendars.map(\.sequence) == ["1", "1001"] && calendars[1].method == "PUBLISH")
    }
}
