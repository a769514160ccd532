package import Council
import Foundation
import GRDB

extension SQLiteStorage {
    package func lettersNotReceived(of id: SittingID) async throws -> [ConvocationID: [LetterStatus]] {
        try await read { db in
            let sql = """
                SELECT letter.convocation, letter.serial % \(ToldAmendments.moveAlone) AS serial, letter.created_at, letter.state = 'withdrawn' AS is_withdrawn, message.state AS sent,
                    message.last_reply, message.in_doubt AND message.relayed_at IS NULL AS is_doubtful,
                    EXISTS (SELECT 1 FROM letter alone JOIN message sent ON sent.id = alone.message
                        WHERE alone.convocation = letter.convocation AND alone.kind = 'changed-place'
                            AND alone.serial = letter.serial + \(ToldAmendments.moveAlone) AND sent.state = 'relayed') AS place_is_told,
                    letter.kind = 'changed-place' AS moves, message.state = 'relayed' AS is_late,
                    (SELECT json_group_array(old.serial % \(ToldAmendments.moveAlone)) \(ToldAmendments.replaced(by: "letter"))) AS replaced
                FROM convocation JOIN letter ON letter.convocation = convocation.id
                LEFT JOIN message ON message.id = letter.message
                WHERE convocation.sitting = ? AND letter.kind IN ('supplement', 'changed-place')
                    AND (coalesce(message.state, '') NOT IN ('relayed', 'cancelled')
                        OR message.state = 'relayed' AND message.relayed_at >= message.deadline)
                    AND \(LetterEnd.stands("letter"))
                    AND NOT (\(StoredAmendment.isOvertaken("letter")))
                ORDER BY letter.id
                """
            var letters: [ConvocationID: [LetterStatus]] = [:]
            for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id.rawValue]) {
                let state: String? = row["sent"]
                letters[ConvocationID(rawValue: row["convocation"]), default: []].append(
                    LetterStatus(
                        state: try state.map { _ in try row.value("sent", of: "message") }, relayedAt: nil, lastReply: row["last_reply"],
                        isWithdrawn: row["is_withdrawn"], serial: row["serial"], createdAt: row.date("created_at"),
                        isLate: row["is_late"] ?? false, movesSitting: row["moves"],
                        replaced: try Stored.decode(row["replaced"], table: "letter"), mayHaveArrived: row["is_doubtful"] ?? false,
                        placeIsTold: row["place_is_told"]))
            }
            return letters
        }
    }
}
