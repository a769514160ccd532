import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The daily summary")
struct SummaryTests {
    private func stage(on other: Stage? = nil, _ clock: String, evenIfEmpty: Bool = false) throws -> Stage {
        return try Stage(
            on: other, now: try Fixture.instant(clock),
            settings: Fixture.settings(summary: SummaryTime(hour: 7, minute: 30, evenIfEmpty: evenIfEmpty)),
            seed: UInt64(clock.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }))
    }

    private func summaries(_ stage: Stage) async throws -> [JudgedMessage] {
        try await stage.service.composePending()
        return try Judge.messages(try await stage.queued().filter { $0.kind == .summary }.map(\.bytes))
    }

    @Test func `one mail a day from its hour on, also after a stop, and never a second`() async throws {
        let early = try stage("2026-12-08 07:29")
        _ = try await early.test.approvedSitting(members: 20, documents: 2, at: early.now)
        #expect(try await summaries(early).isEmpty)
        let first = try stage(on: early, "2026-12-08 07:30")
        #expect(try await summaries(first).count == 1)
        #expect(try await summaries(stage(on: early, "2026-12-08 23:59")).isEmpty)
        // The service was down until the evening.
        let late = try await summaries(stage(on: early, "2026-12-09 21:00"))
        #expect(late.count == 1)
        #expect(try await summaries(stage(on: early, "2026-12-09 21:01")).isEmpty)
        let text = try #require(late.first?.text)
        for words in [
            "Convoqués : 20.", "À servir sur papier, ou à noter : 2.", "C’est aujourd’hui le dernier jour légal", "Suivre cette séance",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        #expect(late.first?.subject?.hasPrefix("À faire aujourd’hui") == true)
    }

    @Test func `nothing to tell is not told, unless it was asked for`() async throws {
        #expect(try await summaries(stage("2026-12-08 09:00")).isEmpty)
        let asked = try await summaries(stage("2026-12-08 09:00", evenIfEmpty: true))
        #expect(asked.count == 1 && asked.first?.text?.contains("Aucune séance n’est ouverte") == true)
    }

    @Test func `a draft, what waits for approval and a relay that takes nothing are told`() async throws {
        let stage = try stage("2026-12-08 09:00")
        _ = try await stage.test.draftSitting(at: stage.now)
        try await stage.storage.noteTrouble(
            relay: "smtp.example:587", cause: .authentication, reply: "535 5.7.8 no", since: stage.now, canBeTold: false, at: stage.now)
        let text = try #require(try await summaries(stage).first?.text)
        for words in ["À approuver : rien n’est parti", "Le dernier jour légal est demain", "smtp.example:587", "535 5.7.8 no"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
    }
}
