import Composition
import Council
import Foundation
import Templating
import TestSupport
import Testing

@Suite("A convocation's message")
struct ConvocationMessageTests {
    @Test func `is read by another program as it was meant`() throws {
        let sitting = Fixture.sitting(try Fixture.draft())
        let rendered = try Fixture.composer().preview(of: sitting, for: Fixture.member(), at: Fixture.now)
        expectWellFormed(rendered.bytes)
        let judged = try Judge.message(rendered.bytes)
        #expect(
            judged.subject
                == "Convocation : Conseil communautaire — budget 2027 🗳️, mardi 15 décembre 2026 à 18 h 30")
        #expect(judged.from == .init(name: "Valmont – Assemblées", address: "convocations@valmont.example"))
        #expect(judged.to == .init(name: "Éloïse Le Goff", address: "e.legoff@valmont.example"))
        #expect(judged.replyTo == .init(name: "Secrétariat général", address: "assemblees@valmont.example"))
        #expect(judged.date == "2026-12-01T09:00:07+01:00")
        #expect(judged.messageID == "<c.0.0000000000000000@valmont.example>")
        #expect(judged.autoSubmitted == "auto-generated")
        #expect(judged.listID == "<convocations.valmont.example>")
        #expect(judged.language == "fr")
        #expect(
            judged.types == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"])
        #expect(judged.method == "PUBLISH")
        #expect(firstDifference(judged.text ?? "", rendered.text) == nil)
        #expect(firstDifference(judged.html ?? "", rendered.html) == nil)
        #expect(judged.fileNames == ["Conseil communautaire 2026-12-15.ics", "Conseil communautaire 2026-12-15.ics"])
        #expect(judged.calendars?.count == 2)
        #expect(judged.calendars?.first == judged.calendars?.last)
    }

    @Test func `says all that a convocation must say, in plain text too`() throws {
        let sitting = Fixture.sitting(try Fixture.draft())
        let settings = Fixture.settings(signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"))
        let rendered = try Fixture.composer(settings).preview(of: sitting, for: Fixture.member(), at: Fixture.now)
        for words in [
            "Madame Éloïse Le Goff,", "à la séance du Conseil communautaire", "mardi 15 décembre 2026 à 18 h 30",
            "Salle des fêtes « L’Étoile »",
            "https://visio.valmont.example/conseil?id=42&lang=fr", "1. Budget primitif 2027", "4. اتفاقية التوأمة مع مدينة صفاقس",
            "Budget primitif 2027 (PDF, 12,6\u{A0}Mo)", "Annexe financière (PDF, 902\u{A0}octets)",
            "שיתוף פעולה — projet (PDF, 1,3\u{A0}Go)",
            "vaut accusé de réception", "assemblees@valmont.example", "L. 2121-10", "5 jours francs", "Le Président,\nYann Le Bris",
            "jusqu’au 13 février 2027",
        ] {
            #expect(rendered.text.contains(words), "\(words)")
        }
        #expect(rendered.html.contains("Tarifs de l’eau &amp; de l’assainissement &lt;HT&gt;"))
        #expect(!rendered.html.contains("<HT>"))
    }

    @Test(arguments: [
        ("Mme", "Madame Ana Lopez,"), ("Madame", "Madame Ana Lopez,"), ("M.", "Monsieur Ana Lopez,"), ("", "\nAna Lopez,"),
        ("Dr", "Dr Ana Lopez,"),
    ])
    func `greets by civility`(civility: String, greeting: String) throws {
        let member = Fixture.member("Ana", "Lopez", civility: civility)
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(try Fixture.draft()), for: member, at: Fixture.now)
        #expect(rendered.text.contains(greeting))
    }

    @Test(arguments: [
        ("Conseil municipal", "la séance du Conseil municipal,"), ("Commission des finances", "la séance de la Commission des finances,"),
        ("Assemblée plénière", "la séance de l’Assemblée plénière,"), ("Z42", "la séance de l’instance « Z42 »,"),
    ])
    func `names the body in good French`(name: String, words: String) throws {
        let draft = try Fixture.draft(title: name, bodyName: name)
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        #expect(rendered.text.contains(words))
        #expect(!rendered.text.contains("Objet :"))
    }

    @Test func `gives the reason of an urgency, and the notice that then applies`() throws {
        let draft = try Fixture.draft(urgencyReason: "Rupture de la digue\ndans la nuit du 11 décembre")
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        #expect(rendered.subject.hasPrefix("Convocation en urgence : "))
        #expect(rendered.text.contains("CONVOCATION EN URGENCE"))
        #expect(rendered.text.contains("Rupture de la digue\ndans la nuit du 11 décembre"))
        #expect(rendered.text.contains("délai : 1 jour franc au moins"))
    }

    @Test func `is in English for who reads English`() throws {
        let rendered = try Fixture.composer().preview(
            of: Fixture.sitting(try Fixture.draft()), for: Fixture.member(language: .english), at: Fixture.now)
        #expect(rendered.text.contains("Dear Ms Éloïse Le Goff,"))
        #expect(rendered.text.contains("Tuesday 15 December 2026 at 18:30"))
        #expect(rendered.text.contains("(PDF, 12.6\u{A0}MB)"))
        #expect(try Judge.message(rendered.bytes).language == "en")
    }

    @Test func `shows a sitting that has nothing but a date`() throws {
        let draft = try Fixture.draft(title: "", place: nil, agenda: [], documents: [], videoLink: nil)
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        #expect(!rendered.text.contains("ORDRE DU JOUR"))
        #expect(!rendered.html.contains("<ul") && !rendered.html.contains("<ol"))
        #expect(rendered.text.contains("\nOrdre du jour :\n"))
        _ = try Judge.message(rendered.bytes)
    }

    @Test func `doesn't make a link of a video address that is none`() throws {
        let draft = try Fixture.draft(videoLink: "javascript:alert(1)")
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        #expect(rendered.html.contains("javascript:alert(1)"))
        #expect(!rendered.html.contains("href=\"javascript"))
    }

    @Test func `survives titles of 255 characters and sixty items`() throws {
        let long = String(repeating: "Délibération — 🌊 ", count: 15)
        let agenda = (1...60).map { AgendaItem(number: $0, title: "\(long)\($0)") }
        let documents = (1...60).map { (number: Int) in Fixture.document("\(number)", long, .item, number, 1_000) }
        let draft = try Fixture.draft(title: String(long.prefix(255)), agenda: agenda, documents: documents)
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        expectWellFormed(rendered.bytes)
        let judged = try Judge.message(rendered.bytes)
        #expect(judged.subject == rendered.subject)
        #expect(judged.text?.contains("60. \(long)60\r\n") == true)
        let calendar = try #require(try Judge.calendars(judged.calendars ?? []).first)
        #expect(calendar.faults == [])
        #expect(calendar.description?.hasSuffix("60. \(long)60") == true)
    }

    @Test func `hides the honeypot from people and from the plain text`() throws {
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(try Fixture.draft()), for: Fixture.member(), at: Fixture.now)
        let hidden = try #require(rendered.html.range(of: "<div aria-hidden=\"true\" hidden style=\"display:none;"))
        let after = rendered.html[hidden.lowerBound...]
        #expect(after.contains("tabindex=\"-1\""))
        #expect(after.components(separatedBy: "<a ").count == 2)
        #expect(!rendered.text.contains("ne pas ouvrir"))
    }
}
