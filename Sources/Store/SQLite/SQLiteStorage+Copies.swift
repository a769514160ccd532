package import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func copyRecipients(of body: BodyID?) async throws -> [CopyRecipient] {
        try await read { db in
            guard let body else { return try Self.copyRecipients(listed: true, in: db) }
            return try Self.copyRecipients(of: body, besides: try Self.activeMembers(of: body, in: db), in: db)
        }
    }

    package func formerCopyRecipients() async throws -> [CopyRecipient] {
        try await read { try Self.copyRecipients(listed: false, in: $0) }.sorted { $0.id < $1.id }
    }

    private static func copyRecipients(listed: Bool, in db: Database) throws -> [CopyRecipient] {
        let sql = "SELECT \(CopyRecipient.columns) FROM copy_recipient WHERE listed = ? ORDER BY sort_key, copy_recipient.id"
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [listed]).map(CopyRecipient.init)
    }

    /// A convened person who read « you are not convened » might stay at home: whoever has a member's name or address gets none.
    static func copyRecipients(of body: BodyID, besides convened: [Member], in db: Database) throws -> [CopyRecipient] {
        let listed = try copyRecipients(listed: true, in: db)
        let members = KnownMembers(convened)
        return listed.filter { $0.entry.isTold(of: body) && !members.has($0.entry) }
    }

    package func copiesToCompose(limit: Int) async throws -> [CopyToCompose] {
        try await read { [drafts] db in
            let sql = """
                SELECT copy.id AS copy, copy.kind, \(Sitting.columns), \(CopyRecipient.columns)
                FROM copy
                JOIN sitting ON sitting.id = copy.sitting
                JOIN copy_recipient ON copy_recipient.id = copy.recipient
                WHERE copy.state = 'wanted' AND (copy.kind = 'cancellation' OR NOT EXISTS (SELECT 1 FROM convocation
                    WHERE convocation.sitting = copy.sitting AND \(Self.waitsForConvocation)))
                ORDER BY copy.id LIMIT ?
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [max(limit, 0)]).map { row in
                CopyToCompose(
                    id: CopyID(rawValue: row["copy"]), kind: try row.value("kind", of: "copy"),
                    recipient: try CopyRecipient(row).entry, sitting: try Sitting(row, cache: drafts))
            }
        }
    }

    package func store(_ copies: [ComposedCopy], at now: Date) async throws {
        try await write { transaction in
            for copy in copies { try Self.store(copy, at: now, in: transaction) }
        }
    }

    private static func store(_ copy: ComposedCopy, at now: Date, in transaction: WriteTransaction) throws {
        let sql = "SELECT 1 FROM copy WHERE id = ? AND state = 'wanted'"
        guard try transaction.row(sql, [copy.id.rawValue]) != nil else { return }
        if let deadline = copy.message.deadline, deadline <= now {
            try transaction.execute("UPDATE copy SET state = 'withdrawn' WHERE id = ?", [copy.id.rawValue])
            return
        }
        let number = try queue(copy.message, for: nil, at: now, in: transaction)
        try transaction.execute("UPDATE copy SET state = 'queued', message = ? WHERE id = ?", [number, copy.id.rawValue])
    }

    package func copyCounts(of sitting: SittingID) async throws -> CopyCounts {
        try await read { db in
            let sql = """
                SELECT count(*) AS total, count(CASE WHEN message.state IN ('relayed', 'bounced') THEN 1 END) AS relayed,
                    count(CASE WHEN copy.state = 'wanted' OR \(QueuedMessage.mayLeave("message")) THEN 1 END) AS waiting,
                    count(CASE WHEN message.state = 'failed' THEN 1 END) AS failed
                FROM copy LEFT JOIN message ON message.id = copy.message WHERE copy.sitting = ? AND copy.kind = 'information'
                """
            guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [sitting.rawValue]) else {
                return CopyCounts(total: 0, relayed: 0, waiting: 0, failed: 0)
            }
            return CopyCounts(total: row["total"], relayed: row["relayed"], waiting: row["waiting"], failed: row["failed"])
        }
    }

    // MARK: - With the sitting

    /// Wants a copy for each who is to be told; returns how many. Called by the approval, inside its transaction.
    static func wantCopies(of sitting: Sitting, besides convened: [Member], at now: Date, in transaction: WriteTransaction) throws -> Int {
        let recipients = try copyRecipients(of: sitting.draft.body, besides: convened, in: transaction.db)
        for recipient in recipients {
            try transaction.execute(
                "INSERT INTO copy (sitting, recipient, kind, state, created_at) VALUES (?, ?, 'information', 'wanted', ?)",
                [sitting.id.rawValue, recipient.id, now.milliseconds])
        }
        return recipients.count
    }

    /// What has not left doesn't; whoever was told, or may have been, is told of the end. Who is told of the sitting that takes this
    /// one's place learns of it there.
    static func cancelCopies(of sitting: Sitting, at now: Date, in transaction: WriteTransaction) throws {
        guard sitting.state == .approved else { return }
        if now < sitting.draft.start {
            // Whom the copy of this one has not reached still believes in the sitting that it took the place of.
            for ended in [sitting.id.rawValue] + (try replaced(by: sitting.id.rawValue, after: now, in: transaction)) {
                try wantCancellations(
                    where: "copy.sitting = ? AND (message.state = 'relayed' OR message.in_doubt)", [ended], at: now, in: transaction)
            }
        }
        let id = sitting.id.rawValue
        try transaction.execute(
            """
            UPDATE message SET state = 'cancelled' WHERE \(QueuedMessage.waits)
            AND id IN (SELECT message FROM copy WHERE sitting = ? AND kind = 'information')
            """, [id])
        try transaction.execute(
            "UPDATE copy SET state = 'withdrawn' WHERE sitting = ? AND kind = 'information' AND state = 'wanted'", [id])
    }

    /// The sitting was cancelled while this copy was being sent, and it left after all, or may have.
    static func wantCancellation(ofCopyIn message: MessageID, at now: Date, in transaction: WriteTransaction) throws {
        try wantCancellations(where: "message.id = ?", [message.rawValue], at: now, in: transaction)
    }

    private static func wantCancellations(
        where condition: String, _ arguments: StatementArguments, at now: Date, in transaction: WriteTransaction
    ) throws {
        let wanted = try transaction.change(
            """
            INSERT INTO copy (sitting, recipient, kind, state, created_at)
            SELECT copy.sitting, copy.recipient, 'cancellation', 'wanted', \(now.milliseconds) FROM copy
            JOIN message ON message.id = copy.message
            JOIN sitting ON sitting.id = copy.sitting
            WHERE copy.kind = 'information' AND copy.recipient IS NOT NULL AND sitting.state = 'cancelled'
                AND sitting.start > \(now.milliseconds) AND (\(condition))
                AND NOT EXISTS (SELECT 1 FROM copy anew JOIN sitting later ON later.id = anew.sitting
                    LEFT JOIN message said ON said.id = anew.message
                    WHERE anew.sitting = sitting.replaced_by AND anew.recipient = copy.recipient
                        AND (later.state = 'approved' OR anew.kind = 'information' AND (said.state = 'relayed' OR said.in_doubt)))
            ORDER BY copy.id ON CONFLICT DO NOTHING
            """, arguments)
        if wanted > 0 { transaction.wake(.composition) }
    }
}

/// By name and by address.
struct KnownMembers {
    private let names: Set<String>
    private let addresses: Set<String>

    init(_ members: [Member]) {
        names = Set(members.map(\.entry.nameKey))
        addresses = Set(members.compactMap { $0.entry.email?.key })
    }

    func has(_ entry: CopyEntry) -> Bool { names.contains(entry.nameKey) || addresses.contains(entry.email.key) }
}

extension CopyRecipient {
    static let columns = """
        copy_recipient.id AS recipient, copy_recipient.civility, copy_recipient.family_name, copy_recipient.given_name,
        copy_recipient.email, copy_recipient.commune, copy_recipient.language, copy_recipient.bodies
        """

    init(_ row: Row) throws {
        let bodies: String = row["bodies"]
        self.init(
            id: row["recipient"],
            entry: CopyEntry(
                civility: row["civility"], familyName: row["family_name"], givenName: row["given_name"],
                email: try EmailAddress(parsing: row["email"]), commune: row["commune"],
                bodies: bodies.split(separator: "\n").map { BodyID(rawValue: String($0)) },
                language: try row.value("language", of: "copy_recipient")))
    }
}
