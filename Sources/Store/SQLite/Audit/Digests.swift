import Council
import Crypto
import Foundation
import GRDB

/// What the journal keeps of state that would be too long, or too personal, to spell out: SHA-256 over lines whose fields are
/// parted by U+001F, in hexadecimal. They stand inside commitments, and an audit makes them again.
enum Digests {
    /// Who is convened: convocation, member and version of the roll's line, in the order of the convocations.
    static func convened(_ sitting: SittingID, in db: Database) throws -> String {
        let sql = "SELECT id, member, version FROM convocation WHERE sitting = ? ORDER BY id"
        return try digest(of: sql, [sitting.rawValue], in: db)
    }

    /// The roll as it stands: every person that it has ever had, with their current line.
    static func roll(in db: Database) throws -> String {
        let sql = """
            SELECT version.id, member.id, member.active, version.civility, version.family_name, version.given_name, version.email,
                version.service, version.language, version.bodies, version.name_key, version.sort_key
            FROM member JOIN member_version version ON version.member = member.id AND version.current = 1 ORDER BY member.id
            """
        return try digest(of: sql, [], in: db)
    }

    /// A convocation's links, by number: a click leads where they say.
    static func links(_ links: [Link]) -> String {
        var lines = Lines()
        for link in links.sorted(by: { Int64(bitPattern: $0.id) < Int64(bitPattern: $1.id) }) {
            let (target, document, _) = link.target.columns
            lines.add([
                Int64(bitPattern: link.id).databaseValue, target.databaseValue, (document.map { Data($0.bytes) }).databaseValue,
                link.expires.milliseconds.databaseValue,
            ])
        }
        return lines.digest
    }

    /// The same, of what is stored.
    static func links(of convocation: Int64, in db: Database) throws -> String {
        try digest(of: "SELECT id, target, document, expires FROM link WHERE convocation = ? ORDER BY id", [convocation], in: db)
    }

    private static func digest(of sql: String, _ arguments: StatementArguments, in db: Database) throws -> String {
        var lines = Lines()
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        while let row = try rows.next() { lines.add(Array(row.databaseValues)) }
        return lines.digest
    }

    private struct Lines {
        private var hasher = SHA256()

        mutating func add(_ values: [DatabaseValue]) {
            var line: [UInt8] = []
            for value in values {
                switch value.storage {
                case .null: break
                case .int64(let number): line += String(number).utf8
                case .double(let number): line += String(number).utf8
                case .string(let text): line += text.utf8
                case .blob(let data): line += Hex.encode(data).utf8
                }
                line.append(0x1F)
            }
            line.append(0x0A)
            hasher.update(data: line)
        }

        var digest: String { hasher.finalize().withUnsafeBytes { Hex.encode($0) } }
    }
}
