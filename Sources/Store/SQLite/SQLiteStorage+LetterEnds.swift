import Council
import Foundation
import GRDB

/// Why a letter doesn't go (again), though it might.
enum LetterEnd: String {
    /// A newer letter tells what it told; a reminder is made anew.
    case replaced
    /// A reminder that nobody needs any more.
    case needless
    /// Its convocation came back.
    case unserved

    /// Nothing took the letter's place, and somebody needs it.
    static func stands(_ letter: String) -> String {
        "NOT EXISTS (SELECT 1 FROM letter_end WHERE letter_end.letter = \(letter).id AND cause <> 'unserved')"
    }
}

/// One rule for the order of what a member is told after the convocation: a letter is made when nothing older about the same
/// convocation may still leave. What has become pointless meanwhile ends here, and nowhere else.
extension SQLiteStorage {
    /// An older letter of the convocation may still leave. A cancellation waits for what is being sent right now, and for nothing else.
    static let waitsForEarlier = """
        CASE letter.kind WHEN 'cancellation'
            THEN EXISTS (SELECT 1 FROM message leaving WHERE leaving.convocation = letter.convocation AND leaving.state = 'leased')
            ELSE EXISTS (SELECT 1 FROM letter earlier LEFT JOIN message sent ON sent.id = earlier.message
                WHERE earlier.convocation = letter.convocation AND earlier.id < letter.id
                    AND NOT (earlier.kind = 'reminder' AND letter.kind = 'reminder')
                    AND (earlier.state = 'wanted' OR \(QueuedMessage.mayLeave("sent"))))
        END
        """

    struct EndedLetter {
        let kind: LetterKind
        let convocation: ConvocationID
    }

    /// Ends those of the letters that may still leave, beside their `convocation`. One that is being sent goes no further than that.
    @discardableResult
    static func end(
        _ cause: LetterEnd, where condition: String, _ arguments: StatementArguments, at now: Date, in transaction: WriteTransaction
    ) throws -> [EndedLetter] {
        let sql = """
            SELECT letter.id, letter.kind, letter.convocation, letter.message FROM convocation
            JOIN letter ON letter.convocation = convocation.id LEFT JOIN message sent ON sent.id = letter.message
            WHERE \(condition) AND (letter.state = 'wanted' OR \(QueuedMessage.mayLeave("sent")))
                AND NOT EXISTS (SELECT 1 FROM letter_end WHERE letter_end.letter = letter.id)
            ORDER BY letter.id
            """
        return try transaction.rows(sql, arguments).map { row in
            let (letter, convocation): (Int64, Int64) = (row["id"], row["convocation"])
            let message: Int64? = row["message"]
            try transaction.execute(
                "INSERT INTO letter_end (letter, convocation, cause) VALUES (?, ?, ?)", [letter, convocation, cause.rawValue])
            if let message {
                for queued in try QueuedMessage.fetch(where: "message.id = ?", in: transaction, { $0.add(message) }) {
                    try queued.end(at: now, in: transaction)
                }
            } else {
                try transaction.execute("UPDATE letter SET state = 'withdrawn' WHERE id = ?", [letter])
            }
            let ended = EndedLetter(kind: try row.value("kind", of: "letter"), convocation: ConvocationID(rawValue: convocation))
            if ended.kind == .reminder, cause == .replaced, message == nil { try remindAnew(ended.convocation, at: now, in: transaction) }
            return ended
        }
    }
}
