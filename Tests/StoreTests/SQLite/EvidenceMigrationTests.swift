import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("The step 12-evidence")
struct EvidenceMigrationTests {
    @Test("has proofs that were there before committed by the next entry, and knows the newest time")
    func earlier() async throws {
        let folder = try TemporaryFolder()
        func anchor(_ size: UInt64, _ state: AnchorRecord.State, _ bytes: [UInt8]) -> AnchorRecord {
            AnchorRecord(
                size: size, method: .rfc3161, authority: "essai", state: state, bytes: bytes, attempts: 1, nextTry: nil, fault: nil)
        }
        // It stays open, so that the other program's last connection doesn't copy the log.
        let earlier = try TestStorage.open(folder.url)
        do {
            let storage = earlier
            _ = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("one"), at: Sample.now.addingTimeInterval(0.25))
            _ = try await storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("two"), at: Sample.now.addingTimeInterval(-9))
            try await storage.save([anchor(1, .complete, [1]), anchor(2, .wanted, [])])
        }
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.execute("PRAGMA wal_autocheckpoint = 0")
            for kind, name in [("TRIGGER", "proof_is_told"), ("TRIGGER", "proof_is_told_again"), ("INDEX", "journal_keys"),
                               ("TABLE", "proof_untold"), ("TABLE", "newest_time"), ("TABLE", "ledger_doubt")]:
                db.execute(f"DROP {kind} {name}")
            assert db.execute("DELETE FROM grdb_migrations WHERE identifier = '12-evidence'").rowcount == 1
            db.commit()
            """
        let result = try Tool.run(Tool.python, ["-c", script, SQLiteStorage.databaseFile(in: folder.url).path])
        try #require(result.status == 0, "\(result.errors)")
        let storage = try TestStorage.open(folder.url)
        #expect(try await storage.structuralFaults() == [])
        #expect(try await storage.newestTime() == Sample.now.addingTimeInterval(0.25))
        #expect(try await storage.doubt() == nil)
        _ = try await storage.replaceRoll(with: Sample.roll(5), source: Sample.hash("three"), at: Sample.now)
        let opening = try #require(try await storage.openings(of: [2]).first)
        let proofs = try #require(try JSON(parsing: opening.content)["proofs"]?.items)
        #expect(proofs.map { $0["size"]?.whole } == [1] && proofs[0]["hash"]?.text == ContentHash(sha256Of: [1]).hex)
        #expect(try await storage.compareState(limit: 9).differences == [])
        withExtendedLifetime(earlier) {}
    }
}
