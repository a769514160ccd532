import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Letters that don't reach their members")
struct UntoldTests {
    private func stage(on other: Stage? = nil, _ clock: String, seed: UInt64) throws -> Stage {
        return try Stage(
            on: other, now: try Fixture.instant(clock),
            settings: Fixture.settings(summary: SummaryTime(hour: 7, minute: 30)), seed: seed)
    }

    /// Four members whose convocations the relay has taken.
    private func convened(_ stage: Stage) async throws -> Sitting {
        let sitting = try await stage.test.approvedSitting(members: 4, documents: 2, at: stage.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: stage.now)
        return sitting
    }

    private func amend(_ stage: Stage, _ sitting: Sitting, documents: Int = 2, place: String? = nil, urgency: String? = nil) async throws {
        let all = try stage.test.makeDocuments(documents)
        let draft =
            place.map { Sample.draft(documents: all, place: $0, urgencyReason: urgency) }
            ?? Sample.draft(documents: all, urgencyReason: urgency)
        _ = try await stage.storage.submit(draft, at: stage.now)
        _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
    }

    private func send(_ stage: Stage, _ result: (OutgoingMessage) -> DeliveryOutcome.Result) async throws -> [OutgoingMessage] {
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(
            leased.map { Sample.outcome(of: $0, result($0.message), reply: "451 4.2.1 plus tard", at: stage.now) })
        return leased.map(\.message)
    }

    /// What is made and due. The clerk's mails leave; members' stay in the queue.
    private func mails(_ stage: Stage, _ kind: MessageKind) async throws -> [JudgedMessage] {
        try await stage.service.composePending()
        let toClerk: [MessageKind] = [.preview, .alarm, .summary]
        let due = try await send(stage) { toClerk.contains($0.kind) ? .accepted : .postponed(until: stage.now) }
        return try Judge.messages(due.filter { $0.kind == kind }.map(\.bytes))
    }

    private func plain(_ mail: JudgedMessage) -> String { (mail.text ?? "").replacing("\r\n", with: "\n") }

