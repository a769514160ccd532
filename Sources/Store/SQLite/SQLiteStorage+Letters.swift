import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func lettersToCompose(limit: Int) async throws -> [LetterToCompose] {
        try await read { [drafts] db in
            // The convocation's own page of the sitting; void links are not offered again. A letter goes after the convocation and
            // after older letters, never before them; and to the address that the member has now, whatever it was when they were convened.
            let sql = """
                SELECT letter.id, letter.kind, letter.convocation, letter.serial, sitting.cancelled_at, convocation.relayed_at, link.id AS link,
                    link.expires AS link_expires,
                    EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands)) AS acknowledged,
                    present.email AS present_email, \(ToldAmendments.column) AS told, \(Sitting.columns), \(Member.columns)
                FROM letter
                JOIN convocation ON convocation.id = letter.convocation
                JOIN sitting ON sitting.id = convocation.sitting
                JOIN member_version version ON version.id = convocation.version
                LEFT JOIN member_version present ON present.member = convocation.member AND present.current = 1
                LEFT JOIN link ON link.id = (SELECT min(id) FROM link
                    WHERE link.convocation = convocation.id AND target = 'sitting' AND letter IS NULL AND revoked_at IS NULL)
                WHERE letter.state = 'wanted' AND NOT \(Self.waitsForEarlier)
                    AND (letter.kind NOT IN ('supplement', 'changed-place') OR (NOT \(Self.waitsForConvocation) AND \(Self.followsConvocation) AND NOT \(Self.hasNoAddress)))
                ORDER BY letter.id LIMIT ?
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
                let told = try (row["told"] as String?).flatMap { try ToldAmendments($0) { try amendment(sitting.id, $0) } }
                let kind = try told.map { LetterKind(telling: $0.whole.content) } ?? row.value("kind", of: "letter")
                return LetterToCompose(
                    id: LetterID(rawValue: row["id"]), kind: kind, convocation: convocation,
                    member: try Member(row).at(row["present_email"]), sitting: sitting, cancelledAt: row.date("cancelled_at"),
                    relayedAt: row.date("relayed_at"),
                    link: (row["link"] as Int64?).map { id in
                        Link(
                            id: UInt64(bitPattern: id), target: .sitting, sitting: sitting.id, convocation: convocation,
                            expires: Date(milliseconds: row["link_expires"]))
                    }, isAcknowledged: row["acknowledged"], amendment: told?.whole, parts: told?.parts ?? [])
            }
        }
    }

    package func store(_ letters: [ComposedLetter], at now: Date) async throws {
        try await write { transaction in
            for letter in letters { try Self.store(letter, at: now, in: transaction) }
        }
    }

    /// It is too late for what a letter adds to the agenda; where the sitting is can be told until it begins. `condition`: which letter.
    static func wantMoveAlone(after condition: String, _ number: Int64, at now: Date, in transaction: WriteTransaction) throws {
        try transaction.execute(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT 'changed-place', convocation, serial + \(ToldAmendments.moveAlone), 'wanted', ? FROM letter
            WHERE \(condition) AND serial < \(ToldAmendments.moveAlone) AND EXISTS (SELECT 1 FROM convocation
                JOIN sitting ON sitting.id = convocation.sitting
                WHERE convocation.id = letter.convocation AND sitting.state = 'approved' AND sitting.start > ?)
            """, [now.milliseconds, number, now.milliseconds])
        transaction.wake(.composition)
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
            try transaction.execute(
                "UPDATE letter SET state = 'withdrawn', kind = ? WHERE id = ?", [message.kind.rawValue, letter.id.rawValue])
            if message.kind == .changedPlace { try wantMoveAlone(after: "id = ?", letter.id.rawValue, at: now, in: transaction) }
            return try tell(
                try row.value("kind", of: "letter"), SittingID(rawValue: row["sitting"]), ConvocationID(rawValue: row["convocation"]),
                at: now,
                in: transaction)
        }
        let convocation = ConvocationID(rawValue: row["convocation"])
        let number = try queue(message, for: convocation, at: now, in: transaction)
        // It may tell more than was thought of when it was wanted.
        try transaction.execute(
            "UPDATE letter SET state = 'queued', message = ?, kind = ? WHERE id = ?", [number, message.kind.rawValue, letter.id.rawValue])
        var details: [String: JSON] = [
            "member": .member(try Member(row)), "kind": .string(message.kind.rawValue), "serial": .integer(row["serial"]),
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
}

extension Member {
    /// As they were convened, but with the address of the roll as it is; nil: it has none of them.
    fileprivate func at(_ address: String?) throws -> Member {
        guard entry.email != nil, let address else { return self }
        return Member(
            id: id,
            entry: RollEntry(
                civility: entry.civility, familyName: entry.familyName, givenName: entry.givenName,
                email: try EmailAddress(parsing: address),
                bodies: entry.bodies, service: entry.service, language: entry.language))
    }
}
