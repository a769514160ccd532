import Council
package import Foundation
import GRDB
package import Logging

extension SQLiteStorage {
    /// Opens an existing database to look at it, beside a service that may be running: nothing is created or brought up to date,
    /// and every write fails. Works on a read-only disk too: a database whose log is empty is read as it lies there, another one
    /// from a copy of its files that goes away with the value returned.
    /// Throws `StorageOpenError`.
    package static func openForReading(folder: URL, logger: Logger) throws(StorageOpenError) -> SQLiteStorage {
        let path = databaseFile(in: folder).path
        guard size(of: path) > 0 else { throw .absent(path: path) }
        guard access(path, R_OK) == 0 else { throw .folder(path: path, reason: SystemFault.last().text) }
        do {
            try PageSums.register()
            do {
                return try reading(path, as: path, logger: logger)
            } catch let error as DatabaseError
                where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) || StorageFault.isFull(error, at: path)
            {
                // The folder can't take the log's index, by its rights or for want of room.
                if size(of: path + "-wal") == 0 { return try reading(immutable(path), as: path, logger: logger) }
                let copy = try DatabaseCopy(of: path)
                return try reading(copy.path, as: path, copy: copy, logger: logger)
            }
        } catch let error as StorageOpenError {
            throw error
        } catch let error as DatabaseError {
            if let damage = PageSums.damage(in: path, error, isHere: false) { throw .damagedPart(damage) }
            if StorageFault.isFull(error, at: path) { throw .full(path: path) }
            // Nothing says that the file is damaged where the disk doesn't give it.
            if error.resultCode == .SQLITE_IOERR { throw .disk(path: path, reason: StorageFault.words(error)) }
            throw .damaged(path: path, reason: StorageFault.words(error))
        } catch {
            throw .folder(path: folder.path, reason: error.localizedDescription)
        }
    }

    private static func reading(
        _ place: String, as path: String, copy: DatabaseCopy? = nil, logger: Logger
    ) throws -> SQLiteStorage {
        var configuration = Configuration()
        configuration.label = "appariteur"
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let pool = try DatabasePool(path: place, configuration: configuration)
        let isCurrent = try pool.read { db in
            let owner = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            guard owner == Schema.applicationID else { throw StorageOpenError.notOurs(path: path) }
            let unknown = try Schema.migrator.appliedIdentifiers(db).subtracting(Schema.migrator.migrations)
            guard unknown.isEmpty else { throw StorageOpenError.newerThanProgram(path: path, unknown: unknown.sorted()) }
            return try Schema.migrator.hasCompletedMigrations(db)
        }
        guard isCurrent else { throw StorageOpenError.olderThanProgram(path: path) }
        return SQLiteStorage(pool: pool, dataVersion: 0, randomness: .system, logger: logger, copy: copy)
    }

    private static func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private static func immutable(_ path: String) -> String {
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        return "file:\(escaped)?immutable=1"
    }
}

/// A database's files, copied to where their log can be read. It holds personal data: gone when nobody reads it any more.
final class DatabaseCopy: Sendable {
    private let folder: URL
    var path: String { folder.appendingPathComponent("appariteur.db").path }

    init(of original: String) throws {
        folder = try FileManager.default.url(
            for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: FileManager.default.temporaryDirectory, create: true)
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: original + suffix, toPath: path + suffix) }
    }

    deinit {
        // What can't be removed lies in the temporary folder, which the system empties.
        try? FileManager.default.removeItem(at: folder)
    }
}
