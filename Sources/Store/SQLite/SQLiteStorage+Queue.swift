package import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func recoverLeases(at now: Date, policy: UnknownPolicy, begun: Set<LeasedAttempt>?) async throws -> Int {
        try await write { transaction in
            let leased = try QueuedMessage.fetch(where: "message.state = 'leased'", in: transaction)
            return try leased.count { try $0.recover(at: now, policy: policy, begun: begun, in: transaction) }
        }
    }

    package func lease(limit: Int, at now: Date) async throws -> [LeasedMessage] {
        try await write { transaction in
            try Self.failWhatIsTooLate(at: now, in: transaction)
            try Self.endWaitsOfAFastClock(at: now, in: transaction)
            // What convenes, and what the clerk is told, goes before copies, however long those have been due.
            do { try transaction.refuseClock(behind: now) } catch StorageError.clockBehind {
                // What the clerk is told goes all the same.
                return try Self.lease("kind IN ('preview', 'alarm')", limit: limit, at: now, in: transaction)
            }
            let pressing = try Self.lease("kind <> 'copy'", limit: limit, at: now, in: transaction)
            guard pressing.count < limit else { return pressing }
            return pressing + (try Self.lease("kind = 'copy'", limit: limit - pressing.count, at: now, in: transaction))
        }
    }

    private static func lease(
        _ condition: String, limit: Int, at now: Date, in transaction: WriteTransaction
    ) throws -> [LeasedMessage] {
        let sql = """
            UPDATE message SET state = 'leased', attempt = attempt + 1, first_attempt_at = coalesce(first_attempt_at, ?)
            WHERE id IN (
                SELECT id FROM message WHERE \(QueuedMessage.waits) AND due_at <= ? AND \(condition)
                ORDER BY due_at, id LIMIT ?)
            RETURNING id, kind, message_id, sender, recipient, hash, deadline, attempt, first_attempt_at, due_at
            """
        return try transaction.all(sql) {
            $0.add(now.milliseconds)
            $0.add(now.milliseconds)
            $0.add(Int64(max(limit, 0)))
        } _: { row in
            // (`RETURNING` would copy the bytes once more.)
            let bytes = try transaction.all(
                fixed: "SELECT bytes FROM message_bytes WHERE message = ?", { $0.add(row.number(0)) }, { $0.bytes(0) })
            // Without any, it is refused as empty and the clerk is told; the others go.
            return (due: row.number(9), leased: try LeasedMessage(row, bytes: bytes.first ?? []))
        }
        // SQLite returns them in no order.
        .sorted { ($0.due, $0.leased.id.rawValue) < ($1.due, $1.leased.id.rawValue) }
        .map(\.leased)
    }

    package func record(_ outcomes: [DeliveryOutcome]) async throws {
        try await write { transaction in
            for outcome in outcomes {
                let found = try QueuedMessage.fetch(
                    where: "message.id = ? AND message.state = 'leased' AND message.attempt = ?", in: transaction
                ) {
                    $0.add(outcome.id.rawValue)
                    $0.add(Int64(outcome.attempt))
                }
                if let message = found.first { try message.record(outcome, in: transaction) }
            }
            // Letters and copies wait for convocations.
            let waiting =
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM letter WHERE state = 'wanted') OR EXISTS (SELECT 1 FROM copy WHERE state = 'wanted')"
            if try transaction.row(waiting, []) != nil { transaction.wake(.composition) }
        }
    }

    package func isWithdrawn(_ id: MessageID) async throws -> Bool {
        try await write { transaction in
            try QueuedMessage.fetch(where: "message.id = ?", in: transaction) { $0.add(id.rawValue) }.first?.isToGo == false
        }
    }

    package func sendAgain(_ id: ConvocationID, by: String, at now: Date) async throws -> Bool {
        try await write { transaction in
            let found = try QueuedMessage.fetch(
                where: "message.state = 'unknown' AND message.kind = 'convocation' AND message.convocation = ?", in: transaction
            ) { $0.add(id.rawValue) }
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
                db.cachedStatement(sql: "SELECT min(due_at) FROM message WHERE \(QueuedMessage.waits)")
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

    /// A wait that began in the future was set by a clock that was ahead (by a minute at least, so that a step of NTP doesn't cut
    /// waits short): it would last as long as the clock was wrong. It is over now.
    private static func endWaitsOfAFastClock(at now: Date, in transaction: WriteTransaction) throws {
        let sql = """
            UPDATE message SET due_at = ?, waiting_since = ?
            WHERE \(QueuedMessage.waits) AND waiting_since > ? AND +due_at > ? AND +due_at < ?
            """
        // (The plus signs keep SQLite from looking at all that waits: hardly anything has such a `waiting_since`.)
        try transaction.run(sql) {
            $0.add(now.milliseconds)
            $0.add(now.milliseconds)
            $0.add(now.addingTimeInterval(60).milliseconds)
            $0.add(now.milliseconds)
            $0.add(QueuedMessage.never.milliseconds)
        }
    }

    private static func failWhatIsTooLate(at now: Date, in transaction: WriteTransaction) throws {
        let late = try QueuedMessage.fetch(
            where: "\(QueuedMessage.waits) AND message.deadline <= ?", in: transaction
        ) { $0.add(now.milliseconds) }
        for message in late { try message.failAtDeadline(at: now, in: transaction) }
    }
}

extension LeasedMessage {
    fileprivate init(_ row: PlainColumns, bytes: [UInt8]) throws {
        guard let firstAttemptAt = row.dateIfAny(8) else { throw DamagedRow(table: "message", what: "first attempt") }
        self.init(
            id: MessageID(rawValue: row.number(0)),
            message: OutgoingMessage(
                kind: try row.value(1, "kind", of: "message"), messageID: row.text(2),
                envelopeSender: try EmailAddress(parsing: row.text(3)), recipient: try EmailAddress(parsing: row.text(4)),
                bytes: bytes, hash: try row.hash(5, of: "message"), deadline: row.dateIfAny(6)),
            attempt: Int(row.number(7)), firstAttemptAt: firstAttemptAt)
    }
}
