import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Opening the database")
struct OpeningTests {
    private func sqlite(_ folder: TemporaryFolder, _ statements: String) throws {
        // Written anew after the edit: the tool doesn't write the pages' checksums.
        let result = try Tool.run("sqlite3", ["-bail", SQLiteStorage.databaseFile(in: folder.url).path, statements, "VACUUM"])
        try #require(result.status == 0, "\(result.errors)")
    }

    @Test("a database of a newer release is refused and left as it is")
    func newer() async throws {
        let folder = try TemporaryFolder()
        _ = try await TestStorage.open(folder.url).sampleDraft(documents: [])
        try sqlite(folder, "INSERT INTO grdb_migrations VALUES ('99-from-the-future')")
        let path = SQLiteStorage.databaseFile(in: folder.url).path
        let expected = StorageOpenError.newerThanProgram(path: path, unknown: ["99-from-the-future"])
        #expect(throws: expected) { _ = try TestStorage.open(folder.url) }
        #expect(expected.description.contains("newer release") && expected.description.contains(path))
        try sqlite(folder, "DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
        #expect(try await TestStorage.open(folder.url).journalSize() == 2)
    }

    @Test("anchors of a database that knew no transactions are kept, and it takes transactions from then on")
    func chainStep() async throws {
        let folder = try TemporaryFolder()
        let token = AnchorRecord(
            size: 2, method: .rfc3161, authority: "essai", state: .complete, bytes: [1, 2, 3], attempts: 4, nextTry: nil, fault: "once")
        let storage = try TestStorage.open(folder.url)
        _ = try await storage.sampleDraft(documents: [])
        try await storage.save([token])
        // As the first release made it.
        let columns = "size, method, authority, state, bytes, attempts, next_try, fault"
        try sqlite(
            folder,
            """
            CREATE TABLE kept AS SELECT \(columns) FROM anchor;
            DROP TABLE anchor;
            CREATE TABLE anchor (
                size INTEGER NOT NULL CHECK (size >= 0), method TEXT NOT NULL, authority TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('wanted', 'pending', 'complete')), bytes BLOB NOT NULL,
                attempts INTEGER NOT NULL CHECK (attempts >= 0), next_try INTEGER, fault TEXT, PRIMARY KEY (size, method, authority)
            ) STRICT;
            CREATE INDEX anchor_due ON anchor (size) WHERE state <> 'complete';
            INSERT INTO anchor SELECT \(columns) FROM kept;
            DROP TABLE kept;
            DELETE FROM grdb_migrations WHERE identifier = '3-chain';
            """)
        let again = try TestStorage.open(folder.url)
        #expect(try await again.anchors(of: nil) == [token])
        let paid = AnchorRecord(
            size: 2, method: .chainNode, authority: "bitcoin", state: .pending, bytes: [], attempts: 0, nextTry: nil, fault: nil,
            transaction: ChainTransaction(network: "bitcoin", id: String(repeating: "d", count: 64), bytes: [9], signedAt: Sample.now))
        try await again.save([paid])
        #expect(try await again.anchors(of: 2) == [paid, token])
    }

    @Test("notices of the release before letters had alarms of their own stay, open and closed")
    func olderNotices() async throws {
        let folder = try TemporaryFolder()
        let storage = try TestStorage.open(folder.url)
        let sitting = try await storage.sampleDraft(documents: [])
        try await storage.post(.rejected(name: "membres.csv", reason: "vide"), at: Sample.now)
        let first = try #require(try await storage.noticesToCompose(limit: 9).first)
        try await storage.close(first.id, with: [], links: [], at: Sample.now)
        let open = try await storage.noticesToCompose(limit: 9)
        try sqlite(folder, "DROP TABLE letter_overdue; DELETE FROM grdb_migrations WHERE identifier = '13-letters'")
        let again = try TestStorage.open(folder.url)
        #expect(try await again.noticesToCompose(limit: 9) == open)
        try await again.post(.untold(sitting: sitting.id, convocations: []), at: Sample.now)
        let last = try #require(try await again.noticesToCompose(limit: 9).last)
        #expect(last.id.rawValue > open.map(\.id.rawValue).reduce(0, max) && last.content == .untold(sitting: sitting.id, convocations: []))
    }

    @Test("another program's database, or a file that is none, is refused and left as it is")
    func foreign() throws {
        let folder = try TemporaryFolder()
        try sqlite(folder, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
        #expect(throws: StorageOpenError.notOurs(path: SQLiteStorage.databaseFile(in: folder.url).path)) {
            _ = try TestStorage.open(folder.url)
        }
        try sqlite(folder, "SELECT a FROM theirs")

        let text = try TemporaryFolder()
        let words = String(repeating: "Ceci n'est pas une base de données.\n", count: 100)
        try text.write(words, to: "appariteur.db")
        #expect(throws: (any Error).self) { _ = try TestStorage.open(text.url) }
        #expect(try String(contentsOf: text["appariteur.db"], encoding: .utf8) == words)
    }

    @Test("a folder that cannot be one is named")
    func badFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write("a file", to: "data")
        do {
            _ = try TestStorage.open(folder["data"])
            Issue.record("opened")
        } catch let error as StorageOpenError {
            #expect(error.description.contains(folder["data"].path))
        }
    }

    @Test("folder and files are made for their owner alone, and a missing folder is made")
    func modes() throws {
        let folder = try TemporaryFolder()
        let data = folder["deep/down"]
        let storage = try TestStorage.open(data)
        for name in ["appariteur.db", "appariteur.db-wal", "appariteur.db-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: data.appendingPathComponent(name).path)
            #expect((attributes[.posixPermissions] as? Int) == 0o600, "\(name)")
        }
        withExtendedLifetime(storage) {}
    }

    @Test("opened from many sides at once, the tables are made once")
    func race() async throws {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let storage = try TestStorage.open(folder.url)
                    try await storage.post(.rejected(name: "\(number)", reason: ""), at: Sample.now)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await TestStorage.open(folder.url).noticesToCompose(limit: 99).count == 8)
    }

    @Test("who has a transaction open for too long makes others fail, and nothing is half done")
    func busy() async throws {
        let test = try TestStorage()
        let sitting = try await test.draftSitting()
        // Holds the write lock until its input ends.
        let output = try TemporaryFolder()
        let database = SQLiteStorage.databaseFile(in: test.folder.url).path
        let process = try ChildProcess(
            "sqlite3", ["-cmd", "BEGIN IMMEDIATE", "-cmd", ".shell echo locked", database], output: output["said"], holdsInput: true)
        try await output["said"].says("locked\n")
        await #expect(throws: (any Error).self) {
            _ = try await test.storage.approve(sitting.id, revision: 1, by: "test", at: Sample.now)
        }
        // Readers don't care.
        #expect(try await test.storage.sitting(sitting.id) == sitting)
        process.closeInput()
        try await aside { _ = process.wait() }
        #expect(try await test.storage.approve(sitting.id, revision: 1, by: "test", at: Sample.now) == .approved(electronic: 5, paper: 0))
    }
}
