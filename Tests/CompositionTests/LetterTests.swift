import Composition
import Council
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("Letters after the convocation")
struct LetterTests {
    /// A sitting whose convocations have left, with the messages.
    private func convened(_ stage: Stage, members: Int = 8) async throws -> (Sitting, [OutgoingMessage]) {
        let sitting = try await stage.test.approvedSitting(members: members, documents: 2)
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: stage.now) })
        return (sitting, leased.map(\.message).filter { $0.kind == .convocation })
    }

    @Test func `a cancellation takes the sitting out of the calendar that the convocation put it into`() async throws {
        let stage = try Stage()
        let (sitting, convocations) = try await convened(stage)
        try await stage.storage.cancel(sitting.id, by: "test", at: stage.now)
        #expect(try await stage.service.composePending() == 8)
        #expect(try await Stage(on: stage, seed: 9).service.composePending() == 0, "made once, whoever looks again")
        let letters = try await stage.queued()
        #expect(letters.count == 8 && letters.allSatisfy { $0.kind == .cancellation && $0.deadline == sitting.draft.start })
        #expect(Set(letters.map(\.messageID)).isDisjoint(with: convocations.map(\.messageID)))
        let before = try Judge.messages(convocations.map(\.bytes))
        let after = try Judge.messages(letters.map(\.bytes))
        let published = try Judge.calendars(before.compactMap { $0.calendars?.first })
        let cancelled = try Judge.calendars(after.compactMap { $0.calendars?.first })
        try #require(published.count == 8 && cancelled.count == 8)
        for index in 0..<8 {
            expectWellFormed(letters[index].bytes)
            let (one, other) = (before[index], after[index])
            #expect(other.defects == [] && other.to?.address == convocations[index].recipient.description)
            #expect(other.inReplyTo == one.references && other.references == one.references && (one.inReplyTo ?? "").isEmpty)
            #expect(other.replyTo?.address == "assemblees@valmont.example")
            #expect(other.autoSubmitted == "auto-generated" && other.language == one.language)
            #expect(other.method == "CANCEL" && one.method == "PUBLISH")
            let (was, now) = (published[index], cancelled[index])
            #expect(now.faults == [] && now.method == "CANCEL" && now.status == "CANCELLED" && was.status == "CONFIRMED")
            #expect(now.uid == was.uid && was.sequence == "1" && now.sequence == "2")
            #expect(now.start == was.start && now.end == was.end && now.organizer == was.organizer)
            let text = (other.text ?? "") + (other.html ?? "")
            #expect(tokens(text, "r").isEmpty, "no receipt is asked for")
            #expect(text.contains(one.language == "fr" ? "est annulée" : "is cancelled"))
        }
        #expect(Set(after.map(\.language)) == ["fr", "en"])
    }

    @Test func `a reminder repeats the convocation's own link, and says that the convocation is what counts`() async throws {
        let stage = try Stage()
        let (sitting, convocations) = try await convened(stage)
        #expect(try await stage.storage.remind(sitting.id, at: stage.now) == 8)
        #expect(try await stage.service.composePending() == 8)
        let letters = try await stage.queued()
        #expect(letters.allSatisfy { $0.kind == .reminder && $0.deadline == sitting.draft.start })
        let before = try Judge.messages(convocations.map(\.bytes))
        let after = try Judge.messages(letters.map(\.bytes))
        for (one, other) in zip(before, after) {
            #expect(other.defects == [] && other.inReplyTo == one.references && (other.calendars ?? []).isEmpty)
            // The last link of the convocation's text is its page of the sitting.
            let own = try #require(tokens(one.text ?? "", "r").last)
            #expect(tokens(other.text ?? "", "r") == [own] && tokens(other.html ?? "", "r") == [own])
            let words = one.language == "fr" ? "C’est la convocation du mardi 1er décembre 2026 qui fait foi" : "is what counts"
            #expect((other.text ?? "").contains(words))
        }
        let known = try await stage.storage.journal(matching: JournalQuery(types: [.letterIssued])).count
        #expect(known == 8)
    }

    @Test func `new links tell who has acknowledged that they did, and the others that they didn't`() async throws {
        let stage = try Stage()
        let (sitting, convocations) = try await convened(stage)
        let acknowledged = convocations[2]
        let token = try #require(tokens(try Judge.messages([acknowledged.bytes])[0].text ?? "", "r").last)
        let link = try Fixture.keyring().verify(token, purpose: .member, now: stage.now)
        _ = try await stage.storage.record(Access(link: link.id, at: stage.now, grade: .person, signals: [], document: nil))
        #expect(try await stage.storage.sendLinksAgain(of: sitting.id, at: stage.now) == 8)
        #expect(try await stage.service.composePending() == 8)
        for letter in try await stage.queued() {
            let mail = try #require(try Judge.messages([letter.bytes]).first)
            for words in [mail.text ?? "", mail.html ?? ""] {
                let plain = words.replacingOccurrences(of: "\u{A0}", with: " ")
                let says = plain.contains("Vous en avez accusé réception") || plain.contains("You have acknowledged it")
                let asks = plain.contains("ne nous est pas parvenu") || plain.contains("we have had no acknowledgement")
                #expect(says == (letter.recipient == acknowledged.recipient) && asks == !says, "\(plain)")
            }
        }
    }

    @Test func `reminders leave by themselves at the configured hours`() async throws {
        let stage = try Stage(settings: Fixture.settings(reminderHours: [48, 24]))
        let (sitting, _) = try await convened(stage, members: 3)
        #expect(try await stage.service.composePending() == 0)
        for (hours, count) in [(48.5, 0), (48, 3), (47, 0), (24, 3), (1, 0)] {
            let now = sitting.draft.start.addingTimeInterval(-hours * 3600)
            let later = try Stage(on: stage, now: now, settings: Fixture.settings(reminderHours: [48, 24]), seed: UInt64(hours * 10))
            #expect(try await later.service.composePending() == count, "\(hours) h before")
            // What waits for hours would be told to the clerk.
            try await stage.test.relayAll(at: now)
        }
    }

    @Test func `the clerk is told whom to warn of a cancellation otherwise, and why`() async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting(members: 20, documents: 1)
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 99, at: stage.now).filter { $0.message.kind == .convocation }
        try await stage.storage.record(
            leased.enumerated().map { Sample.outcome(of: $1, $0 == 0 ? .refused : .accepted, at: stage.now) })
        try await stage.service.composePending()
        _ = try await stage.queued()
        let paper = try #require(try await stage.storage.status(of: sitting.id).first { $0.state == .paperDue })
        _ = try await stage.storage.recordPaperService(
            PaperService(day: CivilDate(of: stage.now, in: Fixture.zone), how: "posted"), of: paper.member.id, in: sitting.id,
            correcting: false, zone: Fixture.zone, at: stage.now)
        try await stage.storage.cancel(sitting.id, by: "test", at: stage.now)
        #expect(try await stage.service.composePending() == 18)
        let notice = try #require(try await stage.queued().first { $0.kind == .alarm })
        let judged = try Judge.message(notice.bytes)
        #expect(judged.to?.address == "assemblees@valmont.example")
        let text = (judged.text ?? "").replacing("\r\n", with: "\n")
        for words in [
            "Les 3 personnes ci-dessous ne le sont pas", "convoquée sur papier le mardi 1er décembre 2026",
            "à convoquer sur papier, sans remise notée", "n’a pas pu lui être remise par courriel",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        #expect(text.contains(paper.member.entry.fullName))
    }
}
