import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    /// A trouble that lasts is told again after so long.
    private static let repetition: TimeInterval = 86_400

    package func noteTrouble(
        relay: String, cause: RelayTrouble.Cause, reply: String, since: Date, canBeTold: Bool, at now: Date
    ) async throws {
        try await write { transaction in
            try transaction.execute(
                """
                INSERT INTO relay_trouble (relay, cause, reply, since) VALUES (?, ?, ?, ?)
                ON CONFLICT (relay, cause) WHERE ended_at IS NULL DO UPDATE SET reply = excluded.reply
                """, [relay, cause.rawValue, reply, since.milliseconds])
            guard canBeTold else { return }
            // Also those that have ended count: a relay that comes and goes is told of once a day.
            let wanted = try transaction.change(
                """
                UPDATE relay_trouble SET wanted = 1
                WHERE relay = ? AND cause = ? AND ended_at IS NULL AND NOT wanted AND NOT EXISTS (
                    SELECT 1 FROM relay_trouble other WHERE other.relay = relay_trouble.relay AND other.cause = relay_trouble.cause
                        AND other.told_at > ?)
                """, [relay, cause.rawValue, (now - Self.repetition).milliseconds])
            if wanted > 0 { transaction.wake(.composition) }
        }
    }

    package func endTroubles(of relay: String, at now: Date) async throws {
        try await write { transaction in
            let open = try transaction.rows("SELECT id FROM relay_trouble WHERE relay = ? AND ended_at IS NULL", [relay])
            for row in open {
                let id: Int64 = row["id"]
                let withdrawn = try transaction.change(
                    """
                    UPDATE message SET state = 'cancelled' WHERE \(QueuedMessage.waits)
                    AND id IN (SELECT message FROM relay_alarm WHERE trouble = ?)
                    """, [id])
                // What never left told nobody: the next time is told at once.
                try transaction.execute(
                    """
                    UPDATE relay_trouble SET ended_at = ?, wanted = 0, told_at = CASE WHEN ? AND NOT EXISTS (
                        SELECT 1 FROM relay_alarm JOIN message ON message.id = relay_alarm.message
                        WHERE trouble = relay_trouble.id AND message.state NOT IN ('cancelled', 'failed')) THEN NULL ELSE told_at END
                    WHERE id = ?
                    """, [now.milliseconds, withdrawn > 0, id])
            }
        }
    }

    package func relayTroubles() async throws -> [RelayTrouble] { try await troubles(where: "ended_at IS NULL") }

    package func troublesToTell() async throws -> [RelayTrouble] { try await troubles(where: "ended_at IS NULL AND wanted") }

    package func tell(_ trouble: RelayTrouble, with messages: [OutgoingMessage], at now: Date) async throws {
        try await write { transaction in
            let isOurs = try transaction.change(
                "UPDATE relay_trouble SET wanted = 0, told_at = ? WHERE id = ? AND wanted AND ended_at IS NULL",
                [now.milliseconds, trouble.id])
            guard isOurs == 1 else { return }
            for message in messages {
                let number = try Self.queue(message, for: nil, at: now, in: transaction)
                try transaction.execute("INSERT INTO relay_alarm (message, trouble) VALUES (?, ?)", [number, trouble.id])
            }
        }
    }

    private func troubles(where condition: String) async throws -> [RelayTrouble] {
        try await read { db in
            let sql = "SELECT id, relay, cause, reply, since, told_at FROM relay_trouble WHERE \(condition) ORDER BY since, id"
            return try Row.fetchAll(db.cachedStatement(sql: sql)).map { row in
                RelayTrouble(
                    id: row["id"], relay: row["relay"], cause: try row.value("cause", of: "relay_trouble"), reply: row["reply"],
                    since: Date(milliseconds: row["since"]), toldAt: row.date("told_at"))
            }
        }
    }
}
