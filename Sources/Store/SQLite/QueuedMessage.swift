import Council
import Foundation
import GRDB
import Ledger

/// One message of the queue at the moment of a change, with the convocation that it carries, and the changes that it can
/// go through. Each method is one step of `DeliveryState` with its journal entry and, where the clerk must act, a notice.
struct QueuedMessage {
    private struct Carried {
        let id: ConvocationID
        let sitting: SittingID
        let isCancelled: Bool
        let member: Member
    }

    private let id: MessageID
    private let state: DeliveryState
    private let attempt: Int
    private let messageID: String
    private let hash: ContentHash
    private let deadline: Date?
    private let convocation: Carried?

    static func fetch(where condition: String, _ arguments: StatementArguments, in transaction: WriteTransaction) throws -> [QueuedMessage]
    {
        let sql = """
            SELECT message.id, message.state, message.attempt, message.message_id, message.hash, message.deadline, message.convocation,
                convocation.sitting, sitting.state = 'cancelled' AS is_cancelled, \(Member.columns)
            FROM message
            LEFT JOIN convocation ON convocation.id = message.convocation
            LEFT JOIN sitting ON sitting.id = convocation.sitting
            LEFT JOIN member_version version ON version.id = convocation.version
            WHERE \(condition) ORDER BY message.id
            """
        return try transaction.rows(sql, arguments).map(QueuedMessage.init)
    }

    private init(_ row: Row) throws {
        guard let hash = try row.hash("hash", of: "message") else { throw DamagedRow(table: "message", what: "hash") }
        id = MessageID(rawValue: row["id"])
        state = try row.value("state", of: "message")
        attempt = row["attempt"]
        messageID = row["message_id"]
        self.hash = hash
        deadline = row.date("deadline")
        convocation = try (row["convocation"] as Int64?).map { convocation in
            Carried(
                id: ConvocationID(rawValue: convocation), sitting: SittingID(rawValue: row["sitting"]), isCancelled: row["is_cancelled"],
                member: try Member(row))
        }
    }

    // MARK: - Steps

    /// The process that held the lease is dead, and nobody knows whether the relay has the message.
    func recover(at now: Date, in transaction: WriteTransaction) throws {
        try become(.ready, reply: "the process that was sending it ended; outcome unknown", dueAt: now, in: transaction)
        let goesAgain = convocation?.isCancelled == false && deadline.map { now < $0 } ?? true
        try journal(
            goesAgain ? .convocationRepeated : .convocationDeferred, at: now, ["outcome": .string("unknown"), "cause": .string("restart")],
            in: transaction)
        try withdrawIfCancelled(from: .ready, in: transaction)
        transaction.wake(.delivery)
    }

    func record(_ outcome: DeliveryOutcome, in transaction: WriteTransaction) throws {
        var facts: [String: JSON] = ["reply": .string(outcome.reply), "relay": .string(outcome.relay)]
        if let queueID = outcome.queueID { facts["queueID"] = .string(queueID) }
        switch outcome.result {
        case .accepted:
            try become(.relayed, reply: outcome.reply, relayedAt: outcome.at, in: transaction)
            try journal(.convocationRelayed, at: outcome.at, facts, in: transaction)
            try markRelayed(at: outcome.at, in: transaction)
        case .deferred(let retryAt):
            try journal(.convocationDeferred, at: outcome.at, facts, in: transaction)
            try wait(until: retryAt, reply: outcome.reply, in: transaction)
        case .unknown(let retryAt):
            facts["outcome"] = .string("unknown")
            let goesAgain = convocation?.isCancelled == false && deadline.map { retryAt < $0 } ?? true
            try journal(goesAgain ? .convocationRepeated : .convocationDeferred, at: outcome.at, facts, in: transaction)
            try wait(until: retryAt, reply: outcome.reply, in: transaction)
        case .refused:
            try become(.failed, reply: outcome.reply, in: transaction)
            try journal(.convocationFailed, at: outcome.at, facts, in: transaction)
            try alarm(at: outcome.at, in: transaction)
        }
    }

    /// Too late to leave: the clerk is told, and the member must be served otherwise.
    func failAtDeadline(at now: Date, in transaction: WriteTransaction) throws {
        let reply = "not sent: the last lawful moment has passed"
        try become(.failed, reply: nil, in: transaction)
        try journal(.convocationFailed, at: now, ["reply": .string(reply), "cause": .string("deadline")], in: transaction)
        try alarm(at: now, in: transaction)
    }

    // MARK: - Parts of a step

    private func wait(until retryAt: Date, reply: String, in transaction: WriteTransaction) throws {
        // At the deadline at the latest, so that the next pass fails it then.
        try become(.deferred, reply: reply, dueAt: min(retryAt, deadline ?? retryAt), in: transaction)
        try withdrawIfCancelled(from: .deferred, in: transaction)
        transaction.wake(.delivery)
    }

    private func become(
        _ next: DeliveryState, reply: String?, dueAt: Date? = nil, relayedAt: Date? = nil, in transaction: WriteTransaction
    ) throws {
        guard state.canBecome(next) else { throw DamagedRow(table: "message", what: "step from \(state) to \(next) of \(id)") }
        let sql = """
            UPDATE message SET state = ?, last_reply = coalesce(?, last_reply), due_at = coalesce(?, due_at), relayed_at = ?
            WHERE id = ? AND state = ? AND attempt = ?
            """
        let changed = try transaction.change(
            sql,
            [
                next.rawValue, reply, dueAt?.milliseconds, relayedAt?.milliseconds, id.rawValue, state.rawValue, attempt,
            ])
        guard changed == 1 else { throw DamagedRow(table: "message", what: "step from \(state) to \(next) of \(id)") }
    }

    /// Its sitting was cancelled while it was under way: it doesn't go again.
    private func withdrawIfCancelled(from current: DeliveryState, in transaction: WriteTransaction) throws {
        guard convocation?.isCancelled == true, current.canBecome(.cancelled) else { return }
        try transaction.execute(
            "UPDATE message SET state = 'cancelled' WHERE id = ? AND state = ?", [id.rawValue, current.rawValue])
    }

    /// The convocation has failed; the clerk is told, unless they have served it on paper or cancelled the sitting.
    private func alarm(at now: Date, in transaction: WriteTransaction) throws {
        guard let convocation else { return }
        let changed = try transaction.change(
            "UPDATE convocation SET state = 'failed' WHERE id = ? AND state = 'queued'", [convocation.id.rawValue])
        guard changed == 1 else { return }
        try SQLiteStorage.post(.undelivered(sitting: convocation.sitting, convocations: [convocation.id]), at: now, in: transaction)
    }

    /// Facts first: it left, even where the sitting was cancelled meanwhile. What was served on paper before stays so.
    private func markRelayed(at instant: Date, in transaction: WriteTransaction) throws {
        guard let convocation else { return }
        let sql = """
            UPDATE convocation SET relayed_at = coalesce(relayed_at, ?),
                state = CASE state WHEN 'paperServed' THEN 'paperServed' ELSE 'relayed' END
            WHERE id = ?
            """
        try transaction.execute(sql, [instant.milliseconds, convocation.id.rawValue])
    }

    private func journal(_ type: FactType, at now: Date, _ facts: [String: JSON], in transaction: WriteTransaction) throws {
        guard let convocation else { return }
        var details = facts
        details["member"] = .member(convocation.member)
        details["message"] = .string(hash.hex)
        details["messageID"] = .string(messageID)
        details["attempt"] = .integer(Int64(attempt))
        try transaction.append(Fact(type: type, at: now, sitting: convocation.sitting, convocation: convocation.id, details: details))
    }
}
