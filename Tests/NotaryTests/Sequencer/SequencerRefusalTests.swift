import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("The sequencer refuses to go on")
struct SequencerRefusalTests {
    /// Published and anchored at 5 and 9 entries.
    private func prepared() async throws -> LedgerFixture {
        let ledger = try LedgerFixture()
        for size in [5, 9] as [UInt64] {
            try await ledger.grow(to: size)
            _ = try await ledger.sequencer().publishPending()
            try ledger.anchor()
        }
        return ledger
    }

    /// Refuses, says what to do, and has changed neither the folder nor the checkpoint of record.
    private func expectRefusal(
        _ ledger: LedgerFixture, key: NoteSigningKey? = nil, words: [String], sourceLocation: SourceLocation = #_sourceLocation,
        _ matches: (SequencerRefusal) -> Bool
    ) async throws {
        let (files, record) = (try ledger.files(), try await ledger.storage.checkpoint())
        let sequencer = ledger.sequencer(key: key)
        for _ in 0..<2 {
            let refusal = try #require(try await refusal(sequencer, sourceLocation: sourceLocation))
            #expect(matches(refusal), "\(refusal)", sourceLocation: sourceLocation)
            for word in words { #expect(refusal.description.contains(word), "\(refusal)", sourceLocation: sourceLocation) }
        }
        #expect(try ledger.files() == files, sourceLocation: sourceLocation)
        #expect(try await ledger.storage.checkpoint() == record, sourceLocation: sourceLocation)
    }

    @Test("with a database restored from an older backup, also when it has grown since")
    func rollback() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 5)
        _ = try await ledger.sequencer().publishPending()
        let backup = try LedgerFixture(copying: ledger)
        try await ledger.grow(to: 9)
        _ = try await ledger.sequencer().publishPending()
        for (path, bytes) in try ledger.files() where !path.hasPrefix("tile") { try backup.replace(path, with: bytes) }
        try await expectRefusal(backup, words: ["older than the public folder", "9 entries", "5 entries", "Restore the newest backup"]) {
            $0 == .publishedAhead(published: 9, stored: 5, journal: 5)
        }
        try await backup.grow(to: 20)
        try await expectRefusal(backup, words: ["9 entries", "5 entries", "20 entries"]) {
            $0 == .publishedAhead(published: 9, stored: 5, journal: 20)
        }
        #expect(try await backup.audit().findings.contains { $0.path == "database" })
        try await ledger.expectClean(9)
    }

    @Test("with a new database beside a published ledger")
    func newDatabase() async throws {
        let ledger = try await prepared()
        let fresh = try LedgerFixture()
        try FileManager.default.copyItem(at: ledger.publicFolder, to: fresh.publicFolder)
        try await expectRefusal(fresh, words: ["signed nothing", "Don't delete the public folder"]) {
            $0 == .publishedAhead(published: 9, stored: nil, journal: 0)
        }
        try FileManager.default.removeItem(at: fresh.publicFolder.appendingPathComponent("checkpoint"))
        try await expectRefusal(fresh, words: ["anchors/9", "another ledger name"]) { $0 == .anchoredAhead(anchored: 9, stored: nil) }
        try FileManager.default.removeItem(at: fresh.publicFolder.appendingPathComponent("anchors"))
        try await expectRefusal(fresh, words: ["empty public folder"]) { $0 == .tilesWithoutCheckpoint(path: fresh.publicFolder.path) }
        try await ledger.expectClean(9)
    }

    @Test("with database and public folder both restored from before an anchored checkpoint")
    func anchoredAhead() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 5)
        _ = try await ledger.sequencer().publishPending()
        try FileManager.default.createDirectory(
            at: ledger.publicFolder.appendingPathComponent("anchors/9"), withIntermediateDirectories: true)
        try await expectRefusal(ledger, words: ["anchored", "9 entries", "5 entries"]) { $0 == .anchoredAhead(anchored: 9, stored: 5) }
        try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent("anchors"))
        try await ledger.expectClean(5)
    }

    @Test("with two signed checkpoints of one size")
    func fork() async throws {
        let ledger = try await prepared()
        let other = try ledger.key.checkpoint(size: 9, root: Merkle.leafHash([1]))
        let right = try #require(try ledger.files()["checkpoint"])
        try ledger.replace("checkpoint", with: other.note)
        try await expectRefusal(ledger, words: ["same size", "9 entries"]) { $0 == .publishedDiffers(size: 9) }
        try ledger.replace("checkpoint", with: right)
        try await ledger.expectClean(9)
    }

    @Test("with a published checkpoint that the journal never had, though its database has signed more")
    func notAPrefix() async throws {
        let ledger = try await prepared()
        let right = try ledger.files()
        try ledger.replace("checkpoint", with: ledger.key.checkpoint(size: 5, root: Merkle.leafHash([1])).note)
        try await expectRefusal(ledger, words: ["published checkpoint", "ledger audit"]) { $0 == .journalDiffers(size: 5, published: true) }
        try ledger.replace("checkpoint", with: try #require(right["checkpoint"]))
        try await ledger.expectClean(9)
    }

    @Test("with rows lost from the journal")
    func lostRows() async throws {
        let ledger = try await prepared()
        try ledger.tamper(
            """
            CREATE TABLE kept AS SELECT * FROM journal WHERE seq >= 7; CREATE TABLE keys AS SELECT * FROM opening WHERE seq >= 7;
            DELETE FROM opening WHERE seq >= 7; DELETE FROM journal WHERE seq >= 7
            """
        )
        try await expectRefusal(ledger, words: ["lost", "9 entries", "only 7"]) { $0 == .journalTooShort(stored: 9, journal: 7) }
        #expect(try await ledger.audit().findings.contains { $0.path == "journal" && $0.seq == 7 })
        try ledger.tamper(
            "INSERT INTO journal SELECT * FROM kept; INSERT INTO opening SELECT * FROM keys; DROP TABLE kept; DROP TABLE keys")
        try await ledger.expectClean(9)
    }

    @Test("with an entry altered after it was published")
    func alteredPublishedRow() async throws {
        let ledger = try await prepared()
        try ledger.tamper(
            "CREATE TABLE kept AS SELECT * FROM journal WHERE seq = 6; UPDATE journal SET leaf = CAST('{}' AS BLOB), leaf_hash = leafhash(CAST('{}' AS BLOB)) WHERE seq = 6"
        )
        try await expectRefusal(ledger, words: ["altered", "ledger audit"]) { $0 == .journalDiffers(size: 9, published: true) }
        #expect(try await ledger.audit().findings.contains { $0.path == "journal" && $0.seq == 6 })
        try ledger.tamper("UPDATE journal SET (leaf, leaf_hash) = (SELECT leaf, leaf_hash FROM kept) WHERE seq = 6; DROP TABLE kept")
        try await ledger.expectClean(9)
    }

    @Test("with an entry altered after it was signed, before it was published")
    func alteredSignedRow() async throws {
        struct Stopped: Error {}
        let ledger = try await prepared()
        try await ledger.grow(to: 12)
        await #expect(throws: Stopped.self) {
            _ = try await ledger.sequencer(afterStep: { if $0 == .checkpointSwapped { throw Stopped() } }).publishPending()
        }
        try ledger.tamper(
            "CREATE TABLE kept AS SELECT * FROM journal WHERE seq = 10; UPDATE journal SET leaf = CAST('{}' AS BLOB), leaf_hash = leafhash(CAST('{}' AS BLOB)) WHERE seq = 10"
        )
        try await expectRefusal(ledger, words: ["checkpoint in the database", "12 entries"]) {
            $0 == .journalDiffers(size: 12, published: false)
        }
        try ledger.tamper("UPDATE journal SET (leaf, leaf_hash) = (SELECT leaf, leaf_hash FROM kept) WHERE seq = 10; DROP TABLE kept")
        _ = try await ledger.sequencer().publishPending()
        try await ledger.expectClean(12)
    }

    @Test("with an entry damaged before it is signed: bytes, hash, or a gap")
    func damagedRow() async throws {
        let ledger = try await prepared()
        try await ledger.grow(to: 12)
        try ledger.tamper(
            "CREATE TABLE kept AS SELECT * FROM journal WHERE seq >= 9; CREATE TABLE keys AS SELECT * FROM opening WHERE seq >= 9")
        for (damage, seq) in [
            ("UPDATE journal SET leaf = CAST(leaf || ' ' AS BLOB) WHERE seq = 10", 10),
            ("UPDATE journal SET leaf_hash = zeroblob(32) WHERE seq = 11", 11),
            ("DELETE FROM opening WHERE seq = 9; DELETE FROM journal WHERE seq = 9", 9),
        ] as [(String, UInt64)] {
            try ledger.tamper(damage)
            try await expectRefusal(ledger, words: ["Entry \(seq)", "damaged"]) {
                if case .entryDamaged(seq, _) = $0 { true } else { false }
            }
            #expect(try await ledger.audit().findings.contains { $0.path == "journal" && $0.seq == seq })
            try ledger.tamper("INSERT OR REPLACE INTO journal SELECT * FROM kept; INSERT OR IGNORE INTO opening SELECT * FROM keys")
        }
        try ledger.tamper("DROP TABLE kept; DROP TABLE keys")
        _ = try await ledger.sequencer().publishPending()
        try await ledger.expectClean(12)
    }

    @Test("with another key than the ledger's")
    func otherKey() async throws {
        let ledger = try await prepared()
        let sameName = try NoteSigningKey(name: ledger.key.verifier.name, seed: Array(repeating: 8, count: 32))
        let vkey = try #require(try ledger.files()["vkey"])
        for key in [sameName, try NoteSigningKey(name: "other.example", seed: Array(repeating: 7, count: 32))] {
            try await expectRefusal(ledger, key: key, words: ["vkey", "ledger.key", "\(ledger.key.verifier)"]) {
                if case .otherKey = $0 { true } else { false }
            }
            try ledger.replace("vkey", with: Array("\(key.verifier)\n".utf8))
            try await expectRefusal(ledger, key: key, words: ["checkpoint in the database", "ledger.key"]) {
                if case .otherKey = $0 { true } else { false }
            }
            try ledger.replace("vkey", with: vkey)
        }
        try await ledger.expectClean(9)
    }

    @Test("with a checkpoint that can't be read, published or of record")
    func unreadable() async throws {
        let ledger = try await prepared()
        let right = try #require(try ledger.files()["checkpoint"])
        let path = ledger.publicFolder.appendingPathComponent("checkpoint").path
        for damaged in [[], Array(right.dropLast(3)), [0] + right, Array(repeating: 0x0A, count: 300_000)] as [[UInt8]] {
            try ledger.replace("checkpoint", with: damaged)
            try await expectRefusal(ledger, words: [path, "aside"]) { if case .publishedUnreadable(path, _) = $0 { true } else { false } }
        }
        // The next step that it names works.
        try FileManager.default.removeItem(atPath: path)
        #expect(try await ledger.sequencer().publishPending()?.size == 9)
        #expect(try ledger.files()["checkpoint"] == right)
        let smaller = try ledger.key.checkpoint(size: 8, root: Merkle.leafHash([])).note
        for damage in [
            "UPDATE checkpoint SET note = x'00'",
            "UPDATE checkpoint SET size = 9, note = x'\(hex(smaller))'",
        ] {
            try ledger.tamper(damage)
            try await expectRefusal(ledger, words: ["database", "Restore the latest backup"]) {
                if case .storedUnreadable = $0 { true } else { false }
            }
        }
        try ledger.tamper("UPDATE checkpoint SET size = 9, note = x'\(hex(right))'")
        try await ledger.expectClean(9)
    }
}

func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
