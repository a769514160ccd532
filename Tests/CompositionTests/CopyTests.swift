import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Copies for information")
struct CopyTests {
    private static let list = [
        Sample.councillor("Zoé", "Abgrall", "mairie@saint-come.example"),
        Sample.councillor("Ali", "Breton", "mairie@saint-come.example", language: .english),
    ]

    @Test func `say that one is not convened, lead to the public page alone, and name nothing confidential`() async throws {
        let stage = try Stage(settings: Fixture.settings(attachUpTo: 1 << 20))
        let note = try stage.test.documents.add(Array("%PDF-1.7 note".utf8)).hash
        let secret = Fixture.document("02", "Procès Durand", .item, 2, 900, confidential: true)
        let documents = [
            Document(
                hash: note, size: 13, fileName: "00 Note.pdf", title: "Note de synthèse", mediaType: "application/pdf", role: .note,
                item: nil,
                label: "00", confidential: false), Fixture.document("01", "Budget", .item, 1, 100), secret,
        ]
        _ = try await stage.storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("roll"), at: Fixture.now)
        _ = try await stage.storage.replaceCopies(with: Self.list, at: Fixture.now)
        let agenda = [AgendaItem(number: 1, title: "Budget"), AgendaItem(number: 2, title: "Procès Durand")]
        let draft = try Fixture.draft(urgencyReason: "Motif nominatif", agenda: agenda, documents: documents)
        let sitting = try await stage.storage.submit(draft, at: Fixture.now).sitting
        try await stage.service.composePending()
        let preview = try #require(try await stage.queued().first { $0.kind == .preview })
        #expect(try Judge.message(preview.bytes).text?.contains("COPIES POUR INFORMATION : 2") == true)

        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        let convocations = try await stage.storage.lease(limit: 99, at: Fixture.now)
        #expect(!convocations.contains { $0.message.kind == .copy }, "once the convocations have left")
        try await stage.storage.record(convocations.map { Sample.outcome(of: $0, .accepted, at: Fixture.now) })
        try await stage.service.composePending()
        let copies = try await stage.queued().filter { $0.kind == .copy }
        #expect(copies.count == 2)
        for (copy, language) in zip(copies, [Language.french, .english]) {
            expectWellFormed(copy.bytes)
            let judged = try Judge.message(copy.bytes)
            #expect(
                judged.defects == [] && copy.deadline == sitting.draft.start
                    && copy.envelopeSender == Sample.email("retours@valmont.example"))
            #expect((judged.calendars ?? []).isEmpty)
            for text in [judged.text ?? "", judged.html ?? ""] {
                #expect(text.contains(language == .french ? "Vous n’êtes pas convoqué(e)" : "You are not convened"))
                #expect(text.contains("https://convocations.valmont.example" + sitting.id.publicPath(language)))
                #expect(text.contains(language == .french ? "point confidentiel" : "confidential item"))
                #expect(text.contains(language == .french ? "en pièce jointe" : "attached") && text.contains("Saint-Côme"))
                for hidden in ["/r/", "Durand", "visio.valmont", "Motif nominatif", "display:none;visibility"] {
                    #expect(!text.contains(hidden), "\(hidden)")
                }
            }
            #expect(String(decoding: copy.bytes, as: UTF8.self).contains("00 Note.pdf"))
        }
        #expect(try await stage.storage.copyCounts(of: sitting.id).waiting == 2)
    }

    @Test func `of another date says so, and the former date's readers get no cancellation beside it`() async throws {
        let stage = try Stage()
        _ = try await stage.storage.replaceRoll(with: Sample.roll(2), source: Sample.hash("roll"), at: Fixture.now)
        _ = try await stage.storage.replaceCopies(with: [Self.list[0]], at: Fixture.now)
        let old = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(old.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        for _ in 1...2 {
            try await stage.test.relayAll(at: Fixture.now)
            try await stage.service.composePending()
        }
        let approved = try #require(try await stage.storage.sitting(old.id))
        let draft = try Fixture.draft(day: "2026-12-22")
        let moved = SittingDraft(
            body: draft.body, bodyName: draft.bodyName, when: draft.when, start: draft.start, deadline: draft.deadline,
            requiredClearDays: draft.requiredClearDays, title: draft.title, place: draft.place, videoLink: nil, urgencyReason: nil,
            agenda: draft.agenda, documents: draft.documents, folderName: draft.folderName, replaces: ReplacedSitting(approved))
        let new = try await stage.storage.submit(moved, at: Fixture.now).sitting
        _ = try await stage.storage.approve(new.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: Fixture.now)
        try await stage.service.composePending()
        let copies = try await stage.queued().filter { $0.kind == .copy }
        #expect(copies.count == 1)
        let copy = try #require(copies.first)
        let text = try #require(try Judge.message(copy.bytes).text)
        #expect(text.contains("CHANGEMENT DE DATE") && text.contains("15 décembre 2026"))
        #expect(try await stage.storage.compareState(limit: 9).differences == [])
    }
}
