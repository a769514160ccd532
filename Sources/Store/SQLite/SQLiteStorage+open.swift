package import Council
package import Foundation
import GRDB
package import Logging

/// Why the database can't be used.
package enum StorageOpenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It has been opened by a newer release.
    case newerThanProgram(path: String, unknown: [String])
    case notOurs(path: String)
    case unsafe(path: String, setting: String, value: String)
    case folder(path: String, reason: String)
    /// There is none, or a file without anything in it, where one was expected.
    case absent(path: String)
    /// It was written by an older release, and is only to be read.
    case olderThanProgram(path: String)
    /// What the engine says of it: not a database, pages that contradict each other.
    case damaged(path: String, reason: String)
    /// The disk has no room left, not even for the log's index.
    case full(path: String)
    /// The disk answers with an error: what is in the file isn't known.
    case disk(path: String, reason: String)
    /// A page or a frame of the log is not as it was written.
    case damagedPart(DatabaseDamage)

    package var description: String {
        switch self {
        case .newerThanProgram(let path, let unknown):
            "\(path) was written by a newer release of appariteur (unknown steps: \(unknown.joined(separator: ", "))). "
                + "Install that release again, or restore the backup that was made before the update."
        case .notOurs(let path):
            "\(path) is a database of another program. Give appariteur a data folder of its own."
        case .unsafe(let path, let setting, let value):
            "\(path): SQLite keeps \(setting) = \(value), with which a power cut could lose what was acknowledged. "
                + "Put the data folder on a local disk."
        case .folder(let path, let reason):
            "\(path) cannot be used as the data folder: \(reason)."
        case .absent(let path):
            "\(path) is missing or empty. Give the right data folder, or restore the file from a backup."
        case .olderThanProgram(let path):
            "\(path) was written by an older release of appariteur: start the service once, which brings it up to date."
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)): restore it from a backup."
        case .full(let path):
            "\(path): the disk is full. Nothing was changed, and what was acknowledged is kept. Make room (df -h), then start again."
        case .disk(let path, let reason):
            "\(path): the disk answered with an error (\(reason)). Nothing was changed. "
                + "Look at the disk (dmesg), copy the data folder elsewhere, and try again; only then think of a backup."
        case .damagedPart(let damage): damage.description
        }
    }
}

extension SQLiteStorage {
    /// `<folder>/appariteur.db`
    package static func databaseFile(in folder: URL) -> URL { folder.appendingPathComponent("appariteur.db") }

    /// Opens the database in `folder`, creating both when missing, and brings its pages and tables up to date. A crash here leaves
    /// a database at the last whole step, or an empty file, and the next start goes on from there.
    /// Throws `StorageOpenError`, or what SQLite says (not a database, disk full, locked for more than ten seconds).
    package static func open(folder: URL, randomness: Randomness, logger: Logger) throws -> SQLiteStorage {
        let file = databaseFile(in: folder)
        return try FolderGate.alone(in: folder) {
            try FolderGate.createPrivately(file)
            try PageSums.register()
            do {
                let pool = try DatabasePool(path: file.path, configuration: configuration(logger: logger))
                try pool.writeWithoutTransaction {
                    try prepare($0, path: file.path)
                    try PageSums.begin($0, logger: logger)
                }
                try Schema.migrator.migrate(pool)
                let dataVersion = try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
                return SQLiteStorage(pool: pool, dataVersion: dataVersion, randomness: randomness, logger: logger)
            } catch {
                if let damage = PageSums.damage(in: file.path, error, isHere: false) { throw StorageOpenError.damagedPart(damage) }
                if let fault = error as? DatabaseError, StorageFault.isFull(fault, at: file.path) {
                    throw StorageOpenError.full(path: file.path)
                }
                throw error
            }
        }
    }

    private static func configuration(logger: Logger) -> Configuration {
        var configuration = Configuration()
        configuration.label = "appariteur"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // An erased opening must not stay readable in a free page.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // Pages go into the log with their commit and not before: so each has its checksum from the moment it can be read.
            try db.execute(sql: "PRAGMA cache_spill = OFF")
            PageSums.reserve(db)
        }
        return configuration
    }

    private static func prepare(_ db: Database, path: String) throws {
        // GRDB has just set NORMAL, which syncs at checkpoints only; it can't be changed inside a transaction.
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // A busy writer copies its log into the file every 16 MB rather than every 4.
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        try db.execute(sql: "PRAGMA cache_size = -16000")
        for (setting, wanted) in [("synchronous", "2"), ("journal_mode", "wal"), ("foreign_keys", "1")] {
            let value = try Row.fetchOne(db, sql: "PRAGMA \(setting)").map { "\($0[0] as DatabaseValue)" } ?? "nothing"
            let plain = value.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            guard plain == wanted else { throw StorageOpenError.unsafe(path: path, setting: setting, value: plain) }
        }
        let owner = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE type = 'table'") ?? 0
        if owner == 0, tables == 0 {
            try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        } else if owner != Schema.applicationID {
            throw StorageOpenError.notOurs(path: path)
        }
        let migrator = Schema.migrator
        if try migrator.hasBeenSuperseded(db) {
            let unknown = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations)
            throw StorageOpenError.newerThanProgram(path: path, unknown: unknown.sorted())
        }
    }
}
