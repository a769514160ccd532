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
                    AND (earlier.state = 'wanted' OR sent.state IN ('ready', 'leased', 'deferred', 'unknown')))
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
            WHERE \(condition) AND (letter.state = 'wanted' OR sent.state IN ('ready', 'leased', 'deferred', 'unknown'))
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

/// What a letter about an amendment tells its member: its own amendment, and those of older letters that it replaced before they left.
struct ToldAmendments {
    private struct Earlier: Decodable {
        let id: Int64
        let serial: Int
        /// Replaced, and the relay has not taken it.
        let isReplaced: Bool
        let isInDoubt: Bool
        let isRelayed: Bool
    }

    /// The letters of one convocation up to this one, as JSON.
    static let column = """
        CASE WHEN letter.kind IN ('supplement', 'changed-place') THEN (SELECT json_group_array(json_object('id', told.id, 'serial', told.serial,
                'isReplaced', json(iif(ended.cause IS 'replaced' AND coalesce(sent.relayed_at, 0) = 0, 'true', 'false')),
                'isInDoubt', json(iif(sent.in_doubt IS 1, 'true', 'false')),
                'isRelayed', json(iif(sent.state IS 'relayed', 'true', 'false'))))
            FROM letter told LEFT JOIN message sent ON sent.id = told.message LEFT JOIN letter_end ended ON ended.letter = told.id
            WHERE told.convocation = letter.convocation AND told.id <= letter.id AND told.kind IN ('supplement', 'changed-place')) END
        """

    /// Oldest first, each as it was approved.
    let parts: [StoredAmendment]
    /// All of them in one.
    let whole: StoredAmendment

    /// `amendment`: by its revision.
    init?(_ column: String, amendment: (Int) throws -> StoredAmendment?) throws {
        let letters = try (Stored.decode(column, table: "letter") as [Earlier]).sorted { $0.id < $1.id }
        let told = letters.dropLast().reversed().prefix { $0.isReplaced }.reversed() + letters.suffix(1)
        let parts = try told.compactMap { letter in try amendment(letter.serial) }
        guard let first = parts.first, let last = parts.last else { return nil }
        var content = parts.dropFirst().reduce(first.content) { $0.followed(by: $1.content) }
        // Which place they have in mind is known where the mail that named it was taken, and nothing is in doubt.
        let before = letters.dropLast(told.count)
        let isKnown = try !told.dropLast().contains(where: \.isInDoubt) && Self.placeIsKnown(Array(before), amendment)
        if !isKnown || content.formerPlace == content.draft.place { content = content.withoutFormerPlace }
        self.parts = parts
        whole = StoredAmendment(
            sitting: last.sitting, revision: last.revision, state: last.state, content: content, receivedAt: last.receivedAt,
            approvedAt: last.approvedAt)
    }

    /// The last mail that named another place was taken, or none did.
    private static func placeIsKnown(_ letters: [Earlier], _ amendment: (Int) throws -> StoredAmendment?) throws -> Bool {
        var left = letters
        while let last = left.popLast() {
            var moves = try amendment(last.serial)?.content.hasNewPlace ?? false
            while let earlier = left.last, earlier.isReplaced {
                moves = try moves || amendment(earlier.serial)?.content.hasNewPlace ?? false
                left.removeLast()
            }
            if moves { return last.isRelayed }
        }
        return true
    }
}
