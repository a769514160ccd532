import CPageSums
import Council
import Foundation
import GRDB
import Logging

/// A part of the database's files whose bytes are not those that were written. It has not been used.
package struct DatabaseDamage: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Part: Hashable, Sendable {
        /// Of `appariteur.db`, counted from 1.
        case page(UInt32)
        /// Of `appariteur.db-wal`, counted from 1.
        case logFrame(UInt32)
    }

    package let path: String
    package let part: Part

    package var description: String {
        switch part {
        case .page(let number):
            "page \(number) of \(path) is damaged (its checksum is wrong) and was not used: restore the latest backup of the file"
        case .logFrame(let number):
            "frame \(number) of \(path)-wal is damaged (its checksum is wrong) and was not used: restore the latest backup"
        }
    }
}

/// Checksums in the database's pages (`CPageSums`), from this process's side.
enum PageSums {
    private static let code = page_sums_register()

    /// Before any database is opened.
    static func register() throws {
        guard code == ResultCode.SQLITE_OK.rawValue else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "page checksums: no file layer")
        }
    }

    /// What a failed read or write was about, where a checksum was wrong.
    /// `isHere`: called on the thread that read or wrote, else the place is that of the latest damage found anywhere.
    static func damage(in path: String, _ error: any Error, isHere: Bool) -> DatabaseDamage? {
        guard let error = error as? DatabaseError, error.extendedResultCode == .SQLITE_IOERR_DATA else { return nil }
        var (page, frame): (UInt32, UInt32) = (0, 0)
        page_sums_last_damage(isHere ? 1 : 0, &page, &frame)
        return DatabaseDamage(path: path, part: frame > 0 ? .logFrame(frame) : .page(page))
    }

    /// On each connection: a new database has room for the sums from its first page on.
    static func reserve(_ db: Database) {
        // Refused where the pages are laid out already: `begin` sees whether they have room.
        _ = page_sums_reserve(db.sqliteConnection)
    }

    /// Looked at when a database is opened: these many pages, evenly over the file. One that another program has written anew has none
    /// that says what it must be.
    private static let samples: Int64 = 256

    private static func areMissing(_ db: Database) throws -> Bool {
        let file = MainFile(db.sqliteConnection)
        guard page_sums_are_kept(db.sqliteConnection) == 1 else { return file.size > 0 }
        let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        let count = file.size / size
        for sample in 0..<min(count, samples) {
            let number = UInt32(clamping: sample * count / min(count, samples) + 1)
            if number == MainFile.lockPage(pageSize: Int(size)) { continue }
            let tail = try file.read(Int(PAGE_SUMS_BYTES), at: Int64(number) * size - Int64(PAGE_SUMS_BYTES))
            guard tail.allSatisfy({ $0 == 0 }) else { continue }
            // Nothing at all in it: a page that is still in the log only.
            if try file.read(Int(size), at: Int64(number - 1) * size).contains(where: { $0 != 0 }) { return true }
        }
        return false
    }

    /// Gives a database its sums that has none: one of an earlier release, or which the `sqlite3` tool has written anew. Under the
    /// folder's gate. Its pages are written again by SQLite itself, in one transaction: a crash leaves the old ones or the new ones,
    /// and the next start goes on. Where somebody else has it open, or the disk is too full for a second copy, it stays as it is.
    static func begin(_ db: Database, logger: Logger) throws {
        guard try areMissing(db) else { return }
        do {
            // Granted only to who is alone, and at once or not: a program that had opened it before would go on writing pages without
            // sums, and a command beside the service must not make it wait.
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            // It sets a number in the connection: nothing to fail at.
            defer { try? db.execute(sql: "PRAGMA busy_timeout = 10000") }
            try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL")
            try SQLiteStorage.rewrite(db)
            logger.notice("the database's pages now have checksums")
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_FULL].contains(error.resultCode) {
            logger.warning(
                "the database's pages have no checksums yet: the next start that is alone with it, on a disk with room, gives them",
                metadata: ["reason": "\(StorageFault.words(error))"])
        }
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw StorageOpenError.unsafe(path: db.description, setting: "journal_mode", value: mode ?? "nothing")
        }
    }
}

/// The main file, as it lies on the disk.
struct MainFile {
    private let connection: OpaquePointer?

    init(_ connection: OpaquePointer?) { self.connection = connection }

    /// The one at the place of SQLite's lock, which is never used.
    static func lockPage(pageSize: Int) -> UInt32 { UInt32(0x4000_0000 / pageSize) + 1 }

    /// Bytes; negative: it can't be said.
    var size: Int64 { page_sums_file_size(connection) }

    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let code = page_sums_read_raw(connection, &bytes, Int32(count), offset)
        guard code == ResultCode.SQLITE_OK.rawValue else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        return bytes
    }
}
