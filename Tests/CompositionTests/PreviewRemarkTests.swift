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
}
