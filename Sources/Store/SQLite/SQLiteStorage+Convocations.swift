package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func status(of id: SittingID) async throws -> [ConvocationStatus] {
        try await read { db in
            guard try Bool.fetchOne(db, sql: "SELECT 1 FROM sitting WHERE id = ?", arguments: [id.rawValue]) != nil else {
                throw StorageError.noSuchSitting(id)
            }
            let sql = ConvocationStatus.query + " WHERE convocation.sitting = ? ORDER BY version.sort_key, convocation.member"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id.rawValue]).map(ConvocationStatus.init)
        }
    }

    package func convocation(_ id: ConvocationID) async throws -> ConvocationStatus? {
        try await read { db in
            let sql = ConvocationStatus.query + " WHERE convocation.id = ?"
            return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id.rawValue]).map(ConvocationStatus.init)
        }
    }

    package func recordPaperService(
        _ service: PaperService, of member: MemberID, in id: SittingID, correcting: Bool, zone: TimeZone, at now: Date
    ) async throws -> PaperRecording {
        try await write { transaction in
            let sitting = try Self.sitting(id, in: transaction)
            guard sitting.state == .approved, let approvedAt = sitting.approvedAt else {
                throw StorageError.wrongState(id, sitting.state)
            }
            let sql = """
                SELECT convocation.id, convocation.paper_on, convocation.paper_how, \(Member.columns)
                FROM convocation JOIN member_version version ON version.id = convocation.version
                WHERE convocation.sitting = ? AND convocation.member = ?
                """
            guard let row = try transaction.row(sql, [id.rawValue, member.rawValue]) else { throw StorageError.noSuchMember(member) }
            let earlier = try PaperService(row)
            if earlier == service { return .unchanged }
            let lawful = PaperService.days(
                approved: CivilDate(of: approvedAt, in: zone), sitting: sitting.draft.when.date, today: CivilDate(of: now, in: zone))
            guard lawful.contains(service.day) else { throw StorageError.paperDayOutOfRange(service.day, lawful: lawful) }
            if let earlier, !correcting { throw StorageError.paperServiceRecorded(earlier) }
            let convocation = ConvocationID(rawValue: row["id"])
            // What the relay took stays served by the relay; everything else is now served on paper.
            try transaction.execute(
                """
                UPDATE convocation SET paper_on = ?, paper_how = ?,
                    state = CASE state WHEN 'relayed' THEN 'relayed' ELSE 'paperServed' END
                WHERE id = ?
                """, [service.day.description, service.how, convocation.rawValue])
            try Self.endReminders(of: convocation, at: now, in: transaction)
            var details = service.facts
            details["member"] = .member(try Member(row))
            if let earlier { details["corrects"] = .object(earlier.facts) }
            try transaction.append(
                Fact(type: .convocationPaper, at: now, sitting: id, convocation: convocation, details: details))
            return earlier.map { .corrected(earlier: $0) } ?? .recorded
        }
    }
}

extension PaperService {
    /// Nil: none is recorded.
    fileprivate init?(_ row: Row) throws {
        guard let text: String = row["paper_on"] else { return nil }
        guard let day = CivilDate(iso: text) else { throw DamagedRow(table: "convocation", what: "day '\(text)'") }
        self.init(day: day, how: row["paper_how"])
    }

    fileprivate var facts: [String: JSON] { ["day": .string(day.description), "how": .string(how)] }
}

extension Bounce {
    /// Nil: none was reported.
    fileprivate init?(_ row: Row) throws {
        guard let at = row.date("bounce_at") else { return nil }
        self.init(
            at: at, reason: try row.value("bounce_reason", of: "report"), status: row["bounce_status"],
            diagnostic: row["bounce_diagnostic"], isSigned: row["bounce_signed"])
    }

    fileprivate init?(ofLetter row: Row, _ name: String) throws {
        guard let at = row.date("\(name)_at") else { return nil }
        self.init(
            at: at, reason: try row.value("\(name)_reason", of: "letter_report"), status: row["\(name)_status"],
            diagnostic: row["\(name)_diagnostic"], isSigned: true)
    }
}

enum Receipt {
    /// That a row of `access` counts as a receipt, beside its `sitting`: `person` or `confirmed`, not downgraded, and not after the
    /// cancellation, when nobody is asked to acknowledge any more. The journal has every access.
    /// A letter's own links acknowledge that letter, not the convocation that it follows.
    static let stands = """
        \(isValid) AND NOT EXISTS (SELECT 1 FROM link own WHERE own.id = access.link AND own.letter IS NOT NULL)
        """

