import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite("Two sittings at one hour") struct ClashTests {
    private static let bureau = "2026-12-15 18h Bureau"

    private func report(_ world: DropWorld, _ folder: String) throws -> String {
        try world.text("Traités/\(folder)/rapport.html").replacing("\u{A0}", with: " ")
    }

    /// After the council of 18:30 in its hall: what the report of `folder` says.
    private func report(_ folder: String, place: String? = nil, language: Language = .french, cancelled: Bool = false) async throws
        -> String
    {
        let world = try DropWorld()
        try await world.loadRoll()
        var settings = world.settings
        settings.language = language
        let service = try world.service(settings: settings)
        try world.put(texts: ["seance.yml": "lieu: Salle  des Fêtes\ntitre: Conseil de décembre\n"])
        try await world.settle(service)
        if cancelled {
            let sitting = try #require(try await world.storage.sittings().first)
            try await world.storage.cancel(sitting.id, by: "test", at: instant("2026-11-24 10:00"))
        }
        try world.put(folder, ["01 A.pdf"], texts: place.map { ["seance.yml": "lieu: \($0)\n"] } ?? [:])
        try await world.settle(service)
        return try report(world, folder)
    }

    @Test func `the second names the first, its hour and place, and how many sit in both`() async throws {
        let text = try await report(Self.bureau, place: "Petite salle")
        #expect(
            text.contains(
                "à moins d’une heure : « Conseil de décembre », mardi 15 décembre 2026 à 18 h 30, Salle des Fêtes. 1 membre siège dans les deux instances et ne pourra pas être aux deux."
            ), "\(text)")
        #expect(!text.contains("au même lieu"))
        let english = try await report(Self.bureau, language: .english)
        #expect(
            english.contains(
                "“Conseil de décembre”, Tuesday 15 December 2026 at 18:30, Salle des Fêtes. 1 member sits in both bodies and can’t be at both."
            ), "\(english)")
    }

    @Test func `one place for two bodies without a common member is told by itself`() async throws {
        let text = try await report("2026-12-15 18h30 Commission n° 3", place: "salle des fêtes")
        #expect(
            text.contains(
                "au même lieu, à la même heure ou à moins d’une heure : « Conseil de décembre », mardi 15 décembre 2026 à 18 h 30"))
        #expect(!text.contains("dans les deux instances"))
        let english = try await report("2026-12-15 18h30 Commission n° 3", place: "salle des fêtes", language: .english)
        #expect(english.contains("planned at the same place, at the same hour or less than an hour away: “Conseil de décembre”"))
        #expect(try await !report("2026-12-15 18h30 Commission n° 3", place: "Mairie").contains("Une autre séance"))
    }

    @Test(arguments: ["2026-12-15 19h30 Bureau", "2026-12-15 17h30 Bureau", "2026-12-16 18h30 Bureau"])
    func `an hour apart, or on another day, nothing is said`(folder: String) async throws {
        #expect(try await !report(folder, place: "Salle des fêtes").contains("Une autre séance"))
    }

    @Test func `a cancelled sitting is in nobody's way, nor one of which this is a new drop or takes the place`() async throws {
        #expect(try await !report(Self.bureau, place: "Salle des fêtes", cancelled: true).contains("Une autre séance"))
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        try world.put(texts: ["ENVOYER.txt": ""])
        try await world.settle(service)
        let later = "2026-12-15 18h45 Conseil communautaire"
        try world.put(later, texts: ["seance.yml": "remplace: \(DropWorld.sitting)\n"])
        try await world.settle(service)
        try world.put(later, texts: ["seance.yml": "remplace: \(DropWorld.sitting)\nlieu: Mairie\n"])
        try await world.settle(service)
        for folder in try world.names("Traités") {
            #expect(try !report(world, folder).contains("Une autre séance"), "\(folder)")
        }
        #expect(try await world.storage.sittings().first { $0.draft.folderName == later }?.revision == 2)
    }

    @Test func `a second sitting of one body, near the first, is told once`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        try world.put(texts: ["ENVOYER.txt": ""])
        try await world.settle(service)
        let second = "2026-12-15 19h Conseil communautaire"
        try world.put(second)
        try await world.settle(service)
        let text = try report(world, second)
        #expect(
            text.contains("Une séance de la même instance est déjà convoquée ce jour-là") && !text.contains("Une autre séance"), "\(text)")
    }
}
