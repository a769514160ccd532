import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    private static let anchorColumns = """
        size, method, authority, state, bytes, attempts, next_try, fault, network, txid, raw_transaction, signed_at, block_height, block_hash
        """

    package func save(_ anchors: [AnchorRecord]) async throws {
        try await write { transaction in
            let sql = """
                INSERT INTO anchor (\(Self.anchorColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (size, method, authority) DO UPDATE SET state = excluded.state, bytes = excluded.bytes,
                    attempts = excluded.attempts, next_try = excluded.next_try, fault = excluded.fault, network = excluded.network,
                    txid = excluded.txid, raw_transaction = excluded.raw_transaction, signed_at = excluded.signed_at,
                    block_height = excluded.block_height, block_hash = excluded.block_hash
                """
            for anchor in anchors {
                let paid = anchor.transaction
                try transaction.execute(
                    sql,
                    [
                        Int64(clamping: anchor.size), anchor.method.rawValue, anchor.authority, anchor.state.rawValue,
                        Data(anchor.bytes), anchor.attempts, anchor.nextTry?.milliseconds, anchor.fault, paid?.network, paid?.id,
                        paid.map { Data($0.bytes) }, paid?.signedAt.milliseconds, paid?.block.map { Int64(clamping: $0.height) },
                        paid?.block?.hash,
                    ])
            }
            transaction.anchorsChanged()
        }
    }

    package func anchorsDue(at now: Date) async throws -> [AnchorRecord] {
        try await anchors(
            where: "state <> 'complete' AND (next_try IS NULL OR next_try <= ? OR next_try > ? AND next_try < ?)", now.milliseconds,
            now.addingTimeInterval(AnchorRecord.longestWait).milliseconds, AnchorRecord.never.milliseconds)
    }

    package func anchors(of size: UInt64?) async throws -> [AnchorRecord] {
        if let size { return try await anchors(where: "size = ?", Int64(clamping: size)) }
        return try await anchors(where: "size >= ?", 0)
    }

    package func untoldAnchors() async throws -> [UInt64] {
        try await read { db in
            try Int64.fetchAll(db, sql: "SELECT size FROM anchor_untold ORDER BY size").map { UInt64(clamping: $0) }
        }
    }

    package func newestChainAnchor() async throws -> AnchorRecord? {
        // The method is written out, so that the index over just these rows serves.
        try await anchors(
            where: "method = 'chainNode' AND size >= ? AND size = (SELECT max(size) FROM anchor WHERE method = 'chainNode')", 0
        ).first
    }

    private func anchors(where condition: String, _ arguments: Int64...) async throws -> [AnchorRecord] {
        try await read { db in
            let sql = "SELECT \(Self.anchorColumns) FROM anchor WHERE \(condition) ORDER BY size, method, authority"
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments)).map { row in
                AnchorRecord(
                    size: UInt64(row["size"] as Int64), method: try row.value("method", of: "anchor"), authority: row["authority"],
                    state: try row.value("state", of: "anchor"), bytes: row.bytes("bytes"), attempts: row["attempts"],
                    nextTry: row.date("next_try"), fault: row["fault"], transaction: Self.transaction(row))
            }
        }
    }

    /// The table's constraints see to it that the columns are there together.
    private static func transaction(_ row: Row) -> ChainTransaction? {
        guard let network = row["network"] as String?, let id = row["txid"] as String?, let signedAt = row.date("signed_at") else {
            return nil
        }
        var block: ChainTransaction.Block?
        if let height = row["block_height"] as Int64?, let hash = row["block_hash"] as String? {
            block = ChainTransaction.Block(height: UInt64(clamping: height), hash: hash)
        }
        return ChainTransaction(network: network, id: id, bytes: row.bytes("raw_transaction"), signedAt: signedAt, block: block)
    }
}
