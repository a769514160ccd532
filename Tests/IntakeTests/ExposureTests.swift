import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite("Bytes that are confidential here and public there") struct ExposureTests {
    private static let bureau = "2026-12-16 9h Bureau"

    private func report(_ world: DropWorld, _ folder: String = DropWorld.sitting) throws -> String {
        try world.text("Traités/\(folder)/rapport.html").replacing("\u{A0}", with: " ")
    }

    @Test func `within one sitting the report says so`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(DropWorld.sitting, ["00 Note.pdf", "01 A.pdf", "03 C.pdf"], texts: ["seance.yml": "confidentiel: [2]\n"])
        try world.drop.write(DropWorld.pdf("01 A.pdf"), to: DropWorld.sitting + "/02 Secret.pdf")
        try await world.settle(world.service())
        let text = try report(world)
        #expect(text.contains("« 02 Secret.pdf » est confidentiel, mais le même fichier est public sous le nom « 01 A.pdf »"))
        #expect(text.components(separatedBy: "est confidentiel").count == 2, "once")
    }

    @Test func `across sittings both are told, and a document that is confidential in both is not`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(
            DropWorld.sitting, ["00 Note.pdf", "01 A.pdf", "02 Both.pdf", "03 Public.pdf"], texts: ["seance.yml": "confidentiel: [1, 2]\n"])
        let service = try world.service()
        try await world.settle(service)
        #expect(try !report(world).contains("le même fichier"))
        try world.put(Self.bureau, ["01 A.pdf", "02 Both.pdf", "03 Public.pdf"], texts: ["seance.yml": "confidentiel: [2, 3]\n"])
        try await world.settle(service)
        let text = try report(world, Self.bureau)
        let place = "Conseil communautaire, mardi 15 décembre 2026 à 18 h 30"
        #expect(text.contains("« 01 A.pdf » est public ici, mais le même fichier est confidentiel dans une autre séance (\(place))"))
        #expect(text.contains("« 03 Public.pdf » est confidentiel ici, mais le même fichier est public dans une autre séance (\(place))"))
        #expect(!text.contains("« 02 Both.pdf »"))
    }

    @Test func `a document that an earlier drop published is told when it becomes confidential, not the other way round`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        try world.put()
        try await world.settle(service)
        try world.put(texts: ["seance.yml": "confidentiel: [2]\n"])
        try await world.settle(service)
        let reports = try world.names("Traités").map { try report(world, $0) }
        #expect(reports.filter { $0.contains("« 02 Tarifs.pdf » est confidentiel désormais") }.count == 1)
        try world.put(texts: ["seance.yml": "lieu: Ici\n"])
        try await world.settle(service)
        #expect(try await world.storage.sittings().first?.revision == 3)
        let all = try world.names("Traités").map { try report(world, $0) }
        #expect(all.count == 3 && all.filter { $0.contains("02 Tarifs.pdf » est") }.count == 1)
    }
}
