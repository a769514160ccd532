import Council
import Foundation
import Logging
import Store
import TestSupport
import Testing

/// A database that everything has happened to, closed, and what tests do to its bytes.
final class DatabaseFile {
    let folder: TemporaryFolder
    /// Held open: closing another descriptor of a file that SQLite has open in this process would drop its locks.
    private let handle: FileHandle
    let size: Int
    static let pageSize = 4096

    var url: URL { SQLiteStorage.databaseFile(in: folder.url) }

    init() async throws {
        folder = try TemporaryFolder()
        try await Self.fill(folder.url)
        handle = try FileHandle(forUpdating: SQLiteStorage.databaseFile(in: folder.url))
        size = Int(try handle.seekToEnd())
    }

    /// A sitting from its draft to its openings, notices, links, a chain's anchor; rows that were deleted leave free pages.
    private static func fill(_ folder: URL) async throws {
        let storage = try TestStorage.open(folder)
        _ = try await storage.sampleApproved(members: 12, documents: Sample.documents(3))
        let composed = try await storage.composeAll()
        let leased = try await storage.lease(limit: 4, at: Sample.now)
        try await storage.record(
            leased.map { Sample.outcome(of: $0, .deferred(retryAt: Sample.now.addingTimeInterval(60)), at: Sample.now) })
        try await storage.relayAll()
        for link in composed.flatMap(\.links).prefix(6) {
            _ = try await storage.record(Access(link: link.id, at: Sample.now, grade: .robot, signals: ["scanner"], document: nil))
        }
        for number in 0..<20 {
            try await storage.post(.rejected(name: "\(number)", reason: String(repeating: "r", count: 900)), at: Sample.now)
        }
        try await storage.save([
            AnchorRecord(
                size: 2, method: .chainNode, authority: "bitcoin", state: .pending, bytes: [], attempts: 0, nextTry: nil, fault: nil,
                transaction: ChainTransaction(
                    network: "bitcoin", id: String(repeating: "d", count: 64), bytes: Array(repeating: 9, count: 200), signedAt: Sample.now)
            )
        ])
        try await storage.clean()
    }

    func reading() throws -> SQLiteStorage {
        try SQLiteStorage.openForReading(folder: folder.url, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func read(_ count: Int, at place: Int) throws -> [UInt8] {
        try handle.seek(toOffset: UInt64(place))
        return Array(try handle.read(upToCount: count) ?? Data())
    }

    func write(_ bytes: [UInt8], at place: Int) throws {
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: bytes)
    }

    func cut(to size: Int) throws { try handle.truncate(atOffset: UInt64(size)) }

    /// Runs a tool's statements on it.
    func sqlite(_ statements: String...) throws {
        let result = try Tool.run("sqlite3", ["-bail", url.path] + statements)
        try #require(result.status == 0, "\(result.errors)")
    }
}
