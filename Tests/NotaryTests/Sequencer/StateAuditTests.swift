import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

@Suite("An audit of the database's state")
struct StateAuditTests {
    /// A sitting with everything that can happen to it: relayed, deferred, failed, served on paper, opened, confirmed, downgraded.
    private func prepared() async throws -> LedgerFixture {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 12)
        let storage = ledger.storage
        let leased = try await storage.lease(limit: 12, at: Sample.now)
        try await storage.record(
            leased.enumerated().map { place, message in
                let result: DeliveryOutcome.Result =
                    switch place {
                    case 0: .refused
                    case 1: .deferred(retryAt: Sample.now.addingTimeInterval(60))
                    default: .accepted
                    }
                return DeliveryOutcome(
                    id: message.id, attempt: message.attempt, result: result, reply: "reply \(place)", queueID: nil, relay: "relais",
                    at: Sample.now.addingTimeInterval(Double(place)))
            })
        for (number, action) in [DeliveryReport.Action.failed, .delivered, .failed].enumerated() {
            _ = try await storage.record(
                DeliveryReport(
                    convocation: ConvocationID(rawValue: 10 + Int64(number == 1 ? 1 : 0)), digest: Sample.hash("report \(number)"),
                    action: action,
                    reason: nil, status: "5.1.1", diagnostic: "answer", reporter: "mx.example", recipient: nil, isSigned: number < 2,
                    at: Sample.now.addingTimeInterval(30)))
        }
        try await ledger.grow(by: 12)
        // What the clerk is sent.
        let preview = Array("Subject: preview\r\n\r\n".utf8)
        let notice = try #require(try await storage.noticesToCompose(limit: 1).first)
        try await storage.close(
            notice.id,
            with: [
                OutgoingMessage(
                    kind: .preview, messageID: "preview@aurence.example", envelopeSender: Sample.email("assemblees@aurence.example"),
                    recipient: Sample.email("greffe@aurence.example"), bytes: preview, hash: Sample.hash(preview), deadline: nil)
            ], links: [], at: Sample.now)
        _ = try await ledger.sequencer().publishPending()
        return ledger
    }

    @Test(
        "finds each altered value of what is evidence, and names its row",
        arguments: [
            ("UPDATE access SET first_at = first_at - 1 WHERE id = 1", "access"),
            ("UPDATE access SET grade = 'person' WHERE id = 2", "access"),
            ("UPDATE access SET document = zeroblob(32) WHERE id = 3", "access"),
            ("UPDATE access SET convocation = convocation + 1 WHERE id = 1", "access"),
            ("DELETE FROM access WHERE id = 4", "access"),
            ("UPDATE convocation SET relayed_at = relayed_at + 1 WHERE id = 5", "convocation"),
            ("UPDATE convocation SET state = 'paperServed', paper_on = '2026-12-01', paper_how = 'x' WHERE id = 6", "convocation"),
            ("UPDATE convocation SET created_at = created_at + 1 WHERE id = 7", "convocation"),
            ("UPDATE convocation SET version = version - 1 WHERE id = 8", "convocation"),
            ("UPDATE sitting SET approved_at = approved_at - 1000", "sitting"),
            ("UPDATE sitting SET deadline = deadline + 1", "sitting"),
            ("UPDATE sitting SET draft = json_set(draft, '$.title', 'Un autre titre')", "sitting"),
            ("UPDATE sitting SET draft = json_set(draft, '$.folderName', 'autre')", "sitting"),
            ("UPDATE sitting_document SET seq = seq + 1 WHERE rowid = 1", "sitting_document"),
            ("DELETE FROM sitting_document WHERE rowid = 2", "sitting_document"),
            ("UPDATE message SET recipient = 'autre@example.org' WHERE id = 3", "message"),
            ("UPDATE message SET last_reply = '250 autre' WHERE id = 4", "message"),
            ("UPDATE message SET relayed_at = relayed_at + 1 WHERE id = 5", "message"),
            ("UPDATE message SET deadline = deadline + 1 WHERE id = 6", "message"),
            ("UPDATE message SET relay = 'mx.autre' WHERE id = 4", "message"),
            ("UPDATE message SET attempt = attempt + 5 WHERE id = 5", "message"),
            ("UPDATE message SET in_doubt = 1 WHERE id = 6", "message"),
            (
                "DELETE FROM message_bytes WHERE message = (SELECT id FROM message WHERE kind = 'preview'); DELETE FROM message WHERE kind = 'preview'",
                "message"
            ),
            ("UPDATE newest_time SET at = at + 60000", "newest_time"), ("UPDATE newest_time SET at = at - 60000", "newest_time"),
            ("DELETE FROM newest_time", "newest_time"),
            (
                "UPDATE message_bytes SET bytes = CAST(CAST(bytes AS TEXT) || 'x' AS BLOB) WHERE message = 7",
                "message_bytes"
            ),
            ("DELETE FROM message_bytes WHERE message = 8", "message_bytes"),
            ("UPDATE link SET document = zeroblob(32) WHERE rowid = (SELECT min(rowid) FROM link WHERE target = 'document')", "link"),
            ("UPDATE link SET expires = expires + 1 WHERE rowid = (SELECT max(rowid) FROM link WHERE convocation = 9)", "link"),
            ("UPDATE report SET reason = 'mailboxFull' WHERE rowid = 1", "report"),
            ("UPDATE report SET diagnostic = 'autre' WHERE rowid = 2", "report"),
            ("UPDATE report SET signed = 1 WHERE rowid = 3", "report"),
            ("UPDATE report SET at = at + 1 WHERE rowid = 1", "report"),
            ("UPDATE report SET convocation = 2 WHERE rowid = 2", "report"),
            ("UPDATE report SET digest = zeroblob(32) WHERE rowid = 3", "report"),
            ("DELETE FROM report WHERE rowid = 1", "report"),
            ("UPDATE message SET state = 'relayed' WHERE state = 'bounced'", "message"),
            ("UPDATE convocation SET state = 'relayed' WHERE id = 10", "convocation"),
            ("UPDATE member_version SET email = 'autre@example.org' WHERE id = 2", "member"),
            ("UPDATE member SET active = 0 WHERE id = 3", "member"),
            ("UPDATE journal SET sitting = NULL WHERE seq = 4", "journal"),
            ("UPDATE journal SET type = 'receipt.opened' WHERE seq = 5", "journal"),
            ("UPDATE opening SET convocation = NULL WHERE seq = 8", "opening"),
            ("UPDATE opening SET document = zeroblob(32) WHERE seq = 2", "opening"),
            ("DROP INDEX link_sitting", "database"), ("CREATE TABLE autre (a)", "database"),
        ])
    func altered(_ damage: String, _ table: String) async throws {
        let ledger = try await prepared()
        try await ledger.expectClean(try await ledger.storage.journalSize())
        try ledger.tamper("PRAGMA foreign_keys = OFF; " + damage)
        let report = try await ledger.audit()
        #expect(report.findings.contains { $0.path == table }, "\(damage): \(report.findings)")
        #expect(try await ledger.strangersAudit().findings == [], "the public folder is whole")
    }

    @Test("reads a database on a read-only disk, with and without a log, and leaves the folder as it was")
    func readOnly() async throws {
        let ledger = try await prepared()
        let copy = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: ledger.dataFolder.path) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(at: ledger.dataFolder.appendingPathComponent(name), to: copy[name])
        }
        #expect(FileManager.default.fileExists(atPath: copy["appariteur.db-wal"].path))
        let storage = try SQLiteStorage.openForReading(folder: copy.url, logger: .init(label: "test"))
        let report = try await LedgerAudit(
            publicFolder: copy["ledger"], vkey: ledger.key.verifier, storage: storage, documents: DocumentStore(reading: copy["documents"])
        ).run()
        let size = try await ledger.storage.journalSize()
        #expect(report.findings == [] && report.rows == size)
        await #expect(throws: (any Error).self) { try await storage.cancel(SittingID(rawValue: "x"), by: "test", at: Sample.now) }
    }

    @Test("a database that is missing, empty, cut or of something else is said to be so")
    func notADatabase() async throws {
        let ledger = try await prepared()
        let whole = try Data(contentsOf: SQLiteStorage.databaseFile(in: ledger.dataFolder))
        func fault(_ bytes: Data?) throws -> StorageOpenError? {
            let folder = try TemporaryFolder()
            if let bytes { try bytes.write(to: folder["appariteur.db"]) }
            do throws(StorageOpenError) {
                _ = try SQLiteStorage.openForReading(folder: folder.url, logger: .init(label: "test"))
                return nil
            } catch { return error }
        }
        for (bytes, isExpected) in [
            (nil, { if case .absent = $0 { true } else { false } }), (Data(), { if case .absent = $0 { true } else { false } }),
            (Data(repeating: 65, count: 8192), { if case .damaged = $0 { true } else { false } }),
            (whole.prefix(2048), { if case .notOurs = $0 { true } else { false } }),
        ] as [(Data?, (StorageOpenError?) -> Bool)] {
            let found = try fault(bytes)
            #expect(isExpected(found), "\(bytes?.count ?? -1) bytes: \(String(describing: found))")
        }
    }
}
