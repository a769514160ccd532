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
        of member: MemberID, in sitting: SittingID, on day: CivilDate, how: String, at now: Date
    ) async throws {
        try await write { transaction in
            let state = try Self.sitting(sitting, in: transaction).state
            guard state == .approved else { throw StorageError.wrongState(sitting, state) }
            let sql = """
                SELECT convocation.id, convocation.state, convocation.paper_on, convocation.paper_how, \(Member.columns)
                FROM convocation JOIN member_version version ON version.id = convocation.version
                WHERE convocation.sitting = ? AND convocation.member = ?
                """
            guard let row = try transaction.row(sql, [sitting.rawValue, member.rawValue]) else { throw StorageError.noSuchMember(member) }
            if row["paper_on"] as String? == day.description, row["paper_how"] as String? == how { return }
            let id = ConvocationID(rawValue: row["id"])
            // What the relay took stays served by the relay; everything else is now served on paper.
            try transaction.execute(
                """
                UPDATE convocation SET paper_on = ?, paper_how = ?,
                    state = CASE state WHEN 'relayed' THEN 'relayed' ELSE 'paperServed' END
                WHERE id = ?
                """, [day.description, how, id.rawValue])
            try transaction.append(
                Fact(
                    type: .convocationPaper, at: now, sitting: sitting, convocation: id,
                    details: ["member": .member(try Member(row)), "day": .string(day.description), "how": .string(how)]))
        }
    }
}

extension ConvocationStatus {
    /// Receipts that stand: `person` or `confirmed`, not downgraded.
    fileprivate static let query = """
        SELECT convocation.id, convocation.sitting AS sitting_id, convocation.state, convocation.relayed_at, convocation.paper_on,
            message.attempt, message.last_reply, \(Member.columns),
            (SELECT min(first_at) FROM access WHERE access.convocation = convocation.id
                AND downgraded IS NULL AND grade <> 'robot') AS receipt_at,
            (SELECT min(grade) FROM access WHERE access.convocation = convocation.id
                AND downgraded IS NULL AND grade <> 'robot') AS receipt_grade
        FROM convocation
        JOIN member_version version ON version.id = convocation.version
        LEFT JOIN message ON message.convocation = convocation.id
        """

    fileprivate init(_ row: Row) throws {
        let day: String? = row["paper_on"]
        // 'confirmed' sorts before 'person': min() is the stronger one.
        let grade: String? = row["receipt_grade"]
        self.init(
            id: ConvocationID(rawValue: row["id"]), sitting: SittingID(rawValue: row["sitting_id"]), member: try Member(row),
            state: try row.value("state", of: "convocation"), attempts: row["attempt"] ?? 0, relayedAt: row.date("relayed_at"),
            lastReply: row["last_reply"], receiptAt: row.date("receipt_at"), receiptGrade: grade.flatMap(Grade.init(rawValue:)),
            paperServedOn: try day.map { text in
                guard let date = CivilDate(iso: text) else { throw DamagedRow(table: "convocation", what: "day '\(text)'") }
                return date
            })
    }
}
