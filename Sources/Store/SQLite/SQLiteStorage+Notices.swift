package import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func post(_ notice: NoticeContent, at now: Date) async throws {
        try await write { try Self.post(notice, at: now, in: $0) }
    }

    package func postSummary(of day: CivilDate, at now: Date) async throws -> Bool {
        let content = try Stored.encode(NoticeContent.summary(day: day))
        // A look first: most passes find that day's notice, and need no transaction that writes.
        let sql = "SELECT 1 FROM notice WHERE kind = 'summary' AND content = ?"
        if try await read({ try Bool.fetchOne($0.cachedStatement(sql: sql), arguments: [content]) }) != nil { return false }
        return try await write { transaction in
            let isNew = try transaction.change(
                "INSERT INTO notice (kind, content, posted_at) VALUES ('summary', ?, ?) ON CONFLICT DO NOTHING",
                [content, now.milliseconds])
            return isNew == 1
        }
    }

    package func noticesToCompose(limit: Int) async throws -> [Notice] {
        try await read { db in
            let sql = "SELECT id, content, posted_at FROM notice WHERE closed_at IS NULL ORDER BY id LIMIT ?"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [max(limit, 0)]).map { row in
                Notice(
                    id: NoticeID(rawValue: row["id"]), content: try Stored.decode(row["content"], table: "notice"),
                    postedAt: Date(milliseconds: row["posted_at"]))
            }
        }
    }

    package func close(_ notice: NoticeID, with messages: [OutgoingMessage], links: [Link], at now: Date) async throws {
        try await write { transaction in
            let isOurs = try transaction.change(
                "UPDATE notice SET closed_at = ? WHERE id = ? AND closed_at IS NULL", [now.milliseconds, notice.rawValue])
            guard isOurs == 1 else { return }
            for message in messages {
                let number = try Self.queue(message, for: nil, at: now, in: transaction)
                try transaction.execute("INSERT INTO notice_message (message, notice) VALUES (?, ?)", [number, notice.rawValue])
            }
            try Self.insert(links, in: transaction)
        }
    }

    /// What the clerk was to approve is replaced or withdrawn: neither a preview that isn't made yet nor a mail that hasn't left is so any
    /// more.
    static func endPreviews(_ kind: PreviewKind, of id: SittingID, at now: Date, in transaction: WriteTransaction) throws {
        try transaction.execute(
            "UPDATE notice SET closed_at = ? WHERE kind = ? AND sitting = ? AND closed_at IS NULL",
            [now.milliseconds, kind.rawValue, id.rawValue])
        _ = try endUnsentPreviews(kind, of: id, in: transaction)
    }

    /// What the clerk was to approve is approved: a mail that hasn't left would ask for what is done. True: there was one.
    static func endUnsentPreviews(_ kind: PreviewKind, of id: SittingID, in transaction: WriteTransaction) throws -> Bool {
        try transaction.change(
            """
            UPDATE message SET state = 'cancelled' WHERE \(QueuedMessage.waits) AND id IN (SELECT notice_message.message FROM notice_message
                JOIN notice ON notice.id = notice_message.notice WHERE notice.kind = ? AND notice.sitting = ?)
            """, [kind.rawValue, id.rawValue]) > 0
    }

    enum PreviewKind: String {
        case sitting = "preview"
        case amendment = "preview-amendment"
    }

    /// What grows is gathered until the request's end (`WriteTransaction.finish`): of a thousand that fail at once, one list is written.
    static func post(_ notice: NoticeContent, at now: Date, in transaction: WriteTransaction) throws {
        if let (sitting, convocations) = notice.growing, !convocations.isEmpty {
            return transaction.gather(notice.columns.kind, sitting, notice, convocations, at: now)
        }
        try insert(notice, at: now, in: transaction)
    }

    /// One open notice a sitting tells of everyone undelivered, one of everyone in doubt, one of everyone to warn or to tell of an amendment. A longer list takes a
    /// new number: a message that the composing stage is just making of the shorter one then finds its notice closed, and the longer one is composed.
    static func insert(_ notice: NoticeContent, at now: Date, in transaction: WriteTransaction) throws {
        var content = notice
        var postedAt = now.milliseconds
        if let (sitting, convocations) = notice.growing,
            let open = try transaction.row(
                "SELECT id, content, posted_at FROM notice WHERE kind = ? AND sitting = ? AND closed_at IS NULL",
                [notice.columns.kind, sitting.rawValue])
        {
            let old: NoticeContent = try Stored.decode(open["content"], table: "notice")
            guard let (_, before) = old.growing else { throw DamagedRow(table: "notice", what: "\(notice.columns.kind) notice") }
            let known = Set(before)
            let more = convocations.filter { !known.contains($0) }
            if more.isEmpty { return }
            content = notice.listing(before + more)
            postedAt = open["posted_at"]
            try transaction.execute("UPDATE notice SET closed_at = ? WHERE id = ?", [now.milliseconds, open["id"] as Int64])
        }
        let (kind, sitting, revision) = content.columns
        if kind == "tooLate" {
            let sql = "SELECT 1 FROM notice WHERE kind = 'tooLate' AND sitting = ? AND revision = ?"
            if try transaction.row(sql, [sitting?.rawValue, revision]) != nil { return }
        }
        try transaction.execute(
            "INSERT INTO notice (kind, sitting, revision, content, posted_at) VALUES (?, ?, ?, ?, ?)",
            [kind, sitting?.rawValue, revision, try Stored.encode(content), postedAt])
        transaction.wake(.composition)
    }
}

extension NoticeContent {
    fileprivate var columns: (kind: String, sitting: SittingID?, revision: Int?) {
        switch self {
        case .preview(let sitting, let revision): ("preview", sitting, revision)
        case .tooLate(let sitting, let revision): ("tooLate", sitting, revision)
        case .undelivered(let sitting, _): ("undelivered", sitting, nil)
        case .uncertain(let sitting, _): ("uncertain", sitting, nil)
        case .unwarned(let sitting, _): ("unwarned", sitting, nil)
        case .untold(let sitting, _): ("untold", sitting, nil)
        case .previewAmendment(let sitting, let revision): ("preview-amendment", sitting, revision)
        case .summary: ("summary", nil, nil)
        case .rejected: ("rejected", nil, nil)
        }
    }

    /// Of those that tell of convocations, and of more as they come.
    fileprivate var growing: (SittingID, [ConvocationID])? {
        switch self {
        case .undelivered(let sitting, let convocations), .uncertain(let sitting, let convocations),
            .unwarned(let sitting, let convocations), .untold(let sitting, let convocations):
            (sitting, convocations)
        case .preview, .tooLate, .rejected, .previewAmendment, .summary: nil
        }
    }

    func listing(_ convocations: [ConvocationID]) -> NoticeContent {
        switch self {
        case .undelivered(let sitting, _): .undelivered(sitting: sitting, convocations: convocations)
        case .uncertain(let sitting, _): .uncertain(sitting: sitting, convocations: convocations)
        case .unwarned(let sitting, _): .unwarned(sitting: sitting, convocations: convocations)
        case .untold(let sitting, _): .untold(sitting: sitting, convocations: convocations)
        case .preview, .tooLate, .rejected, .previewAmendment, .summary: self
        }
    }
}
