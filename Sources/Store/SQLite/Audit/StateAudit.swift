import Council
import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func compareState(limit: Int) async throws -> StateComparison {
        try await read { db in
            var audit = StateAudit(db: db, limit: limit)
            try audit.run()
            return audit.comparison
        }
    }

    package func structuralFaults() async throws -> [String] {
        try await read { db in
            let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(100)").filter { $0 != "ok" }
            let keys = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(100).map { row in
                "table \(row[0] as String? ?? "?"), row \(row[1] as Int64? ?? -1): refers to a missing row of \(row[2] as String? ?? "?")"
            }
            return faults + keys + (try Self.schemaFaults(db))
        }
    }

    /// The tables, indexes and rules must be those that this release makes.
    private static func schemaFaults(_ db: Database) throws -> [String] {
        func schema(_ db: Database) throws -> [String: String] {
            let sql =
                "SELECT type || ' ' || name AS name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            let rows = try Row.fetchAll(db, sql: sql)
            return Dictionary(rows.map { ($0["name"], $0["sql"]) }, uniquingKeysWith: { a, _ in a })
        }
        let model = try DatabaseQueue()
        try Schema.migrator.migrate(model)
        let expected = try model.read(schema)
        let found = try schema(db)
        return Set(expected.keys).union(found.keys).sorted().compactMap { name in
            switch (expected[name], found[name]) {
            case (let expected?, let found?): expected == found ? nil : "\(name) has been altered"
            case (_?, nil): "\(name) is missing"
            default: "\(name) is not of this program"
            }
        }
    }
}

/// One comparison of the state with the journal, in one snapshot, a sitting at a time: memory doesn't grow with their number.
struct StateAudit {
    let db: Database
    let limit: Int
    var comparison = StateComparison()
    /// Convocations that the journal says were erased.
    var erased: Set<Int64> = []

    init(db: Database, limit: Int) {
        self.db = db
        self.limit = limit
    }

    mutating func run() throws {
        try compareEntries()
        try readErasures()
        try compareRoll()
        let known = try String.fetchAll(
            db, sql: "SELECT id FROM sitting UNION SELECT DISTINCT sitting FROM journal WHERE sitting IS NOT NULL ORDER BY 1")
        for id in known { try compareSitting(id) }
        try compareCopyMessages()
        try compareMessageNumbers()
        try compareUntoldProofs()
        try compareBytes()
    }

    mutating func report(_ table: String, _ row: String, _ kind: StateDifference.Kind, seq: UInt64? = nil) {
        if comparison.differences.count < limit {
            comparison.differences.append(StateDifference(table: table, row: row, seq: seq, kind: kind))
        } else {
            comparison.further += 1
        }
    }

    /// A value of a column against what the journal says.
    mutating func expect(
        _ found: DatabaseValue, _ journal: (any DatabaseValueConvertible)?, _ column: String, of table: String, _ row: String, seq: UInt64?,
        isPersonal: Bool = false
    ) {
        let expected = journal?.databaseValue ?? .null
        guard found != expected else { return }
        report(
            table, row,
            .differs(
                column: column, journal: isPersonal ? nil : Self.shown(expected, column),
                found: isPersonal ? nil : Self.shown(found, column)),
            seq: seq)
    }

    /// Instants as people read them.
    private static func shown(_ value: DatabaseValue, _ column: String) -> String? {
        switch value.storage {
        case .null: nil
        case .int64(let number): column.hasSuffix("_at") ? UTC.exact(Date(milliseconds: number)) : String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .blob(let data): Hex.encode(data)
        }
    }

    // MARK: - The journal's own columns

