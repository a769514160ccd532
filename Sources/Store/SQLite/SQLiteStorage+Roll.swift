package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func replaceRoll(with entries: [RollEntry], source: ContentHash, at now: Date) async throws -> RollChange {
        try await write { transaction in
            let before = try Self.convenedByDrafts(at: now, in: transaction)
            let change = try RollReplacement(transaction: transaction, now: now).run(entries)
            guard !(change.added.isEmpty && change.changed.isEmpty && change.removed.isEmpty) else { return change }
            try transaction.append(
                Fact(
                    type: .rollImported, at: now,
                    details: [
                        "source": .string(source.hex), "added": .integer(Int64(change.added.count)),
                        "changed": .integer(Int64(change.changed.count)), "removed": .integer(Int64(change.removed.count)),
                        "total": .integer(Int64(change.total)), "roll": .string(try Digests.roll(in: transaction.db)),
                    ]))
            // Whom the clerk would convene is part of what they approve: where it has changed, a new preview replaces the old one.
            for (sitting, people) in try Self.convenedByDrafts(at: now, in: transaction) where before[sitting] != people {
                _ = try Self.replace(sitting, with: sitting.draft, at: now, in: transaction)
            }
            return change
        }
    }

    /// For each sitting that can still be approved, the lines of the roll that it would convene.
    private static func convenedByDrafts(at now: Date, in transaction: WriteTransaction) throws -> [Sitting: [Int64]] {
        let rows = try transaction.rows(
            "SELECT \(Sitting.columns) FROM sitting WHERE state = 'draft' AND deadline > ? ORDER BY id", [now.milliseconds])
        var convened: [Sitting: [Int64]] = [:]
        for row in rows {
            let sitting = try Sitting(row, cache: nil)
            convened[sitting] = try versionedMembers(of: sitting.draft.body, in: transaction.db).map(\.version)
        }
        return convened
    }

    package func members(of body: BodyID?) async throws -> [Member] {
        try await read { try Self.activeMembers(of: body, in: $0) }
    }

    package func formerMembers() async throws -> [Member] {
        try await read { db in
            let sql = """
                SELECT \(Member.columns) FROM member JOIN member_version version ON version.member = member.id AND version.current = 1
                WHERE member.active = 0 AND version.name_key <> 'erased|' || member.id ORDER BY member.id
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql)).map(Member.init)
        }
    }

    static func activeMembers(of body: BodyID?, in db: Database) throws -> [Member] {
        try versionedMembers(of: body, in: db).map(\.member)
    }

    /// Active members with the version of the roll's line that is current.
    static func versionedMembers(of body: BodyID?, in db: Database) throws -> [(version: Int64, member: Member)] {
        let sql = """
            SELECT version.id AS version_id, \(Member.columns)
            FROM member JOIN member_version version ON version.member = member.id AND version.current = 1
            WHERE member.active = 1 ORDER BY version.sort_key, version.member
            """
        return try Row.fetchAll(db.cachedStatement(sql: sql)).map { row in (row["version_id"], try Member(row)) }
            .filter { body.map($0.1.entry.bodies.contains) ?? true }
    }
}

/// Makes the stored roll equal to a list.
private struct RollReplacement {
    private struct Known {
        let version: Int64
        let member: Member
        let isActive: Bool
    }

    let transaction: WriteTransaction
    let now: Date

    func run(_ entries: [RollEntry]) throws -> RollChange {
        let known = try people()
        let matches = match(entries, with: known)
        var added: [RollEntry] = []
        var changed: [RollEntry] = []
        for (entry, match) in zip(entries, matches) {
            guard let match else {
                added.append(entry)
                try add(entry)
                continue
            }
            if match.member.entry != entry { try replace(match, with: entry) }
            if !match.isActive {
                try transaction.execute("UPDATE member SET active = 1 WHERE id = ?", [match.member.id.rawValue])
                added.append(entry)
            } else if match.member.entry != entry {
                changed.append(entry)
            }
        }
        let kept = Set(matches.compactMap { $0?.member.id })
        let gone = known.filter { $0.isActive && !kept.contains($0.member.id) }
        for person in gone { try transaction.execute("UPDATE member SET active = 0 WHERE id = ?", [person.member.id.rawValue]) }
        return RollChange(added: added, changed: changed, removed: gone.map(\.member.entry), total: entries.count)
    }

    /// By name and address together, then by name, then by address; active people first. Each person once.
    private func match(_ entries: [RollEntry], with known: [Known]) -> [Known?] {
        var matches = [Known?](repeating: nil, count: entries.count)
        var taken: Set<MemberID> = []
        let keys: [(RollEntry) -> String?] = [
            { entry in entry.email.map { entry.nameKey + "|" + $0.key } },
            { $0.nameKey },
            { $0.email?.key },
        ]
        for key in keys {
            var people: [String: [Known]] = [:]
            for person in known where !taken.contains(person.member.id) {
                if let key = key(person.member.entry) { people[key, default: []].append(person) }
            }
            for (index, entry) in entries.enumerated() where matches[index] == nil {
                guard let key = key(entry), let person = people[key]?.first(where: { !taken.contains($0.member.id) }) else { continue }
                matches[index] = person
                taken.insert(person.member.id)
            }
        }
        return matches
    }

    private func people() throws -> [Known] {
        let sql = """
            SELECT version.id AS version_id, member.active, \(Member.columns)
            FROM member JOIN member_version version ON version.member = member.id AND version.current = 1
            ORDER BY member.active DESC, member.id DESC
            """
        return try transaction.rows(sql, []).map { row in
            Known(version: row["version_id"], member: try Member(row), isActive: row["active"])
        }
    }

    private func add(_ entry: RollEntry) throws {
        try transaction.execute("INSERT INTO member (active) VALUES (1)")
        try insert(entry, for: transaction.db.lastInsertedRowID)
    }

    private func replace(_ person: Known, with entry: RollEntry) throws {
        try transaction.execute("UPDATE member_version SET current = 0 WHERE id = ?", [person.version])
        try insert(entry, for: person.member.id.rawValue)
    }

    private func insert(_ entry: RollEntry, for member: Int64) throws {
        let sql = """
            INSERT INTO member_version
                (member, current, since, name_key, sort_key, civility, family_name, given_name, email, service, language, bodies)
            VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        let sortKey = Spelling.folded(entry.familyName) + "\u{1}" + Spelling.folded(entry.givenName)
        try transaction.execute(
            sql,
            [
                member, now.milliseconds, entry.nameKey, sortKey, entry.civility, entry.familyName, entry.givenName,
                entry.email?.description, entry.service.rawValue, entry.language.rawValue,
                entry.bodies.map(\.rawValue).joined(separator: "\n"),
            ])
    }
}
