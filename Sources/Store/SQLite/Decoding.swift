import Council
import Foundation
import GRDB
import Synchronization

/// The database holds something that this program can't have written.
struct DamagedRow: Error, CustomStringConvertible {
    let table: String
    let what: String

    var description: String { "the database's table \(table) holds an unreadable \(what): restore it from a backup" }
}

extension Row {
    /// Reads a column that a CHECK constraint keeps to an enumeration's names.
    func value<T: RawRepresentable>(_ column: String, of table: String) throws -> T where T.RawValue == String {
        let text: String = self[column]
        guard let value = T(rawValue: text) else { throw DamagedRow(table: table, what: "\(column) '\(text)'") }
        return value
    }

    func hash(_ column: String, of table: String) throws -> ContentHash? {
        guard let data: Data = self[column] else { return nil }
        guard let hash = ContentHash(bytes: data) else { throw DamagedRow(table: table, what: column) }
        return hash
    }

    func date(_ column: String) -> Date? { (self[column] as Int64?).map(Date.init(milliseconds:)) }

    func bytes(_ column: String) -> [UInt8] { Array(self[column] as Data) }
}

/// Drafts are read for each click and never change under their number: decoded once, kept.
final class DraftCache: Sendable {
    private struct Key: Hashable {
        let sitting: SittingID
        let revision: Int
    }

    private static let capacity = 256
    private let kept = Mutex<[Key: SittingDraft]>([:])

    func draft(_ sitting: SittingID, _ revision: Int, decode: () throws -> SittingDraft) rethrows -> SittingDraft {
        let key = Key(sitting: sitting, revision: revision)
        if let draft = kept.withLock({ $0[key] }) { return draft }
        let draft = try decode()
        kept.withLock { kept in
            if kept.count >= Self.capacity { kept.removeAll(keepingCapacity: true) }
            kept[key] = draft
        }
        return draft
    }
}

extension Sitting {
    static let columns = """
        sitting.id AS sitting, sitting.state AS sitting_state, sitting.revision, sitting.draft, sitting.received_at, sitting.approved_at
        """

    /// `cache`: only for committed rows (a reader's), since a draft that is undone could leave its number to another.
    init(_ row: Row, cache: DraftCache?) throws {
        let id = SittingID(rawValue: row["sitting"])
        let revision: Int = row["revision"]
        func decode() throws -> SittingDraft { try Stored.decode(row["draft"], table: "sitting") }
        self.init(
            id: id, draft: try cache.map { try $0.draft(id, revision, decode: decode) } ?? decode(),
            state: try row.value("sitting_state", of: "sitting"), revision: revision,
            receivedAt: Date(milliseconds: row["received_at"]), approvedAt: row.date("approved_at"))
    }
}

extension Member {
    static let columns = """
        version.member, version.civility, version.family_name, version.given_name, version.email, version.service, version.language,
        version.bodies
        """

    init(_ row: Row) throws {
        let address: String? = row["email"]
        let bodies: String = row["bodies"]
        self.init(
            id: MemberID(rawValue: row["member"]),
            entry: RollEntry(
                civility: row["civility"], familyName: row["family_name"], givenName: row["given_name"],
                email: try address.map { try EmailAddress(parsing: $0) },
                bodies: bodies.split(separator: "\n").map { BodyID(rawValue: String($0)) },
                service: try row.value("service", of: "member_version"), language: try row.value("language", of: "member_version")))
    }
}

/// Values that are stored whole, as JSON text.
enum Stored {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<T: Decodable>(_ text: String, table: String) throws -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(text.utf8))
        } catch {
            throw DamagedRow(table: table, what: "\(T.self) (\(error))")
        }
    }
}
