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

    /// Messages of that kind which no copy knows.
    mutating func compareCopyMessages() throws {
        let sql = """
            SELECT id FROM message WHERE kind = 'copy' AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message = message.id) ORDER BY id
            """
        for id in try Int64.fetchAll(db, sql: sql) { report("message", "\(id)", .unexpected) }
    }
}
