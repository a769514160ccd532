import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("What the preview remarks upon")
struct PreviewRemarkTests {
    private static let place = "Salle des fêtes « L’Étoile », 1 place de la Mairie, 29200 Saint-Côme"

    /// The council's preview, as text and as HTML without its marks, where `others` were dropped before.
    private func preview(_ draft: SittingDraft, after others: [SittingDraft], cancelling: Bool = false, in language: Language = .french)
        async throws -> [String]
    {
        let stage = try Stage(settings: Fixture.settings(clerkLanguage: language))
        _ = try await stage.storage.replaceRoll(with: Sample.roll(6), source: Sample.hash("roll"), at: Fixture.now)
        for other in others {
            let sitting = try await stage.storage.submit(other, at: Fixture.now).sitting
            if cancelling { try await stage.storage.cancel(sitting.id, by: "test", at: Fixture.now) }
        }
        try await stage.service.composePending()
        _ = try await stage.queued()
        _ = try await stage.storage.submit(draft, at: Fixture.now)
        try await stage.service.composePending()
        let judged = try Judge.message(try #require(try await stage.queued().first).bytes)
        let html = (judged.html ?? "").replacing("&nbsp;", with: " ").replacing("<bdi>", with: "").replacing("</bdi>", with: "")
        return [try #require(judged.text), html]
    }

    private func bureau(place: String?, day: String = "2026-12-15") -> SittingDraft {
        Sample.draft(documents: Sample.documents(1), body: BodyID(rawValue: "bureau"), day: day, place: place)
    }

    @Test func `another sitting at that hour is named with its hour, its place and how many sit in both`() async throws {
        for text in try await preview(try Fixture.draft(), after: [bureau(place: "Mairie")]) {
            #expect(
                text.contains(
                    "à moins d’une heure : « Bureau communautaire », mardi 15 décembre 2026 à 18 h 30, Mairie. 2 membres siègent dans les deux instances et ne pourront pas être aux deux."
                ), "\(text)")
            #expect(!text.contains("au même lieu"))
        }
        for text in try await preview(try Fixture.draft(), after: [bureau(place: "Mairie")], in: .english) {
            #expect(
                text.contains(
                    "“Bureau communautaire”, Tuesday 15 December 2026 at 18:30, Mairie. 2 members sit in both bodies and can’t be at both."),
                "\(text)")
        }
    }

    @Test func `one place for both is told as well, and nothing of a sitting that was cancelled or is on another day`() async throws {
        for text in try await preview(try Fixture.draft(), after: [bureau(place: Self.place)]) {
            #expect(
                text.contains("au même lieu, à la même heure ou à moins d’une heure : « Bureau communautaire », mardi 15 décembre 2026"),
                "\(text)")
        }
        for text in try await preview(try Fixture.draft(), after: [bureau(place: Self.place)], in: .english) {
            #expect(
                text.contains("at the same place, at the same hour or less than an hour away: “Bureau communautaire”, Tuesday"), "\(text)")
        }
        let others = try await preview(try Fixture.draft(), after: [bureau(place: Self.place, day: "2026-12-16")])
        for text in try await others + preview(try Fixture.draft(), after: [bureau(place: Self.place)], cancelling: true) {
            #expect(!text.contains("Une autre séance"))
        }
    }

    private static func named(_ fileName: String, _ type: String) -> Document {
        Document(
            hash: Sample.hash(fileName), size: 10, fileName: fileName, title: fileName, mediaType: type, role: .item, item: 5,
            label: String(fileName.prefix { $0 != " " }), confidential: false)
    }

    private static let troubled = [
        named("05 Plans.zip", "application/zip"), named("05.1 Vues.7z", Document.unknownMediaType),
        named("05.2 Plan.dwg", Document.unknownMediaType), named("05.3 Tableau.xlsx", "application/vnd.ms-excel"),
    ]

    private func expectTroubles(_ text: String, _ language: Language) {
        let (archive, unknown) =
            language == .french
            ? (
                "» est une archive : sur un téléphone, les élus ne peuvent pas l’ouvrir. Décompressez-la",
                "» est d’un type que tous les élus"
            )
            : ("” is an archive: on a phone members can’t open it. Unpack it", "” is of a type that not all members")
        for words in ["05 Plans.zip \(archive)", "05.1 Vues.7z \(archive)", "05.2 Plan.dwg \(unknown)"] {
            #expect(text.contains(language == .french ? words : words.replacing(" ”", with: "”")), "\(words): \(text)")
        }
        #expect(text.components(separatedBy: archive).count == 3 && text.components(separatedBy: unknown).count == 2)
    }

    @Test(arguments: [Language.french, .english])
    func `an archive and an unknown type are told, each in its own words`(language: Language) async throws {
        let draft = try Fixture.draft(documents: [Fixture.document("00", "Note", .note, nil, 10)] + Self.troubled)
        for text in try await preview(draft, after: [], in: language) { expectTroubles(text, language) }
    }

    @Test(arguments: [Language.french, .english])
    func `so they are where they come after the convocations`(language: Language) async throws {
        let stage = try Stage(settings: Fixture.settings(clerkLanguage: language))
        _ = try await stage.storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("roll"), at: Fixture.now)
        let old = Self.named("04 Avant.zip", "application/zip")
        let sitting = try await stage.storage.submit(try Fixture.draft(documents: [old]), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        _ = try await stage.queued()
        _ = try await stage.storage.submit(try Fixture.draft(documents: [old] + Self.troubled), at: Fixture.now)
        try await stage.service.composePending()
        let judged = try Judge.message(try #require(try await stage.queued().first { $0.kind == .preview }).bytes)
        let html = (judged.html ?? "").replacing("&nbsp;", with: " ").replacing("<bdi>", with: "").replacing("</bdi>", with: "")
        for text in [try #require(judged.text), html] { expectTroubles(text, language) }
    }
}
