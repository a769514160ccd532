import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    /// One recipient's trouble is told once in so long.
    private static let repetition: TimeInterval = 86_400

    /// With the outcome that says so: tried again or not.
    static func noteRefusal(of message: MessageID, at now: Date, in transaction: WriteTransaction) throws {
        let isNew = try transaction.change(
            "INSERT INTO refused_mail (message, since) VALUES (?, ?) ON CONFLICT DO NOTHING", [message.rawValue, now.milliseconds])
        if isNew == 1 { transaction.wake(.composition) }
    }

    package func refusedMails(since: Date) async throws -> [RefusedMail] {
        try await refused(where: "message.state <> 'failed' OR refused_mail.since >= ?", [since.milliseconds])
    }

    package func refusedMailsToTell(at now: Date) async throws -> [RefusedMail] {
        try await refused(
            where: """
                refused_mail.told_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM refused_mail other JOIN message known ON known.id = other.message
                    WHERE other.told_at > ? AND known.recipient = message.recipient)
                """, [(now - Self.repetition).milliseconds])
    }

    package func tell(_ refused: [RefusedMail], with messages: [OutgoingMessage], at now: Date) async throws {
        try await write { transaction in
            var isOurs = false
            for mail in refused {
                let changed = try transaction.change(
                    "UPDATE refused_mail SET told_at = ? WHERE message = ? AND told_at IS NULL", [now.milliseconds, mail.id.rawValue])
                isOurs = isOurs || changed == 1
            }
            guard isOurs else { return }
            for message in messages { try Self.queue(message, for: nil, at: now, in: transaction) }
        }
    }

    /// Of what left in the end, or was withdrawn, there is nothing to say.
    private func refused(where condition: String, _ arguments: StatementArguments) async throws -> [RefusedMail] {
        try await read { db in
            let sql = """
                SELECT message.id, message.recipient, message.relay, message.last_reply, message.state = 'failed' AS is_over, message.due_at,
                    refused_mail.since
                FROM refused_mail JOIN message ON message.id = refused_mail.message
                WHERE message.state NOT IN ('relayed', 'bounced', 'cancelled') AND (\(condition)) ORDER BY refused_mail.since, message.id
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map { row in
                RefusedMail(
                    id: MessageID(rawValue: row["id"]), recipient: try EmailAddress(parsing: row["recipient"]),
                    since: Date(milliseconds: row["since"]), relay: row["relay"] ?? "", reply: row["last_reply"] ?? "",
                    nextTry: row["is_over"] ? nil : Date(milliseconds: row["due_at"]))
            }
        }
    }
}
