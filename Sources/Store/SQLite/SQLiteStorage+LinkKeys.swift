import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func linkKeys() async throws -> [LinkKeyTrace] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT number, fingerprint, created_at FROM link_key ORDER BY id").map { row in
                LinkKeyTrace(
                    number: UInt8(clamping: row["number"] as Int64), fingerprint: row["fingerprint"],
                    createdAt: Date(milliseconds: row["created_at"]))
            }
        }
    }

    package func remember(_ keys: [LinkKeyTrace]) async throws {
        try await write { try Self.insert(keys, in: $0) }
    }

    package func replaceLinkKeys(with keys: [LinkKeyTrace]) async throws {
        try await write { transaction in
            try transaction.execute("DELETE FROM link_key")
            try Self.insert(keys, in: transaction)
        }
    }

    private static func insert(_ keys: [LinkKeyTrace], in transaction: WriteTransaction) throws {
        for key in keys {
            try transaction.execute(
                "INSERT INTO link_key (number, fingerprint, created_at) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
                [Int64(key.number), key.fingerprint, key.createdAt.milliseconds])
        }
    }

    package func lastExpiry(ofLinksMadeBefore end: Date, at now: Date) async throws -> Date? {
        try await read { db in
            let sql = """
                SELECT max(link.expires) FROM link
                LEFT JOIN convocation ON convocation.id = link.convocation
                LEFT JOIN sitting ON sitting.id = link.sitting
                WHERE link.revoked_at IS NULL AND link.expires > ? AND coalesce(convocation.created_at, sitting.received_at) < ?
                """
            return try Int64.fetchOne(db, sql: sql, arguments: [now.milliseconds, end.milliseconds]).map(Date.init(milliseconds:))
        }
    }
}
