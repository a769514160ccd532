package import Council
import Foundation
import GRDB

extension SQLiteStorage {
    /// The relay took something that tells this convocation's member of the sitting, or may have: the convocation, or a letter after it.
    private static func isTold(_ convocation: String) -> String {
        """
        EXISTS (SELECT 1 FROM message said WHERE said.convocation = \(convocation).id AND said.kind <> 'cancellation'
            AND (said.state = 'relayed' OR said.in_doubt AND said.state <> 'bounced'))
        """
    }

    /// Convened to a sitting of the given list, each of which took this one's place: that convocation tells of the change. One that was
    /// cancelled in its turn tells whom its convocation, or a letter about it, has reached.
    private static let learnsAnew = """
        EXISTS (SELECT 1 FROM convocation anew JOIN sitting later ON later.id = anew.sitting
            WHERE anew.member = convocation.member AND later.id IN (SELECT value FROM json_each(?))
                AND (later.state = 'approved' OR \(isTold("anew"))))
        """

    /// Whoever was told of the sitting, or may have been, gets a letter; the clerk is told of the others who may know of it.
    /// So with the sittings that this one took the place of: whom its convocation has not reached still believes in those.
    /// Called before the convocations take their new states. Nobody is told of the end of what should have been held by now.
    static func announceCancellation(of sitting: Sitting, at now: Date, in transaction: WriteTransaction) throws -> Cancellation {
        let isPast = now >= sitting.draft.start
        guard sitting.state == .approved, !isPast else { return Cancellation(byMail: 0, underWay: 0, otherwise: 0, isPast: isPast) }
        let id = sitting.id.rawValue
        var (byMail, otherwise) = (0, 0)
        for ended in [id] + (try replaced(by: id, after: now, in: transaction)) {
            let later = try Stored.encode(successors(of: ended, in: transaction.db))
            byMail += try transaction.change(
                """
                INSERT INTO letter (kind, convocation, serial, state, created_at)
                SELECT 'cancellation', convocation.id, 0, 'wanted', ? FROM convocation
                WHERE convocation.sitting = ? AND \(isTold("convocation")) AND NOT \(learnsAnew)
                    AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.convocation = convocation.id AND letter.kind = 'cancellation')
                ORDER BY convocation.id
                """, [now.milliseconds, ended, later])
            // Whose convocation came back, or who has no address any more, is named though a mail goes to the address that there was.
            // Of an earlier sitting, who is not convened to a later one was told, or named to the clerk, when it ended.
            let others = """
                SELECT id FROM convocation WHERE sitting = ? AND erased_at IS NULL AND NOT \(learnsAnew)
                    AND (paper_on IS NOT NULL OR state IN ('paperDue', 'failed') OR \(hasNoAddress) AND \(isTold("convocation")))
                    AND (state = 'failed' OR \(hasNoAddress) OR NOT EXISTS (SELECT 1 FROM letter
                        WHERE letter.convocation = convocation.id AND letter.kind = 'cancellation'))
                    AND (sitting = ? OR EXISTS (SELECT 1 FROM convocation anew
                        WHERE anew.member = convocation.member AND anew.sitting IN (SELECT value FROM json_each(?))))
                ORDER BY id
                """
            let unwarned = try transaction.rows(others, [ended, later, id, later]).map { ConvocationID(rawValue: $0[0]) }
            otherwise += unwarned.count
            if !unwarned.isEmpty {
                try post(.unwarned(sitting: SittingID(rawValue: ended), convocations: unwarned), at: now, in: transaction)
            }
        }
        let leased = """
            SELECT count(*) FROM message JOIN convocation ON convocation.id = message.convocation
            WHERE convocation.sitting = ? AND message.kind = 'convocation' AND message.state = 'leased' AND NOT message.in_doubt
            """
        try transaction.execute(
            """
            UPDATE letter SET state = 'withdrawn' WHERE state = 'wanted' AND kind <> 'cancellation'
            AND convocation IN (SELECT id FROM convocation WHERE sitting = ?)
            """, [id])
        if byMail > 0 { transaction.wake(.composition) }
        return Cancellation(
            byMail: byMail, underWay: try transaction.row(leased, [id])?[0] ?? 0, otherwise: otherwise, isPast: false)
    }

    /// The sitting was cancelled while this was being sent, and it left after all, or may have.
    static func wantCancellation(
        of convocation: ConvocationID, in sitting: SittingID, before start: Date, at now: Date, in transaction: WriteTransaction
    ) throws {
        guard now < start else { return }
        try transaction.execute(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT 'cancellation', id, 0, 'wanted', ? FROM convocation WHERE id = ? AND NOT \(learnsAnew)
            ON CONFLICT DO NOTHING
            """, [now.milliseconds, convocation.rawValue, try Stored.encode(successors(of: sitting.rawValue, in: transaction.db))])
        transaction.wake(.composition)
    }

    package func successor(of id: SittingID) async throws -> Sitting? {
        try await read { [drafts] db in
            guard let last = try Self.successors(of: id.rawValue, in: db).last else { return nil }
            let sql = "SELECT \(Sitting.columns) FROM sitting WHERE id = ?"
            return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [last]).map { try Sitting($0, cache: drafts) }
        }
    }

    /// The sittings that took this one's place, one after the other.
    private static func successors(of id: String, in db: Database) throws -> [String] {
        var found: [String] = []
        let sql = "SELECT replaced_by FROM sitting WHERE id = ?"
        while let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [found.last ?? id]), let next: String = row[0],
            !found.contains(next)
        {
            found.append(next)
        }
        return found
    }

    /// The sittings that this one took the place of, and those before them, that would be yet to come.
    static func replaced(by id: String, after now: Date, in transaction: WriteTransaction) throws -> [String] {
        var found: [String] = []
        var next = [id]
        while let last = next.popLast() {
            for row in try transaction.rows("SELECT id, start FROM sitting WHERE replaced_by = ?", [last]) {
                let (earlier, start): (String, Int64) = (row[0], row[1])
                next.append(earlier)
                if start > now.milliseconds { found.append(earlier) }
            }
        }
        return found
    }
}
