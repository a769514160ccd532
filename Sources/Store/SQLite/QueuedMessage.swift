import Council
import Foundation
import GRDB
import Ledger

/// One message of the queue at the moment of a change, with the convocation that it carries or tells more of, and the changes that
/// it can go through. Each method is one step of `DeliveryState` with its journal entry and, where the clerk must act, a notice.
struct QueuedMessage {
    private struct Carried {
        let id: ConvocationID
        let sitting: SittingID
        let isCancelled: Bool
        let start: Date
        /// As the journal has them.
        let member: JSON
    }

    private let id: MessageID
    private let kind: MessageKind
    private let state: DeliveryState
    private let attempt: Int
    private let messageID: String
    private let hash: ContentHash
    private let deadline: Date?
    private let isInDoubt: Bool
    /// It tells of a sitting that was cancelled since, to somebody who isn't convened.
    private let isStaleCopy: Bool
    /// Why a letter doesn't go (again); nil: it may.
    private let ended: LetterEnd?
    private var isEnded: Bool { ended != nil }
    private let about: Carried?

    /// Nil also for letters: what becomes of those changes no convocation.
    private var convocation: Carried? { kind == .convocation ? about : nil }
    /// Its sitting was cancelled: it doesn't go (again). What tells of the cancellation does.
    private var isWithdrawn: Bool { isStaleCopy || about?.isCancelled == true && kind != .cancellation }
    /// Neither its sitting's cancellation nor anything else keeps it from going.
    var isToGo: Bool { !isWithdrawn && !isEnded }

    static func fetch(
        where condition: String, in transaction: WriteTransaction, _ bind: (inout BoundValues) -> Void = { _ in }
    ) throws -> [QueuedMessage] {
        let sql = """
            SELECT message.id, message.kind, message.state, message.attempt, message.message_id, message.hash, message.deadline, message.in_doubt,
                convocation.id AS convocation,
                convocation.sitting, sitting.state = 'cancelled' AS is_cancelled, sitting.start,
                message.kind = 'copy' AND EXISTS (SELECT 1 FROM copy JOIN sitting gone ON gone.id = copy.sitting
                    WHERE copy.message = message.id AND copy.kind = 'information' AND gone.state = 'cancelled') AS is_stale,
                CASE WHEN message.convocation IS NOT NULL AND message.kind <> 'convocation' THEN (SELECT cause FROM letter
                    JOIN letter_end ON letter_end.letter = letter.id WHERE letter.message = message.id) END AS ended,
                \(JSON.memberColumns)
            FROM message
            LEFT JOIN convocation ON convocation.id = message.convocation
            LEFT JOIN sitting ON sitting.id = convocation.sitting
            LEFT JOIN member_version version ON version.id = convocation.version
            WHERE \(condition)
            """
        // Put in order here: asked for it, SQLite reads the whole table in that order, at each lease, rather than use the
        // condition's index.
        return try transaction.all(sql, bind, QueuedMessage.init).sorted { $0.id < $1.id }
    }

    private init(_ row: PlainColumns) throws {
        id = MessageID(rawValue: row.number(0))
        kind = try row.value(1, "kind", of: "message")
        state = try row.value(2, "state", of: "message")
        attempt = Int(row.number(3))
        messageID = row.text(4)
        hash = try row.hash(5, of: "message")
        deadline = row.dateIfAny(6)
        isInDoubt = row.number(7) != 0
        isStaleCopy = row.number(12) != 0
        ended = row.textIfAny(13).flatMap(LetterEnd.init(rawValue:))
        about = row.numberIfAny(8).map { convocation in
            Carried(
                id: ConvocationID(rawValue: convocation), sitting: SittingID(rawValue: row.text(9)), isCancelled: row.number(10) != 0,
                start: Date(milliseconds: row.number(11)), member: JSON.member(row, from: 14))
        }
    }

    // MARK: - Steps

