import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import Synchronization
import TestSupport
import Testing

/// 1, 2, 3…
private final class RisingLots: Sendable {
    private let last = Mutex<UInt64>(0)

    func next() -> UInt64 {
        last.withLock { last in
            last += 1
            return last
        }
    }
}

/// A real database and public folder, with what tests do to them. Every test ends in `expectClean`.
final class LedgerFixture: Sendable {
    /// Nil for a copy of another fixture.
    private let data: TestStorage?
    private let folder: TemporaryFolder
    /// Links that nobody has opened yet.
    private let links: Mutex<[UInt64]>
    let storage: SQLiteStorage
    let documents: DocumentStore
    let key: NoteSigningKey

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(data: TestStorage?, folder: TemporaryFolder, storage: SQLiteStorage, links: [UInt64] = []) throws {
        self.data = data
        self.folder = folder
        self.storage = storage
        self.links = Mutex(links)
        documents = try DocumentStore(root: folder["documents"])
        key = try NoteSigningKey(name: "aurence.example/ledger", seed: Array(repeating: 7, count: 32))
    }

    convenience init() throws {
        // Lots that rise number the convocations in the roll's order, so that tests know which is whose.
        let lots = RisingLots()
        let rising = Randomness { count in
            // No two keys of commitments are alike, however many are drawn at once.
            let words = (0..<(count + 7) / 8).map { _ in lots.next() }
            return Array(words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }.prefix(count))
        }
        let data = try TestStorage(randomness: rising)
        try self.init(data: data, folder: data.folder, storage: data.storage)
    }

    /// The same data folder, copied as it stands on the disk while nobody writes.
    convenience init(copying other: LedgerFixture) throws {
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: other.folder.url.path) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(at: other.folder[name], to: folder[name])
        }
        try self.init(data: nil, folder: folder, storage: try Self.open(folder.url), links: other.links.withLock { $0 })
    }

    private static func open(_ folder: URL) throws -> SQLiteStorage {
        try SQLiteStorage.open(folder: folder, randomness: .system, logger: logger)
    }

    /// As a second process opens it, or a restart.
    func reopened() throws -> SQLiteStorage { try Self.open(folder.url) }

    var dataFolder: URL { folder.url }
    var publicFolder: URL { folder["ledger"] }

    func sequencer(
        on storage: SQLiteStorage? = nil, folder: URL? = nil, key: NoteSigningKey? = nil,
        afterStep: @escaping @Sendable (SequencerStep) throws -> Void = { _ in }
    ) -> Sequencer {
        Sequencer(
            storage: storage ?? self.storage, publicFolder: folder ?? publicFolder, key: key ?? self.key,
            logger: Self.logger, afterStep: afterStep)
    }

    /// Entries 0…: a sitting with its documents, then convocations for `members`.
    func convene(members: Int, documents: Int = 3) async throws {
        let data = try #require(data, "a copy can't convene")
        _ = try await data.approvedSitting(members: members, documents: documents)
        let links = try await data.composeAll().flatMap { $0.links.map(\.id) }
        self.links.withLock { $0 += links }
    }

    /// One entry each: a robot opens a link that a convocation has, all at once; or, without such, the roll changes.
    func grow(by count: Int) async throws {
        let opened = links.withLock { links in
            defer { links.removeFirst(min(count, links.count)) }
            return links.prefix(count)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in opened {
                group.addTask { [storage] in
                    _ = try await storage.record(Access(link: link, at: Sample.now, grade: .robot, signals: ["scanner"], document: nil))
                }
            }
            try await group.waitForAll()
        }
        for _ in opened.count..<count {
            let size = try await storage.journalSize()
            _ = try await storage.replaceRoll(with: Sample.roll(1 + Int(size % 7)), source: Sample.hash("roll \(size)"), at: Sample.now)
        }
    }

    /// A robot opens this many links at `instant`.
    func open(_ count: Int, at instant: Date) async throws {
        let opened = links.withLock { links in
            defer { links.removeFirst(min(count, links.count)) }
            return links.prefix(count)
        }
        for link in opened {
            _ = try await storage.record(Access(link: link, at: instant, grade: .robot, signals: ["scanner"], document: nil))
        }
    }

    /// Until the journal holds `size` entries.
    func grow(to size: UInt64) async throws {
        let now = try await storage.journalSize()
        if size > now { try await grow(by: Int(size - now)) }
    }

    func audit(folder: URL? = nil) async throws -> AuditReport {
        try await LedgerAudit(publicFolder: folder ?? publicFolder, vkey: key.verifier, storage: storage, documents: documents).run()
    }

    func strangersAudit(folder: URL? = nil) async throws -> AuditReport {
        try await LedgerAudit(publicFolder: folder ?? publicFolder, vkey: key.verifier).run()
    }

    /// The whole ledger is right: to us with the database, to a stranger without.
    func expectClean(_ size: UInt64, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (ours, theirs) = (try await audit(), try await strangersAudit())
        #expect(ours.findings == [] && theirs.findings == [], sourceLocation: sourceLocation)
        #expect(ours.entries == size && theirs.entries == size, sourceLocation: sourceLocation)
        #expect(ours.rows == (try await storage.journalSize()), sourceLocation: sourceLocation)
        #expect(try await storage.checkpoint()?.size ?? 0 == size, sourceLocation: sourceLocation)
        #expect(try incoming().isEmpty, "files on their way", sourceLocation: sourceLocation)
    }

    /// Changes the database behind the product's back; the triggers that forbid it are dropped before and made again after.
    func tamper(_ sql: String) throws { try Self.tamper(dataFolder, sql) }

    static func tamper(_ dataFolder: URL, _ sql: String) throws {
        let script = """
            import hashlib, sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            # It would copy the log into the file, without the pages' checksums.
            db.execute("PRAGMA wal_autocheckpoint = 0")
            db.create_function("leafhash", 1, lambda leaf: hashlib.sha256(bytes([0]) + leaf).digest())
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute("DROP TRIGGER " + name)
            db.executescript(sys.argv[2])
            for _, sql in triggers:
                db.execute(sql)
            db.commit()
            """
        let result = try Tool.run(Tool.python, ["-c", script, SQLiteStorage.databaseFile(in: dataFolder).path, sql])
        try #require(result.status == 0, "\(result.errors)")
    }

    func published() throws -> VerifiedCheckpoint? {
        let file = publicFolder.appendingPathComponent("checkpoint")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try UnverifiedCheckpoint(parsing: Array(Data(contentsOf: file))).verified(by: key.verifier)
    }

    /// Anchors the published checkpoint, as the anchoring does.
    func anchor() throws {
        let checkpoint = try #require(try published())
        let folder = publicFolder.appendingPathComponent("anchors/\(checkpoint.size)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(checkpoint.note).write(to: folder.appendingPathComponent("checkpoint"))
        try Data(checkpoint.body).write(to: folder.appendingPathComponent("body"))
    }

    func incoming() throws -> [String] {
        let folder = publicFolder.appendingPathComponent(".incoming").path
        return FileManager.default.fileExists(atPath: folder) ? try FileManager.default.contentsOfDirectory(atPath: folder) : []
    }

    /// Path below the public folder → bytes, but for files on their way.
    func files(in folder: URL? = nil) throws -> [String: [UInt8]] {
        let root = folder ?? publicFolder
        var files: [String: [UInt8]] = [:]
        for case let path as String in try #require(FileManager.default.enumerator(atPath: root.path)) where !path.hasPrefix(".incoming") {
            let file = root.appendingPathComponent(path)
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
            if !isFolder.boolValue { files[path] = Array(try Data(contentsOf: file)) }
        }
        return files
    }

    /// Replaces a read-only file.
    func replace(_ path: String, with bytes: [UInt8], in folder: URL? = nil) throws {
        let file = (folder ?? publicFolder).appendingPathComponent(path)
        if FileManager.default.fileExists(atPath: file.path) { try FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
    }
}

/// The refusal that a pass ends in; fails the test when it doesn't.
func refusal(_ sequencer: Sequencer, sourceLocation: SourceLocation = #_sourceLocation) async throws -> SequencerRefusal? {
    do {
        _ = try await sequencer.publishPending()
        Issue.record("it was not refused", sourceLocation: sourceLocation)
        return nil
    } catch let refusal as SequencerRefusal {
        return refusal
    }
}
