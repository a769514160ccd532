package import Council
import Foundation
import GRDB

extension SQLiteStorage {
    package func lettersNotReceived(of id: SittingID) async throws -> [ConvocationID: [LetterStatus]] {
        try await read { db in
            let sql = """
                SELECT letter.convocation, letter.serial, letter.created_at, letter.state = 'withdrawn' AS is_withdrawn, message.state AS sent,
                    message.last_reply, message.in_doubt AND message.relayed_at IS NULL AS is_doubtful
                FROM convocation JOIN letter ON letter.convocation = convocation.id
                LEFT JOIN message ON message.id = letter.message
                WHERE convocation.sitting = ? AND letter.kind IN ('supplement', 'changed-place')
                    AND coalesce(message.state, '') NOT IN ('relayed', 'cancelled')
                ORDER BY letter.id
                """
            var letters: [ConvocationID: [LetterStatus]] = [:]
            for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id.rawValue]) {
                let state: String? = row["sent"]
                letters[ConvocationID(rawValue: row["convocation"]), default: []].append(
                    LetterStatus(
                        state: try state.map { _ in try row.value("sent", of: "message") }, relayedAt: nil, lastReply: row["last_reply"],
                        isWithdrawn: row["is_withdrawn"], serial: row["serial"], createdAt: row.date("created_at"),
                        mayHaveArrived: row["is_doubtful"] ?? false))
            }
            return letters
        }
    }
}
