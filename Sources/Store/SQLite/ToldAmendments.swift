import Council
import Foundation

/// What a letter about an amendment tells its member: its own amendment, and those of older letters that it replaced before they left.
struct ToldAmendments {
    private struct Letter: Decodable {
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
                'isReplaced', json(iif(ended.cause IS 'replaced' AND sent.relayed_at IS NULL, 'true', 'false')),
                'isInDoubt', json(iif(sent.in_doubt IS 1, 'true', 'false')),
                'isRelayed', json(iif(sent.state IS 'relayed', 'true', 'false'))))
            FROM letter told LEFT JOIN message sent ON sent.id = told.message LEFT JOIN letter_end ended ON ended.letter = told.id
            WHERE told.convocation = letter.convocation AND told.id <= letter.id AND told.kind IN ('supplement', 'changed-place')) END
        """

    /// Added to the revision of a letter that told more, and ran out of time: the number of the one that tells the rest of it, where the
    /// sitting is.
    static let moveAlone = 1_000_000

    /// For SQL, from `FROM` on: the letters (`old`) that `letter` replaced before they left, so that it tells what they would have told.
    static func replaced(by letter: String) -> String {
        """
        FROM letter old
            JOIN letter_end ON letter_end.letter = old.id AND letter_end.cause = 'replaced'
            LEFT JOIN message sent ON sent.id = old.message
        WHERE old.convocation = \(letter).convocation AND old.kind IN ('supplement', 'changed-place') AND old.id < \(letter).id
            AND sent.relayed_at IS NULL AND old.id > coalesce((SELECT max(own.id) FROM letter own
                WHERE own.convocation = \(letter).convocation AND own.kind IN ('supplement', 'changed-place')
                    AND own.id < \(letter).id AND \(LetterEnd.stands("own"))), 0)
        """
    }

    /// Oldest first, each as it was approved.
    let parts: [StoredAmendment]
    /// All of them in one.
    let whole: StoredAmendment

    /// A letter, behind those that it replaced: they are told together.
    private typealias Run = [Letter]

    /// `amendment`: by its revision.
    init?(_ column: String, amendment: (Int) throws -> StoredAmendment?) throws {
        let letters = try (Stored.decode(column, table: "letter") as [Letter]).sorted { $0.id < $1.id }
        var runs: [Run] = [[]]
        for letter in letters {
            runs[runs.count - 1].append(letter)
            if !letter.isReplaced { runs.append([]) }
        }
        runs.removeAll(where: \.isEmpty)
        guard let run = runs.last else { return nil }
        parts = try Self.parts(of: run, in: runs, amendment)
        guard let whole = Self.merged(parts) else { return nil }
        let isKnown = try Self.placeIsKnown(before: run, in: runs, amendment)
        let keepsFormerPlace = isKnown && whole.content.formerPlace != whole.content.draft.place
        self.whole = keepsFormerPlace ? whole : whole.saying(whole.content.withoutFormerPlace)
    }

    private static func parts(of run: Run, in runs: [Run], _ amendment: (Int) throws -> StoredAmendment?) throws -> [StoredAmendment] {
        try run.flatMap { letter -> [StoredAmendment] in
            guard let origin = origin(of: letter, in: runs) else { return try amendment(letter.serial).map { [$0] } ?? [] }
            let whole = try merged(parts(of: origin, in: runs, amendment))
            return whole.flatMap { whole in whole.content.moveAlone.map { [whole.saying($0)] } } ?? []
        }
    }

    /// Nil: it tells a whole amendment.
    private static func origin(of letter: Letter, in runs: [Run]) -> Run? {
        runs.first { run in run.contains { $0.serial + moveAlone == letter.serial } }
    }

    private static func merged(_ parts: [StoredAmendment]) -> StoredAmendment? {
        guard let first = parts.first, let last = parts.last else { return nil }
        return last.saying(parts.dropFirst().reduce(first.content) { $0.followed(by: $1.content) })
    }

    /// The place that the member has in mind is the one that the last mail about it named, if that was taken: the convocation's, if there
    /// was none. Nobody knows it where a mail is in doubt, or where the clerk may have told them what a mail didn't.
    private static func placeIsKnown(before run: Run, in runs: [Run], _ amendment: (Int) throws -> StoredAmendment?) throws -> Bool {
        guard !run.dropLast().contains(where: \.isInDoubt) else { return false }
        let outOfTime = Set(run.compactMap { origin(of: $0, in: runs)?.last?.id })
        for earlier in runs.dropLast().reversed() {
            let isUntold = earlier.last.map { outOfTime.contains($0.id) } ?? false && !earlier.contains(where: \.isInDoubt)
            if !isUntold, try parts(of: earlier, in: runs, amendment).contains(where: \.content.hasNewPlace) {
                return earlier.last?.isRelayed ?? false
            }
        }
        return true
    }
}

extension StoredAmendment {
    /// For SQL: whether nothing of a letter is news any more, since later amendments have changed all that it tells. It need not be told
    /// then, whatever became of it. `letter`, beside its `convocation`: names in the statement.
    static func isOvertaken(_ letter: String) -> String {
        func isLast(_ change: String) -> String {
            """
            (told.content ->> '$.\(change)' AND NOT EXISTS (SELECT 1 FROM amendment later WHERE later.sitting = told.sitting
                AND later.revision > told.revision AND later.state = 'approved' AND later.content ->> '$.\(change)'))
            """
        }
        let lists = ["added", "replaced", "addedItems", "rewordedItems"]
        return """
            NOT EXISTS (SELECT 1 FROM amendment told WHERE told.sitting = convocation.sitting
                AND (told.revision = \(letter).serial % \(ToldAmendments.moveAlone) OR EXISTS (SELECT 1 \(ToldAmendments.replaced(by: letter))
                    AND old.serial % \(ToldAmendments.moveAlone) = told.revision))
                AND (\(lists.map { "json_array_length(told.content, '$.\($0)') > 0" }.joined(separator: " OR "))
                    OR \(["hasNewTitle", "hasNewPlace", "hasNewVideoLink"].map(isLast).joined(separator: " OR "))))
            """
    }
}
