import Composition
import Council
import DefaultFiles
import Foundation
import Links
import Logging
import Store
import Templating
import TestSupport
import Testing

/// The service on a real storage, at a fixed time.
struct Stage {
    let test: TestStorage
    let service: CompositionService
    let now: Date

    var storage: SQLiteStorage { test.storage }

    /// On a storage of its own, or (at another time) on that of another stage.
    init(
        on other: Stage? = nil, templates: TemplateSet? = nil, now: Date = Fixture.now, settings: CompositionSettings = Fixture.settings(),
        seed: UInt64 = 1
    ) throws {
        self.now = now
        test = try other?.test ?? TestStorage()
        let keyring = try Fixture.keyring()
        service = CompositionService(
            settings: settings, storage: test.storage, documents: test.documents, keyring: { keyring },
            templates: try templates ?? Fixture.templates(),
            clock: .fixed(now), randomness: Fixture.randomness(seed: seed), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// What lies in the queue now; leases it.
    func queued() async throws -> [OutgoingMessage] {
        try await storage.lease(limit: 10_000, at: now).map(\.message)
    }
}

/// The tokens behind `/<folder>/` in a text, in the order in which they stand.
func tokens(_ text: String, _ folder: String) -> [String] {
    text.components(separatedBy: "https://convocations.valmont.example/\(folder)/").dropFirst().map { String($0.prefix(40)) }
}

@Suite("The composition service")
struct ServiceTests {
    @Test func `makes one message for each member who is served electronically, with links that open`() async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting(members: 20, documents: 3)
        // 18 convocations (two members are on paper), and the preview of the drop.
        #expect(try await stage.service.composePending() == 19)
        let messages = try await stage.queued().filter { $0.kind == .convocation }
        #expect(messages.count == 18)
        #expect(Set(messages.map(\.messageID)).count == 18)
        let keyring = try Fixture.keyring()
        for (message, judged) in zip(messages, try Judge.messages(messages.map(\.bytes))) {
            expectWellFormed(message.bytes)
            #expect(judged.defects == [])
            #expect(judged.to?.address == message.recipient.description)
            #expect(judged.messageID == "<\(message.messageID)>")
            #expect(message.hash == Sample.hash(message.bytes))
            #expect(message.deadline == sitting.draft.deadline)
            #expect(message.envelopeSender == Sample.email("retours@valmont.example"))
            let plain = tokens(judged.text ?? "", "r")
            let html = tokens(judged.html ?? "", "r")
            // Three documents and the sitting; the HTML ends with the one that nobody sees.
            #expect(plain.count == 4)
            #expect(Array(html.dropLast()) == plain)
            var targets: [Link.Target] = []
            for token in html {
                let verified = try keyring.verify(token, purpose: .member, now: Fixture.now)
                let context = try #require(try await stage.storage.link(verified.id))
                #expect(context.member?.entry.email == message.recipient)
                #expect(context.link.expires == verified.expires)
                // The end of the sixtieth day after the sitting, in Paris.
                #expect(verified.expires == CivilDate(iso: "2027-02-14")?.start(in: Fixture.zone))
                targets.append(context.link.target)
            }
            #expect(targets == sitting.draft.documents.map { .document($0.hash) } + [.sitting, .honeypot])
        }
        #expect(try await stage.service.composePending() == 0)
        #expect(try await stage.storage.journal(matching: JournalQuery(types: [.convocationIssued])).count == 18)
    }

    @Test func `makes a message once: a second process finds nothing left to make`() async throws {
        let stage = try Stage()
        _ = try await stage.test.approvedSitting()
        try await stage.service.composePending()
        let other = try stage.test.reopened()
        #expect(try await other.convocationsToCompose(limit: 10).isEmpty)
        #expect(try await other.noticesToCompose(limit: 10).isEmpty)
    }

    @Test func `sends the clerk a preview that shows everything and opens everything`() async throws {
        let stage = try Stage()
        let draft = try await stage.test.draftSitting(members: 20, documents: 3)
        #expect(try await stage.service.composePending() == 1)
        let message = try #require(try await stage.queued().first)
        #expect(message.kind == .preview)
        #expect(message.recipient == Sample.email("assemblees@valmont.example"))
        #expect(message.deadline == nil)
        let judged = try Judge.message(message.bytes)
        #expect(judged.subject == "À approuver : Conseil communautaire, mardi 15 décembre 2026 à 18 h 30")
        let text = (judged.text ?? "").replacing("\r\n", with: "\n")
        for words in [
            "Rien n’est parti.", "CONVOQUÉS : 20\n  par voie électronique : 18\n  sur papier : 2\n",
            "5 jours francs requis, 13 pour un envoi",
            "Dernier moment légal : mercredi 9 décembre 2026, avant minuit",
            "Objet : Convocation : Conseil communautaire, mardi 15 décembre",
            "ORDRE DU JOUR\n\n1. Délibération n° 1", "J’ai l’honneur de vous convoquer",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        for member in Sample.roll(20) where member.service == .paper { #expect(text.contains("    - \(member.fullName)\n")) }
        #expect(!text.contains("À VÉRIFIER"))
        #expect(tokens(text, "r").isEmpty)
        let keyring = try Fixture.keyring()
        var targets: [Link.Target] = []
        for token in tokens(text, "suivi") {
            let verified = try keyring.verify(token, purpose: .clerk, now: Fixture.now)
            targets.append(try #require(try await stage.storage.link(verified.id)).link.target)
        }
        let review = draft.draft.documents.map { Link.Target.review($0.hash) }
        #expect(targets == [.approve(revision: draft.revision), .cancel(revision: draft.revision), .follow] + review + [.follow])
        #expect(Set(tokens(judged.html ?? "", "suivi")) == Set(tokens(text, "suivi")))
    }

    @Test func `a preview of what is approved already offers no approval`() async throws {
        let stage = try Stage()
        _ = try await stage.test.approvedSitting()
        try await stage.service.composePending()
        let message = try #require(try await stage.queued().first { $0.kind == .preview })
        let judged = try Judge.message(message.bytes)
        #expect(judged.subject?.hasPrefix("Approuvée : ") == true)
        #expect(judged.text?.contains("APPROUVER ET ENVOYER") == false)
        #expect(judged.html?.contains("Approuver et envoyer") == false)
    }

    @Test func `warns of what a clerk may have overlooked`() async throws {
        let stage = try Stage(now: try #require(CivilDate(iso: "2026-12-09")).start(in: Fixture.zone).addingTimeInterval(3600 * 15))
        let shared = Fixture.member("Ana", "Lopez"), other = Fixture.member("Bo", "Lopez", civility: "M.")
        _ = try await stage.storage.replaceRoll(with: [shared, other], source: Sample.hash("roll"), at: Fixture.now)
        let documents = [Fixture.document("01", "Secret", .item, 1, 10, confidential: true)]
        let draft = try Fixture.draft(place: nil, agenda: [], documents: documents, videoLink: nil)
        _ = try await stage.storage.submit(draft, at: Fixture.now)
        try await stage.service.composePending()
        let text = try Judge.message(try #require(try await stage.queued().first).bytes).text ?? ""
        for words in [
            "Dernier jour légal", "Même adresse pour plusieurs personnes (Ana Lopez, Bo Lopez)", "Aucun point à l’ordre du jour",
            "Pas de note de synthèse", "Ni lieu ni lien de visioconférence", "Documents confidentiels, jamais nommés en public : Secret",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        #expect(!text.contains("jour férié") && !text.contains("Personne à convoquer"))
    }

    @Test func `warns of confidential bytes that are public in this sitting, in another, or by an earlier drop`() async throws {
        let stage = try Stage()
        func document(_ label: String, _ content: String, confidential: Bool = false) -> Document {
            Document(
                hash: Sample.hash(content), size: 10, fileName: "\(label) \(content).pdf", title: content, mediaType: "application/pdf",
                role: .item,
                item: Int(label), label: label, confidential: confidential)
        }
        let other = try Fixture.draft(
            day: "2026-12-18", documents: [document("01", "ailleurs"), document("02", "réservé", confidential: true)])
        _ = try await stage.storage.submit(other, at: Fixture.now)
        let first = try Fixture.draft(agenda: [AgendaItem(number: 1, title: "A")], documents: [document("01", "avant")])
        _ = try await stage.storage.submit(first, at: Fixture.now)
        let documents = [
            document("01", "avant", confidential: true), document("02", "double"), document("03", "double", confidential: true),
            document("04", "ailleurs", confidential: true), document("05", "réservé"), document("06", "secret", confidential: true),
        ]
        let draft = try Fixture.draft(agenda: [AgendaItem(number: 2, title: "A"), AgendaItem(number: 3, title: "B")], documents: documents)
        _ = try await stage.storage.submit(draft, at: Fixture.now)
        try await stage.service.composePending()
        let texts = try await stage.queued().map { try Judge.message($0.bytes) }
        let judged = try #require(texts.first { $0.text?.contains("6 documents,") == true })
        let html = (judged.html ?? "").replacing("&nbsp;", with: " ").replacing("<bdi>", with: "").replacing("</bdi>", with: "")
        let place = "Conseil communautaire, vendredi 18 décembre 2026 à 18 h 30"
        for text in [try #require(judged.text), html] {
            for words in [
                "« 03 double.pdf » est confidentiel, mais le même fichier est public sous le nom « 02 double.pdf »",
                "« 04 ailleurs.pdf » est confidentiel ici, mais le même fichier est public dans une autre séance (\(place))",
                "« 05 réservé.pdf » est public ici, mais le même fichier est confidentiel dans une autre séance (\(place))",
                "« 01 avant.pdf » est confidentiel désormais", "Un numéro manque dans l’ordre du jour : 1.",
            ] {
                #expect(text.contains(words), "\(words)")
            }
            #expect(!text.contains("« 06 secret.pdf »") && !text.contains("03 double.pdf » est confidentiel désormais"))
        }
        #expect(judged.text?.replacing("\r\n", with: "\n").contains("avant minuit\n\nDOSSIER : ") == true)
        let single = try #require(texts.first { $0.text?.contains("18 décembre") == true && $0.text?.contains("2 documents,") == true })
        #expect(single.text?.contains("(s)") == false)
    }

    @Test func `warns where only a public holiday makes the notice long enough`() async throws {
        // From Tuesday 22 December to Monday 28 there are five clear days, Christmas among them.
        let stage = try Stage(now: try #require(CivilDate(iso: "2026-12-22")).start(in: Fixture.zone))
        _ = try await stage.storage.submit(try Fixture.draft(day: "2026-12-28"), at: Fixture.now)
        try await stage.service.composePending()
        let text = try Judge.message(try #require(try await stage.queued().first).bytes).text ?? ""
        #expect(text.contains("jour férié (vendredi 25 décembre 2026)"))
        #expect(text.contains("Personne à convoquer"))
        #expect(text.contains("exemple, sans destinataire"))
    }

    @Test func `an older preview is not sent once a newer drop replaced it`() async throws {
        let stage = try Stage()
        _ = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now)
        _ = try await stage.storage.submit(try Fixture.draft(place: "Ailleurs"), at: Fixture.now)
        try await stage.service.composePending()
        let messages = try await stage.queued()
        #expect(messages.count == 1)
        #expect(try Judge.message(try #require(messages.first).bytes).text?.contains("Ailleurs") == true)
        #expect(try await stage.storage.noticesToCompose(limit: 10).isEmpty)
    }

    @Test func `tells the clerk that it is too late, and the two ways out`() async throws {
        let late = try #require(CivilDate(iso: "2026-12-10")).start(in: Fixture.zone)
        let stage = try Stage(now: late)
        let draft = try await stage.test.draftSitting()
        try await stage.service.composePending()
        #expect(try await stage.storage.approve(draft.id, revision: nil, by: "test", at: late) == .tooLate(deadline: late))
        #expect(try await stage.service.composePending() == 1)
        let message = try #require(try await stage.queued().last)
        #expect(message.kind == .alarm)
        let text = try Judge.message(message.bytes).text ?? ""
        for words in [
            "mercredi 9 décembre 2026, avant minuit (5 jours francs requis)", "envoi jusqu’au dimanche 13 décembre 2026",
            "la première date possible est le mercredi 16 décembre 2026",
        ] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func `tells the clerk who was not reached and what the relay said`() async throws {
        let stage = try Stage()
        _ = try await stage.test.approvedSitting(members: 3)
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 100, at: Fixture.now)
        let one = try #require(leased.first { $0.message.kind == .convocation })
        try await stage.storage.record([
            DeliveryOutcome(
                id: one.id, attempt: one.attempt, result: .refused, reply: "550 5.1.1 <x>: boîte inconnue\r\nBcc: y@z.example",
                queueID: nil,
                relay: "127.0.0.1:2525", at: Fixture.now)
        ])
        #expect(try await stage.service.composePending() == 1)
        let message = try #require(try await stage.queued().first)
        let judged = try Judge.message(message.bytes)
        #expect(judged.subject == "Convocation non remise (1) : Conseil communautaire, mardi 15 décembre 2026 à 18 h 30")
        #expect(judged.text?.contains(", \(one.message.recipient)") == true)
        #expect(judged.text?.contains("Réponse du serveur : 550 5.1.1 <x>: boîte inconnue Bcc: y@z.example\r\n") == true)
        #expect(judged.html?.contains("550 5.1.1 &lt;x&gt;: boîte inconnue") == true)
    }

    @Test func `tells the clerk why a drop was refused`() async throws {
        let stage = try Stage()
        try await stage.storage.post(
            .rejected(name: "2026-13-45 Conseil", reason: "Le mois 13 n’existe pas.\nÉcrivez <AAAA-MM-JJ>."), at: Fixture.now)
        #expect(try await stage.service.composePending() == 1)
        let judged = try Judge.message(try #require(try await stage.queued().first).bytes)
        #expect(judged.subject == "Dépôt refusé : 2026-13-45 Conseil")
        #expect(judged.text?.contains("Le mois 13 n’existe pas.\r\nÉcrivez <AAAA-MM-JJ>.") == true)
        #expect(judged.html?.contains("Écrivez &lt;AAAA-MM-JJ&gt;.") == true)
    }

    @Test func `a cancelled sitting is not announced`() async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting()
        try await stage.storage.cancel(sitting.id, by: "test", at: Fixture.now)
        #expect(try await stage.service.composePending() == 0)
        #expect(try await stage.queued().isEmpty)
    }

    @Test func `composes more than one batch in one pass`() async throws {
        let stage = try Stage()
        _ = try await stage.test.approvedSitting(members: 700, documents: 1)
        #expect(try await stage.service.composePending() == 631)
        #expect(try await stage.storage.convocationsToCompose(limit: 10).isEmpty)
    }

    @Test func `an unknown name in a template is found before anything is composed`() throws {
        let folder = try TemporaryFolder()
        for language in ["fr", "en"] {
            try FileManager.default.copyItem(at: DefaultFiles.folder.appendingPathComponent(language), to: folder[language])
        }
        let path = "fr/mail/parts/convocation.txt"
        let text = try String(contentsOf: folder[path], encoding: .utf8)
        try folder.write(text.replacing("{{sittingURL}}", with: "{{sitingURL}}"), to: path)
        let errors = #expect(throws: TemplateErrors.self) { try TemplateSet(folder: folder.url, schemas: CompositionTemplates.schemas) }
        let lines = errors?.mistakes.map(\.description) ?? []
        #expect(lines.contains { $0.hasPrefix("fr/mail/parts/convocation.txt:") && $0.contains("unknown name “sitingURL”") }, "\(lines)")
    }
}
