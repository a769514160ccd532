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
        guard code == ResultCode.SQLITE_OK.rawValue else { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "page checksums: no file layer") }
    }

    /// What a failed read or write was about, where a checksum was wrong.
    static func damage(in path: String, _ error: any Error) -> DatabaseDamage? {
        guard let error = error as? DatabaseError, error.extendedResultCode == .SQLITE_IOERR_DATA else { return nil }
        let frame = page_sums_last_frame()
        return DatabaseDamage(path: path, part: frame > 0 ? .logFrame(frame) : .page(page_sums_last_page()))
    }

    /// On each connection: a new database has room for the sums from its first page on.
    static func reserve(_ db: Database) {
        // Refused where the pages are laid out already: `begin` sees whether they have room.
        _ = page_sums_reserve(db.sqliteConnection)
    }

    static func areKept(_ db: Database) -> Bool { page_sums_are_kept(db.sqliteConnection) == 1 }

    /// Gives a database its sums that has none: one of an earlier release, or which the `sqlite3` tool has written anew. Under the
    /// folder's gate. Its pages are written again by SQLite itself, in one transaction: a crash leaves the old ones or the new ones,
    /// and the next start goes on. Where somebody else has it open, or the disk is too full for a second copy, it stays as it is.
    static func begin(_ db: Database, logger: Logger) throws {
        guard !areKept(db), page_sums_file_size(db.sqliteConnection) > 0 else { return }
        do {
            // Granted only to who is alone: a program that had opened it before would go on writing pages without sums.
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            // Set by the first one; a change of the journal's mode may bring back the engine's own.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            page_sums_begin(db.sqliteConnection, 1)
            defer { page_sums_begin(db.sqliteConnection, 0) }
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
