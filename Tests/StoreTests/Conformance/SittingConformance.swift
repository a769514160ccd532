import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: sittings as they are dropped")
struct SittingConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    @Test("a drop is journalled with its documents, and posts its preview", arguments: Backend.all)
    func created(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = Sample.draft(documents: Sample.documents(3, confidential: [2]))
        guard case .created(let sitting) = try await storage.submit(draft, at: Sample.now) else {
            Issue.record("not created")
            return
        }
        #expect(sitting.id.rawValue == "2026-12-15-18h30-conseil" && sitting.state == .draft && sitting.revision == 1)
        #expect(sitting.draft == draft && sitting.receivedAt == Sample.now && sitting.approvedAt == nil)
        #expect(try await storage.sitting(sitting.id) == sitting)
        #expect(try await storage.noticesToCompose(limit: 9).map(\.content) == [.preview(sitting: sitting.id, revision: 1)])

        let audit = try await Audit(storage)
        #expect(
            audit.contents.map { $0["type"]?.text } == ["document.received", "document.received", "document.received", "sitting.received"])
        let received = try #require(audit.contents.last)
        #expect(received["title"]?.text == draft.title && received["place"]?.text == draft.place && received["urgency"] == nil)
        #expect(received["start"]?.text == "2026-12-15T17:30:00Z" && received["deadline"]?.text == "2026-12-09T23:00:00Z")
        #expect(received["documents"]?.items?.count == 3)
        // The confidential one is neither named nor hashed in public.
        let rows = try await storage.journal(from: 0, limit: 9)
        let secret = draft.documents[2]
        for row in rows {
            let text = String(decoding: row.leaf, as: UTF8.self)
            #expect(!text.contains(secret.hash.hex) && !text.contains(secret.title))
        }
    }

    @Test("the same content again writes nothing", arguments: Backend.all)
    func unchanged(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let draft = Sample.draft(documents: Sample.documents(2))
        let sitting = try await opened.storage.submit(draft, at: Sample.now).sitting
        let size = try await opened.storage.journalSize()
        // Also by another opening, which has the draft from the disk.
        for storage in [opened.storage, try opened.reopen()] {
            #expect(try await storage.submit(draft, at: later) == .unchanged(sitting))
            #expect(try await storage.journalSize() == size)
            #expect(try await storage.noticesToCompose(limit: 9).count == 1)
        }
    }

    @Test("other content before approval replaces the draft; only new documents are journalled again", arguments: Backend.all)
    func replaced(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let documents = Sample.documents(3)
        let first = try await storage.submit(Sample.draft(documents: Array(documents[..<2])), at: Sample.now).sitting
        guard case .replaced(let second) = try await storage.submit(Sample.draft(documents: documents), at: later) else {
            Issue.record("not replaced")
            return
        }
        #expect(second.id == first.id && second.revision == 2 && second.draft.documents.count == 3)
        #expect(try await storage.sitting(first.id) == second)
        // One preview, of what is there now.
        #expect(try await storage.noticesToCompose(limit: 9).map(\.content) == [.preview(sitting: first.id, revision: 2)])
        let audit = try await Audit(storage)
        #expect(audit.count(.documentReceived) == 3 && audit.count(.sittingReceived) == 2)
    }

    @Test("a document that stops being confidential is journalled with its hash; the reverse adds nothing", arguments: Backend.all)
    func confidentiality(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        for confidential: Set<Int> in [[0], [], [0]] {
            _ = try await storage.submit(Sample.draft(documents: Sample.documents(1, confidential: confidential)), at: Sample.now)
        }
        let audit = try await Audit(storage)
        #expect(audit.contents(of: .documentReceived).map { $0["confidential"] } == [true, false])
    }

    @Test("after a cancellation the same folder is a new sitting with the next number", arguments: Backend.all)
    func suffix(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = Sample.draft(documents: Sample.documents(1))
        var names: [String] = []
        for _ in 0..<3 {
            guard case .created(let sitting) = try await storage.submit(draft, at: Sample.now) else {
                Issue.record("not created")
                return
            }
            names.append(sitting.id.rawValue)
            try await storage.cancel(sitting.id, by: "test", at: Sample.now)
        }
        #expect(names == ["2026-12-15-18h30-conseil", "2026-12-15-18h30-conseil-2", "2026-12-15-18h30-conseil-3"])
        let audit = try await Audit(storage)
        #expect(audit.count(.documentReceived) == 3, "each sitting has its own entry of the document")
    }

    @Test("after approval, equal content is nothing new, and once the sitting has begun nothing is taken", arguments: Backend.all)
    func approved(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(documents: Sample.documents(1))
        let size = try await storage.journalSize()
        await #expect(throws: StorageError.alreadyApproved(sitting.id)) {
            _ = try await storage.submit(Sample.draft(documents: Sample.documents(2)), at: sitting.draft.start)
        }
        #expect(try await storage.submit(sitting.draft, at: later) == .unchanged(sitting))
        #expect(try await storage.journalSize() == size)
    }

    @Test("sittings are listed newest date first", arguments: Backend.all)
    func order(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        for day in ["2026-12-15", "2027-01-12", "2026-12-01"] {
            _ = try await storage.submit(Sample.draft(documents: [], day: day), at: Sample.now)
        }
        #expect(try await storage.sittings().map(\.draft.when.date.description) == ["2027-01-12", "2026-12-15", "2026-12-01"])
        #expect(try await storage.sitting(SittingID(rawValue: "2020-01-01-10h00-conseil")) == nil)
    }
}
