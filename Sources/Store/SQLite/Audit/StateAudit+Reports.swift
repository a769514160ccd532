import Council
import Foundation
import GRDB
import Ledger

extension StateAudit {
    mutating func compareReports(of id: String, _ reports: [UInt64: SittingReplay.ExpectedReport]) throws {
        var left = reports
        let sql = """
            SELECT report.seq, report.convocation, digest, action, signed, at, reason, status, diagnostic, reporter
            FROM report JOIN convocation ON convocation.id = report.convocation WHERE convocation.sitting = ? ORDER BY report.seq
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            try Task.checkCancellation()
            comparison.rows += 1
            let seq = UInt64(row[0] as Int64)
            let name = "\(seq)"
            guard let expected = left.removeValue(forKey: seq) else {
                report("report", name, .unexpected)
                continue
            }
            expect(row[1], expected.convocation, "convocation", of: "report", name, seq: seq)
            expect(row[2], expected.digest.flatMap { Hex.decode($0) }.map { Data($0) }, "digest", of: "report", name, seq: seq)
            expect(row[3], expected.action, "action", of: "report", name, seq: seq)
            expect(row[4], expected.isSigned, "signed", of: "report", name, seq: seq)
            expect(row[5], expected.at, "at", of: "report", name, seq: seq)
            expect(row[6], expected.reason, "reason", of: "report", name, seq: seq)
            expect(row[7], expected.status, "status", of: "report", name, seq: seq)
            // A server's words may quote the address.
            expect(row[8], expected.diagnostic, "diagnostic", of: "report", name, seq: seq, isPersonal: true)
            expect(row[9], expected.reporter, "reporter", of: "report", name, seq: seq)
        }
        for seq in left.keys.sorted() { report("report", "\(seq)", .missing, seq: seq) }
    }
}