    /// The process that held the lease is dead. True: nobody knows whether the relay has the message.
    func recover(at now: Date, policy: UnknownPolicy, begun: Set<LeasedAttempt>?, in transaction: WriteTransaction) throws -> Bool {
        if let begun, !begun.contains(LeasedAttempt(id: id, attempt: attempt)) {
            try postpone(until: now, at: now, in: transaction)
            return false
        }
        try waitInDoubt(
            until: policy == .resend ? now : nil, reply: "the process that was sending it ended; outcome unknown",
            ["cause": .string("restart")], at: now, in: transaction)
        return true
    }

    /// The clerk wants it to go again, though it may have left.
    func sendAgain(by: String, at now: Date, in transaction: WriteTransaction) throws {
        try become(.ready, reply: nil, due: Due(at: now, since: now), in: transaction)
        try journal(.convocationRepeated, at: now, ["outcome": .string("unknown"), "by": .string(by)], in: transaction)
        transaction.wake(.delivery)
    }

    func record(_ outcome: DeliveryOutcome, in transaction: WriteTransaction) throws {
        var facts: [String: JSON] = ["reply": .string(outcome.reply), "relay": .string(outcome.relay)]
        if let queueID = outcome.queueID { facts["queueID"] = .string(queueID) }
        if let transport = outcome.transport { facts.merge(transport.facts) { $1 } }
        switch outcome.result {
        case .accepted:
            try become(.relayed, reply: outcome.reply, relay: outcome.relay, relayedAt: outcome.at, in: transaction)
            try journal(.convocationRelayed, at: outcome.at, facts, in: transaction)
            try markRelayed(at: outcome.at, in: transaction)
            if isStaleCopy { try SQLiteStorage.wantCancellation(ofCopyIn: id, at: outcome.at, in: transaction) }
        case .deferred(let retryAt):
            try journal(.convocationDeferred, at: outcome.at, facts, in: transaction)
            // At the deadline at the latest, so that the next pass fails it then.
            let due = Due(at: min(retryAt, deadline ?? retryAt), since: outcome.at)
            try become(.deferred, reply: outcome.reply, relay: outcome.relay, due: due, in: transaction)
            if outcome.isTurnedAway { try SQLiteStorage.noteRefusal(of: id, at: outcome.at, in: transaction) }
            try withdraw(from: .deferred, at: outcome.at, in: transaction)
            transaction.wake(.delivery)
        case .unknown(let retryAt):
            try waitInDoubt(until: retryAt, reply: outcome.reply, relay: outcome.relay, facts, at: outcome.at, in: transaction)
        case .postponed(let until):
            try postpone(until: until, at: outcome.at, in: transaction)
        case .refused:
            try become(.failed, reply: outcome.reply, relay: outcome.relay, in: transaction)
            try journal(.convocationFailed, at: outcome.at, facts, in: transaction)
            try alarm(at: outcome.at, in: transaction)
            if kind.isForClerk { try SQLiteStorage.noteRefusal(of: id, at: outcome.at, in: transaction) }
        }
    }

    /// It has just been ended. What is being sent ends with that attempt.
    func end(at now: Date, in transaction: WriteTransaction) throws {
        try withdraw(from: state, at: now, in: transaction)
    }

    /// Too late to leave: the clerk is told, and the member must be served otherwise.
    func failAtDeadline(at now: Date, in transaction: WriteTransaction) throws {
        let isLawful = about.map { now < $0.start } ?? false
        let why = kind == .convocation || isLawful ? "the last lawful moment has passed" : "the sitting's hour has come"
        var facts: [String: JSON] = ["reply": .string("not sent: \(why)"), "cause": .string("deadline")]
        if isInDoubt {
            facts["reply"] = .string("not known to be sent: \(why)")
            facts["outcome"] = .string("unknown")
        }
        try become(.failed, reply: nil, in: transaction)
        try journal(.convocationFailed, at: now, facts, in: transaction)
        try alarm(at: now, in: transaction)
        if kind == .changedPlace, isLawful, !isEnded, !isWithdrawn {
            try SQLiteStorage.wantMoveAlone(after: "message = ?", id.rawValue, at: now, in: transaction)
        }
    }

    /// That a row of `message` waits to be sent: as the indexes of what waits have it, which serve no other spelling.
    static let waits = "(message.state = 'ready' OR message.state = 'deferred' OR message.state = 'unknown')"

