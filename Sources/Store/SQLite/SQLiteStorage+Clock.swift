import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func newestTime() async throws -> Date? {
        try await read {
            let sql = "SELECT max(at) FROM (SELECT at FROM newest_time UNION ALL SELECT at FROM newest_timestamp)"
            return try Int64.fetchOne($0.cachedStatement(sql: sql)).map(Date.init(milliseconds:))
        }
    }

    package func newestEntryTime() async throws -> Date? {
        try await read { try Int64.fetchOne($0.cachedStatement(sql: "SELECT at FROM newest_time")).map(Date.init(milliseconds:)) }
    }

    package func newestTimestamp() async throws -> KnownTimestamp? {
        try await read { try Self.newestTimestamp(in: $0) }
    }

    private static func newestTimestamp(in db: Database) throws -> KnownTimestamp? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT at, size, authority FROM newest_timestamp")).map { row in
            KnownTimestamp(
                time: Date(milliseconds: row["at"]), size: UInt64(clamping: row["size"] as Int64), authority: row["authority"])
        }
    }

    package func note(_ timestamp: KnownTimestamp) async throws {
        try await write { transaction in
            try transaction.execute(
                """
                INSERT INTO newest_timestamp (id, at, size, authority) VALUES (1, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET at = excluded.at, size = excluded.size, authority = excluded.authority
                    WHERE excluded.at > newest_timestamp.at
                """, [timestamp.time.milliseconds, Int64(clamping: timestamp.size), timestamp.authority])
        }
    }

    @discardableResult
    package func acceptClock(at now: Date, despiteTimestamp: Bool) async throws -> UInt64 {
        try await write { try Self.acceptClock(at: now, despiteTimestamp: despiteTimestamp, in: $0) }
    }

    @discardableResult
    static func acceptClock(at now: Date, despiteTimestamp: Bool, in transaction: WriteTransaction) throws -> UInt64 {
        var details: [String: JSON] = [:]
        if let newest = try transaction.newestTime() { details["newest"] = .string(UTC.exact(Date(milliseconds: newest))) }
        let stamp = try newestTimestamp(in: transaction.db)
        if let stamp, ClockRule.isBehind(now, newest: stamp.time) {
            guard despiteTimestamp else { throw StorageError.clockDisproved(stamp) }
            details["disputed"] = .string(UTC.exact(stamp.time))
            // Not taken away: what is not there is looked for among the tokens.
            try transaction.execute("UPDATE newest_timestamp SET at = ?", [now.milliseconds])
        }
        let seq = try transaction.append(Fact(type: .clockChecked, at: now, details: details))
        try transaction.set(newestTime: now)
        return seq
    }

    package func clockAlarm(behind newest: Date) async throws -> Date? {
        try await read { db in
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT told_at FROM clock_alarm WHERE newest = ?"), arguments: [newest.milliseconds]
            ).map(Date.init(milliseconds:))
        }
    }

    package func tellClock(behind newest: Date, with messages: [OutgoingMessage], at now: Date) async throws {
        try await write { transaction in
            // Set right, or checked, meanwhile.
            guard try transaction.newestKnown() == newest.milliseconds, ClockRule.isBehind(now, newest: newest) else { return }
            try transaction.execute(
                "INSERT INTO clock_alarm (newest, told_at) VALUES (?, ?) ON CONFLICT (newest) DO UPDATE SET told_at = excluded.told_at",
                [newest.milliseconds, now.milliseconds])
            for message in messages { _ = try Self.queue(message, for: nil, at: now, in: transaction) }
        }
    }
}
