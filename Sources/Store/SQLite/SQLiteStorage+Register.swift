package import Council
import Foundation
import GRDB

extension SQLiteStorage {
    package func publicSittings() async throws -> [PublicSitting] {
        try await publicSittings(where: "1", [])
    }

    package func publicSitting(_ id: SittingID) async throws -> PublicSitting? {
        try await publicSittings(where: "sitting.id = ?", [id.rawValue]).first
    }

    private func publicSittings(where condition: String, _ arguments: StatementArguments) async throws -> [PublicSitting] {
        try await read { [drafts] db in
            let sql = """
                SELECT \(Sitting.columns), count(convocation.id) AS convened,
                    count(CASE WHEN version.service = 'paper' OR convocation.paper_on IS NOT NULL THEN 1 END) AS on_paper,
                    count(convocation.paper_on) AS served_on_paper,
                    count(CASE WHEN (convocation.relayed_at < sitting.deadline AND convocation.state <> 'failed')
                        OR convocation.paper_on IS NOT NULL THEN 1 END) AS served,
                    count(CASE WHEN convocation.erased_receipt = 1 OR EXISTS (SELECT 1 FROM access WHERE access.convocation = convocation.id
                        AND \(Receipt.stands)) THEN 1 END) AS acknowledged
                FROM sitting
                LEFT JOIN convocation ON convocation.sitting = sitting.id
                LEFT JOIN member_version version ON version.id = convocation.version
                WHERE sitting.approved_at IS NOT NULL AND \(condition)
                GROUP BY sitting.id ORDER BY sitting.start DESC, sitting.id DESC
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map { row in
                let sitting = try Sitting(row, cache: drafts)
                return PublicSitting(
                    sitting: sitting, convened: row["convened"], onPaper: row["on_paper"], served: row["served"],
                    servedOnPaper: row["served_on_paper"], acknowledged: row["acknowledged"], leaves: try Self.leaves(of: sitting, in: db))
            }
        }
    }

    /// Only documents that the sitting has, or had when its convocations left, and that are not confidential.
    private static func leaves(of sitting: Sitting, in db: Database) throws -> [ContentHash: UInt64] {
        let draft = sitting.draft
        let shown = Set((draft.documents + draft.superseded).filter { !$0.confidential }.map(\.hash))
        let sql = "SELECT hash, seq FROM sitting_document WHERE sitting = ? AND public = 1"
        var leaves: [ContentHash: UInt64] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [sitting.id.rawValue]) {
            guard let hash = try row.hash("hash", of: "sitting_document"), shown.contains(hash) else { continue }
            leaves[hash] = UInt64(row["seq"] as Int64)
        }
        return leaves
    }
}
