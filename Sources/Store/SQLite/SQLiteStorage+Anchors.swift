import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    private static let anchorColumns = "size, method, authority, state, bytes, attempts, next_try, fault"

    package func save(_ anchors: [AnchorRecord]) async throws {
        try await write { transaction in
            let sql = """
                INSERT INTO anchor (\(Self.anchorColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (size, method, authority) DO UPDATE SET state = excluded.state, bytes = excluded.bytes,
                    attempts = excluded.attempts, next_try = excluded.next_try, fault = excluded.fault
                """
            for anchor in anchors {
                try transaction.execute(
                    sql,
                    [
                        Int64(clamping: anchor.size), anchor.method.rawValue, anchor.authority, anchor.state.rawValue,
                        Data(anchor.bytes), anchor.attempts, anchor.nextTry?.milliseconds, anchor.fault,
                    ])
            }
        }
    }

    package func anchorsDue(at now: Date) async throws -> [AnchorRecord] {
        try await anchors(where: "state <> 'complete' AND (next_try IS NULL OR next_try <= ?)", now.milliseconds)
    }

    package func anchors(of size: UInt64?) async throws -> [AnchorRecord] {
        if let size { return try await anchors(where: "size = ?", Int64(clamping: size)) }
        return try await anchors(where: "size >= ?", 0)
    }

    private func anchors(where condition: String, _ argument: Int64) async throws -> [AnchorRecord] {
        try await read { db in
            let sql = "SELECT \(Self.anchorColumns) FROM anchor WHERE \(condition) ORDER BY size, method, authority"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [argument]).map { row in
                AnchorRecord(
                    size: UInt64(row["size"] as Int64), method: try row.value("method", of: "anchor"), authority: row["authority"],
                    state: try row.value("state", of: "anchor"), bytes: row.bytes("bytes"), attempts: row["attempts"],
                    nextTry: row.date("next_try"), fault: row["fault"])
            }
        }
    }
}
