import Composition
import Council
import Foundation
import Store
import Templating
import TestSupport
import Testing

/// Whole messages, byte for byte, as they were last looked at and found good. `APPARITEUR_UPDATE_GOLDEN=1 swift test
/// --filter GoldenTests` writes them anew: look at the difference before keeping it.
@Suite("Golden messages")
struct GoldenTests {
    static let folder = Tool.repository.appendingPathComponent("Tests/CompositionTests/Golden")

    func expectGolden(_ bytes: [UInt8], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = Self.folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["APPARITEUR_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
            return
        }
        let golden = try Data(contentsOf: file)
        if Array(golden) != bytes {
            let difference = try Tool.run("diff", ["-u", "--label", name, "--label", "now", file.path, "-"], input: bytes)
            Issue.record("\(difference.text)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [Language.french, .english])
    func `of a convocation`(language: Language) throws {
        let settings = Fixture.settings(signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"))
        let rendered = try Fixture.composer(settings).preview(
            of: Fixture.sitting(try Fixture.draft()), for: Fixture.member(language: language), at: Fixture.now)
        try expectGolden(rendered.bytes, "convocation-\(language.rawValue).eml")
        let calendar = try #require(try Judge.message(rendered.bytes).calendars?.first)
        try expectGolden(Array(calendar.utf8), "sitting-\(language.rawValue).ics")
    }

    @Test func `of an urgent convocation`() throws {
        let draft = try Fixture.draft(title: "Conseil communautaire", urgencyReason: "Rupture de la digue dans la nuit du 11 décembre")
        let rendered = try Fixture.composer().preview(of: Fixture.sitting(draft), for: Fixture.member(civility: "M."), at: Fixture.now)
        try expectGolden(rendered.bytes, "convocation-urgent.eml")
    }

    /// The members' letters, and what the clerk is told beside them.
    @Test(arguments: [Language.french, .english])
    func `of a cancellation and a reminder`(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language, signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"))
        let stage = try Stage(settings: settings)
        var roll = [Fixture.member(language: language)]
        roll += Sample.roll(10).filter { $0.service == .paper }
        _ = try await stage.storage.replaceRoll(with: roll, source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: Fixture.now)
        #expect(try await stage.storage.remind(sitting.id, at: Fixture.now) == 1)
        try await stage.service.composePending()
        // A cancellation waits for what is being sent.
        let leased = try await stage.storage.lease(limit: 99, at: Fixture.now)
        try await stage.storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: Fixture.now) })
        let reminder = leased.map(\.message)
        try await stage.storage.cancel(sitting.id, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        let messages = reminder + (try await stage.queued())
        try #require(messages.count == 3)
        for (message, name) in zip(messages, ["reminder", "cancellation", "alarm-unwarned"]) {
            expectWellFormed(message.bytes)
            _ = try Judge.message(message.bytes)
            try expectGolden(message.bytes, "\(name)-\(language.rawValue).eml")
        }
    }

    @Test(arguments: [Language.french, .english])
    func `of the mails to the clerk`(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language)
        let day = try #require(CivilDate(iso: "2026-12-10")).start(in: Fixture.zone)
        let early = try Stage(settings: settings)
        let late = try Stage(on: early, now: day, settings: settings, seed: 2)
        _ = try await early.storage.replaceRoll(with: Sample.roll(10), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await early.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        try await early.service.composePending()
        // It leaves before anything is approved.
        let preview = try await early.queued()
        _ = try await early.storage.approve(sitting.id, revision: nil, by: "test", at: day)
        try await late.service.composePending()
        _ = try await early.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        let convocations = try await early.storage.status(of: sitting.id)
        try await early.storage.post(.undelivered(sitting: sitting.id, convocations: convocations.prefix(2).map(\.id)), at: day)
        try await early.storage.post(.rejected(name: "membres.csv", reason: "Ligne 3 : l’adresse « x@ » est incomplète."), at: day)
        try await late.service.composePending()
        let notices = preview + (try await late.queued().filter { $0.kind != .convocation })
        try #require(notices.count == 4)
        for (message, name) in zip(notices, ["preview", "alarm-late", "alarm-undelivered", "alarm-rejected"]) {
            expectWellFormed(message.bytes)
            _ = try Judge.message(message.bytes)
            try expectGolden(message.bytes, "\(name)-\(language.rawValue).eml")
        }
    }

    /// What the tests above don't make on their way, as the gallery shows it.
    @Test(
        arguments: [MailKind.changedDate, .supplement, .changedPlace, .previewAmendment, .summary, .copy, .copyCancellation],
        Language.allCases)
    func `of later changes, their preview and the summary`(kind: MailKind, language: Language) throws {
        let settings = Fixture.settings(signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"))
        let preview = KindPreview(settings: settings, templates: try Fixture.templates(), documents: Fixture.noDocuments, now: Fixture.now)
        let rendered = try preview.render(kind, of: Fixture.sitting(try Fixture.draft()), in: language)
        try expectGolden(rendered.bytes, "\(kind.rawValue)-\(language.rawValue).eml")
    }
}
