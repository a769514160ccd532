import Council
import Foundation
import Logging
import Store
import TestSupport
import Testing

@Suite("A database without checksums")
struct PageSumsUpgradeTests {
    /// What people see of it, in any order of its pages.
    private func content(_ database: DatabaseFile) throws -> String {
        let result = try Tool.run("sqlite3", ["-readonly", database.url.path, ".dump"])
        try #require(result.status == 0)
        return result.text
    }

    private func reserved(_ database: DatabaseFile) throws -> UInt8 {
        let handle = try FileHandle(forReadingFrom: database.url)
        return Array(try handle.read(upToCount: 21) ?? Data())[20]
    }

    @Test("of an earlier release gets them at the next start, and says the same as before")
    func earlier() async throws {
        let database = try await DatabaseFile()
        try Self.makeEarlier(database.url)
        #expect(try reserved(database) == 0)
        let before = try content(database)
        #expect(before.contains("sqlite_sequence") && before.contains("INSERT INTO journal VALUES(0,"))
        // It is read as it is; the audit tells.
        #expect(try await database.reading().scanFiles(limit: 9, looks: 1).faults == [.withoutSums])
        do {
            let storage = try TestStorage.open(database.folder.url)
            let scan = try await storage.scanFiles(limit: 9)
            #expect(scan.faults == [] && scan.pages > 20)
            #expect(try await storage.structuralFaults() == [])
        }
        #expect(try reserved(database) == 8 && content(database) == before)
        #expect(try await database.reading().scanFiles(limit: 9).faults == [])
    }

    @Test("keeps as it is while somebody else has it open, and gets them when nobody has")
    func busy() async throws {
        let database = try await DatabaseFile()
        try Self.makeEarlier(database.url)
        let output = try TemporaryFolder()
        let other = try ChildProcess(
            "sqlite3",
            ["-cmd", ".output /dev/null", "-cmd", "SELECT count(*) FROM journal", "-cmd", ".shell echo open", database.url.path],
            output: output["said"],
            holdsInput: true)
        try await output["said"].says("open\n")
        do {
            let storage = try TestStorage.open(database.folder.url)
            try await storage.post(.rejected(name: "x", reason: ""), at: Sample.now)
            #expect(try await storage.scanFiles(limit: 9, looks: 1).faults == [.withoutSums])
        }
        other.closeInput()
        try await aside { _ = other.wait() }
        #expect(try await TestStorage.open(database.folder.url).scanFiles(limit: 9).faults == [])
    }

    @Test("that was killed while it got them is whole, before or after, and gets them at the next start")
    func killed() async throws {
        let model = try await DatabaseFile()
        try Self.makeEarlier(model.url)
        let before = try content(model)
        let bytes = try Data(contentsOf: model.url)
        var kills = 0
        for call in ["pwrite64", "fdatasync"] {
            for number in Array(1...6) + [9, 14, 20, 30, 40, 55, 75, 100, 130, 170, 220] {
                let folder = try TemporaryFolder()
                let file = SQLiteStorage.databaseFile(in: folder.url)
                try bytes.write(to: file)
                let ended = try await ProbeProcess.run(
                    ["post", folder.url.path, "0", "1"],
                    wrapper: [
                        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=SIGKILL:when=\(number)",
                    ])
                if ended.wasKilled { kills += 1 }
                let storage = try TestStorage.open(folder.url)
                let scan = try await storage.scanFiles(limit: 9)
                #expect(scan.faults == [], "\(call) \(number)")
                #expect(try await storage.structuralFaults() == [], "\(call) \(number)")
                let dump = try Tool.run("sqlite3", ["-readonly", file.path, ".dump"])
                #expect(dump.text == before, "\(call) \(number)")
            }
        }
        #expect(kills > 20, "\(kills)")
    }

    @Test("in pages that the sqlite3 tool copied from a log that a crash left is used, told, and has its checksums after the next start")
    func copiedByTheTool() async throws {
        let folder = try await LogSumsTests.crashed()
        let file = SQLiteStorage.databaseFile(in: folder.url)
        // A harmless question; but who closes the database last copies the log into it.
        try Self.sqlite(file, "SELECT count(*) FROM journal")
        #expect(!FileManager.default.fileExists(atPath: file.path + "-wal"))
        do {
            let reading = try SQLiteStorage.openForReading(folder: folder.url, logger: .init(label: "test"))
            #expect(try await reading.noticesToCompose(limit: 99).count == 6)
            let faults = try await reading.scanFiles(limit: 9, looks: 1).faults
            #expect(faults.count == 1, "\(faults)")
            #expect(faults.allSatisfy { if case .blankPages = $0 { true } else { $0 == .withoutSums } }, "\(faults)")
        }
        let started = try TestStorage.open(folder.url)
        #expect(try await started.noticesToCompose(limit: 99).count == 6)
        #expect(try await started.scanFiles(limit: 9).faults == [])
    }

    @Test("after the sqlite3 tool has written it anew, as the words advise, gets them at the next start")
    func vacuumed() async throws {
        let database = try await DatabaseFile()
        try database.sqlite("UPDATE access SET count = count + 1 WHERE id = 1", "VACUUM")
        let before = try content(database)
        #expect(try await database.reading().scanFiles(limit: 9, looks: 1).faults == [.withoutSums])
        let mended = try TestStorage.open(database.folder.url)
        #expect(try await mended.scanFiles(limit: 9).faults == [])
        #expect(try content(database) == before)
    }

    /// As earlier releases made it: without room for sums.
    private static func makeEarlier(_ file: URL) throws {
        let scratch = try TemporaryFolder()
        let dump = try Tool.run("sqlite3", ["-readonly", file.path, ".dump"])
        let statements = try scratch.write(dump.text, to: "dump.sql")
        try FileManager.default.removeItem(at: file)
        try sqlite(file, "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x41505054;", ".read '\(statements.path)'")
    }

    private static func sqlite(_ file: URL, _ statements: String...) throws {
        let result = try Tool.run("sqlite3", ["-bail", file.path] + statements)
        try #require(result.status == 0, "\(result.errors)")
    }

    @Test("as the guide has it backed up, restored and started, is whole")
    func backup() async throws {
        let database = try await DatabaseFile()
        let storage = try TestStorage.open(database.folder.url)
        try await storage.post(.rejected(name: "still in the log", reason: ""), at: Sample.now)
        let copy = try TemporaryFolder()
        try database.sqlite("VACUUM INTO '\(SQLiteStorage.databaseFile(in: copy.url).path)'")
        let restored = try TestStorage.open(copy.url)
        #expect(try await restored.scanFiles(limit: 9).faults == [])
        #expect(try await restored.journalSize() == storage.journalSize())
        #expect(try await storage.scanFiles(limit: 9).faults == [], "the original is not touched")
    }
}
