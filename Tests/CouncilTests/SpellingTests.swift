import Council
import Foundation
import TestSupport
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("Civilité", "civilite"), ("CIVILITE\u{301}", "civilite"), ("  Conseil\u{A0} communautaire ", "conseil communautaire"),
        ("Bureau_communautaire", "bureau communautaire"), ("Saint-Gildas", "saint gildas"), ("Saint‐Gildas – bourg", "saint gildas bourg"),
        ("L’Haÿ", "l'hay"), ("Lʼeau", "l'eau"), ("Bœuf", "boeuf"), ("BŒUF", "boeuf"), ("Ex æquo", "ex aequo"), ("ﬁnances", "finances"),
        ("Commission n°\t3", "commission n° 3"), ("", ""), (" - ", ""),
    ])
    func `spellings of one word are one`(text: String, folded: String) {
        #expect(Spelling.folded(text) == folded)
        #expect(Spelling.folded(Spelling.folded(text)) == folded)
    }

    @Test(arguments: [
        ("Conseil communautaire", "conseil-communautaire"), ("Commission « Eau & énergie »", "commission-eau-energie"),
        ("L’œuvre_d'été (2)", "l-oeuvre-d-ete-2"), ("日本", ""), ("--", ""), ("Ⅷe bureau", "viiie-bureau"),
    ])
    func `an identifier is made of ASCII letters, digits and single hyphens`(text: String, slug: String) {
        #expect(Spelling.slug(text) == slug)
    }

    @Test func `a slug is safe whatever it is made of`() {
        var random = Seeded(seed: 11)
        for _ in 0..<5_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                if let scalar = Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &random)) { text.append(scalar) }
            }
            let slug = Spelling.slug(String(text))
            #expect(slug.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
            #expect(!slug.hasPrefix("-") && !slug.hasSuffix("-") && !slug.contains("--"))
        }
    }

    @Test func `a body is found by its name, identifier or alias, however it is spelt`() {
        let rule = NoticeRule(clearDays: 5)
        let authority = Authority(
            name: "Agglomération", siren: "200000000", timeZone: zone("Europe/Paris"),
            bodies: [
                Body(id: BodyID(rawValue: "conseil"), name: "Conseil communautaire", aliases: ["Conseil d'agglo"], notice: rule),
                Body(id: BodyID(rawValue: "bureau"), name: "Bureau", notice: rule),
            ]
        )
        for text in ["conseil", "CONSEIL COMMUNAUTAIRE", "Conseil_communautaire", "conseil  d’agglo", "Conseil"] {
            #expect(authority.body(named: text)?.id.rawValue == "conseil", "\(text)")
        }
        #expect(authority.body(named: "bureau\u{A0}")?.id.rawValue == "bureau")
        #expect(authority.body(named: "Conseil municipal") == nil)
        #expect(authority.body(named: "") == nil)
    }

    @Test func `two lines of a roll are the same person whatever the accents`() {
        func key(_ family: String, _ given: String) -> String {
            RollEntry(
                civility: "", familyName: family, givenName: given, email: nil, bodies: [], service: .paper, language: .french
            ).nameKey
        }
        #expect(key("LE GOFF", "Éloïse") == key("Le Goff", "E\u{301}loise"))
        #expect(key("Le", "Goff") != key("Le Goff", ""))
    }

    @Test func `a sitting's key names its day, hour and body`() {
        let draft = SittingDraft(
            body: BodyID(rawValue: "conseil"), bodyName: "Conseil", when: time(2026, 12, 5, 9, 5), start: .distantPast,
            deadline: .distantPast, requiredClearDays: 5, title: "", place: nil, videoLink: nil, urgencyReason: nil, agenda: [],
            documents: [], folderName: ""
        )
        #expect(draft.key == "2026-12-05-09h05-conseil")
    }
}