    static let isValid = """
        access.downgraded IS NULL AND access.grade <> 'robot'
            AND (sitting.cancelled_at IS NULL OR access.first_at < sitting.cancelled_at)
        """
}

extension LetterStatus {
    /// Nil: there is none.
    fileprivate init?(_ row: Row, _ name: String = "letter") throws {
        guard row["has_\(name)"] else { return nil }
        let state: String? = row["\(name)_state"]
        self.init(
            state: try state.map { _ in try row.value("\(name)_state", of: "message") }, relayedAt: row.date("\(name)_relayed_at"),
            lastReply: row["\(name)_reply"], receiptAt: row.date("\(name)_receipt_at"), isWithdrawn: row["\(name)_withdrawn"],
            serial: row["\(name)_serial"], createdAt: row.date("\(name)_created_at"),
            isLate: name == "news" && row["news_late"] ?? false,
            movesSitting: name == "news" && row["news_moves"] ?? false,
            mayHaveArrived: row["\(name)_is_doubtful"] ?? false)
    }
}

extension ConvocationStatus {
    fileprivate static let query = """
        SELECT convocation.id, convocation.sitting AS sitting_id, convocation.state, convocation.relayed_at, convocation.paper_on,
            convocation.paper_how, \(paperRecords) > 1 AS paper_corrected, message.attempt, message.last_reply,
            message.state = 'unknown' AND message.due_at = \(QueuedMessage.never.milliseconds) AS is_held, \(Member.columns),
            (SELECT min(first_at) FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands)) AS receipt_at,
            (SELECT min(grade) FROM access WHERE access.convocation = convocation.id AND \(Receipt.stands)) AS receipt_grade,
            EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id AND access.downgraded IS NOT NULL) AS receipt_withdrawn,
            (SELECT min(at) FROM report WHERE report.convocation = convocation.id AND action = 'delivered') AS delivered_at,
            (SELECT min(at) FROM report WHERE report.convocation = convocation.id AND action IN ('relayed', 'expanded')) AS passed_on_at,
            (SELECT max(at) FROM report WHERE report.convocation = convocation.id AND action = 'delayed') AS delayed_at,
            bounce.at AS bounce_at, bounce.reason AS bounce_reason, bounce.status AS bounce_status,
            bounce.diagnostic AS bounce_diagnostic, bounce.signed AS bounce_signed,
            convocation.relayed_at >= sitting.deadline AND convocation.paper_on IS NULL AS is_late,
            \(SQLiteStorage.hasNoAddress) AS has_no_address,
            \(doubt("message")) AS is_doubtful,
            \(letterColumns("letter")), \(letterColumns("news")), \(letterColumns("nudge")),
            told.state AS letter_state, told.relayed_at AS letter_relayed_at,
            told.last_reply AS letter_reply, NULL AS letter_receipt_at, \(doubt("told")) AS letter_is_doubtful,
            news_message.state AS news_state, news_message.relayed_at AS news_relayed_at,
            news_message.last_reply AS news_reply, \(doubt("news_message")) AS news_is_doubtful,
            news_message.state = 'relayed' AND news_message.relayed_at >= news_message.deadline AS news_late,
            news.kind = 'changed-place' AS news_moves,
            (SELECT min(first_at) FROM access JOIN link ON link.id = access.link
                WHERE link.letter = news.id AND \(Receipt.isValid)) AS news_receipt_at,
            told_back.at AS told_back_at, told_back.reason AS told_back_reason, told_back.status AS told_back_status,
            told_back.diagnostic AS told_back_diagnostic,
            news_back.at AS news_back_at, news_back.reason AS news_back_reason, news_back.status AS news_back_status,
            news_back.diagnostic AS news_back_diagnostic,
            nudge_message.state AS nudge_state, nudge_message.relayed_at AS nudge_relayed_at, nudge_message.last_reply AS nudge_reply,
            NULL AS nudge_receipt_at, \(doubt("nudge_message")) AS nudge_is_doubtful,
            (SELECT max(relayed_at) FROM message reminder
                WHERE reminder.convocation = convocation.id AND reminder.kind = 'reminder') AS reminded_at,
            returned.at AS returned_at, returned.reason AS returned_reason, returned.status AS returned_status,
            returned.diagnostic AS returned_diagnostic
        FROM convocation
        JOIN sitting ON sitting.id = convocation.sitting
        JOIN member_version version ON version.id = convocation.version
        LEFT JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
        LEFT JOIN letter ON letter.convocation = convocation.id AND letter.kind = 'cancellation'
        LEFT JOIN message told ON told.id = letter.message
        LEFT JOIN letter news ON news.id = (SELECT amended.id FROM letter amended LEFT JOIN message sent ON sent.id = amended.message
            WHERE amended.convocation = convocation.id AND amended.kind IN ('supplement', 'changed-place') AND \(LetterEnd.stands("amended"))
                AND (sent.state IS 'relayed' OR NOT (\(StoredAmendment.isOvertaken("amended"))))
            ORDER BY CASE WHEN sent.state = 'relayed' AND sent.relayed_at < sent.deadline THEN 2
                WHEN amended.state = 'wanted' OR \(QueuedMessage.mayLeave("sent")) THEN 1 ELSE 0 END,
                amended.id DESC LIMIT 1)
        LEFT JOIN message news_message ON news_message.id = news.message
        LEFT JOIN letter nudge ON nudge.id = (SELECT max(id) FROM letter reminder
            WHERE reminder.convocation = convocation.id AND reminder.kind = 'reminder' AND \(LetterEnd.stands("reminder")))
        LEFT JOIN message nudge_message ON nudge_message.id = nudge.message
        LEFT JOIN letter_report told_back ON told_back.seq = (SELECT max(seq) FROM letter_report WHERE letter_report.letter = letter.id)
        LEFT JOIN letter_report news_back ON news_back.seq = (SELECT max(seq) FROM letter_report WHERE letter_report.letter = news.id)
        LEFT JOIN report bounce ON bounce.seq = (SELECT seq FROM report
            WHERE report.convocation = convocation.id AND action = 'failed' ORDER BY signed DESC, seq DESC LIMIT 1)
        LEFT JOIN letter_report returned ON returned.seq = (SELECT max(seq) FROM letter_report JOIN letter ON letter.id = letter_report.letter
            WHERE letter_report.convocation = convocation.id AND letter.kind = 'reminder')
        """

