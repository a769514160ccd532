package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func submit(_ draft: SittingDraft, at now: Date) async throws -> Submission {
        try await write { transaction in
            guard let current = try Self.latestSitting(key: draft.key, in: transaction), current.state != .cancelled else {
                return .created(try Self.create(draft, at: now, in: transaction))
            }
            guard current.state == .draft else { return try Self.amend(current, by: draft, at: now, in: transaction) }
            if current.draft == draft { return .unchanged(current) }
            return .replaced(try Self.replace(current, with: draft, at: now, in: transaction))
        }
    }

    /// Against what is held, where something is: dropped again, it changes nothing. What is in force, dropped again, withdraws it.
    private static func amend(_ current: Sitting, by draft: SittingDraft, at now: Date, in transaction: WriteTransaction) throws
        -> Submission
    {
        let held = try heldAmendment(of: current.id, in: transaction)
        let amendment = Amendment(of: current.draft, by: draft, after: held?.content)
        if let held, held.content == amendment { return .amended(current, held) }
        guard let amendment else {
            guard
                let withdrawn = try held.map({ try withdraw($0, at: now, in: transaction) })
                    ?? lastWithdrawn(of: current.id, in: transaction)
            else { return .unchanged(current) }
            return .takenBack(current, withdrawn)
        }
        guard now < current.draft.start else { throw StorageError.alreadyApproved(current.id) }
        return .amended(current, try hold(amendment, of: current, at: now, in: transaction))
    }

    package func sitting(_ id: SittingID) async throws -> Sitting? {
        try await read { [drafts] db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT \(Sitting.columns) FROM sitting WHERE id = ?"), arguments: [id.rawValue]
            ).map { try Sitting($0, cache: drafts) }
        }
    }

    package func sittings() async throws -> [Sitting] {
        try await read { [drafts] db in
            try Row.fetchAll(db.cachedStatement(sql: "SELECT \(Sitting.columns) FROM sitting ORDER BY start DESC, id DESC"))
                .map { try Sitting($0, cache: drafts) }
        }
    }

    static func sitting(_ id: SittingID, in transaction: WriteTransaction) throws -> Sitting {
        guard let row = try transaction.row("SELECT \(Sitting.columns) FROM sitting WHERE id = ?", [id.rawValue]) else {
            throw StorageError.noSuchSitting(id)
        }
        return try Sitting(row, cache: nil)
    }

    private static func latestSitting(key: String, in transaction: WriteTransaction) throws -> Sitting? {
        try transaction.row("SELECT \(Sitting.columns) FROM sitting WHERE key = ? ORDER BY suffix DESC LIMIT 1", [key])
            .map { try Sitting($0, cache: nil) }
    }

    private static func create(_ draft: SittingDraft, at now: Date, in transaction: WriteTransaction) throws -> Sitting {
        let (id, suffix) = try freeID(for: draft.key, in: transaction)
        let sitting = Sitting(id: id, draft: draft, state: .draft, revision: 1, receivedAt: now.stored, approvedAt: nil)
        let sql = """
            INSERT INTO sitting (id, key, suffix, state, revision, date, start, deadline, draft, received_at)
            VALUES (?, ?, ?, 'draft', 1, ?, ?, ?, ?, ?)
            """
        try transaction.execute(
            sql,
            [
                id.rawValue, draft.key, suffix, draft.when.date.description, draft.start.milliseconds, draft.deadline.milliseconds,
                try Stored.encode(draft), now.milliseconds,
            ])
        try journal(sitting, at: now, in: transaction)
        return sitting
    }

    /// The key itself, or the key with the next number behind it. (`…-conseil-2` may also be another body's own key.)
    private static func freeID(for key: String, in transaction: WriteTransaction) throws -> (SittingID, suffix: Int) {
        let last = try transaction.row("SELECT max(suffix) FROM sitting WHERE key = ?", [key])?[0] as Int?
        var suffix = (last ?? 0) + 1
        while true {
            let id = suffix == 1 ? key : "\(key)-\(suffix)"
            if try transaction.row("SELECT 1 FROM sitting WHERE id = ?", [id]) == nil { return (SittingID(rawValue: id), suffix) }
            suffix += 1
        }
    }

    static func replace(
        _ current: Sitting, with draft: SittingDraft, at now: Date, in transaction: WriteTransaction
    ) throws -> Sitting {
        let sitting = Sitting(
            id: current.id, draft: draft, state: .draft, revision: current.revision + 1, receivedAt: now.stored, approvedAt: nil)
        let sql = """
            UPDATE sitting SET revision = ?, date = ?, start = ?, deadline = ?, draft = ?, received_at = ?
            WHERE id = ? AND state = 'draft' AND revision = ?
            """
        let arguments: StatementArguments = [
            sitting.revision, draft.when.date.description, draft.start.milliseconds, draft.deadline.milliseconds,
            try Stored.encode(draft), now.milliseconds, current.id.rawValue, current.revision,
        ]
        guard try transaction.change(sql, arguments) == 1 else { throw StorageError.wrongState(current.id, current.state) }
        // The clerk gets the preview of what is there now, not of what it replaced.
        try endPreviews(.sitting, of: current.id, at: now, in: transaction)
        try journal(sitting, at: now, in: transaction)
        return sitting
    }

    /// Each document that the journal doesn't have yet for this sitting, then the sitting, then the clerk's preview.
    private static func journal(_ sitting: Sitting, at now: Date, in transaction: WriteTransaction) throws {
        try journalDocuments(of: sitting.draft, sitting.id, at: now, in: transaction)
        try transaction.append(
            Fact(type: .sittingReceived, at: now, sitting: sitting.id, details: try sitting.draft.facts(revision: sitting.revision)))
        try post(.preview(sitting: sitting.id, revision: sitting.revision), at: now, in: transaction)
    }

    static func journalDocuments(of draft: SittingDraft, _ id: SittingID, at now: Date, in transaction: WriteTransaction) throws {
        for document in draft.documents {
            let isPublic = !document.confidential
            // A public entry says all that a confidential one would; the reverse doesn't hold.
            let sql = "SELECT 1 FROM sitting_document WHERE sitting = ? AND hash = ? AND public >= ?"
            let hash = Data(document.hash.bytes)
            guard try transaction.row(sql, [id.rawValue, hash, isPublic]) == nil else { continue }
            let seq = try transaction.append(
                Fact(
                    type: .documentReceived, at: now, sitting: id, document: document.hash, documentIsPublic: isPublic,
                    details: [
                        "fileName": .string(document.fileName), "label": .string(document.label), "title": .string(document.title),
                        "size": .integer(document.size), "mediaType": .string(document.mediaType),
                        "confidential": .bool(document.confidential),
                    ]))
            try transaction.execute(
                "INSERT INTO sitting_document (sitting, hash, public, seq) VALUES (?, ?, ?, ?)",
                [id.rawValue, hash, isPublic, Int64(seq)])
        }
    }
}

extension Date {
    /// As it will be read back.
    var stored: Date { Date(milliseconds: milliseconds) }
}
