import Council
import Foundation
import Store
import TestSupport
import Testing

/// The rules that stand in the file itself, tried with the `sqlite3` program: whoever opens the database meets them.
@Suite("The database's own rules")
struct DatabaseRulesTests {
    /// Nil when the statements were carried out, else what SQLite said.
    private func refusal(_ test: TestStorage, _ statements: String) throws -> String? {
        let result = try Tool.run(
            "sqlite3", ["-bail", SQLiteStorage.databaseFile(in: test.folder.url).path, "PRAGMA foreign_keys = ON; " + statements])
        return result.status == 0 ? nil : result.errors
    }

    @Test(
        "an entry is never altered, removed, replaced or slipped in",
        arguments: [
            "UPDATE journal SET type = 'x' WHERE seq = 1", "UPDATE journal SET leaf = x'00'", "UPDATE journal SET seq = 99 WHERE seq = 2",
            "DELETE FROM journal WHERE seq = 2", "DELETE FROM journal",
            "INSERT INTO journal (seq, type, leaf, leaf_hash) VALUES (99, 'x', x'00', zeroblob(32))",
            "INSERT OR REPLACE INTO journal (seq, type, leaf, leaf_hash) VALUES (1, 'x', x'00', zeroblob(32))",
            "REPLACE INTO journal (seq, type, leaf, leaf_hash) VALUES (0, 'x', x'00', zeroblob(32))",
            "INSERT INTO journal (seq, type, leaf, leaf_hash) VALUES (-1, 'x', x'00', zeroblob(32))",
            "UPDATE opening SET content = x'00' WHERE seq = 1", "INSERT INTO opening (seq, key, content) VALUES (99, zeroblob(32), x'00')",
            "DELETE FROM checkpoint", "UPDATE checkpoint SET size = size - 1", "UPDATE checkpoint SET size = 1000",
            "UPDATE message SET hash = zeroblob(32)", "UPDATE message SET recipient = 'autre@example.org'",
            "UPDATE message_bytes SET bytes = x'00'", "UPDATE message SET state = 'relayed' WHERE state = 'ready'",
            "UPDATE message SET state = 'deferred' WHERE state = 'ready'", "UPDATE sitting SET state = 'draft' WHERE state = 'approved'",
            "INSERT INTO convocation (sitting, member, version, state, created_at) "
                + "SELECT sitting, member, version, 'composing', 0 FROM convocation LIMIT 1",
            "INSERT INTO message (kind, message_id, convocation, sender, recipient, hash, state, attempt, due_at) "
                + "SELECT kind, 'autre', convocation, sender, recipient, hash, 'ready', 0, 0 FROM message LIMIT 1",
            "INSERT INTO message (kind, message_id, convocation, sender, recipient, hash, state, attempt, due_at) "
                + "SELECT 'copy', 'autre', convocation, sender, recipient, hash, 'ready', 0, 0 FROM message LIMIT 1",
            "INSERT INTO access (link, convocation, grade, first_at, last_at, count, seq) "
                + "SELECT link, convocation, grade, 0, 0, 1, seq FROM access LIMIT 1",
            "DELETE FROM sitting", "DELETE FROM member", "UPDATE convocation SET state = 'gone'",
            "UPDATE convocation SET state = 'relayed'", "DELETE FROM anchor", "UPDATE link_key SET fingerprint = 'x'",
        ])
    func refused(_ statement: String) async throws {
        let test = try TestStorage()
        _ = try await test.approvedSitting(members: 3)
        let composed = try await test.composeAll()
        let access = Access(link: composed[0].links[0].id, at: Sample.now, grade: .person, signals: [], document: nil)
        _ = try await test.storage.record(access)
        #expect(try await test.storage.replaceCheckpoint(nil, with: StoredCheckpoint(size: 3, note: [1])))
        let anchor = AnchorRecord(
            size: 3, method: .rfc3161, authority: "x", state: .wanted, bytes: [], attempts: 0, nextTry: nil, fault: nil)
        try await test.storage.save([anchor])
        let key = LinkKeyTrace(number: 1, fingerprint: String(repeating: "0", count: 32), createdAt: Sample.now)
        try await test.storage.remember([key])
        let before = try await test.storage.journal(from: 0, limit: 99)
        let said = try #require(try refusal(test, statement), "SQLite carried out: \(statement)")
        #expect(said.contains("rror"), "\(said)")
        #expect(try await test.storage.journal(from: 0, limit: 99) == before)
        try await Audit(test.storage)
    }

    @Test("an opening can be erased: the leaf stays, and nothing of it can be read from the files any more")
    func erasure() async throws {
        let test = try TestStorage()
        _ = try await test.approvedSitting(members: 2)
        try await test.composeAll()
        let issued = try #require(try await test.storage.journal(matching: JournalQuery(types: [.convocationIssued])).first)
        let opening = try #require(try await test.storage.openings(of: [issued.seq]).first)
        #expect(
            try refusal(test, "PRAGMA secure_delete = ON; DELETE FROM opening WHERE seq = \(issued.seq); PRAGMA wal_checkpoint(TRUNCATE)")
                == nil)
        #expect(try await test.storage.openings(of: [issued.seq]).isEmpty)
        #expect(try await test.storage.journal(from: issued.seq, limit: 1) == [issued])
        let file = SQLiteStorage.databaseFile(in: test.folder.url)
        for name in [file.path, file.path + "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: name))
            #expect(bytes.range(of: Data(opening.key)) == nil)
        }
    }

    @Test("SQLite finds the database whole after everything that the suite does to it")
    func integrity() async throws {
        let test = try TestStorage()
        _ = try await test.approvedSitting(members: 20)
        try await test.composeAll()
        try await test.relayAll()
        let result = try Tool.run(
            "sqlite3", [SQLiteStorage.databaseFile(in: test.folder.url).path, "PRAGMA integrity_check; PRAGMA foreign_key_check;"])
        #expect(result.text == "ok\n")
    }
}
