package import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func link(_ id: UInt64) async throws -> LinkContext? {
        try await readInGroup { [drafts] db in
            let sql = """
                SELECT link.target, link.document, link.revision AS link_revision, link.convocation, link.expires, link.revoked_at, link.letter,
                    CASE WHEN link.letter IS NULL THEN convocation.relayed_at ELSE (SELECT message.relayed_at FROM letter
                        JOIN message ON message.id = letter.message WHERE letter.id = link.letter) END AS relayed_at,
                    \(Sitting.columns), \(Member.columns),
                    (SELECT min(first_at) FROM access WHERE access.link = link.id AND \(Receipt.isValid)) AS receipt_at
                FROM link
                LEFT JOIN convocation ON convocation.id = link.convocation
                LEFT JOIN member_version version ON version.id = convocation.version
                JOIN sitting ON sitting.id = coalesce(link.sitting, convocation.sitting)
                WHERE link.id = ?
                """
            guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [Int64(bitPattern: id)]) else { return nil }
            let sitting = try Sitting(row, cache: drafts)
            let convocation = (row["convocation"] as Int64?).map(ConvocationID.init(rawValue:))
            return LinkContext(
                link: Link(
                    id: id, target: try Link.Target(row), sitting: sitting.id, convocation: convocation,
                    expires: Date(milliseconds: row["expires"])),
                revoked: row["revoked_at"] as Int64? != nil, sitting: sitting,
                member: convocation == nil ? nil : try Member(row), relayedAt: row.date("relayed_at"), receiptAt: row.date("receipt_at"),
                isOfLetter: row["letter"] as Int64? != nil)
        }
    }

    package func record(_ access: Access) async throws -> AccessResult {
        let known = try await readInGroup { try Self.standing(access, in: $0) }
        if let known {
            count(known, at: access.at)
            return .repeated(first: known.first)
        }
        return try await write { transaction in
            // Another task may have been quicker since the look above.
            if let known = try Self.standing(access, in: transaction.db) {
                try transaction.execute(RepeatedAccesses.sql, [1, access.at.milliseconds, known.row])
                return .repeated(first: known.first)
            }
            try Self.journal(access, in: transaction)
            return .recorded
        }
    }

    /// The journalled access that makes this one a repetition: same link (and, from the sitting's page, same document), same or
    /// stronger grade, not downgraded.
    private static func standing(_ access: Access, in db: Database) throws -> KnownAccess? {
        let sql = "SELECT id, grade, first_at FROM access WHERE link = ? AND document IS ? AND downgraded IS NULL ORDER BY first_at"
        let arguments: StatementArguments = [Int64(bitPattern: access.link), access.document.map { Data($0.bytes) }]
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments) {
            let grade: Grade = try row.value("grade", of: "access")
            if grade.strength >= access.grade.strength { return KnownAccess(row: row["id"], first: Date(milliseconds: row["first_at"])) }
        }
        return nil
    }

    private static func journal(_ access: Access, in transaction: WriteTransaction) throws {
        let sql = """
            SELECT link.target, link.document, link.revision AS link_revision, link.convocation, convocation.sitting, \(Member.columns),
                (SELECT kind FROM letter WHERE letter.id = link.letter) AS letter_kind
            FROM link
            JOIN convocation ON convocation.id = link.convocation
            JOIN member_version version ON version.id = convocation.version
            WHERE link.id = ?
            """
        guard let row = try transaction.row(sql, [Int64(bitPattern: access.link)]) else { throw StorageError.noSuchLink(access.link) }
        let convocation = ConvocationID(rawValue: row["convocation"])
        let opened = try row.hash("document", of: "link") ?? access.document
        var details: [String: JSON] = [
            "member": .member(try Member(row)), "link": .string(access.link.hex), "target": .string(row["target"]),
            "grade": .string(access.grade.rawValue), "signals": .strings(access.signals.sorted()),
        ]
        // It acknowledges that letter, not the convocation.
        if let letter = row["letter_kind"] as String? { details["letter"] = .string(letter) }
        let seq = try transaction.append(
            Fact(
                type: access.grade.fact, at: access.at, sitting: SittingID(rawValue: row["sitting"]), convocation: convocation,
                document: opened, documentOpened: opened != nil, details: details))
        let at = access.at.milliseconds
        try transaction.execute(
            "INSERT INTO access (link, convocation, document, grade, first_at, last_at, count, seq) VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
            [
                Int64(bitPattern: access.link), convocation.rawValue, access.document.map { Data($0.bytes) }, access.grade.rawValue, at, at,
                Int64(seq),
            ])
        // A letter's own link acknowledges that letter only.
        guard access.grade != .robot, row["letter_kind"] as String? == nil else { return }
        try endReminders(of: convocation, at: access.at, in: transaction)
    }

    package func letterReceipts(among seqs: [UInt64]) async throws -> [UInt64: LetterKind] {
        guard !seqs.isEmpty else { return [:] }
        let asked = Set(seqs)
        return try await read { db in
            let sql = """
                SELECT access.seq, letter.kind FROM access
                JOIN link ON link.id = access.link JOIN letter ON letter.id = link.letter
                """
            var kinds: [UInt64: LetterKind] = [:]
            let found = try Row.fetchCursor(db.cachedStatement(sql: sql))
            while let row = try found.next() {
                let seq = UInt64(row["seq"] as Int64)
                if asked.contains(seq) { kinds[seq] = try row.value("kind", of: "letter") }
            }
            return kinds
        }
    }

    package func downgradeReceipts(
        of convocation: ConvocationID, since: Date, signals: [String], at now: Date
    ) async throws -> Int {
        try await write { transaction in
            let sql = """
                SELECT access.id, access.link, access.seq, access.first_at, convocation.sitting, \(Member.columns)
                FROM access
                JOIN convocation ON convocation.id = access.convocation
                JOIN member_version version ON version.id = convocation.version
                WHERE access.convocation = ? AND access.downgraded IS NULL AND access.grade = 'person' AND access.first_at >= ?
                ORDER BY access.id
                """
            let receipts = try transaction.rows(sql, [convocation.rawValue, since.milliseconds])
            for row in receipts {
                let seq = try transaction.append(
                    Fact(
                        type: .receiptDowngraded, at: now, sitting: SittingID(rawValue: row["sitting"]), convocation: convocation,
                        details: [
                            "member": .member(try Member(row)), "link": .string(UInt64(bitPattern: row["link"] as Int64).hex),
                            "receipt": .integer(row["seq"]), "grade": .string(Grade.robot.rawValue), "signals": .strings(signals.sorted()),
                        ]))
                try transaction.execute("UPDATE access SET downgraded = ? WHERE id = ?", [Int64(seq), row["id"] as Int64])
            }
            return receipts.count
        }
    }

    package func revokeLinks(of convocation: ConvocationID, at now: Date) async throws {
        try await write { transaction in
            let sql = """
                SELECT convocation.sitting, \(Member.columns) FROM convocation
                JOIN member_version version ON version.id = convocation.version WHERE convocation.id = ?
                """
            guard let row = try transaction.row(sql, [convocation.rawValue]) else { throw StorageError.noSuchConvocation(convocation) }
            let count = try transaction.change(
                "UPDATE link SET revoked_at = ? WHERE convocation = ? AND revoked_at IS NULL", [now.milliseconds, convocation.rawValue])
            guard count > 0 else { return }
            try transaction.append(
                Fact(
                    type: .linksRevoked, at: now, sitting: SittingID(rawValue: row["sitting"]), convocation: convocation,
                    details: ["member": .member(try Member(row)), "links": .integer(Int64(count))]))
        }
    }
}

extension Grade {
    /// A stronger access says more than a weaker one of the same link.
    fileprivate var strength: Int {
        switch self {
        case .robot: 0
        case .person: 1
        case .confirmed: 2
        }
    }

    fileprivate var fact: FactType {
        switch self {
        case .robot: .accessRobot
        case .person: .receiptOpened
        case .confirmed: .receiptConfirmed
        }
    }
}

extension UInt64 {
    /// Sixteen digits.
    fileprivate var hex: String { Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) }) }
}
