import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite struct CopyDropTests {
    private static let list = """
        civilité;nom;prénom;courriel;commune;instances;langue
        Mme;Abgrall;Zoé;mairie@saint-come.example;Saint-Côme;;
        ;Breton;Ali;mairie@saint-come.example;Saint-Côme;bureau;en
        M.;Müller;Noël;n.muller@agglo.example;Plouzel;;

        """

    @Test func `a list of copies is taken, moved and reported, and is no roll`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let members = try await world.storage.members(of: nil)
        try world.drop.write(Self.list, to: "Copies.csv")
        try await world.settle(world.service())
        let told = try await world.storage.copyRecipients(of: nil).map(\.entry)
        #expect(told.map(\.fullName) == ["Zoé Abgrall", "Ali Breton", "Noël Müller"])
        #expect(
            told.map(\.bodies) == [[], [BodyID(rawValue: "bureau")], []] && told[1].language == .english && told[0].commune == "Saint-Côme")
        #expect(try await world.storage.members(of: nil) == members)
        #expect(try world.names("") == [] && world.names("En cours") == [])
        #expect(try world.names("Traités") == ["2026-11-24 09h05 copies - rapport.html", "2026-11-24 09h05 copies.csv"])
        let report = try world.text("Traités/2026-11-24 09h05 copies - rapport.html")
        #expect(report.contains("Aussi sur la liste des membres") && report.contains("Noël Müller") && report.contains(": 3."))
    }

    @Test func `a mistake refuses the list, says the line, and holds no sitting up`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let bad = Self.list + "M.;Sans;Commune;s@c.example;;;\nM.;Sans;Adresse;;Plouzel;;\nMme;ABGRALL;Zoe;MAIRIE@saint-come.example;X;;\n"
        try world.drop.write(bad, to: "copies.csv")
        try world.put()
        try await world.settle(world.service())
        #expect(try await world.storage.copyRecipients(of: nil).isEmpty)
        #expect(try await world.storage.sittings().count == 1)
        guard
            case .rejected("copies.csv", let reason)? = try await world.notices().first(where: { notice in
                if case .rejected = notice { true } else { false }
            })
        else {
            Issue.record("no notice")
            return
        }
        for part in ["Ligne 5", "commune manque", "Ligne 6", "mairie de sa commune", "Ligne 7", "déjà à la ligne 2"] {
            #expect(reason.contains(part), "\(reason)")
        }
        #expect(try world.text("Rejetés/2026-11-24 09h05 copies/rapport.html").contains("Les convocations ne sont pas touchées"))
    }

    @Test func `a list without a line ends the copies, and other names are told`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.drop.write(Self.list, to: "copies.csv")
        try await world.settle(service)
        #expect(try await world.storage.copyRecipients(of: nil).count == 3)
        try world.drop.write("nom;prénom;courriel;commune\n", to: "copies.csv")
        try world.drop.write("x", to: "Copies conseillers.xlsx")
        try await world.settle(service)
        #expect(try await world.storage.copyRecipients(of: nil).isEmpty)
        #expect(try world.text("Traités/2026-11-24 09h05 copies (2) - rapport.html").contains("plus aucune copie"))
        guard case .rejected("Copies conseillers.xlsx", let reason)? = try await world.notices().first else {
            Issue.record("no notice")
            return
        }
        #expect(reason.contains("copies.csv"))
    }

    @Test(arguments: [
        ("nom;prénom;courriel;instances\nA;B;a@b.fr;bureau", "commune"), ("nom;prénom;courriel;commune;mode\nA;B;a@b.fr;C;papier", "mode"),
        ("nom;prénom;courriel;commune;instances\nA;B;a@b.fr;C;Conseil d’ailleurs", "Conseil d’ailleurs"), ("", "vide"),
    ])
    func `a list that can't be read says why`(text: String, reason: String) throws {
        do throws(Mistakes) {
            _ = try RollParser.parseCopies(Array(text.utf8), authority: agglo)
            Issue.record("taken: \(text)")
        } catch {
            let words = Reason(error)
            #expect(words.text.contains(reason), "\(words.text)")
        }
    }

    /// What a mistake names, without its sentence.
    private struct Reason {
        let text: String

        init(_ mistakes: Mistakes) {
            text = mistakes.list.map { mistake in
                mistake.code == .rollEmpty ? "vide" : ([mistake.name, mistake.value] + mistake.known).joined(separator: " ")
            }.joined(separator: "\n")
        }
    }
}
