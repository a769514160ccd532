import Council
import Foundation
import Intake
import Store
import TestSupport
import Testing

@Suite("Documents that members may not be able to read") struct ReadingTroubleTests {
    private static let archive: [UInt8] = [0x50, 0x4B, 3, 4] + Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)

    private func report(_ world: DropWorld, _ folder: String = DropWorld.sitting) throws -> String {
        try world.text("Traités/\(folder)/rapport.html").replacing("\u{A0}", with: " ")
    }

    @Test func `an archive and an unknown type are taken, and told in words of their own`() async throws {
        for language in [Language.french, .english] {
            let world = try DropWorld()
            try await world.loadRoll()
            var settings = world.settings
            settings.language = language
            try world.put(texts: ["03 Plan.dwg": "AC1032", "04 Vues.TAR.gz": "any"])
            try world.drop.write(Self.archive, to: DropWorld.sitting + "/05 Annexes.zip")
            try world.drop.write(Self.archive, to: DropWorld.sitting + "/06 Tableau.xlsx")
            try await world.settle(world.service(settings: settings))
            let text = try report(world)
            let (archive, unknown) =
                language == .french
                ? (
                    " » est une archive : sur un téléphone, les élus ne peuvent pas l’ouvrir. Décompressez-la et déposez ses documents un par un.",
                    " » est d’un type que tous les élus ne pourront pas ouvrir ; déposez-le plutôt en PDF."
                )
                : (
                    "” is an archive: on a phone members can’t open it. Unpack it and drop its documents one by one.",
                    "” is of a type that not all members will be able to open; better drop it as PDF."
                )
            for words in ["05 Annexes.zip\(archive)", "04 Vues.TAR.gz\(archive)", "03 Plan.dwg\(unknown)"] {
                #expect(text.contains(words), "\(words): \(text)")
            }
            #expect(text.components(separatedBy: archive).count == 3 && text.components(separatedBy: unknown).count == 2)
        }
    }

    @Test func `an archive that comes after the convocations is told as well`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        try world.put(texts: ["ENVOYER.txt": ""])
        try await world.settle(service)
        try world.drop.write(Self.archive, to: DropWorld.sitting + "/03 Annexes.zip")
        try await world.settle(service)
        let reports = try world.names("Traités").map { try report(world, $0) }
        #expect(reports.filter { $0.contains("« 03 Annexes.zip » est une archive") }.count == 1)
    }
}
