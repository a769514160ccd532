import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func newestTime() async throws -> Date? {
        try await read { try Int64.fetchOne($0.cachedStatement(sql: "SELECT at FROM newest_time")).map(Date.init(milliseconds:)) }
    }

    @discardableResult
    package func acceptClock(at now: Date) async throws -> UInt64 {
        try await write { transaction in
            var details: [String: JSON] = [:]
            if let newest = try transaction.newestTime() { details["newest"] = .string(UTC.exact(Date(milliseconds: newest))) }
            let seq = try transaction.append(Fact(type: .clockChecked, at: now, details: details))
            try transaction.set(newestTime: now)
            return seq
        }
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
            guard try transaction.newestTime() == newest.milliseconds, ClockRule.isBehind(now, newest: newest) else { return }
            try transaction.execute(
                "INSERT INTO clock_alarm (newest, told_at) VALUES (?, ?) ON CONFLICT (newest) DO UPDATE SET told_at = excluded.told_at",
                [newest.milliseconds, now.milliseconds])
            for message in messages { _ = try Self.queue(message, for: nil, at: now, in: transaction) }
        }
    }
}