    /// That a row of `message`, by the name that it has in the statement, may still leave, or leaves right now.
    static func mayLeave(_ message: String) -> String { "\(message).state IN ('ready', 'leased', 'deferred', 'unknown')" }

    // MARK: - Parts of a step

    /// When what is held falls due: never by itself. The end of the year 9999, which every date format can still say.
    static let never = Date(milliseconds: 253_402_300_799_000)

    /// `until` nil: held for the clerk. What serves nobody (a mail to the clerk) is never held: there is nobody to ask.
    private func waitInDoubt(
        until retryAt: Date?, reply: String, relay: String? = nil, _ facts: [String: JSON], at now: Date, in transaction: WriteTransaction
    ) throws {
        let due = retryAt ?? (convocation == nil ? now : nil)
        let wait = Due(at: due.map { min($0, deadline ?? $0) } ?? Self.never, since: now)
        try become(.unknown, reply: reply, relay: relay, due: wait, in: transaction)
        let goesAgain = about != nil && !isWithdrawn && !isEnded && (due.map { due in deadline.map { due < $0 } ?? true } ?? false)
        try journal(
            goesAgain ? .convocationRepeated : .convocationDeferred, at: now, facts.merging(["outcome": .string("unknown")]) { $1 },
            in: transaction)
        try withdraw(from: .unknown, at: now, in: transaction)
        if isStaleCopy { try SQLiteStorage.wantCancellation(ofCopyIn: id, at: now, in: transaction) }
        if isWithdrawn, let about {
            try SQLiteStorage.wantCancellation(of: about.id, in: about.sitting, before: about.start, at: now, in: transaction)
        } else if due == nil, let convocation {
            try SQLiteStorage.post(.uncertain(sitting: convocation.sitting, convocations: [convocation.id]), at: now, in: transaction)
        }
        transaction.wake(.delivery)
    }

    /// Nothing was tried, so nothing is journalled, and the attempt doesn't count.
    private func postpone(until: Date, at now: Date, in transaction: WriteTransaction) throws {
        let sql = """
            UPDATE message SET due_at = ?, waiting_since = ?, attempt = attempt - 1,
                state = CASE WHEN attempt = 1 THEN 'ready' WHEN in_doubt THEN 'unknown' ELSE 'deferred' END
            WHERE id = ? AND state = 'leased' AND attempt = ?
            """
        let changed = try transaction.change(sql, [min(until, deadline ?? until).milliseconds, now.milliseconds, id.rawValue, attempt])
        guard changed == 1 else { throw DamagedRow(table: "message", what: "postponing of \(id)") }
        try withdraw(from: attempt == 1 ? .ready : isInDoubt ? .unknown : .deferred, attempts: attempt - 1, at: now, in: transaction)
        transaction.wake(.delivery)
    }

    /// When it goes next, and when that was said: by a clock that was ahead, if that is after now.
    private struct Due {
        let at: Date
        let since: Date
    }

    private func become(
        _ next: DeliveryState, reply: String?, relay: String? = nil, due: Due? = nil, relayedAt: Date? = nil,
        in transaction: WriteTransaction
    ) throws {
        guard state.canBecome(next) else { throw DamagedRow(table: "message", what: "step from \(state) to \(next) of \(id)") }
        let sql: StaticString = """
            UPDATE message SET state = ?, last_reply = coalesce(?, last_reply), relay = coalesce(?, relay),
                due_at = coalesce(?, due_at), waiting_since = coalesce(?, waiting_since), relayed_at = ?, in_doubt = max(in_doubt, ?)
            WHERE id = ? AND state = ? AND attempt = ?
            """
        let changed = try transaction.run(fixed: sql) {
            $0.add(next.rawValue)
            $0.add(reply)
            $0.add(relay)
            $0.add(due?.at.milliseconds)
            $0.add(due?.since.milliseconds)
            $0.add(relayedAt?.milliseconds)
            $0.add(next == .unknown ? 1 : 0)
            $0.add(id.rawValue)
            $0.add(state.rawValue)
            $0.add(Int64(attempt))
        }
        guard changed == 1 else { throw DamagedRow(table: "message", what: "step from \(state) to \(next) of \(id)") }
    }

