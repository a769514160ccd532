import Council
import Foundation
import Logging
import Store
import Synchronization
import TestSupport
import Testing

@Suite("The database's log")
struct LogSumsTests {
    private static let frame = 4096 + 24

    /// A log of several commits, and the storage that has it open.
    private func prepared() async throws -> (TestStorage, FileHandle, Int) {
        let data = try TestStorage()
        for number in 0..<6 { try await data.storage.post(.rejected(name: "\(number)", reason: ""), at: Sample.now) }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: SQLiteStorage.databaseFile(in: data.folder.url).path + "-wal"))
        return (data, handle, Int(try handle.seekToEnd()))
    }

    private func flip(_ handle: FileHandle, _ place: Int, bit: Int = 0) throws {
        try handle.seek(toOffset: UInt64(place))
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: [byte ^ 1 << UInt8(bit)])
    }

    @Test("has a flipped bit told wherever it lies, header and last commit included, while the service runs")
    func flipped() async throws {
        let (data, handle, size) = try await prepared()
        #expect(size > 10 * Self.frame)
        let frames = (0..<(size - 32) / Self.frame).map { 32 + $0 * Self.frame }
        let places = Array(0..<32) + frames.flatMap { frame in (0..<24).map { frame + $0 } } + Array(stride(from: 56, to: size, by: 331))
        for (number, place) in places.enumerated() {
            try flip(handle, place, bit: number % 8)
            let faults = try await data.storage.scanFiles(limit: 9, looks: 1).faults
            let isTold = faults.contains { if case .part(.logFrame) = $0 { true } else { false } }
            if !isTold { Issue.record("byte \(place): \(faults)") }
            try flip(handle, place, bit: number % 8)
        }
        #expect(try await data.storage.scanFiles(limit: 9).faults == [])
    }

    @Test("is not read where it has changed, and not copied into the file with a checksum that would make it right")
    func refused() async throws {
        let folder = try TemporaryFolder()
        let log = SQLiteStorage.databaseFile(in: folder.url).path + "-wal"
        let handle: FileHandle
        let size: Int
        do {
            let storage = try TestStorage.open(folder.url)
            for number in 0..<6 { try await storage.post(.rejected(name: "\(number)", reason: ""), at: Sample.now) }
            handle = try FileHandle(forUpdating: URL(fileURLWithPath: log))
            size = Int(try handle.seekToEnd())
            for frame in stride(from: 32, to: size, by: Self.frame) { try flip(handle, frame + 24 + 3) }
            do {
                _ = try TestStorage.open(folder.url)
                Issue.record("opened")
            } catch StorageOpenError.damagedPart(let damage) {
                if case .page = damage.part { Issue.record("\(damage)") }
            }
            // Closed here: SQLite would copy the log into the file, and remove it.
        }
        try #require(FileManager.default.fileExists(atPath: log))
        for frame in stride(from: 32, to: size, by: Self.frame) { try flip(handle, frame + 24 + 3) }
        let mended = try TestStorage.open(folder.url)
        #expect(try await mended.noticesToCompose(limit: 99).count == 6)
        #expect(try await mended.scanFiles(limit: 9).faults == [])
    }

    @Test("that was left by a crash has a flipped bit told before a start drops what follows")
    func left() async throws {
        let copy = try await Self.crashed()
        let handle = try FileHandle(forUpdating: copy["appariteur.db-wal"])
        try flip(handle, 32 + 24 + 500)
        let storage = try SQLiteStorage.openForReading(folder: copy.url, logger: .init(label: "test"))
        let faults = try await storage.scanFiles(limit: 9, looks: 1).faults
        #expect(faults == [.part(.logFrame(1))], "\(faults)")
        try flip(handle, 32 + 24 + 500)
    }

    /// A folder as a crash leaves it: a file, and commits in its log.
    static func crashed() async throws -> TemporaryFolder {
        let data = try TestStorage()
        try await data.storage.clean()
        for number in 0..<6 { try await data.storage.post(.rejected(name: "\(number)", reason: ""), at: Sample.now) }
        let copy = try TemporaryFolder()
        for name in ["appariteur.db", "appariteur.db-wal"] { try FileManager.default.copyItem(at: data.folder[name], to: copy[name]) }
        return copy
    }

    @Test("and the file are found right at any moment while a service writes them")
    func whileWriting() async throws {
        let data = try TestStorage()
        let isDone = Mutex(false)
        let writing = Task {
            defer { isDone.withLock { $0 = true } }
            for round in 0..<40 {
                for number in 0..<10 {
                    try await data.storage.post(
                        .rejected(name: "\(round) \(number)", reason: String(repeating: "r", count: 3000)), at: Sample.now)
                }
                if round % 4 == 3 { try await data.storage.clean() }
            }
        }
        let other = try SQLiteStorage.openForReading(folder: data.folder.url, logger: .init(label: "test"))
        var scans = 0
        while scans < 5 || !isDone.withLock({ $0 }) {
            #expect(try await other.scanFiles(limit: 9).faults == [])
            scans += 1
        }
        try await writing.value
        #expect(try await other.scanFiles(limit: 9).faults == [])
    }
}