    @Test func `an added item ends with the last lawful moment; everything else, and what was late when approved, with the sitting`()
        async throws
    {
        for (clock, documents, place, urgency, expected) in [
            ("2026-12-08 09:00", 4, nil, nil, "2026-12-10"), ("2026-12-08 09:00", 4, nil, "Sinistre", "2026-12-14"),
            ("2026-12-11 09:00", 4, nil, "Sinistre", "2026-12-14"), ("2026-12-11 09:00", 4, nil, nil, nil),
            ("2026-12-08 09:00", 2, "Gymnase", nil, nil), ("2026-12-08 09:00", 4, "Gymnase", nil, "2026-12-10"),
        ] as [(String, Int, String?, String?, String?)] {
            let first = try stage("2026-12-07 09:00", seed: 1)
            let sitting = try await convened(first)
            let later = try stage(on: first, clock, seed: 2)
            try await amend(later, sitting, documents: documents, place: place, urgency: urgency)
            try await later.service.composePending()
            let letters = try await later.queued().filter { $0.kind == .supplement || $0.kind == .changedPlace }
            let day = try expected.map { try #require(CivilDate(iso: $0)).start(in: Fixture.zone) }
            #expect(letters.count == 4 && letters.allSatisfy { $0.deadline == day ?? sitting.draft.start }, "\(clock) \(documents)")
        }
    }

    @Test func `the clerk is told once of what is open after two hours, in one mail, and again when its time is over`() async throws {
        let first = try stage("2026-12-09 08:00", seed: 1)
        let sitting = try await convened(first)
        let change = try stage(on: first, "2026-12-09 17:30", seed: 2)
        try await amend(change, sitting, documents: 4)
        try await change.service.composePending()
        _ = try await send(change) { $0.kind == .supplement ? .deferred(retryAt: $0.deadline ?? Fixture.now) : .accepted }
        _ = try await mails(change, .alarm)
        let evening = try stage(on: change, "2026-12-09 19:30", seed: 3)
        let open = try await mails(evening, .alarm)
        #expect(open.count == 1)
        let text = plain(try #require(open.first))
        #expect(open.first?.subject?.hasPrefix("Additif ou changement pas encore parti (4)") == true, "\(open.first?.subject ?? "")")
        for words in [
            "attend depuis le mercredi 9 décembre 2026 à 17 h 30", "451 4.2.1 plus tard",
            "avant le dernier moment légal (mercredi 9 décembre 2026",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        _ = try await send(evening) { _ in .accepted }
        #expect(try await mails(stage(on: evening, "2026-12-09 23:30", seed: 4), .alarm).isEmpty, "once each")
        let night = try stage(on: evening, "2026-12-10 00:00", seed: 5)
        #expect(try await send(night) { _ in .accepted }.isEmpty, "not sent any more")
        let over = try await mails(night, .alarm)
        #expect(over.count == 1 && over.first?.subject?.hasPrefix("Additif ou changement non parvenu (4)") == true)
        #expect(plain(try #require(over.first)).contains("est passé : l’additif n’est plus envoyé"))
        // And the morning's summary says that there is something to do.
        let summary = try await mails(stage(on: night, "2026-12-10 07:30", seed: 6), .summary)
        #expect(summary.first?.subject?.hasPrefix("À faire aujourd’hui") == true)
        #expect(plain(try #require(summary.first)).contains("non parvenus, à dire autrement : 4."))
        #expect(try await night.storage.compareState(limit: 9).differences == [])
    }

    @Test func `a refused supplement is told as not received, not as a convocation to check`() async throws {
        let stage = try stage("2026-12-08 06:00", seed: 1)
        let sitting = try await convened(stage)
        try await amend(stage, sitting, place: "Gymnase")
        try await stage.service.composePending()
        _ = try await send(stage) { $0.kind == .changedPlace ? .refused : .accepted }
        let alarms = try await mails(stage, .alarm)
        #expect(alarms.count == 1)
        let text = plain(try #require(alarms.first))
        #expect(alarms.first?.subject?.hasPrefix("Additif ou changement non parvenu (4)") == true)
        for words in ["le message n’est pas parti", "Réponse du serveur : 451 4.2.1", "Avertissez ces personnes autrement"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        for words in ["Un avis de non-remise est arrivé", "En cas de doute"] { #expect(!text.contains(words), "\(words) in \(text)") }
    }

    @Test func `a lost change is named beside a later one that is still open, each with what it says`() async throws {
        let first = try stage("2026-12-07 06:00", seed: 1)
        let sitting = try await convened(first)
        try await amend(first, sitting, place: "Gymnase")
        try await first.service.composePending()
        _ = try await send(first) { $0.kind == .changedPlace ? .refused : .accepted }
        _ = try await mails(first, .alarm)
        try await amend(first, sitting, documents: 4, place: "Gymnase")
        try await first.service.composePending()
        _ = try await send(first) { $0.kind == .supplement ? .deferred(retryAt: sitting.draft.start) : .accepted }
        let status = try await first.storage.status(of: sitting.id)
        #expect(status.allSatisfy { $0.amendment?.isLost == true }, "the lost one is not hidden by the later one")
        let letters = try await first.storage.lettersNotReceived(of: sitting.id)
        #expect(letters.count == 4 && letters.values.allSatisfy { $0.map(\.serial) == [2, 3] && $0.map(\.isLost) == [true, false] })
        let later = try stage(on: first, "2026-12-07 08:00", seed: 2)
        let alarm = try #require(try await mails(later, .alarm).last)
        #expect(alarm.subject?.hasPrefix("Additif ou changement non parvenu (4)") == true, "\(alarm.subject ?? "")")
        for words in ["nouveau lieu : Gymnase", "ajouté à l’ordre du jour : 3. Délibération n° 3", "document ajouté : "] {
            #expect(plain(alarm).components(separatedBy: words).count >= 5, "\(words) in \(plain(alarm))")
        }
    }

    @Test func `who doesn't get the convocation to a new date still expects the old one, and the alarm says so`() async throws {
        let stage = try stage("2026-12-01 06:00", seed: 1)
        let old = try await convened(stage)
        let all = try stage.test.makeDocuments(2)
        let draft = Sample.draft(documents: all, day: "2026-12-17", replacing: old)
        let new = try await stage.storage.submit(draft, at: stage.now).sitting
        _ = try await stage.storage.approve(new.id, revision: nil, by: "test", at: stage.now)
        try await stage.service.composePending()
        let address = Sample.email("elu1@aurence.example")
        _ = try await send(stage) { $0.kind == .convocation && $0.recipient == address ? .refused : .accepted }
        let text = plain(try #require(try await mails(stage, .alarm).last))
        #expect(text.contains("convoquée à la séance du mardi 15 décembre 2026") && text.contains("l’attend encore"), "\(text)")
    }

    @Test func `a cancellation that waits is told the same day, and the next summary has it`() async throws {
        let first = try stage("2026-12-07 09:00", seed: 1)
        let sitting = try await convened(first)
        try await first.storage.cancel(sitting.id, by: "test", at: first.now)
        try await first.service.composePending()
        let address = Sample.email("elu1@aurence.example")
        _ = try await send(first) { $0.recipient == address ? .deferred(retryAt: sitting.draft.start) : .accepted }
        let noon = try stage(on: first, "2026-12-07 11:00", seed: 2)
        let alarms = try await mails(noon, .alarm)
        #expect(alarms.count == 1)
        let text = plain(try #require(alarms.first))
        #expect(text.contains("l’avis d’annulation attend depuis le lundi 7 décembre 2026 à 9 h") && text.contains(address.description))
        let summary = try #require(try await mails(stage(on: noon, "2026-12-08 07:30", seed: 3), .summary).first)
        #expect(summary.subject?.hasPrefix("À faire aujourd’hui") == true)
        #expect(plain(summary).contains("Annulée. Tous n’en sont pas encore avertis.") && plain(summary).contains("en cours d’envoi : 1."))
    }

    @Test func `a cancellation that came back is told with the reason, not with the relay's good reply`() async throws {
        let stage = try stage("2026-12-07 06:00", seed: 1)
        let sitting = try await convened(stage)
        try await stage.storage.cancel(sitting.id, by: "test", at: stage.now)
        let letter = try #require(try await stage.storage.lettersToCompose(limit: 9).first)
        try await stage.service.composePending()
        _ = try await send(stage) { _ in .accepted }
        let report = LetterReport(
            letter: letter.id, digest: Sample.hash("report"), reason: .addressUnknown, status: "5.1.1", diagnostic: nil, reporter: nil,
            at: stage.now)
        _ = try await stage.storage.record(report)
        let text = plain(try #require(try await mails(stage, .alarm).last))
        #expect(text.contains("l’avis d’annulation est revenu : cette adresse n’existe pas"), "\(text)")
        #expect(!text.contains("Réponse du serveur"), "\(text)")
        let status = try #require(try await stage.storage.convocation(letter.convocation))
        #expect(status.cancellationBounce?.reason == .addressUnknown)
    }

    @Test func `a convocation that was taken too late is told apart`() async throws {
        let stage = try stage("2026-12-09 23:00", seed: 1)
        let sitting = try await stage.test.approvedSitting(members: 2, documents: 2, at: stage.now)
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 9, at: stage.now)
        let late = sitting.draft.deadline.addingTimeInterval(7)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: late) })
        let alarm = try #require(try await mails(stage, .alarm).first)
        #expect(alarm.subject?.hasPrefix("Convocation acceptée trop tard") == true)
        let text = plain(alarm)
        #expect(text.contains("prise le jeudi 10 décembre 2026") && !text.contains("avis de non-remise"), "\(text)")
        let morning = try self.stage(on: stage, "2026-12-10 07:30", seed: 2)
        let summary = plain(try #require(try await mails(morning, .summary).first))
        #expect(summary.contains("Servis : 0."), "\(summary)")
    }

    @Test(arguments: [Language.french, .english])
    func `at the deadline, what may have arrived is told as such, without our own words; only a wrong address is to be corrected`(
        language: Language
    ) async throws {
        let settings = Fixture.settings(clerkLanguage: language)
        let stage = try Stage(now: try Fixture.instant("2026-12-09 23:00"), settings: settings)
        let sitting = try await stage.test.approvedSitting(members: 3, documents: 2, at: stage.now)
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 9, at: stage.now).filter { $0.message.kind == .convocation }
        func alarm(_ replies: [String], _ results: [DeliveryOutcome.Result], seed: UInt64) async throws -> String {
            try await stage.storage.record(
                zip(leased, zip(replies, results)).map { Sample.outcome(of: $0, $1.1, reply: $1.0, at: stage.now) })
            let late = try Stage(on: stage, now: sitting.draft.deadline, settings: settings, seed: seed)
            _ = try await late.storage.lease(limit: 0, at: late.now)
            let mail = try #require(try await mails(late, .alarm).last)
            return (mail.subject ?? "") + plain(mail)
        }
        let soon = DeliveryOutcome.Result.deferred(retryAt: sitting.draft.deadline)
        let text = try await alarm(
            ["no reply after the message was sent: broken", "no reply after the message was sent: broken", "451 4.7.1 later"],
            [.unknown(retryAt: sitting.draft.deadline), .unknown(retryAt: sitting.draft.deadline), soon], seed: 2)
        #expect(text.components(separatedBy: language == .french ? "Peut-être reçue :" : "Perhaps received:").count == 3, "\(text)")
        for words in ["no reply", "outcome unknown", "membres.csv"] { #expect(!text.contains(words), "\(words) in \(text)") }
        #expect(text.contains("451 4.7.1 later") && text.hasPrefix(language == .french ? "Convocations non remises" : "Convocations not"))
        let statuses = try await stage.storage.status(of: sitting.id)
        #expect(statuses.map(\.mayHaveArrived).filter { $0 }.count == 2 && statuses.allSatisfy { $0.state == .failed })
    }

    @Test(arguments: [
        ("550 5.1.1 no such user", true), ("550 No such user here", true), ("552 5.3.4 too big", false), ("552 5.2.2 mailbox full", false),
        ("451 4.1.1 later", false), ("the connection ended without a reply", false), ("5.1.1", false),
    ])
    func `a reply blames the address, or not`(reply: String, isAddress: Bool) {
        #expect(ServerReply.blamesAddress(reply) == isAddress)
    }

    @Test func `the preview of an amendment says what the roll says otherwise, and which items the folder leaves out`() async throws {
        let first = try stage("2026-12-07 06:00", seed: 1)
        let sitting = try await convened(first)
        let roll = Sample.roll(5)
        let moved = RollEntry(
            civility: roll[1].civility, familyName: roll[1].familyName, givenName: roll[1].givenName,
            email: Sample.email("nouvelle@aurence.example"), bodies: roll[1].bodies, service: .electronic, language: roll[1].language)
        _ = try await first.storage.replaceRoll(with: [moved, roll[2], roll[3], roll[4]], source: Sample.hash("roll"), at: first.now)
        let all = try first.test.makeDocuments(4)
        // The note, and items 1 and 3 without 2.
        _ = try await first.storage.submit(Sample.draft(documents: all), at: first.now)
        _ = try await first.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: first.now)
        _ = try await mails(first, .preview)
        _ = try await send(first) { _ in .accepted }
        let dropped = Sample.draft(documents: [all[0], all[1], all[3]], place: "Gymnase")
        _ = try await first.storage.submit(dropped, at: first.now)
        let preview = plain(try #require(try await mails(first, .preview).last))
        for words in [
            "L’adresse a changé depuis la convocation", "(elu1@aurence.example → nouvelle@aurence.example)", "ne sont plus sur la liste",
            roll[0].fullName, "ont rejoint la liste depuis la convocation", roll[4].fullName,
            "ne contient pas ces points, que les membres connaissent déjà : 2. Délibération n° 2",
        ] {
            #expect(preview.contains(words), "\(words) in \(preview)")
        }
    }

    @Test func `the subject names both a new place and a new item`() async throws {
        let stage = try stage("2026-12-07 06:00", seed: 1)
        let sitting = try await convened(stage)
        try await amend(stage, sitting, documents: 4, place: "Gymnase")
        let letters = try await mails(stage, .changedPlace)
        #expect(letters.first { $0.language == "fr" }?.subject?.hasPrefix("Changement de lieu et additif : ") == true)
    }

    @Test func `the preview of a sitting in another's place lists what it lacks`() async throws {
        let stage = try stage("2026-12-01 06:00", seed: 1)
        let old = try await convened(stage)
        let all = try stage.test.makeDocuments(2)
        let draft = Sample.draft(documents: [all[0]], day: "2026-12-17", replacing: old)
        _ = try await stage.storage.submit(draft, at: stage.now)
        let preview = plain(try #require(try await mails(stage, .preview).last))
        #expect(preview.contains("La séance remplacée avait ces points, que celle-ci n’a pas : Délibération n° 1."), "\(preview)")
        #expect(preview.contains("La séance remplacée avait ces documents, que celle-ci n’a pas : 01 Délibération n° 1.pdf."))
    }
}
