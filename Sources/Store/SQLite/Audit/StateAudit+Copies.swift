import Council
import Foundation
import GRDB

extension StateAudit {
    /// Copies are no facts of the journal: it says how many the approval wanted. Each has its message, and is no convocation.
    mutating func compareCopies(of id: String, _ sitting: SittingReplay.ExpectedSitting?) throws {
        let count = "SELECT count(*) FROM copy WHERE sitting = ? AND kind = 'information'"
        let found = try Int64.fetchOne(db.cachedStatement(sql: count), arguments: [id]) ?? 0
        comparison.rows += Int(found)
        if found != sitting?.copies ?? 0 {
            report(
                "copy", id, .differs(column: "count", journal: sitting?.copies.map { "\($0)" } ?? "0", found: "\(found)"), seq: sitting?.seq
            )
        }
        let strange = """
            SELECT copy.id FROM copy JOIN message ON message.id = copy.message
            WHERE copy.sitting = ? AND (message.kind <> 'copy' OR message.convocation IS NOT NULL) ORDER BY copy.id
            """
        for copy in try Int64.fetchAll(db.cachedStatement(sql: strange), arguments: [id]) {
            report("message", "copy \(copy)", .unexpected, seq: sitting?.seq)
        }
        let unwanted = "SELECT id FROM copy WHERE sitting = ? AND kind = 'cancellation' ORDER BY id LIMIT 1"
        if sitting?.state != .cancelled, let copy = try Int64.fetchOne(db.cachedStatement(sql: unwanted), arguments: [id]) {
            report("copy", "\(copy)", .unexpected, seq: sitting?.seq)
        }
    }

    /// Messages are deleted by erasures only: where there was none, each number that was given has its row. (An erasure of a member also
    /// takes what the clerk was sent.)
    mutating func compareMessageNumbers() throws {
        let isErased = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM journal WHERE type = 'member.erased') OR EXISTS (SELECT 1 FROM copy WHERE state = 'erased')
                """)
        guard isErased == false else { return }
        let given = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'message'") ?? 0
        let there = try Int64.fetchOne(db, sql: "SELECT count(*) FROM message") ?? 0
        guard there < given else { return }
        let first = try Int64.fetchOne(
            db,
            sql:
                "SELECT min(id) + 1 FROM (SELECT 0 AS id UNION ALL SELECT id FROM message) known WHERE id + 1 NOT IN (SELECT id FROM message)"
        )
        report("message", "\(first ?? 0)\(given - there > 1 ? " (+ \(given - there - 1))" : "")", .missing)
    }

    /// Messages of that kind which no copy knows, and those that go to somebody else.
    mutating func compareCopyMessages() throws {
        let sql = """
            SELECT id FROM message WHERE kind = 'copy' AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message = message.id) ORDER BY id
            """
        for id in try Int64.fetchAll(db, sql: sql) { report("message", "\(id)", .unexpected) }
        let strangers = """
            SELECT message.id FROM message JOIN copy ON copy.message = message.id JOIN copy_recipient ON copy_recipient.id = copy.recipient
            WHERE lower(message.recipient) <> lower(copy_recipient.email) ORDER BY message.id
            """
        for id in try Int64.fetchAll(db, sql: strangers) {
            report("message", "\(id)", .differs(column: "recipient", journal: nil, found: nil))
        }
    }
}
