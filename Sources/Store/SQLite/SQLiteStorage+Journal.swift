import Council
import Foundation
import GRDB

extension SQLiteStorage {
    package func journalSize() async throws -> UInt64 {
        try await read { db in
            UInt64(try Int64.fetchOne(db.cachedStatement(sql: "SELECT coalesce(max(seq) + 1, 0) FROM journal")) ?? 0)
        }
    }

    package func journal(from: UInt64, limit: Int) async throws -> [JournalRow] {
        try await read { db in
            let sql = "SELECT seq, leaf, leaf_hash FROM journal WHERE seq >= ? ORDER BY seq LIMIT ?"
            let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [Int64(clamping: from), max(limit, 0)])
            var rows: [JournalRow] = []
            while let row = try found.next() {
                rows.append(JournalRow(seq: UInt64(row[0] as Int64), leaf: try row.copied(1), leafHash: try row.copied(2)))
            }
            return rows
        }
    }

    package func journal(matching query: JournalQuery) async throws -> [JournalRow] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            conditions.append(condition)
            arguments += [value]
        }
        if !query.types.isEmpty {
            conditions.append("journal.type IN (" + query.types.map { _ in "?" }.joined(separator: ", ") + ")")
            arguments += StatementArguments(query.types.map(\.rawValue).sorted())
        }
        if let sitting = query.sitting { require("journal.sitting = ?", sitting.rawValue) }
        if let convocation = query.convocation { require("opening.convocation = ?", convocation.rawValue) }
        if let document = query.document { require("opening.document = ?", Data(document.bytes)) }
        let needsOpening = query.convocation != nil || query.document != nil
        let sql = """
            SELECT journal.seq, journal.leaf, journal.leaf_hash
            FROM journal \(needsOpening ? "JOIN opening ON opening.seq = journal.seq" : "")
            WHERE \(conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")) ORDER BY journal.seq
            """
        return try await read { [arguments] db in try Row.fetchAll(db, sql: sql, arguments: arguments).map(JournalRow.init) }
    }

    package func openings(of seqs: [UInt64]) async throws -> [Opening] {
        try await read { db in
            if let first = seqs.first, let last = seqs.last, seqs.count > 8, last &- first == UInt64(seqs.count - 1), seqs.isAscending {
                let sql = "SELECT seq, key, content FROM opening WHERE seq BETWEEN ? AND ? ORDER BY seq"
                let found = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [Int64(clamping: first), Int64(clamping: last)])
                var openings: [Opening] = []
                while let row = try found.next() {
                    openings.append(Opening(seq: UInt64(row[0] as Int64), key: try row.copied(1), content: try row.copied(2)))
                }
                return openings
            }
            let statement = try db.cachedStatement(sql: "SELECT seq, key, content FROM opening WHERE seq = ?")
            return try seqs.compactMap { seq in
                try Row.fetchOne(statement, arguments: [Int64(clamping: seq)]).map { row in
                    Opening(seq: UInt64(row["seq"] as Int64), key: row.bytes("key"), content: row.bytes("content"))
                }
            }
        }
    }

    package func checkpoint() async throws -> StoredCheckpoint? {
        try await read { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT size, note FROM checkpoint")).map { row in
                StoredCheckpoint(size: UInt64(row["size"] as Int64), note: row.bytes("note"))
            }
        }
    }

    package func replaceCheckpoint(_ old: StoredCheckpoint?, with new: StoredCheckpoint) async throws -> Bool {
        try await write { transaction in
            let changed =
                if let old {
                    try transaction.change(
                        "UPDATE checkpoint SET size = ?, note = ? WHERE id = 1 AND note = ?",
                        [Int64(clamping: new.size), Data(new.note), Data(old.note)])
                } else {
                    try transaction.change(
                        "INSERT INTO checkpoint (id, size, note) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING",
                        [Int64(clamping: new.size), Data(new.note)])
                }
            if changed == 1 { transaction.wake(.anchoring) }
            return changed == 1
        }
    }
}

extension SQLiteStorage {
    package func doubt() async throws -> String? { try await read { try String.fetchOne($0, sql: "SELECT reason FROM ledger_doubt") } }

    package func setDoubt(_ reason: String?) async throws {
        try await write { transaction in
            try transaction.execute("DELETE FROM ledger_doubt")
            if let reason { try transaction.execute("INSERT INTO ledger_doubt (id, reason) VALUES (1, ?)", [reason]) }
        }
    }
}

extension JournalRow {
    fileprivate init(_ row: Row) {
        self.init(seq: UInt64(row["seq"] as Int64), leaf: row.bytes("leaf"), leafHash: row.bytes("leaf_hash"))
    }
}

extension Row {
    /// A blob's bytes, copied once.
    func copied(_ index: Int) throws -> [UInt8] { try withUnsafeData(atIndex: index) { $0.map { Array($0) } ?? [] } }
}

extension [UInt64] {
    fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
