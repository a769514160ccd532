import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite("What is dropped after the convocations have left")
struct LaterDropTests {
    private func convened(_ world: DropWorld) async throws -> Sitting {
        try await world.loadRoll()
        try world.put(texts: ["seance.yml": "lieu: Salle des fêtes\n"])
        try await world.bringAll(world.service())
        let sitting = try #require(try await world.storage.sittings().first)
        _ = try await world.storage.approve(sitting.id, revision: 1, by: "test", at: instant("2026-11-24 09:05"))
        return sitting
    }

    private var report: String { "Traités/\(DropWorld.sitting) (2)/rapport.html" }

    @Test func `new files alone, an annex among them, are an addition that waits`() async throws {
        let world = try DropWorld()
        let sitting = try await convened(world)
        try world.put(DropWorld.sitting, ["02.1 Grille.pdf", "03 Voirie.pdf"])
        try await world.bringAll(world.service())
        let amendment = try #require(try await world.storage.amendments(of: sitting.id).first)
        #expect(amendment.state == .held && amendment.content.added.map(\.fileName) == ["02.1 Grille.pdf", "03 Voirie.pdf"])
        #expect(amendment.content.addedItems == [AgendaItem(number: 3, title: "Voirie")])
        #expect(amendment.content.draft.place == "Salle des fêtes")
        let text = try world.text(report)
        for part in ["Ce dépôt la complète ou la change", "3. Voirie", "02.1 Grille.pdf", "Rien n’est parti"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("note de synthèse (fichier 00)"), "what was sent before is not missing")
    }

    @Test func `seance.yml alone changes the place, and ENVOYER approves what is in time`() async throws {
        let world = try DropWorld()
        let sitting = try await convened(world)
        try world.put(DropWorld.sitting, [], texts: ["seance.yml": "lieu: Gymnase\n", "ENVOYER.txt": ""])
        try await world.bringAll(world.service())
        #expect(try await world.storage.amendments(of: sitting.id).map(\.state) == [.approved])
        #expect(try await world.storage.sitting(sitting.id)?.draft.place == "Gymnase")
        let text = try world.text(report)
        #expect(text.contains("ENVOYER.txt a été suivi : les membres sont avertis") && text.contains("le lieu change"))
    }

    @Test(arguments: [["00 Note.pdf", "01 Budget.pdf", "01.1 Annexe.pdf", "02 Tarifs.pdf"], []])
    func `the folder as it was convened takes a mistaken change back, and so does its place alone`(files: [String]) async throws {
        let world = try DropWorld()
        let sitting = try await convened(world)
        try world.put(DropWorld.sitting, [], texts: ["seance.yml": "lieu: Gymnase\n"])
        try await world.bringAll(world.service())
        try world.put(DropWorld.sitting, files, texts: ["seance.yml": "lieu: Salle des fêtes\n", "ENVOYER.txt": ""])
        try await world.bringAll(world.service())
        #expect(try await world.storage.amendments(of: sitting.id).map(\.state) == [.withdrawn])
        #expect(try await world.storage.sitting(sitting.id)?.draft == sitting.draft)
        let text = try world.text("Traités/\(DropWorld.sitting) (3)/rapport.html")
        #expect(text.contains("Ce qui attendait votre accord est retiré") && text.contains("un autre lieu") && !text.contains("Déjà reçu"))
    }

    @Test func `after the last lawful moment ENVOYER is not enough`() async throws {
        let world = try DropWorld()
        let sitting = try await convened(world)
        world.setClock("2026-12-12 09:00")
        try world.put(
            DropWorld.sitting, ["03 Voirie.pdf"], texts: ["ENVOYER.txt": "", "seance.yml": "urgence: La digue a rompu cette nuit\n"])
        try await world.bringAll(world.service())
        let amendment = try #require(try await world.storage.amendments(of: sitting.id).first)
        #expect(amendment.state == .held && amendment.content.urgencyReason == "La digue a rompu cette nuit")
        #expect(try world.text(report).contains("ENVOYER.txt n’a pas été suivi"))
    }

    @Test("a stop after any step loses nothing, and announces nothing twice", arguments: IntakeStep.allCases.filter { $0 != .posted })
    func stopped(_ step: IntakeStep) async throws {
        let world = try DropWorld()
        let sitting = try await convened(world)
        try world.put(DropWorld.sitting, ["03 Voirie.pdf"], texts: ["ENVOYER.txt": ""])
        try? await world.settle(world.service(stopAfter: step))
        try await world.bringAll(world.service())
        #expect(try await world.storage.amendments(of: sitting.id).map(\.state) == [.approved])
        #expect(try await world.storage.journal(matching: JournalQuery(types: [.sittingAmended])).count == 1)
        #expect(try world.names("En cours") == [] && world.names("Rejetés") == [])
    }

    @Test func `another hour under the same name is refused, and the refusal says how to do it`() async throws {
        let world = try DropWorld()
        _ = try await convened(world)
        try world.put(texts: ["seance.yml": "heure: 20h00\n"])
        try await world.bringAll(world.service())
        let text = try world.text("Rejetés/\(DropWorld.sitting)/rapport.html")
        #expect(text.contains("remplace: \(DropWorld.sitting)") && text.contains("à 20 h"))
        #expect(try await world.storage.sittings().count == 1)
    }

