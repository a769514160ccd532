import Council
import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func reportedMessage(_ messageID: String) async throws -> ReportedMessage? {
        try await read { db in
            let sql =
                "SELECT CASE kind WHEN 'convocation' THEN convocation END, recipient, convocation IS NOT NULL FROM message WHERE message_id = ?"
            return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [messageID]).map { row in
                ReportedMessage(
                    convocation: (row[0] as Int64?).map(ConvocationID.init(rawValue:)), isLetter: row[0] == nil && row[2],
                    recipient: try EmailAddress(parsing: row[1]))
            }
        }
    }

    package func record(_ report: DeliveryReport) async throws -> ReportRecording {
        try await write { transaction in
            // Only a failure is worth telling without a signature.
            guard report.isSigned || report.action == .failed else { return .unknown }
            guard let reported = try ReportedConvocation(report.convocation, in: transaction) else { return .unknown }
            guard try reported.isNew(report, in: transaction) else { return .repeated }
            return .recorded(undelivered: try reported.take(report, in: transaction))
        }
    }
}

/// What became of a reported failure; journalled, and taken from there by the audit.
enum BounceEffect: String {
    /// The convocation has failed by it.
    case undelivered
    /// Something says that the member has it: they stay served.
    case kept
    case none
}

/// A convocation and its message, at the moment of a report.
private struct ReportedConvocation {
    static let keptOfEachAction = 8

    let id: ConvocationID
    let sitting: SittingID
    let member: Member
    let state: ConvocationState
    let messageState: DeliveryState
    let messageHash: ContentHash
    let messageID: String
    let isCancelled: Bool
    let isOnPaper: Bool
    let isAcknowledged: Bool
    let isDelivered: Bool

    /// Nil: there is none, or it has no message (any more).
    init?(_ id: ConvocationID, in transaction: WriteTransaction) throws {
        let sql = """
            SELECT convocation.sitting, convocation.state, convocation.paper_on IS NOT NULL AS on_paper, message.state AS message_state,
                message.hash, message.message_id, sitting.state = 'cancelled' AS is_cancelled, \(Member.columns),
                EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands)) AS acknowledged,
                EXISTS (SELECT 1 FROM report WHERE report.convocation = convocation.id AND action = 'delivered') AS delivered
            FROM convocation
            JOIN sitting ON sitting.id = convocation.sitting
            JOIN member_version version ON version.id = convocation.version
            JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
            WHERE convocation.id = ?
            """
        guard let row = try transaction.row(sql, [id.rawValue]) else { return nil }
        guard let hash = try row.hash("hash", of: "message") else { throw DamagedRow(table: "message", what: "hash") }
        self.id = id
        sitting = SittingID(rawValue: row["sitting"])
        member = try Member(row)
        state = try row.value("state", of: "convocation")
        messageState = try row.value("message_state", of: "message")
        messageHash = hash
        messageID = row["message_id"]
        isCancelled = row["is_cancelled"]
        isOnPaper = row["on_paper"]
        isAcknowledged = row["acknowledged"]
        isDelivered = row["delivered"]
    }

    func isNew(_ report: DeliveryReport, in transaction: WriteTransaction) throws -> Bool {
        let sql = "SELECT digest, reporter, signed FROM report WHERE convocation = ? AND action = ?"
        let known = try transaction.rows(sql, [id.rawValue, report.action.rawValue])
        // Apart, so that forged ones can't keep a signed one out.
        if known.count(where: { $0["signed"] == report.isSigned }) >= Self.keptOfEachAction { return false }
        return try !known.contains { row in
            try row.hash("digest", of: "report") == report.digest
                || (report.action == .delayed && (row["reporter"] as String?) == report.reporter)
        }
    }

    /// Returns whether the convocation has failed by it.
    func take(_ report: DeliveryReport, in transaction: WriteTransaction) throws -> Bool {
        let effect = effect(of: report)
        let seq = try transaction.append(
            Fact(type: report.fact, at: report.at, sitting: sitting, convocation: id, details: details(report, effect)))
        try transaction.execute(
            """
            INSERT INTO report (convocation, digest, action, signed, at, reason, status, diagnostic, reporter, seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id.rawValue, Data(report.digest.bytes), report.action.rawValue, report.isSigned, report.at.milliseconds,
                report.failure?.rawValue, report.status, report.diagnostic, report.reporter, Int64(seq),
            ])
        guard report.action == .failed else { return false }
        if report.isSigned, effect != .kept, messageState == .relayed {
            try transaction.execute(
                "UPDATE message SET state = 'bounced' WHERE convocation = ? AND kind = 'convocation' AND state = 'relayed'", [id.rawValue])
        }
        if effect == .undelivered {
            try transaction.execute(
                "UPDATE convocation SET state = 'failed' WHERE id = ? AND state = 'relayed'", [id.rawValue])
            try withdrawLetters(at: report.at, in: transaction)
        }
        // Kept or only reported: the clerk decides, and the mail says which it is.
        let isTold = report.isSigned ? effect != .none : !isCancelled && !isOnPaper && state == .relayed
        if isTold {
            try SQLiteStorage.post(.undelivered(sitting: sitting, convocations: [id]), at: report.at, in: transaction)
        }
        return effect == .undelivered
    }

    /// What follows a convocation that came back would go the same way: the clerk is told whom it doesn't tell.
    private func withdrawLetters(at now: Date, in transaction: WriteTransaction) throws {
        try SQLiteStorage.endReminders(of: id, at: now, in: transaction)
        let ended = try SQLiteStorage.end(
            .unserved, where: "convocation.id = ? AND letter.kind IN ('supplement', 'changed-place')", [id.rawValue], at: now,
            in: transaction)
        if !ended.isEmpty { try SQLiteStorage.post(.untold(sitting: sitting, convocations: [id]), at: now, in: transaction) }
    }

    private func effect(of report: DeliveryReport) -> BounceEffect {
        guard report.isSigned, report.action == .failed, state == .relayed, messageState == .relayed, !isCancelled, !isOnPaper else {
            return .none
        }
        return isAcknowledged || isDelivered ? .kept : .undelivered
    }

    private func details(_ report: DeliveryReport, _ effect: BounceEffect) -> [String: JSON] {
        var details: [String: JSON] = [
            "member": .member(member), "message": .string(messageHash.hex), "messageID": .string(messageID),
            "action": .string(report.action.rawValue), "report": .string(report.digest.hex), "signed": .bool(report.isSigned),
        ]
        if report.action == .failed { details["effect"] = .string(effect.rawValue) }
        if let reason = report.failure { details["reason"] = .string(reason.rawValue) }
        for (name, text) in [
            ("status", report.status), ("diagnostic", report.diagnostic), ("reporter", report.reporter), ("reported", report.recipient),
        ] {
            if let text { details[name] = .string(text) }
        }
        return details
    }
}

extension DeliveryReport {
    fileprivate var failure: BounceReason? { action == .failed ? reason ?? .other : nil }

    fileprivate var fact: FactType {
        switch action {
        case .failed: isSigned ? .convocationBounced : .convocationReported
        case .delivered: .convocationDelivered
        case .delayed: .convocationDelayed
        case .relayed, .expanded: .convocationPassedOn
        }
    }
}
