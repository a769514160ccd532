import Council
import Foundation
import GRDB
import Ledger

extension StateAudit {
    mutating func compareAmendments(of id: String, _ amendments: [Int64: SittingReplay.ExpectedAmendment]) throws {
        var left = amendments
        let sql = "SELECT revision, state, content, received_at, approved_at FROM amendment WHERE sitting = ?"
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id]) {
            comparison.rows += 1
            let revision: Int64 = row["revision"]
            let name = "\(id) \(revision)"
            guard let expected = left.removeValue(forKey: revision) else {
                report("amendment", name, .unexpected)
                continue
            }
            let hash = ContentHash(sha256Of: Array((row["content"] as String).utf8)).hex
            if hash != expected.content {
                report("amendment", name, .differs(column: "content", journal: expected.content, found: hash), seq: expected.seq)
            }
            expect(row["state"], expected.state.rawValue, "state", of: "amendment", name, seq: expected.seq)
            expect(row["received_at"], expected.receivedAt, "received_at", of: "amendment", name, seq: expected.seq)
            expect(row["approved_at"], expected.approvedAt, "approved_at", of: "amendment", name, seq: expected.seq)
        }
        for (revision, expected) in left.sorted(by: { $0.key < $1.key }) {
            report("amendment", "\(id) \(revision)", .missing, seq: expected.seq)
        }
    }
}
