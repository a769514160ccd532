import Council
package import Foundation
import GRDB

/// What becomes of letters that don't leave, and what the clerk is told of it.
extension SQLiteStorage {
    /// The convocation before the letter may still leave: composing, ready, leased, deferred, unknown or held.
    static let waitsForConvocation = """
        (convocation.state IN ('composing', 'queued') OR EXISTS (SELECT 1 FROM message opening WHERE opening.convocation = convocation.id
            AND opening.kind = 'convocation' AND \(QueuedMessage.mayLeave("opening"))))
        """

    /// The relay took the convocation, and it has not come back.
    static let followsConvocation = """
        (convocation.state = 'relayed' OR (convocation.state = 'paperServed' AND EXISTS (SELECT 1 FROM message opening
            WHERE opening.convocation = convocation.id AND opening.kind = 'convocation' AND opening.state = 'relayed')))
        """

    /// The roll, as it is, gives the member no address: they were moved to paper since. (Who has left it keeps the one that they had.)
    static let hasNoAddress = """
        EXISTS (SELECT 1 FROM member_version present
            WHERE present.member = convocation.member AND present.current = 1 AND present.email IS NULL)
        """

    package func settleLetters(overdueSince limit: Date?, at now: Date) async throws -> Int {
        // A look first: most passes find nothing, and need no transaction that writes.
        let isQuiet = try await read { db in
            try StuckLetter.queries(overdueSince: limit, at: now).allSatisfy { sql, arguments in
                try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) == nil
            }
        }
        guard !isQuiet else { return 0 }
        return try await write { transaction in
            var told: [StuckLetter] = []
            for (number, query) in StuckLetter.queries(overdueSince: limit, at: now).enumerated() {
                let found = try transaction.rows(query.0, query.1).map(StuckLetter.init)
                for letter in found {
                    // The last query finds those that may still leave.
                    try transaction.execute(
                        number < 2
                            ? "UPDATE letter SET state = 'withdrawn' WHERE id = ?"
                            : "INSERT INTO letter_overdue (letter, convocation) SELECT id, convocation FROM letter WHERE id = ?",
                        [letter.id])
                }
                told += found
            }
            for letter in told {
                try Self.tell(letter.kind, letter.sitting, letter.convocation, at: now, in: transaction)
            }
            return told.count
        }
    }

    /// The clerk is told of a letter that a member doesn't get, or not yet.
    static func tell(
        _ kind: LetterKind, _ sitting: SittingID, _ convocation: ConvocationID, at now: Date, in transaction: WriteTransaction
    ) throws {
        let notice: NoticeContent =
            kind == .cancellation
            ? .unwarned(sitting: sitting, convocations: [convocation]) : .untold(sitting: sitting, convocations: [convocation])
        try post(notice, at: now, in: transaction)
    }

    private struct StuckLetter {
        let id: Int64
        let kind: LetterKind
        let sitting: SittingID
        let convocation: ConvocationID

        init(_ row: Row) throws {
            id = row["id"]
            kind = try row.value("kind", of: "letter")
            sitting = SittingID(rawValue: row["sitting"])
            convocation = ConvocationID(rawValue: row["convocation"])
        }

        /// Those whose convocation doesn't reach the member by mail, or who have no address any more; those that nobody could make before
        /// the sitting; those that have been open for long, or are refused near their end, once each.
        static func queries(overdueSince limit: Date?, at now: Date) -> [(String, StatementArguments)] {
            let columns = "SELECT letter.id, letter.kind, convocation.sitting, letter.convocation"
            let joins = "JOIN convocation ON convocation.id = letter.convocation JOIN sitting ON sitting.id = convocation.sitting"
            let stands = "(sitting.state = 'approved' OR letter.kind = 'cancellation')"
            // Half of the time that is left is as long as two hours; near the end, one refusal is enough.
            func isNew(end: String, isRefused: String) -> String {
                """
                (letter.created_at <= :limit OR 2 * (:now - letter.created_at) >= \(end) - :now OR (\(isRefused) AND \(end) <= :soon))
                    AND \(stands) AND sitting.start > :now
                    AND NOT EXISTS (SELECT 1 FROM letter_overdue WHERE letter_overdue.letter = letter.id)
                    AND NOT EXISTS (SELECT 1 FROM letter_end WHERE letter_end.letter = letter.id)
                """
            }
            let isQueuedNew = isNew(
                end: "min(coalesce(message.deadline, sitting.start), sitting.start)",
                isRefused: "(message.state IN ('deferred', 'unknown') OR message.attempt > 1)")
            let lost: [(String, StatementArguments)] = [
                (
                    """
                    \(columns) FROM letter \(joins) WHERE letter.state = 'wanted' AND letter.kind IN ('supplement', 'changed-place')
                        AND (\(SQLiteStorage.hasNoAddress)
                            OR (NOT \(SQLiteStorage.waitsForConvocation) AND NOT \(SQLiteStorage.followsConvocation)))
                    ORDER BY letter.id
                    """, []
                ),
                (
                    "\(columns) FROM letter \(joins) WHERE letter.state = 'wanted' AND sitting.start <= ? ORDER BY letter.id",
                    [now.milliseconds]
                ),
            ]
            guard let limit else { return lost }
            return lost + [
                (
                    """
                    \(columns) FROM letter \(joins) WHERE letter.state = 'wanted' AND \(isNew(end: "sitting.start", isRefused: "0"))
                    UNION SELECT letter.id, letter.kind, convocation.sitting, letter.convocation FROM message
                        JOIN letter ON letter.message = message.id \(joins)
                        WHERE \(QueuedMessage.waits) AND message.kind <> 'convocation' AND \(isQueuedNew)
                    UNION SELECT letter.id, letter.kind, convocation.sitting, letter.convocation FROM message
                        JOIN letter ON letter.message = message.id \(joins)
                        WHERE message.state = 'leased' AND message.kind <> 'convocation' AND \(isQueuedNew)
                    ORDER BY 1
                    """,
                    [
                        "limit": limit.milliseconds, "now": now.milliseconds,
                        "soon": (now + 2 * now.timeIntervalSince(limit)).milliseconds,
                    ]
                )
            ]
        }
    }
}
