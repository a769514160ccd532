import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func tellOverdue(since limit: Date, at now: Date) async throws -> Int {
        let arguments: StatementArguments = [
            "limit": limit.milliseconds, "now": now.milliseconds, "soon": (now + 2 * now.timeIntervalSince(limit)).milliseconds,
            "never": QueuedMessage.never.milliseconds,
        ]
        // A look first: most find nothing, and need no transaction that writes.
        let isQuiet = try await read { db in try Row.fetchOne(db.cachedStatement(sql: Self.overdue), arguments: arguments) == nil }
        guard !isQuiet else { return 0 }
        return try await write { transaction in
            var found: [SittingID: [ConvocationID]] = [:]
            for row in try transaction.rows(Self.overdue, arguments) {
                let convocation = ConvocationID(rawValue: row[0])
                found[SittingID(rawValue: row[1]), default: []].append(convocation)
                try transaction.execute("INSERT INTO convocation_overdue (convocation) VALUES (?)", [convocation.rawValue])
            }
            for (sitting, convocations) in found.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                try Self.post(.undelivered(sitting: sitting, convocations: convocations.sorted()), at: now, in: transaction)
            }
            return found.values.map(\.count).reduce(0, +)
        }
    }

    /// While a relay takes nothing, the clerk is told of that; near the end, of the people all the same. What is held has its own notice.
    private static let overdue = """
        SELECT message.convocation, convocation.sitting FROM message
        JOIN convocation ON convocation.id = message.convocation
        JOIN sitting ON sitting.id = convocation.sitting
        WHERE (\(QueuedMessage.waits) OR message.state = 'leased') AND message.kind = 'convocation' AND message.due_at <> :never
            AND sitting.state = 'approved' AND convocation.state = 'queued' AND message.deadline > :now
            AND ((message.state = 'deferred' OR message.state = 'unknown' OR message.attempt > 1)
                    AND (message.deadline <= :soon OR message.first_attempt_at <= :limit
                        AND NOT EXISTS (SELECT 1 FROM relay_trouble WHERE ended_at IS NULL))
                OR message.deadline <= :soon AND 2 * (:now - convocation.created_at) >= message.deadline - :now)
            AND NOT EXISTS (SELECT 1 FROM convocation_overdue told WHERE told.convocation = message.convocation)
        ORDER BY message.convocation
        """
}