    private static func doubt(_ message: String) -> String { "\(message).in_doubt AND \(message).relayed_at IS NULL" }

    private static func letterColumns(_ name: String) -> String {
        """
        \(name).id IS NOT NULL AND (sitting.cancelled_at IS NULL OR \(name).kind = 'cancellation' OR EXISTS (SELECT 1 FROM message sent
            WHERE sent.id = \(name).message AND sent.relayed_at IS NOT NULL)) AS has_\(name),
            \(name).state = 'withdrawn' OR EXISTS (SELECT 1 FROM message gone
                WHERE gone.id = \(name).message AND gone.state = 'cancelled') AS \(name)_withdrawn, \(name).serial % \(ToldAmendments.moveAlone) AS \(name)_serial,
            \(name).created_at AS \(name)_created_at
        """
    }

    /// How often paper service was journalled. Who was erased from the openings has no history left to show.
    private static let paperRecords = """
        CASE WHEN convocation.paper_on IS NULL THEN 0 ELSE (SELECT count(*) FROM opening JOIN journal ON journal.seq = opening.seq
            WHERE opening.convocation = convocation.id AND journal.type = 'convocation.paper') END
        """

    fileprivate init(_ row: Row) throws {
        // 'confirmed' sorts before 'person': min() is the stronger one.
        let grade: String? = row["receipt_grade"]
        let bounce = try Bounce(row)
        let (deliveredAt, passedOnAt) = (row.date("delivered_at"), row.date("passed_on_at"))
        self.init(
            id: ConvocationID(rawValue: row["id"]), sitting: SittingID(rawValue: row["sitting_id"]), member: try Member(row),
            state: try row.value("state", of: "convocation"), attempts: row["attempt"] ?? 0, relayedAt: row.date("relayed_at"),
            lastReply: row["last_reply"], isHeld: row["is_held"] ?? false, receiptAt: row.date("receipt_at"),
            receiptGrade: grade.flatMap(Grade.init(rawValue:)),
            receiptWithdrawn: row["receipt_withdrawn"],
            paperService: try PaperService(row), paperCorrected: row["paper_corrected"],
            deliveredAt: deliveredAt, passedOnAt: passedOnAt,
            delayedAt: deliveredAt == nil && bounce == nil ? row.date("delayed_at") : nil, bounce: bounce,
            cancellation: try LetterStatus(row), remindedAt: row.date("reminded_at"), reminderBounce: try Bounce(ofLetter: row, "returned"),
            amendment: try LetterStatus(row, "news"), amendmentBounce: try Bounce(ofLetter: row, "news_back"),
            reminder: try LetterStatus(row, "nudge"), isLate: row["is_late"] ?? false,
            hasNoAddress: row["has_no_address"],
            mayHaveArrived: row["is_doubtful"] ?? false,
            cancellationBounce: try Bounce(ofLetter: row, "told_back"))
    }
}
