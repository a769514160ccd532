package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    /// Whom a reminder can reach: served by mail alone, not returned, with an address and a link that opens.
    private static let reachable = """
        SELECT convocation.id FROM convocation
        JOIN sitting ON sitting.id = convocation.sitting
        JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
        WHERE convocation.sitting = ? AND convocation.state = 'relayed' AND message.state = 'relayed' AND convocation.paper_on IS NULL
            AND NOT \(hasNoAddress)
            AND EXISTS (SELECT 1 FROM link WHERE link.convocation = convocation.id AND target = 'sitting'
                AND link.letter IS NULL AND revoked_at IS NULL)
        """

    /// Whom it is for: those of them who have not acknowledged.
    private static let candidates =
        reachable + " AND NOT EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands))"

    package func remind(_ id: SittingID, at now: Date) async throws -> Int { try await remind(id, everyone: false, at: now) }

    package func sendLinksAgain(of id: SittingID, at now: Date) async throws -> Int { try await remind(id, everyone: true, at: now) }

    private func remind(_ id: SittingID, everyone: Bool, at now: Date) async throws -> Int {
        try await write { transaction in
            let sitting = try Self.sitting(id, in: transaction)
            guard sitting.state == .approved, now < sitting.draft.start else { throw StorageError.wrongState(id, sitting.state) }
            let sql =
                (everyone ? Self.reachable : Self.candidates) + """
                     AND NOT EXISTS (SELECT 1 FROM letter
                        WHERE letter.convocation = convocation.id AND letter.kind = 'reminder' AND letter.created_at > ?)
                    ORDER BY convocation.id
                    """
            var since = now.addingTimeInterval(-3600).milliseconds
            // A reminder from before the keys were renewed has a link that opens nothing.
            if everyone, let accepted = try Self.keysAccepted(in: transaction) { since = max(since, min(accepted, now.milliseconds)) }
            let convocations = try transaction.rows(sql, [id.rawValue, since]).map { $0[0] as Int64 }
            for convocation in convocations {
                try Self.wantReminder(of: convocation, at: now, in: transaction)
            }
            if !convocations.isEmpty { transaction.wake(.composition) }
            return convocations.count
        }
    }

    private static func wantReminder(of convocation: Int64, at now: Date, in transaction: WriteTransaction) throws {
        try transaction.execute(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT 'reminder', ?, max(100000, coalesce(max(serial), 0)) + 1, 'wanted', ? FROM letter
            WHERE kind = 'reminder' AND convocation = ?
            """, [convocation, now.milliseconds, convocation])
    }

    /// In the place of one that did not leave, and names what is no longer so.
    static func remindAnew(_ convocation: ConvocationID, at now: Date, in transaction: WriteTransaction) throws {
        let sitting = "SELECT sitting FROM convocation WHERE id = ?"
        guard let row = try transaction.row(sitting, [convocation.rawValue]) else { return }
        let candidate = candidates + " AND sitting.state = 'approved' AND sitting.start > ? AND convocation.id = ?"
        guard try transaction.row(candidate, [row[0] as String, now.milliseconds, convocation.rawValue]) != nil else { return }
        try wantReminder(of: convocation.rawValue, at: now, in: transaction)
        transaction.wake(.composition)
    }

    /// An acknowledgement, or a service on paper: nobody is reminded any more.
    static func endReminders(of convocation: ConvocationID, at now: Date, in transaction: WriteTransaction) throws {
        try end(.needless, where: "convocation.id = ? AND letter.kind = 'reminder'", [convocation.rawValue], at: now, in: transaction)
    }

    /// When link keys were last accepted as they were; nil: never.
    private static func keysAccepted(in transaction: WriteTransaction) throws -> Int64? {
        let sql = """
            SELECT content FROM opening WHERE seq = (SELECT max(seq) FROM journal WHERE type = 'keys.accepted')
            """
        guard let content = try transaction.rows(sql, []).first.map({ $0[0] as Data }) else { return nil }
        // One that can't be read is the audit's affair: then an hour is waited, as for any reminder.
        return (try? JSON(parsing: Array(content)))?["at"]?.text.flatMap(UTC.milliseconds)
    }

    package func remindDue(hoursBefore: [Int], at now: Date) async throws -> Int {
        guard let longest = hoursBefore.max() else { return 0 }
        // A look first: most passes find nothing, and need no transaction that writes.
        let due = try await read { db in
            let sql = "SELECT id, start FROM sitting WHERE state = 'approved' AND start > ? AND start <= ? ORDER BY start"
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: sql), arguments: [now.milliseconds, now.milliseconds + Int64(longest) * 3_600_000])
            return try rows.compactMap { row -> DueReminder? in
                let start: Int64 = row[1]
                guard let hour = hoursBefore.filter({ start - Int64($0) * 3_600_000 <= now.milliseconds }).min() else { return nil }
                let reminder = DueReminder(sitting: row[0], hour: Int64(hour), moment: start - Int64(hour) * 3_600_000)
                return try Row.fetchOne(db.cachedStatement(sql: DueReminder.sql), arguments: reminder.arguments) == nil ? nil : reminder
            }
        }
        guard !due.isEmpty else { return 0 }
        return try await write { transaction in
            var count = 0
            for reminder in due {
                // It may have been cancelled, or begun, since the look.
                let sitting = try Self.sitting(SittingID(rawValue: reminder.sitting), in: transaction)
                guard sitting.state == .approved, now < sitting.draft.start else { continue }
                for row in try transaction.rows(DueReminder.sql, reminder.arguments) {
                    try transaction.execute(
                        "INSERT INTO letter (kind, convocation, serial, state, created_at) VALUES ('reminder', ?, ?, 'wanted', ?)",
                        [row[0] as Int64, reminder.hour, now.milliseconds])
                    count += 1
                }
            }
            if count > 0 { transaction.wake(.composition) }
            return count
        }
    }

    /// A configured hour that has come for a sitting.
    private struct DueReminder: Sendable {
        let sitting: String
        let hour: Int64
        /// `hour` hours before the sitting: who was convened later is not reminded.
        let moment: Int64

        static let sql =
            SQLiteStorage.candidates + """
                 AND convocation.relayed_at <= ? AND NOT EXISTS (SELECT 1 FROM letter
                    WHERE letter.convocation = convocation.id AND letter.kind = 'reminder' AND letter.serial = ?)
                ORDER BY convocation.id
                """

        var arguments: StatementArguments { [sitting, moment, hour] }
    }
}