    /// Its sitting was cancelled, or it was ended, while it was under way: it doesn't go again. The entry of the cancellation says so of
    /// all; one that was ended has an entry of its own.
    private func withdraw(
        from current: DeliveryState, attempts: Int? = nil, at now: Date, in transaction: WriteTransaction
    ) throws {
        guard isWithdrawn || isEnded, current.canBecome(.cancelled) else { return }
        try transaction.execute(
            "UPDATE message SET state = 'cancelled' WHERE id = ? AND state = ?", [id.rawValue, current.rawValue])
        guard !isWithdrawn else { return }
        try journal(.letterWithdrawn, at: now, ["attempt": .integer(Int64(attempts ?? attempt))], in: transaction)
        if ended == .replaced, kind == .reminder, let about { try SQLiteStorage.remindAnew(about.id, at: now, in: transaction) }
    }

    /// The convocation has failed; the clerk is told, unless they have served it on paper or cancelled the sitting. Of a letter that a
    /// member doesn't get, the clerk is told too, also where the sitting has begun.
    private func alarm(at now: Date, in transaction: WriteTransaction) throws {
        if let about, let kind = LetterKind(kind), !about.isCancelled || kind == .cancellation, !isEnded {
            try SQLiteStorage.tell(kind, about.sitting, about.id, at: now, in: transaction)
        }
        guard let convocation else { return }
        let changed = try transaction.change(
            "UPDATE convocation SET state = 'failed' WHERE id = ? AND state = 'queued'", [convocation.id.rawValue])
        guard changed == 1 else { return }
        try SQLiteStorage.post(.undelivered(sitting: convocation.sitting, convocations: [convocation.id]), at: now, in: transaction)
    }

    /// Facts first: it left, even where the sitting was cancelled meanwhile. What was served on paper before stays so.
    private func markRelayed(at instant: Date, in transaction: WriteTransaction) throws {
        if isWithdrawn, let about {
            try SQLiteStorage.wantCancellation(of: about.id, in: about.sitting, before: about.start, at: instant, in: transaction)
        }
        guard let convocation else { return try alarmIfLate(at: instant, in: transaction) }
        let sql: StaticString = """
            UPDATE convocation SET relayed_at = coalesce(relayed_at, ?),
                state = CASE state WHEN 'paperServed' THEN 'paperServed' ELSE 'relayed' END
            WHERE id = ?
            """
        try transaction.run(fixed: sql) {
            $0.add(instant.milliseconds)
            $0.add(convocation.id.rawValue)
        }
        // It left in time, and the relay's answer came after the last lawful moment.
        guard let deadline, instant >= deadline, !convocation.isCancelled else { return }
        let onPaper = "SELECT 1 FROM convocation WHERE id = ? AND paper_on IS NOT NULL"
        guard try transaction.row(onPaper, [convocation.id.rawValue]) == nil else { return }
        try SQLiteStorage.post(.undelivered(sitting: convocation.sitting, convocations: [convocation.id]), at: instant, in: transaction)
    }

    /// A letter that left in time, and the relay's answer came too late for what it adds to the agenda, or after the sitting's hour.
    private func alarmIfLate(at instant: Date, in transaction: WriteTransaction) throws {
        guard let about, let kind = LetterKind(kind), kind.isAmendment, !isEnded, !isWithdrawn, let deadline, instant >= deadline else {
            return
        }
        try SQLiteStorage.tell(kind, about.sitting, about.id, at: instant, in: transaction)
    }

    private func journal(_ type: FactType, at now: Date, _ facts: [String: JSON], in transaction: WriteTransaction) throws {
        guard let about, let type = kind == .convocation ? type : type.ofLetter else { return }
        var details = facts
        details["member"] = about.member
        details["message"] = .string(hash.hex)
        details["messageID"] = .string(messageID)
        details["attempt"] = facts["attempt"] ?? .integer(Int64(attempt))
        try transaction.append(Fact(type: type, at: now, sitting: about.sitting, convocation: about.id, details: details))
    }
}