    /// `type`, `sitting`, `convocation` and `document` are kept beside leaf and content, to search by.
    private mutating func compareEntries() throws {
        let sql = """
            SELECT journal.seq, type, sitting, leaf, convocation, document, content
            FROM journal LEFT JOIN opening ON opening.seq = journal.seq ORDER BY journal.seq
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql))
        var newest: Int64?
        var isWhole = true
        while let row = try rows.next() {
            try Task.checkCancellation()
            let seq = UInt64(row[0] as Int64)
            let name = "\(seq)"
            comparison.rows += 1
            // Leaves and contents that can't be read are the ledger audit's own findings.
            if let leaf = CanonicalObject(try row.copied(3)) {
                expect(row[1], leaf.text("type"), "type", of: "journal", name, seq: seq)
                expect(row[2], leaf.text("sitting"), "sitting", of: "journal", name, seq: seq)
            }
            if let content = CanonicalObject(try row.copied(6)) {
                expect(row[4], content.whole("convocation"), "convocation", of: "opening", name, seq: seq)
                let document = content.text("document").flatMap { Hex.decode($0) }.map { Data($0) }
                expect(row[5], document, "document", of: "opening", name, seq: seq)
                if let at = content.text("at").flatMap(UTC.milliseconds) {
                    newest = row[1] as String == FactType.clockChecked.rawValue ? at : max(at, newest ?? at)
                }
            } else {
                isWhole = false
            }
        }
        if let newest { try compareNewestTime(with: newest, isWhole: isWhole) }
    }

    /// To a step below; an entry that doesn't open any more may have been the newest.
    private mutating func compareNewestTime(with newest: Int64, isWhole: Bool) throws {
        let found = try Int64.fetchOne(db, sql: "SELECT at FROM newest_time")
        let step = Int64(ClockRule.step * 1000)
        if let found, found > newest - step, !isWhole || found <= newest { return }
        report(
            "newest_time", "1",
            .differs(
                column: "at", journal: UTC.exact(Date(milliseconds: newest)), found: found.map { UTC.exact(Date(milliseconds: $0)) }))
    }

    /// Proofs that no entry commits yet must be there all the same.
    private mutating func compareUntoldProofs() throws {
        let sql = """
            SELECT proof_untold.size || ' ' || proof_untold.method || ' ' || proof_untold.authority
            FROM proof_untold LEFT JOIN anchor USING (size, method, authority)
            WHERE anchor.state IS NULL OR anchor.state = 'wanted' ORDER BY proof_untold.size
            """
        for row in try String.fetchAll(db, sql: sql) { report("anchor", row, .missing) }
    }

    private mutating func readErasures() throws {
        let sql = "SELECT content FROM journal JOIN opening ON opening.seq = journal.seq WHERE type = ?"
        for content in try Data.fetchAll(db, sql: sql, arguments: [FactType.memberErased.rawValue]) {
            // What can't be read or opened is the ledger audit's own finding.
            guard let items = (try? JSON(parsing: Array(content)))?["convocations"]?.items else { continue }
            erased.formUnion(items.compactMap(\.whole))
        }
    }

    // MARK: - The roll

    private mutating func compareRoll() throws {
        let last = try Row.fetchOne(
            db,
            sql: """
                SELECT journal.seq, content FROM journal JOIN opening ON opening.seq = journal.seq
                WHERE type IN (?, ?) ORDER BY journal.seq DESC LIMIT 1
                """, arguments: [FactType.rollImported.rawValue, FactType.memberErased.rawValue])
        let members = try Int.fetchOne(db, sql: "SELECT count(*) FROM member") ?? 0
        comparison.rows += members
        guard let last else {
            if members > 0 { report("member", "-", .unexpected) }
            return
        }
        // What can't be read says no roll, and so differs from the one that is there.
        let expected = (try? JSON(parsing: last.bytes("content")))?["roll"]?.text
        let found = try Digests.roll(in: db)
        if expected != found {
            report("member", "-", .differs(column: "roll", journal: expected, found: found), seq: UInt64(last["seq"] as Int64))
        }
    }

    // MARK: - Bytes under their hash

    private mutating func compareBytes() throws {
        let sql = "SELECT id, hash, bytes FROM message LEFT JOIN message_bytes ON message_bytes.message = message.id ORDER BY id"
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql))
        while let row = try rows.next() {
            try Task.checkCancellation()
            comparison.rows += 1
            let id = "\(row["id"] as Int64)"
            guard let bytes = row["bytes"] as Data? else {
                report("message_bytes", id, .missing)
                continue
            }
            if ContentHash(sha256Of: Array(bytes)) != (try row.hash("hash", of: "message")) { report("message_bytes", id, .otherBytes) }
        }
    }
}