    @Test(arguments: [DropWorld.sitting, "2026-12-15-18h30-conseil", "2026-12-15 18H30 conseil COMMUNAUTAIRE"])
    func `a new folder takes another sitting's place`(name: String) async throws {
        let world = try DropWorld()
        let old = try await convened(world)
        let folder = "2026-12-17 18h30 Conseil communautaire"
        try world.put(folder, texts: ["seance.yml": "lieu: Salle des fêtes\nremplace: \(name)\n", "ENVOYER.txt": ""])
        try? await world.settle(world.service(stopAfter: .approved))
        try await world.bringAll(world.service())
        let sittings = try await world.storage.sittings()
        #expect(sittings.map(\.state) == [.approved, .cancelled] && sittings[0].draft.replaces == ReplacedSitting(old))
        #expect(try world.names("Traités").contains(folder) && world.names("Rejetés") == [])
    }

    @Test(arguments: [
        ("2026-12-17 18h30 Conseil communautaire", "le précédent", "ne désigne aucune séance connue"),
        ("2026-12-15 20h00 Conseil communautaire", "2026-12-15 20h00 Conseil communautaire", "ne désigne aucune séance connue"),
    ])
    func `a name that is nobody's is refused with what could be meant`(folder: String, name: String, words: String) async throws {
        let world = try DropWorld()
        _ = try await convened(world)
        try world.put(folder, texts: ["seance.yml": "remplace: \(name)\n"])
        try await world.bringAll(world.service())
        let text = try world.text("Rejetés/\(folder)/rapport.html")
        #expect(text.contains(words) && text.contains("ligne 1") && text.contains(DropWorld.sitting))
    }

    @Test func `a sitting that another has replaced is not replaced again, nor by another body's`() async throws {
        let world = try DropWorld()
        let old = try await convened(world)
        let (folder, second) = ("2026-12-17 18h30 Conseil communautaire", "2026-12-18 18h30 Conseil communautaire")
        try world.put(folder, texts: ["seance.yml": "lieu: Salle des fêtes\nremplace: \(DropWorld.sitting)\n", "ENVOYER.txt": ""])
        try await world.bringAll(world.service())
        try world.put(second, texts: ["seance.yml": "remplace: \(DropWorld.sitting)\n"])
        try await world.bringAll(world.service())
        let text = try world.text("Rejetés/\(second)/rapport.html")
        #expect(text.contains("est déjà remplacée par «") && text.contains("remplace: \(folder)") && text.contains("ligne 1"))
        let bureau = "2026-12-21 18h30 Bureau"
        try world.put(bureau, texts: ["seance.yml": "remplace: \(folder)\n"])
        try await world.bringAll(world.service())
        #expect(try world.text("Rejetés/\(bureau)/rapport.html").contains("une séance d’une autre instance"))
        // The replacing folder itself can come again, with more.
        try world.put(folder, texts: ["seance.yml": "lieu: Gymnase\nremplace: \(DropWorld.sitting)\n"])
        try await world.bringAll(world.service())
        let sittings = try await world.storage.sittings()
        #expect(sittings.count == 2 && sittings.map(\.state) == [.approved, .cancelled])
        let new = try #require(sittings.first { $0.id != old.id })
        #expect(try await world.storage.amendments(of: new.id).map(\.state) == [.held])
    }

    @Test func `a folder of a sitting that has ended is told what became of it, and so is one that would replace it`() async throws {
        let world = try DropWorld()
        _ = try await convened(world)
        let (second, third) = ("2026-12-17 18h30 Conseil communautaire", "2026-12-18 18h30 Conseil communautaire")
        try world.put(second, texts: ["seance.yml": "lieu: Salle des fêtes\nremplace: \(DropWorld.sitting)\n", "ENVOYER.txt": ""])
        try await world.bringAll(world.service())
        try world.put(DropWorld.sitting, [], texts: ["seance.yml": "lieu: Gymnase\n"])
        try await world.bringAll(world.service())
        let refused = try world.text("Rejetés/\(DropWorld.sitting)/rapport.html")
        #expect(
            refused.contains("est remplacée par «") && refused.contains(second) && !refused.contains("ne contient aucun document"),
            "\(refused)")
        // The new one is cancelled, too: one answer says so.
        let new = try #require(try await world.storage.sittings().first { $0.state == .approved })
        try await world.storage.cancel(new.id, by: "test", at: instant("2026-11-24 10:00"))
        try world.put(third, texts: ["seance.yml": "remplace: \(DropWorld.sitting)\n"])
        try await world.bringAll(world.service())
        let text = try world.text("Rejetés/\(third)/rapport.html")
        #expect(text.contains("est déjà annulée") && text.contains("Retirez la ligne"), "\(text)")
        try world.put(DropWorld.sitting, [], texts: ["seance.yml": "lieu: Gymnase\n"])
        try await world.bringAll(world.service())
        #expect(try world.text("Rejetés/\(DropWorld.sitting) (2)/rapport.html").contains("seance.yml n’y change plus rien"))
        try world.put()
        try await world.bringAll(world.service())
        #expect(
            try world.text("Traités/\(DropWorld.sitting) (2)/rapport.html").contains(
                "ce dossier est une séance nouvelle"))
    }

    @Test func `a second sitting of one body on one day is told`() async throws {
        let world = try DropWorld()
        _ = try await convened(world)
        let folder = "2026-12-15 20h00 Conseil communautaire"
        try world.put(folder)
        try await world.bringAll(world.service())
        #expect(try world.text("Traités/\(folder)/rapport.html").contains("déjà convoquée ce jour-là"))
    }
}
