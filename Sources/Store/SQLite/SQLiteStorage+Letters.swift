import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func lettersToCompose(limit: Int) async throws -> [LetterToCompose] {
        try await read { [drafts] db in
            // The convocation's own page of the sitting; void links are not offered again. What follows a convocation waits for it.
            let sql = """
                SELECT letter.id, letter.kind, letter.convocation, letter.serial, sitting.cancelled_at, convocation.relayed_at, link.id AS link,
                    link.expires AS link_expires, \(Sitting.columns), \(Member.columns)
                FROM letter
                JOIN convocation ON convocation.id = letter.convocation
                JOIN sitting ON sitting.id = convocation.sitting
                JOIN member_version version ON version.id = convocation.version
                LEFT JOIN link ON link.id = (SELECT min(id) FROM link
                    WHERE link.convocation = convocation.id AND target = 'sitting' AND letter IS NULL AND revoked_at IS NULL)
                WHERE letter.state = 'wanted'
                    AND NOT (letter.kind IN ('supplement', 'changed-place') AND convocation.state = 'composing') ORDER BY letter.id LIMIT ?
                """
            var known: [SittingID: [Int: StoredAmendment]] = [:]
            func amendment(_ sitting: SittingID, _ revision: Int) throws -> StoredAmendment? {
                if let amendment = known[sitting]?[revision] { return amendment }
                let sql = "SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? AND revision = ?"
                let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [sitting.rawValue, revision])
                let amendment = try row.map(StoredAmendment.init)
                known[sitting, default: [:]][revision] = amendment
                return amendment
            }
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [max(limit, 0)]).map { row in
                let sitting = try Sitting(row, cache: drafts)
                let convocation = ConvocationID(rawValue: row["convocation"])
                let kind: LetterKind = try row.value("kind", of: "letter")
                return LetterToCompose(
                    id: LetterID(rawValue: row["id"]), kind: kind, convocation: convocation,
                    member: try Member(row), sitting: sitting, cancelledAt: row.date("cancelled_at"), relayedAt: row.date("relayed_at"),
                    link: (row["link"] as Int64?).map { id in
                        Link(
                            id: UInt64(bitPattern: id), target: .sitting, sitting: sitting.id, convocation: convocation,
                            expires: Date(milliseconds: row["link_expires"]))
                    }, amendment: kind.isAmendment ? try amendment(sitting.id, row["serial"]) : nil)
            }
        }
    }

    package func store(_ letters: [ComposedLetter], at now: Date) async throws {
        try await write { transaction in
            for letter in letters { try Self.store(letter, at: now, in: transaction) }
        }
    }

    private static func store(_ letter: ComposedLetter, at now: Date, in transaction: WriteTransaction) throws {
        let sql = """
            SELECT letter.kind, letter.serial, letter.convocation, convocation.sitting, \(Member.columns)
            FROM letter
            JOIN convocation ON convocation.id = letter.convocation
            JOIN member_version version ON version.id = convocation.version
            WHERE letter.id = ? AND letter.state = 'wanted'
            """
        guard let row = try transaction.row(sql, [letter.id.rawValue]) else { return }
        let message = letter.message
        if let deadline = message.deadline, deadline <= now {
            try transaction.execute("UPDATE letter SET state = 'withdrawn' WHERE id = ?", [letter.id.rawValue])
            return
        }
        let convocation = ConvocationID(rawValue: row["convocation"])
        let number = try queue(message, for: convocation, at: now, in: transaction)
        try transaction.execute("UPDATE letter SET state = 'queued', message = ? WHERE id = ?", [number, letter.id.rawValue])
        var details: [String: JSON] = [
            "member": .member(try Member(row)), "kind": .string(row["kind"]), "serial": .integer(row["serial"]),
            "message": .string(message.hash.hex), "messageID": .string(message.messageID),
            "recipient": .string(message.recipient.description), "sender": .string(message.envelopeSender.description),
        ]
        if !letter.links.isEmpty {
            try insert(letter.links, of: letter.id, in: transaction)
            details["links"] = .integer(Int64(letter.links.count))
            // Of all that the member has by now: the convocation's and every letter's.
            details["linksHash"] = .string(try Digests.links(of: convocation.rawValue, in: transaction.db))
        }
        try transaction.append(
            Fact(
                type: .letterIssued, at: now, sitting: SittingID(rawValue: row["sitting"]), convocation: convocation, details: details))
    }

    // MARK: - Cancellations

    /// Convened to the sitting that takes this one's place: that convocation tells of the change.
    private static let isConvenedAnew = """
        EXISTS (SELECT 1 FROM convocation anew JOIN sitting gone ON gone.replaced_by = anew.sitting
            WHERE gone.id = convocation.sitting AND anew.member = convocation.member)
        """

    /// Whoever has the convocation, or may have it, gets a letter; the clerk is told of the others who may know of the sitting.
    /// Called before the convocations take their new states. Nobody is told of the end of what should have been held by now.
    static func announceCancellation(of sitting: Sitting, at now: Date, in transaction: WriteTransaction) throws -> Cancellation {
        let isPast = now >= sitting.draft.start
        guard sitting.state == .approved, !isPast else { return Cancellation(byMail: 0, underWay: 0, otherwise: 0, isPast: isPast) }
        let id = sitting.id.rawValue
        let wanted = try transaction.change(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT 'cancellation', convocation.id, 0, 'wanted', ? FROM convocation
            JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
            WHERE convocation.sitting = ? AND (message.state = 'relayed' OR message.in_doubt AND message.state <> 'bounced')
                AND NOT \(isConvenedAnew)
            ORDER BY convocation.id
            """, [now.milliseconds, id])
        let others = """
            SELECT id FROM convocation WHERE sitting = ? AND (paper_on IS NOT NULL OR state IN ('paperDue', 'failed')) AND erased_at IS NULL
                AND NOT \(isConvenedAnew) AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.convocation = convocation.id AND letter.kind = 'cancellation')
            ORDER BY id
            """
        let unwarned = try transaction.rows(others, [id]).map { ConvocationID(rawValue: $0[0]) }
        if !unwarned.isEmpty { try post(.unwarned(sitting: sitting.id, convocations: unwarned), at: now, in: transaction) }
        let leased = """
            SELECT count(*) FROM message JOIN convocation ON convocation.id = message.convocation
            WHERE convocation.sitting = ? AND message.kind = 'convocation' AND message.state = 'leased' AND NOT message.in_doubt
            """
        try transaction.execute(
            """
            UPDATE letter SET state = 'withdrawn' WHERE state = 'wanted' AND kind <> 'cancellation'
            AND convocation IN (SELECT id FROM convocation WHERE sitting = ?)
            """, [id])
        if wanted > 0 { transaction.wake(.composition) }
        return Cancellation(
            byMail: wanted, underWay: try transaction.row(leased, [id])?[0] ?? 0, otherwise: unwarned.count, isPast: false)
    }

    /// The sitting was cancelled while this convocation was being sent, and it left after all.
    static func wantCancellation(
        of convocation: ConvocationID, before start: Date, at now: Date, in transaction: WriteTransaction
    ) throws {
        guard now < start else { return }
        try transaction.execute(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT 'cancellation', id, 0, 'wanted', ? FROM convocation WHERE id = ? AND NOT \(isConvenedAnew)
            ON CONFLICT DO NOTHING
            """, [now.milliseconds, convocation.rawValue])
        transaction.wake(.composition)
    }
}
