package import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func recoverLeases(at now: Date, policy: UnknownPolicy) async throws -> Int {
        try await write { transaction in
            let leased = try QueuedMessage.fetch(where: "message.state = 'leased'", [], in: transaction)
            for message in leased { try message.recover(at: now, policy: policy, in: transaction) }
            return leased.count
        }
    }

    package func lease(limit: Int, at now: Date) async throws -> [LeasedMessage] {
        try await write { transaction in
            try Self.failWhatIsTooLate(at: now, in: transaction)
            let sql = """
                SELECT message.id, kind, message_id, sender, recipient, hash, deadline, attempt, first_attempt_at, bytes
                FROM message JOIN message_bytes ON message_bytes.message = message.id
                WHERE state IN ('ready', 'deferred', 'unknown') AND due_at <= ? ORDER BY due_at, message.id LIMIT ?
                """
            return try transaction.rows(sql, [now.milliseconds, max(limit, 0)]).map { row in
                let leased = try LeasedMessage(row, at: now)
                let changed = try transaction.change(
                    """
                    UPDATE message SET state = 'leased', attempt = ?, first_attempt_at = coalesce(first_attempt_at, ?)
                    WHERE id = ? AND state IN ('ready', 'deferred', 'unknown')
                    """, [leased.attempt, now.milliseconds, leased.id.rawValue])
                guard changed == 1 else { throw DamagedRow(table: "message", what: "lease of \(leased.id)") }
                return leased
            }
        }
    }

    package func record(_ outcomes: [DeliveryOutcome]) async throws {
        try await write { transaction in
            for outcome in outcomes {
                let found = try QueuedMessage.fetch(
                    where: "message.id = ? AND message.state = 'leased' AND message.attempt = ?",
                    [outcome.id.rawValue, outcome.attempt], in: transaction)
                if let message = found.first { try message.record(outcome, in: transaction) }
            }
        }
    }

    package func sendAgain(_ id: ConvocationID, by: String, at now: Date) async throws -> Bool {
        try await write { transaction in
            let found = try QueuedMessage.fetch(
                where: "message.state = 'unknown' AND message.kind = 'convocation' AND message.convocation = ?", [id.rawValue],
                in: transaction)
            guard let message = found.first else { return false }
            try message.sendAgain(by: by, at: now, in: transaction)
            return true
        }
    }

    package func handovers(since: Date) async throws -> [Handover] {
        try await read { db in
            // Once, at a start with limits: no index, which each message sent would pay for.
            let sql = """
                SELECT relayed_at, relay, lower(substr(recipient, instr(recipient, '@') + 1)) FROM message
                WHERE relayed_at >= ? AND relay IS NOT NULL ORDER BY relayed_at
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [since.milliseconds]).map { row in
                Handover(at: Date(milliseconds: row[0]), relay: row[1], domain: row[2])
            }
        }
    }

    package func nextDue() async throws -> Date? {
        try await read { db in
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT min(due_at) FROM message WHERE state IN ('ready', 'deferred', 'unknown')")
            ).map(Date.init(milliseconds:))
        }
    }

    package func queueCounts() async throws -> [DeliveryState: Int] {
        try await read { db in
            let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT state, count(*) AS count FROM message GROUP BY state"))
            var counts: [DeliveryState: Int] = [:]
            for row in rows { counts[try row.value("state", of: "message")] = row["count"] }
            return counts
        }
    }

    private static func failWhatIsTooLate(at now: Date, in transaction: WriteTransaction) throws {
        let late = try QueuedMessage.fetch(
            where: "message.state IN ('ready', 'deferred', 'unknown') AND message.deadline <= ?", [now.milliseconds], in: transaction)
        for message in late { try message.failAtDeadline(at: now, in: transaction) }
    }
}

extension LeasedMessage {
    fileprivate init(_ row: Row, at now: Date) throws {
        guard let hash = try row.hash("hash", of: "message") else { throw DamagedRow(table: "message", what: "hash") }
        self.init(
            id: MessageID(rawValue: row["id"]),
            message: OutgoingMessage(
                kind: try row.value("kind", of: "message"), messageID: row["message_id"],
                envelopeSender: try EmailAddress(parsing: row["sender"]), recipient: try EmailAddress(parsing: row["recipient"]),
                bytes: row.bytes("bytes"), hash: hash, deadline: row.date("deadline")),
            attempt: (row["attempt"] as Int) + 1, firstAttemptAt: row.date("first_attempt_at") ?? now.stored)
    }
}
