import Council
import Foundation
import Intake
import Testing

@Suite struct DescriptionTests {
    private func read(_ text: String) throws(Mistakes) -> SittingDescription { try SittingDescription(parsing: Array(text.utf8)) }

    private func found(_ text: String) -> [Mistake] { mistakes { () throws(Mistakes) in try read(text) } }

    @Test func `every key is understood`() throws {
        let description = try read(
            """
            Titre: Séance budgétaire   # un commentaire
            date: 15/12/2026
            heure: 18:30
            instance: Conseil d'agglo
            lieu: "Salle des fêtes : rez-de-chaussée"
            visio: https://visio.agglo.example/conseil?x=1
            urgence: La digue a cédé dans la nuit du 3 décembre.
            ordre du jour:
              1: Budget primitif 2027
              3: Tarifs de l'eau
            confidentiel: [01.1, "02 Tarifs.pdf"]
            """)
        #expect(description.title == "Séance budgétaire")
        #expect(description.date == day("2026-12-15") && description.hour?.hour == 18 && description.hour?.minute == 30)
        #expect(description.body?.text == "Conseil d'agglo" && description.body?.line == 4)
        #expect(
            description.place == "Salle des fêtes : rez-de-chaussée" && description.videoLink == "https://visio.agglo.example/conseil?x=1")
        #expect(description.urgencyReason == "La digue a cédé dans la nuit du 3 décembre.")
        #expect(
            description.agenda == [AgendaItem(number: 1, title: "Budget primitif 2027"), AgendaItem(number: 3, title: "Tarifs de l'eau")])
        #expect(description.confidential.map(\.text) == ["01.1", "02 Tarifs.pdf"])
    }

    @Test func `a list of titles is numbered, a list of numbers and titles keeps its own`() throws {
        #expect(try read("ordre_du_jour:\n- A\n- B").agenda?.map(\.number) == [1, 2])
        #expect(try read("ordre_du_jour:\n- 5: A\n- 2: B").agenda?.map(\.number) == [2, 5])
    }

    @Test func `an empty file, a comment and empty keys say nothing`() throws {
        for text in ["", "# rien\n", "lieu:\nurgence: non\n", "\u{FEFF}"] { #expect(try read(text) == SittingDescription()) }
    }

    @Test func `old encodings are read`() throws {
        #expect(
            try SittingDescription(parsing: Array("lieu: Salle de s".utf8) + [0xE9] + Array("ances\r\n".utf8)).place == "Salle de séances")
    }

    @Test(arguments: [
        ("lieux: x", Mistake.Code.unknownKey, 1), ("titre: A\nordre-du-jours:\n- B", .unknownKey, 2), ("lieu: a\nLieu: b", .repeatedKey, 2),
        ("lieu: a\nlieu: b", .repeatedKey, 1), ("titre: Budget: suite", .descriptionSyntax, 1),
        ("titre: a\n\tlieu: b", .descriptionSyntax, 2),
        ("lieu: [a, b]", .textExpected, 1), ("date: demain", .badDate, 1), ("date: lundi 15 décembre 2026", .badDate, 1),
        ("date: 2026-02-30", .badDate, 1), ("heure: 18", .badHour, 1),
        ("heure: 25h00", .badHour, 1), ("\nurgence: oui", .urgencyWithoutReason, 2), ("urgence: true", .urgencyWithoutReason, 1),
        ("urgence: urgent", .urgencyWithoutReason, 1), ("visio: http://x.example", .badVideoLink, 1),
        ("visio: javascript:alert(1)", .badVideoLink, 1),
        ("visio: \"https://a.example/\\r\\nX\"", .badVideoLink, 1), ("visio: https://u:p@x.example", .badVideoLink, 1),
        ("ordre_du_jour: Budget", .listExpected, 1), ("ordre_du_jour:\n- Budget: suite", .badAgendaNumber, 2),
        ("ordre_du_jour:\n- 1: a\n- 1: b", .sameAgendaNumber, 3), ("ordre_du_jour:\n- 0: a", .badAgendaNumber, 2),
        ("confidentiel:\n  a: b", .listExpected, 2), ("- a\n- b", .descriptionShape, 1), ("bonjour", .descriptionShape, 1),
    ])
    func `a mistake has its line`(text: String, code: Mistake.Code, line: Int) {
        let list = found(text)
        #expect(list.map(\.code) == [code] && list.first?.line == line, "\(list)")
    }

    @Test func `all mistakes are told at once`() {
        #expect(found("lieux: x\nheure: midi\nurgence: oui\ncouleur: bleu").map(\.line) == [1, 2, 3, 4])
        #expect(found("lieux: x").first?.near == "lieu")
    }

    @Test func `a file that is too long or no text is refused`() {
        #expect(found(String(repeating: "# a\n", count: 20_000)).map(\.code) == [.descriptionTooLong])
        #expect(mistakes { () throws(Mistakes) in try SittingDescription(parsing: [0x50, 0x4B, 3, 4]) }.map(\.code) == [.descriptionShape])
    }

    @Test func `words are kept on one line and in sight`() throws {
        let description = try read("titre: |\n  Budget\n  primitif\nlieu: \"Salle\\u202E A\\u0007\"")
        #expect(description.title == "Budget primitif")
        #expect(description.place == "Salle A")
    }

    @Test func `no text crashes the reader`() {
        var random = Seeded(seed: 5)
        let pieces = [
            "titre", "lieu", ":", " ", "\n", "- ", "  ", "[", "]", "{", "}", "&a", "*a", "!!int", "|", ">", "\"", "'", "ordre_du_jour", "1",
            "<<",
            "? ", "%", "@", "\t", "é", "---", "...", "#", ",", "confidentiel", "\u{85}", "\u{FEFF}", "~", "2026-12-15",
        ]
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in random.pick(pieces) }.joined()
            _ = found(text)
        }
        _ = found(String(repeating: "[", count: 60_000))
        _ = found(String(repeating: "- ", count: 30_000))
        _ = found(
            "a: &a [x]\n"
                + (0..<40).map { "k\($0): &b\($0) [*\($0 == 0 ? "a" : "b\($0 - 1)"), *\($0 == 0 ? "a" : "b\($0 - 1)")]\n" }.joined())
    }
}
