package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func approve(_ id: SittingID, revision: Int?, by: String, at now: Date) async throws -> Approval {
        try await write { transaction in
            let sitting = try Self.sitting(id, in: transaction)
            if sitting.state == .approved, let approvedAt = sitting.approvedAt { return .alreadyApproved(at: approvedAt) }
            guard sitting.state.canBecome(.approved) else { throw StorageError.wrongState(id, sitting.state) }
            if let revision, revision != sitting.revision { throw StorageError.staleRevision(current: sitting.revision) }
            try transaction.refuseClock(behind: now)
            let deadline = sitting.draft.deadline
            guard now < deadline else {
                try Self.post(.tooLate(sitting: id, revision: sitting.revision), at: now, in: transaction)
                return .tooLate(deadline: deadline)
            }
            if let replaced = sitting.draft.replaces?.id { try Self.checkReplaceable(replaced, by: sitting.draft.body, in: transaction) }
            return try Self.convene(sitting, by: by, at: now, in: transaction)
        }
    }

    /// Two sittings in the place of one would have the same place in calendars, and members would not know which stands.
    private static func checkReplaceable(_ id: SittingID, by body: BodyID, in transaction: WriteTransaction) throws {
        let old = try sitting(id, in: transaction)
        guard old.draft.body == body else { throw StorageError.replacesOtherBody(id) }
        guard old.state == .cancelled else { return }
        let row = try transaction.row("SELECT replaced_by FROM sitting WHERE id = ?", [id.rawValue])
        throw StorageError.replacedBefore(id, by: (row?[0] as String?).map { SittingID(rawValue: $0) })
    }

    private static func convene(_ sitting: Sitting, by: String, at now: Date, in transaction: WriteTransaction) throws -> Approval {
        let members = try versionedMembers(of: sitting.draft.body, in: transaction.db)
        guard !members.isEmpty else { throw StorageError.nobodyToConvene(sitting.draft.body) }
        let changed = try transaction.change(
            "UPDATE sitting SET state = 'approved', approved_at = ? WHERE id = ? AND state = 'draft' AND revision = ?",
            [now.milliseconds, sitting.id.rawValue, sitting.revision])
        guard changed == 1 else { throw StorageError.wrongState(sitting.id, sitting.state) }
        var paper = 0
        // In an order drawn anew: in the roll's, numbers and public entries would tell who they are about.
        for (version, member) in transaction.shuffled(members) {
            let state: ConvocationState = member.entry.service == .paper ? .paperDue : .composing
            if state == .paperDue { paper += 1 }
            try transaction.execute(
                "INSERT INTO convocation (sitting, member, version, state, created_at) VALUES (?, ?, ?, ?, ?)",
                [sitting.id.rawValue, member.id.rawValue, version, state.rawValue, now.milliseconds])
        }
        var details = try sitting.draft.facts(revision: sitting.revision)
        details["by"] = .string(by)
        details["electronic"] = .integer(Int64(members.count - paper))
        details["paper"] = .integer(Int64(paper))
        details["convened"] = .string(try Digests.convened(sitting.id, in: transaction.db))
        let copies = try wantCopies(of: sitting, besides: members.map(\.member), at: now, in: transaction)
        if copies > 0 { details["copies"] = .integer(Int64(copies)) }
        try transaction.append(Fact(type: .sittingApproved, at: now, sitting: sitting.id, details: details))
        try endReplaced(by: sitting, at: now, in: transaction)
        if try endUnsentPreviews(.sitting, of: sitting.id, in: transaction) {
            try post(.preview(sitting: sitting.id, revision: sitting.revision), at: now, in: transaction)
        }
        transaction.wake(.composition)
        return .approved(electronic: members.count - paper, paper: paper)
    }

    @discardableResult
    package func cancel(_ id: SittingID, by: String, at now: Date) async throws -> Cancellation? {
        try await write { transaction in
            let sitting = try Self.sitting(id, in: transaction)
            if sitting.state == .cancelled { return nil }
            guard sitting.state.canBecome(.cancelled) else { throw StorageError.wrongState(id, sitting.state) }
            return try Self.cancel(sitting, by: by, replacedBy: nil, at: now, in: transaction)
        }
    }

    /// The sitting that another takes the place of ends with the other's approval. Who is convened to the new one learns of it by that
    /// convocation; who isn't gets a cancellation. One that has begun by now is left as it is.
    private static func endReplaced(by new: Sitting, at now: Date, in transaction: WriteTransaction) throws {
        guard let replaced = new.draft.replaces else { return }
        let old = try Self.sitting(replaced.id, in: transaction)
        guard old.state.canBecome(.cancelled), now < old.draft.start else { return }
        _ = try cancel(old, by: "replaced", replacedBy: new.id, at: now, in: transaction)
    }

    private static func cancel(
        _ sitting: Sitting, by: String, replacedBy new: SittingID?, at now: Date, in transaction: WriteTransaction
    ) throws -> Cancellation {
        let id = sitting.id
        let changed = try transaction.change(
            "UPDATE sitting SET state = 'cancelled', cancelled_at = ?, replaced_by = ? WHERE id = ? AND state = ?",
            [now.milliseconds, new?.rawValue, id.rawValue, sitting.state.rawValue])
        guard changed == 1 else { throw StorageError.wrongState(id, sitting.state) }
        let announced = try Self.announceCancellation(of: sitting, at: now, in: transaction)
        try cancelCopies(of: sitting, at: now, in: transaction)
        try transaction.execute("UPDATE amendment SET state = 'withdrawn' WHERE sitting = ? AND state = 'held'", [id.rawValue])
        // (Of one that isn't made yet, the composing stage makes nothing any more.)
        _ = try endUnsentPreviews(.sitting, of: id, in: transaction)
        _ = try endUnsentPreviews(.amendment, of: id, in: transaction)
        // A leased message is on its way: what the relay says of it will still be recorded.
        let unsent = """
            UPDATE message SET state = 'cancelled' WHERE \(QueuedMessage.waits)
            AND convocation IN (SELECT id FROM convocation WHERE sitting = ?)
            """
        let withdrawn = try transaction.change(unsent, [id.rawValue])
        try transaction.execute(
            "UPDATE convocation SET state = 'cancelled' WHERE sitting = ? AND state IN ('composing', 'queued', 'paperDue')",
            [id.rawValue])
        try transaction.execute(
            "UPDATE link SET revoked_at = ? WHERE sitting = ? AND target = 'approve' AND revoked_at IS NULL",
            [now.milliseconds, id.rawValue])
        var details: [String: JSON] = [
            "by": .string(by), "revision": .integer(Int64(sitting.revision)), "title": .string(sitting.draft.title),
            "wasApproved": .bool(sitting.state == .approved), "withdrawnMessages": .integer(Int64(withdrawn)),
        ]
        if let new { details["replacedBy"] = .string(new.rawValue) }
        try transaction.append(Fact(type: .sittingCancelled, at: now, sitting: id, details: details))
        transaction.wake(.delivery)
        return announced
    }
}
