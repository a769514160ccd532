package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func amendments(of id: SittingID) async throws -> [StoredAmendment] {
        try await read { db in
            let sql = "SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? ORDER BY revision"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id.rawValue]).map(StoredAmendment.init)
        }
    }

    package func approveAmendment(of id: SittingID, revision: Int?, by: String, at now: Date) async throws -> AmendmentApproval {
        try await write { transaction in
            let sitting = try Self.sitting(id, in: transaction)
            let known = try transaction.rows(
                "SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? ORDER BY revision", [id.rawValue]
            ).map(StoredAmendment.init)
            guard let wanted = revision.map({ revision in known.first { $0.revision == revision } }) ?? known.last else {
                throw StorageError.noAmendment(id)
            }
            if wanted.state == .approved, let at = wanted.approvedAt { return .alreadyApproved(at: at) }
            guard sitting.state == .approved else { throw StorageError.wrongState(id, sitting.state) }
            try transaction.refuseClock(behind: now)
            if wanted.state == .withdrawn { throw StorageError.noAmendment(id) }
            guard wanted.state == .held else { throw StorageError.staleRevision(current: known.last?.revision ?? sitting.revision) }
            guard now < sitting.draft.start else { return .tooLate(start: sitting.draft.start) }
            return try Self.amend(sitting, wanted, by: by, at: now, in: transaction)
        }
    }

    /// The drop's documents are journalled when it comes, as a sitting's are; the sitting changes when it is approved.
    static func hold(_ content: Amendment, of sitting: Sitting, at now: Date, in transaction: WriteTransaction) throws -> StoredAmendment {
        let id = sitting.id.rawValue
        let last = try transaction.row("SELECT max(revision) FROM amendment WHERE sitting = ?", [id])?[0] as Int?
        let revision = max(sitting.revision, last ?? 0) + 1
        try transaction.execute("UPDATE amendment SET state = 'replaced' WHERE sitting = ? AND state = 'held'", [id])
        // The clerk gets the preview of what is there now, not of what it replaced.
        try endPreviews(.amendment, of: sitting.id, at: now, in: transaction)
        let text = try Stored.encode(content)
        try transaction.execute(
            "INSERT INTO amendment (sitting, revision, state, content, received_at) VALUES (?, ?, 'held', ?, ?)",
            [id, revision, text, now.milliseconds])
        try journalDocuments(of: content.draft, sitting.id, at: now, in: transaction)
        var details = content.facts
        details["revision"] = .integer(Int64(revision))
        details["content"] = .string(ContentHash(sha256Of: Array(text.utf8)).hex)
        try transaction.append(Fact(type: .amendmentReceived, at: now, sitting: sitting.id, details: details))
        try post(.previewAmendment(sitting: sitting.id, revision: revision), at: now, in: transaction)
        return StoredAmendment(
            sitting: sitting.id, revision: revision, state: .held, content: content, receivedAt: now.stored, approvedAt: nil)
    }

    /// The clerk dropped what is in force: the members are told nothing of what waited.
    static func withdraw(_ held: StoredAmendment, at now: Date, in transaction: WriteTransaction) throws -> StoredAmendment {
        let id = held.sitting.rawValue
        try transaction.execute(
            "UPDATE amendment SET state = 'withdrawn' WHERE sitting = ? AND revision = ? AND state = 'held'", [id, held.revision])
        try endPreviews(.amendment, of: held.sitting, at: now, in: transaction)
        try transaction.append(
            Fact(type: .amendmentWithdrawn, at: now, sitting: held.sitting, details: ["revision": .integer(Int64(held.revision))]))
        return StoredAmendment(
            sitting: held.sitting, revision: held.revision, state: .withdrawn, content: held.content, receivedAt: held.receivedAt,
            approvedAt: nil)
    }

    /// What was dropped last, if it was withdrawn since.
    static func lastWithdrawn(of id: SittingID, in transaction: WriteTransaction) throws -> StoredAmendment? {
        let sql = "SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? ORDER BY revision DESC LIMIT 1"
        let last = try transaction.row(sql, [id.rawValue]).map(StoredAmendment.init)
        return last?.state == .withdrawn ? last : nil
    }

    static func heldAmendment(of id: SittingID, in transaction: WriteTransaction) throws -> StoredAmendment? {
        try transaction.row("SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? AND state = 'held'", [id.rawValue])
            .map(StoredAmendment.init)
    }

    private static func amend(
        _ sitting: Sitting, _ amendment: StoredAmendment, by: String, at now: Date, in transaction: WriteTransaction
    ) throws -> AmendmentApproval {
        let id = sitting.id.rawValue
        let (revision, draft) = (amendment.revision, amendment.content.draft)
        let changed = try transaction.change(
            "UPDATE sitting SET revision = ?, draft = ? WHERE id = ? AND state = 'approved' AND revision = ?",
            [revision, try Stored.encode(draft), id, sitting.revision])
        guard changed == 1 else { throw StorageError.wrongState(sitting.id, sitting.state) }
        try transaction.execute(
            "UPDATE amendment SET state = 'approved', approved_at = ? WHERE sitting = ? AND revision = ? AND state = 'held'",
            [now.milliseconds, id, revision])
        let kind = LetterKind(telling: amendment.content)
        if amendment.content.hasNews { try replaceUnsent(by: amendment, at: now, in: transaction) }
        // Also those whose convocation is still to be made: its maker may have read the sitting as it was.
        let letters = try transaction.change(
            """
            INSERT INTO letter (kind, convocation, serial, state, created_at)
            SELECT ?, convocation.id, ?, 'wanted', ? FROM convocation WHERE sitting = ? AND ? AND \(getsLetter) ORDER BY convocation.id
            """, [kind.rawValue, revision, now.milliseconds, id, amendment.content.hasNews])
        if amendment.content.hasNews {
            // They may name what is no longer so. Behind the letters that tell of it, they are made anew.
            try end(.replaced, where: "convocation.sitting = ? AND letter.kind = 'reminder'", [id], at: now, in: transaction)
        }
        let others =
            "SELECT count(*) FROM convocation WHERE sitting = ? AND state <> 'cancelled' AND erased_at IS NULL AND NOT \(toldByMail)"
        let otherwise: Int = try transaction.row(others, [id])?[0] ?? 0
        var details = try draft.facts(revision: revision).merging(amendment.content.facts) { $1 }
        let told = "SELECT count(*) FROM convocation WHERE sitting = ? AND \(toldByMail)"
        let byMail: Int = amendment.content.hasNews ? try transaction.row(told, [id])?[0] ?? 0 : 0
        details["by"] = .string(by)
        details["kind"] = .string(kind.rawValue)
        details["letters"] = .integer(Int64(letters))
        details["otherwise"] = .integer(Int64(otherwise))
        try transaction.append(Fact(type: .sittingAmended, at: now, sitting: sitting.id, details: details))
        if try endUnsentPreviews(.amendment, of: sitting.id, in: transaction) {
            try post(.previewAmendment(sitting: sitting.id, revision: revision), at: now, in: transaction)
        }
        try renewPreviews(ofDraftsReplacing: sitting.id, at: now, in: transaction)
        transaction.wake(.composition)
        return .approved(byMail: byMail, otherwise: otherwise)
    }

    /// What older letters have not told yet, the new ones tell too.
    private static func replaceUnsent(by amendment: StoredAmendment, at now: Date, in transaction: WriteTransaction) throws {
        // An item that was added without urgency has to leave earlier than one with it: each in a letter of its own, one after the other.
        let isUrgent = amendment.content.urgencyReason != nil && !amendment.content.addedItems.isEmpty
        let earlier = try transaction.rows(
            "SELECT \(StoredAmendment.columns) FROM amendment WHERE sitting = ? AND state = 'approved' AND revision < ?",
            [amendment.sitting.rawValue, amendment.revision]
        ).map(StoredAmendment.init)
        let replaceable = earlier.filter { !isUrgent || $0.content.addedItems.isEmpty || $0.content.urgencyReason != nil }.map(\.revision)
        try end(
            .replaced,
            where: """
                convocation.sitting = ? AND \(getsLetter) AND letter.kind IN ('supplement', 'changed-place')
                AND letter.serial % \(ToldAmendments.moveAlone) IN (SELECT value FROM json_each(?))
                """, [amendment.sitting.rawValue, try Stored.encode(replaceable)], at: now, in: transaction)
    }

    /// The clerk approves a sitting in another's place as they compared the two: where the other has more by now, a new preview says what
    /// the new one lacks, and the older one's link no longer approves.
    private static func renewPreviews(ofDraftsReplacing id: SittingID, at now: Date, in transaction: WriteTransaction) throws {
        let drafts = try transaction.rows(
            "SELECT \(Sitting.columns) FROM sitting WHERE state = 'draft' AND deadline > ? ORDER BY id", [now.milliseconds]
        ).map { try Sitting($0, cache: nil) }
        for draft in drafts where draft.draft.replaces?.id == id { _ = try replace(draft, with: draft.draft, at: now, in: transaction) }
    }

    package func untold(of id: SittingID) async throws -> [ConvocationStatus] {
        let told = try await read { db in
            let sql =
                "SELECT id FROM convocation WHERE sitting = ? AND state <> 'cancelled' AND erased_at IS NULL AND NOT \(Self.toldByMail)"
            return Set(try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [id.rawValue]))
        }
        return try await status(of: id).filter { told.contains($0.id.rawValue) }
    }

    /// Their convocation goes by mail, or went, and they still have an address: a letter follows it.
    private static let toldByMail = """
        (NOT \(hasNoAddress) AND (convocation.state IN ('composing', 'queued', 'relayed')
            OR (convocation.state = 'paperServed' AND EXISTS (SELECT 1 FROM message
                WHERE message.convocation = convocation.id AND message.kind = 'convocation' AND message.state = 'relayed'))))
        """

    /// Also whoever was served on paper while the mail waits: if that leaves after all, it must not be the last word.
    private static let getsLetter = """
        (\(toldByMail) OR (NOT \(hasNoAddress) AND convocation.state = 'paperServed' AND EXISTS (SELECT 1 FROM message
            WHERE message.convocation = convocation.id AND message.kind = 'convocation'
                AND \(QueuedMessage.mayLeave("message")))))
        """
}

extension StoredAmendment {
    static let columns = "sitting, revision, state, content, received_at, approved_at"

    init(_ row: Row) throws {
        self.init(
            sitting: SittingID(rawValue: row["sitting"]), revision: row["revision"], state: try row.value("state", of: "amendment"),
            content: try Stored.decode(row["content"], table: "amendment"), receivedAt: Date(milliseconds: row["received_at"]),
            approvedAt: row.date("approved_at"))
    }
}

extension Amendment {
    /// What the journal says of it.
    fileprivate var facts: [String: JSON] {
        var facts: [String: JSON] = [
            "added": .array(added.map(JSON.document)),
            "replaced": .array(
                replaced.map {
                    .object(["old": .string($0.old.hash.hex), "new": .string($0.new.hash.hex), "label": .string($0.new.label)])
                }),
            "newItems": .array(addedItems.map { .object(["number": .integer(Int64($0.number)), "title": .string($0.title)]) }),
        ]
        if hasNewPlace, let place = draft.place { facts["place"] = .string(place) }
        if hasNewVideoLink, let link = draft.videoLink { facts["videoLink"] = .string(link) }
        if let urgencyReason { facts["urgencyOfAmendment"] = .string(urgencyReason) }
        return facts
    }
}
