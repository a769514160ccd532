package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func erase(
        _ member: MemberID, ifLastSittingBefore limit: Date, acceptingClock: Bool, at now: Date
    ) async throws -> Erasure {
        let erasure = try await write { transaction in
            try MemberErasure(transaction: transaction, member: member.rawValue, now: now).run(limit: limit) {
                if acceptingClock { try Self.acceptClock(at: now, despiteTimestamp: false, in: transaction) }
            }
        }
        // Also where there was nothing more to erase: a crash may have kept the file from being written anew.
        try await clean()
        guard let erasure else { throw StorageError.alreadyErased(member) }
        return erasure
    }

    /// `VACUUM` copies what lives into a new image: pages that were merely moved within the file keep stale bytes, whatever
    /// `secure_delete` says. Then the log, which holds older pages, is emptied.
    package func clean() async throws {
        for attempt in 1... {
            do {
                try await pool.writeWithoutTransaction { try Self.rewrite($0) }
                return
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < 20 {
                try await Task.sleep(for: .milliseconds(250))
            } catch {
                throw named(error)
            }
        }
    }

    static func rewrite(_ db: Database) throws {
        // Beside the database, not in memory: it can be large.
        try db.execute(sql: "PRAGMA temp_store = FILE; PRAGMA cache_spill = ON")
        // Where it fails, later temporary tables lie on the disk too: slower, and no harm.
        defer { try? db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF") }
        try db.execute(sql: "VACUUM")
        let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        // A reader of an older state kept it from being emptied.
        guard row?[0] == 0 else { throw DatabaseError(resultCode: .SQLITE_BUSY, message: "the log could not be emptied") }
    }
}

/// One erasure, inside its transaction.
private struct MemberErasure {
    let transaction: WriteTransaction
    let member: Int64
    let now: Date

    /// Nil: nothing of them is there any more. `begin`: once nothing refuses it.
    func run(limit: Date, begin: () throws -> Void) throws -> Erasure? {
        guard let known = try transaction.row("SELECT active FROM member WHERE id = ?", [member]) else {
            throw StorageError.noSuchMember(MemberID(rawValue: member))
        }
        guard known["active"] == false else { throw StorageError.stillListed(MemberID(rawValue: member)) }
        let last = """
            SELECT max(sitting.start) FROM convocation JOIN sitting ON sitting.id = convocation.sitting WHERE convocation.member = ?
            """
        if let start = try transaction.row(last, [member])?[0] as Int64?, start >= limit.milliseconds {
            throw StorageError.retained(MemberID(rawValue: member), lastSitting: Date(milliseconds: start))
        }
        let convocations = try transaction.rows(
            "SELECT id FROM convocation WHERE member = ? AND erased_at IS NULL ORDER BY id", [member]
        ).map { $0[0] as Int64 }
        let isThere =
            try transaction.row(
                "SELECT EXISTS (SELECT 1 FROM member_version WHERE member = ? AND sort_key <> 'erased')", [member])?[0] as Bool? ?? true
        guard !convocations.isEmpty || isThere else { return nil }
        try begin()
        let entries = try convocations.flatMap { id in
            try transaction.rows("SELECT seq FROM opening WHERE convocation = ? ORDER BY seq", [id]).map { $0[0] as Int64 }
        }.sorted()
        for id in convocations { try erase(convocation: id) }
        transaction.anchorsChanged()
        try eraseVersions()
        try transaction.execute("DELETE FROM message_bytes WHERE message IN (SELECT id FROM message WHERE \(Self.clerks))")
        let mails = try transaction.change("DELETE FROM message WHERE \(Self.clerks)", [])
        // A `tooLate` or `summary` notice names nobody, and keeps the clerk from being told twice.
        let notices = try transaction.change("DELETE FROM notice WHERE closed_at IS NOT NULL AND kind NOT IN ('tooLate', 'summary')", [])
        let seq = try transaction.append(
            Fact(
                type: .memberErased, at: now,
                details: [
                    "convocations": .array(convocations.map { .integer($0) }), "entries": .array(entries.map { .integer($0) }),
                    "roll": .string(try Digests.roll(in: transaction.db)),
                ]))
        return Erasure(convocations: convocations.count, entries: entries.count, clerksMails: mails, notices: notices, seq: seq)
    }

    private static let clerks = "convocation IS NULL AND kind <> 'copy' AND state IN ('relayed', 'failed', 'bounced', 'cancelled')"

    private func erase(convocation id: Int64) throws {
        let acknowledged = """
            SELECT EXISTS (SELECT 1 FROM access JOIN convocation ON convocation.id = access.convocation
                JOIN sitting ON sitting.id = convocation.sitting WHERE access.convocation = ? AND \(Receipt.stands))
            """
        let hadReceipt = try transaction.row(acknowledged, [id])?[0] as Bool? ?? false
        // The hour stays, as in the leaf: the millisecond would find the message in a relay's log.
        try transaction.execute(
            """
            UPDATE convocation SET erased_at = ?, erased_receipt = ?, relayed_at = relayed_at - relayed_at % 3600000,
                paper_how = CASE WHEN paper_on IS NULL THEN NULL ELSE '-' END
            WHERE id = ?
            """, [now.milliseconds, hadReceipt, id])
        // What these openings told of anchors is told again, by the entry of the erasure and those after it.
        try transaction.execute(
            """
            INSERT OR IGNORE INTO anchor_untold
                SELECT told.value FROM opening, json_each(CAST(opening.content AS TEXT), '$.anchored') told WHERE opening.convocation = ?
            """, [id])
        try transaction.execute(
            """
            INSERT OR IGNORE INTO proof_untold
                SELECT told.value ->> '$.size', told.value ->> '$.method', told.value ->> '$.authority'
                FROM opening, json_each(CAST(opening.content AS TEXT), '$.proofs') told WHERE opening.convocation = ?
            """, [id])
        for table in [
            "report", "access", "link", "opening", "letter_report", "letter_overdue", "convocation_overdue", "letter_end", "letter",
        ] {
            try transaction.execute("DELETE FROM \(table) WHERE convocation = ?", [id])
        }
        try transaction.execute("DELETE FROM message_bytes WHERE message IN (SELECT id FROM message WHERE convocation = ?)", [id])
        try transaction.execute("DELETE FROM message WHERE convocation = ?", [id])
    }

    private func eraseVersions() throws {
        let sql = """
            UPDATE member_version SET name_key = 'erased|' || member, sort_key = 'erased', civility = '', family_name = '', given_name = '',
                email = CASE service WHEN 'paper' THEN NULL ELSE 'erased-' || member || '@erased.invalid' END, language = 'fr', bodies = '',
                since = 0
            WHERE member = ?
            """
        try transaction.execute(sql, [member])
    }
}
