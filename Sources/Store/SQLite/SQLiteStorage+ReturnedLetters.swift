import Council
import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func record(_ report: LetterReport) async throws -> ReportRecording {
        try await write { transaction in
            guard let letter = try ReturnedLetter(report.letter, in: transaction) else { return .unknown }
            guard try letter.isNew(report, in: transaction) else { return .repeated }
            try letter.take(report, in: transaction)
            return .recorded(undelivered: false)
        }
    }
}

/// A letter and its message, at the moment of a report.
private struct ReturnedLetter {
    let id: LetterID
    let kind: LetterKind
    let convocation: ConvocationID
    let sitting: SittingID
    let member: Member
    let message: Int64
    let messageID: String
    let hash: ContentHash
    let start: Date
    let isAcknowledged: Bool

    /// Nil: there is none, or it has no message (any more).
    init?(_ id: LetterID, in transaction: WriteTransaction) throws {
        let sql = """
            SELECT letter.kind, letter.convocation, convocation.sitting, sitting.start, message.id AS message, message.message_id,
                message.hash, \(Member.columns),
                EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands)) AS acknowledged
            FROM letter
            JOIN convocation ON convocation.id = letter.convocation
            JOIN sitting ON sitting.id = convocation.sitting
            JOIN member_version version ON version.id = convocation.version
            JOIN message ON message.id = letter.message
            WHERE letter.id = ?
            """
        guard let row = try transaction.row(sql, [id.rawValue]) else { return nil }
        guard let hash = try row.hash("hash", of: "message") else { throw DamagedRow(table: "message", what: "hash") }
        self.id = id
        kind = try row.value("kind", of: "letter")
        convocation = ConvocationID(rawValue: row["convocation"])
        sitting = SittingID(rawValue: row["sitting"])
        member = try Member(row)
        message = row["message"]
        messageID = row["message_id"]
        self.hash = hash
        start = Date(milliseconds: row["start"])
        isAcknowledged = row["acknowledged"]
    }

    func isNew(_ report: LetterReport, in transaction: WriteTransaction) throws -> Bool {
        let known = try transaction.rows("SELECT digest FROM letter_report WHERE letter = ?", [id.rawValue])
        return try known.count < 8 && !known.contains { try $0.hash("digest", of: "letter_report") == report.digest }
    }

    func take(_ report: LetterReport, in transaction: WriteTransaction) throws {
        var details: [String: JSON] = [
            "member": .member(member), "message": .string(hash.hex), "messageID": .string(messageID), "kind": .string(kind.rawValue),
            "report": .string(report.digest.hex), "reason": .string(report.reason.rawValue),
        ]
        for (name, text) in [("status", report.status), ("diagnostic", report.diagnostic), ("reporter", report.reporter)] {
            if let text { details[name] = .string(text) }
        }
        let seq = try transaction.append(
            Fact(type: .letterBounced, at: report.at, sitting: sitting, convocation: convocation, details: details))
        try transaction.execute(
            """
            INSERT INTO letter_report (letter, convocation, digest, at, reason, status, diagnostic, reporter, seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id.rawValue, convocation.rawValue, Data(report.digest.bytes), report.at.milliseconds, report.reason.rawValue,
                report.status, report.diagnostic, report.reporter, Int64(seq),
            ])
        try transaction.execute("UPDATE message SET state = 'bounced' WHERE id = ? AND state = 'relayed'", [message])
        // After its hour there is nothing left to do.
        guard report.at < start else { return }
        switch kind {
        case .cancellation:
            try SQLiteStorage.post(.unwarned(sitting: sitting, convocations: [convocation]), at: report.at, in: transaction)
        case .supplement, .changedPlace:
            try SQLiteStorage.post(.untold(sitting: sitting, convocations: [convocation]), at: report.at, in: transaction)
        case .reminder:
            if !isAcknowledged {
                try SQLiteStorage.post(.undelivered(sitting: sitting, convocations: [convocation]), at: report.at, in: transaction)
            }
        }
    }
}
