import Composition
import Council
import Foundation
import Links
import Logging
import Store
import TestSupport
import Testing

@Suite("Attachments")
struct AttachmentTests {
    /// A note with an accent, a long one in Arabic, a confidential one, and a document of the agenda.
    func draft(_ test: TestStorage, sizes: [Int] = [3_000, 5_000, 100, 100]) throws -> SittingDraft {
        let names = ["Note de synthèse", "مذكرة تلخيصية طويلة جداً للمجلس البلدي", "Note réservée", "Budget"]
        let documents = try zip(names, sizes).enumerated().map { index, part in
            let (hash, size) = try test.documents.add(Fixture.randomness(seed: UInt64(index + 1)).bytes(part.1))
            return Document(
                hash: hash, size: size, fileName: "\(index < 3 ? "00" : "01") \(part.0).pdf", title: part.0, mediaType: "application/pdf",
                role: index < 3 ? .note : .item, item: index < 3 ? nil : 1, label: index < 3 ? "00" : "01", confidential: index == 2)
        }
        return try Fixture.draft(documents: documents)
    }

    func judged(_ test: TestStorage, upTo limit: Int, sizes: [Int] = [3_000, 5_000, 100, 100]) throws -> (JudgedMessage, SittingDraft) {
        let draft = try draft(test, sizes: sizes)
        let composer = try Fixture.composer(Fixture.settings(attachUpTo: limit), test.documents)
        let rendered = try composer.preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        expectWellFormed(rendered.bytes)
        return (try Judge.message(rendered.bytes), draft)
    }

    @Test func `are the notes, whole, under their names; confidential ones and the agenda's documents only by link`() throws {
        let test = try TestStorage()
        let (judged, draft) = try judged(test, upTo: 100_000)
        #expect(
            judged.types == [
                "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/pdf",
                "application/pdf", "application/ics",
            ])
        #expect(
            judged.attachments == [
                .init(
                    type: "application/pdf", name: "00 Note de synthese.pdf", fileName: "00 Note de synthèse.pdf",
                    sha256: draft.documents[0].hash.hex),
                .init(
                    type: "application/pdf", name: "00.pdf", fileName: draft.documents[1].fileName, sha256: draft.documents[1].hash.hex),
            ])
        let text = judged.text ?? ""
        #expect(text.components(separatedBy: "– aussi en pièce jointe").count == 3)
        #expect(text.contains("Lire une pièce jointe ne vaut pas accusé de réception"))
        #expect(text.contains("Note réservée (PDF, 100\u{A0}octets)\r\n"))
        #expect(text.components(separatedBy: "/r/exemple").count == 6, "four documents and the sitting by link")
    }

    /// 3,000 bytes are 52 lines of 57 and one of 36: 52 × 78 + 48 + 2 = 4,106; 100 bytes are 78 + 60 + 2 = 140.
    @Test(arguments: [
        (0, 0), (4_105, 0), (4_106, 1), (10_994, 1), (10_995, 2),
    ]) func `stay within the size, counted as it is sent`(limit: Int, count: Int) throws {
        // 5,000 bytes: 87 lines and 41 bytes, 6,786 + 56 + 2 = 6,844... the first and the second together.
        let together = 4_106 + 87 * 78 + 56 + 2
        let limit = limit < 10_000 ? limit : limit - 10_995 + together
        let (judged, _) = try judged(try TestStorage(), upTo: limit)
        #expect(judged.attachments?.count == count)
        #expect(judged.text?.contains("Lire une pièce jointe") == (count > 0))
    }

    @Test func `an altered or missing document puts its sitting aside, tells the clerk, and nothing is sent without it`() async throws {
        for isMissing in [true, false] {
            let test = try TestStorage()
            let (clock, logs) = (SharedClock(Fixture.now), LogLines())
            let keyring = try Fixture.keyring()
            let service = CompositionService(
                settings: Fixture.settings(attachUpTo: 100_000), storage: test.storage, documents: test.documents, keyring: { keyring },
                templates: try Fixture.templates(), clock: clock.wall, randomness: Fixture.randomness(), logger: logs.logger)
            let draft = try draft(test)
            _ = try await test.storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("roll"), at: Fixture.now)
            let sitting = try await test.storage.submit(draft, at: Fixture.now).sitting
            _ = try await test.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
            let file = test.documents.url(of: draft.documents[0].hash)
            let whole = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            if !isMissing { try (whole.dropLast() + [whole.last.map { $0 ^ 1 } ?? 0]).write(to: file) }
            // The preview alone.
            #expect(try await service.composePending() == 1)
            #expect(logs.count("can't be composed") == 3)
            clock.advance(by: 61)
            try await service.composePending()
            let messages = try await test.storage.lease(limit: 100, at: clock.wall.now()).map(\.message)
            #expect(messages.filter { $0.kind == .convocation }.isEmpty)
            #expect(messages.count { $0.kind == .alarm } == 1)
            try FileManager.default.removeItem(at: file.deletingLastPathComponent())
            _ = try test.documents.add(Array(whole))
            clock.advance(by: 3601)
            #expect(try await service.composePending() == 3)
        }
    }

    @Test func `of many members go in several transactions, each message whole`() async throws {
        let test = try TestStorage()
        let keyring = try Fixture.keyring()
        let service = CompositionService(
            settings: Fixture.settings(attachUpTo: 50_000_000), storage: test.storage, documents: test.documents, keyring: { keyring },
            templates: try Fixture.templates(), clock: .fixed(Fixture.now), randomness: Fixture.randomness(),
            logger: LogLines().logger)
        // Four of them are more than a transaction's 32 MiB.
        let draft = try draft(test, sizes: [9_000_000, 10, 10, 10])
        _ = try await test.storage.replaceRoll(with: Sample.roll(6), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await test.storage.submit(draft, at: Fixture.now).sitting
        _ = try await test.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await service.composePending()
        let messages = try await test.storage.lease(limit: 100, at: Fixture.now).map(\.message).filter { $0.kind == .convocation }
        #expect(messages.count == Sample.roll(6).count { $0.service == .electronic })
        #expect(messages.allSatisfy { $0.bytes.count > 12_000_000 && Sample.hash($0.bytes) == $0.hash })
        // Those of the first transaction and those of the next have entries of their own.
        #expect(try await test.storage.journal(matching: JournalQuery(types: [.convocationIssued])).count == messages.count)
    }
}
