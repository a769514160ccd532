import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite struct RollDropTests {
    @Test(arguments: ["membres.csv", "Membres.CSV"])
    func `a roll is taken, moved and reported`(name: String) async throws {
        let world = try DropWorld()
        try world.drop.write(DropWorld.roll, to: name)
        let service = try world.service()
        try await world.settle(service)
        #expect(
            try await world.storage.members(of: nil).map(\.entry.fullName).sorted() == [
                "Anaïs Bœuf", "Jean O'Brien", "Noël Müller", "Éloïse Le Goff",
            ])
        #expect(try world.names("") == [] && world.names("En cours") == [])
        #expect(try world.names("Traités") == ["2026-11-24 09h05 membres - rapport.html", "2026-11-24 09h05 membres.csv"])
        let report = try world.text("Traités/2026-11-24 09h05 membres - rapport.html")
        #expect(report.contains("Membres\u{A0}: 4 (par courriel\u{A0}: 3"))
        #expect(report.contains(Sample.hash(DropWorld.roll).hex) && report.contains("Éloïse Le Goff"))
        #expect(try world.text("Traités/2026-11-24 09h05 membres.csv") == DropWorld.roll)

        try world.drop.write(DropWorld.roll, to: name)
        try await world.settle(service)
        #expect(try world.names("Traités").count == 4)
        #expect(try world.text("Traités/2026-11-24 09h05 membres (2) - rapport.html").contains("déjà en vigueur"))
    }

    @Test func `a roll with any mistake is refused whole, and the old one stays`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let before = try await world.storage.members(of: nil)
        let roll = DropWorld.roll + "M.;Petit;Luc;luc.petit;bureau;;\nMme;LE GOFF;Eloise;x@y.fr;bureau;;\n"
        try world.drop.write(roll, to: "membres.csv")
        try await world.settle(world.service())
        #expect(try await world.storage.members(of: nil) == before)
        #expect(try world.names("Rejetés") == ["2026-11-24 09h05 membres"])
        #expect(try world.names("Rejetés/2026-11-24 09h05 membres") == ["membres.csv", "rapport.html"])
        #expect(try world.text("Rejetés/2026-11-24 09h05 membres/membres.csv") == roll)
        guard case .rejected("membres.csv", let reason) = try await world.notices().first else {
            Issue.record("no notice")
            return
        }
        #expect(
            reason.contains("Ligne 6") && reason.contains("arobase") && reason.contains("Ligne 7") && reason.contains("déjà à la ligne 2"))
        #expect(try world.text("Rejetés/2026-11-24 09h05 membres/rapport.html").contains("l’ancienne reste en vigueur"))
    }

    @Test(arguments: [
        ("nom;prenom;couriel;instances\nA;B;a@b.fr;bureau", "« courriel »"), ("PK\u{3}\u{4}xx", "tableur"), ("", "vide"),
        ("nom;prénom;courriel;instances\n", "aucun membre"), ("nom;prénom;courriel;instances\nA;B;;bureau", "papier"),
    ])
    func `a roll that can't be read says what to write`(text: String, reason: String) async throws {
        let world = try DropWorld()
        try world.drop.write(text, to: "membres.csv")
        try await world.settle(world.service())
        guard case .rejected(_, let told) = try await world.notices().first else {
            Issue.record("no notice")
            return
        }
        #expect(told.replacing("\u{A0}", with: " ").contains(reason), "\(told)")
        #expect(try await world.storage.members(of: nil).isEmpty)
    }

    @Test func `a roll that would remove most members needs an order beside it`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        let small = "nom;prénom;courriel;instances\nNouveau;Maire;maire@agglo.example;conseil\n"
        try world.drop.write(small, to: "membres.csv")
        try await world.settle(service)
        #expect(try await world.storage.members(of: nil).count == 4)
        #expect(try world.text("Rejetés/2026-11-24 09h05 membres/rapport.html").contains("REMPLACER.txt"))

        try world.drop.write("", to: "Remplacer.txt")
        try world.drop.write(small, to: "membres.csv")
        try await world.settle(service)
        #expect(try await world.storage.members(of: nil).map(\.entry.familyName) == ["Nouveau"])
        #expect(try world.names("") == [] && world.names("En cours") == [])
        #expect(try world.names("Traités").contains("2026-11-24 09h05 Remplacer.txt"))
    }

    @Test func `an order without a roll waits, then is put away, so that no later roll finds it`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.drop.write("", to: "REMPLACER.txt")
        try await world.settle(service)
        #expect(try world.names("") == ["REMPLACER.txt"])
        world.pass(.seconds(500))
        try await service.scanOnce()
        #expect(try world.names("") == [] && world.names("En cours") == [])
        #expect(try world.names("Rejetés") == ["2026-11-24 09h05 REMPLACER"])
    }

    @Test func `a roll and a sitting dropped together are taken in that order`() async throws {
        let world = try DropWorld()
        try world.put(texts: ["ENVOYER.txt": ""])
        try world.drop.write(DropWorld.roll, to: "membres.csv")
        try await world.settle(world.service())
        #expect(try await world.storage.sittings().map(\.state) == [.approved])
    }
}
