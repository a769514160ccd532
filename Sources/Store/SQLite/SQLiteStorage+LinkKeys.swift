package import Council
package import Foundation
import GRDB
import Ledger

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

    package func replaceLinkKeys(with keys: [LinkKeyTrace], at now: Date) async throws {
        let accepted = keys.map { (number: Int64($0.number), fingerprint: $0.fingerprint) }
        try await write { transaction in
            let known = try transaction.rows("SELECT number, fingerprint FROM link_key ORDER BY id", []).map {
                (number: $0[0] as Int64, fingerprint: $0[1] as String)
            }
            try transaction.execute("DELETE FROM link_key")
            try Self.insert(keys, in: transaction)
            try transaction.append(
                Fact(type: .keysAccepted, at: now, details: ["old": Self.fingerprints(known), "new": Self.fingerprints(accepted)]))
        }
    }

    private static func fingerprints(_ keys: [(number: Int64, fingerprint: String)]) -> JSON {
        .array(keys.map { .object(["number": .integer($0.number), "fingerprint": .string($0.fingerprint)]) })
    }

    package func sentLinks(after: ConvocationID?, limit: Int) async throws -> [SentLinks] {
        try await read { db in
            let sql = Self.sent + " AND convocation.id > ? ORDER BY convocation.id LIMIT ?"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [after?.rawValue ?? -1, limit]).map(SentLinks.init)
        }
    }

    package func newestSentLinks(sittings: Int) async throws -> [SentLinks] {
        try await read { db in
            let last = "SELECT id FROM sitting WHERE approved_at IS NOT NULL ORDER BY start DESC LIMIT ?"
            return try String.fetchAll(db, sql: last, arguments: [sittings]).compactMap { sitting in
                let sql = Self.sent + " AND convocation.sitting = ? ORDER BY convocation.id DESC LIMIT 1"
                return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [sitting]).map(SentLinks.init)
            }
        }
    }

    private static let sent = """
        SELECT convocation.id, substr(bytes, 1, \(SentLinks.prefix)),
            (SELECT max(expires) FROM link WHERE link.convocation = convocation.id AND revoked_at IS NULL)
        FROM convocation
        JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
        JOIN message_bytes ON message_bytes.message = message.id
        WHERE EXISTS (
            SELECT 1 FROM opening JOIN journal ON journal.seq = opening.seq
            WHERE opening.convocation = convocation.id AND journal.type = 'convocation.issued'
                AND opening.seq > coalesce((SELECT max(seq) FROM journal WHERE type = 'keys.accepted'), -1))
        """

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

extension SentLinks {
    fileprivate init(_ row: Row) {
        let until: Int64? = row[2]
        self.init(convocation: ConvocationID(rawValue: row[0]), bytes: row[1] as Data? ?? Data(), holdUntil: until)
    }

    private init(convocation: ConvocationID, bytes: Data, holdUntil: Int64?) {
        self.init(convocation: convocation, bytes: Array(bytes), holdUntil: holdUntil.map(Date.init(milliseconds:)))
    }
}
