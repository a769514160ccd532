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

    /// The same by the column's place, which costs no search for its name.
    func value<T: RawRepresentable>(_ index: Int, _ column: String, of table: String) throws -> T where T.RawValue == String {
        let text: String = self[index]
        guard let value = T(rawValue: text) else { throw DamagedRow(table: table, what: "\(column) '\(text)'") }
        return value
    }

    /// Where a run of columns begins that are read by their places.
    func first(of column: String) throws -> Int {
        guard let index = columnNames.firstIndex(of: column) else { throw DamagedRow(table: "result", what: "row without \(column)") }
        return columnNames.distance(from: columnNames.startIndex, to: index)
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
        let first = try row.first(of: "sitting")
        let id = SittingID(rawValue: row[first])
        let revision: Int = row[first + 2]
        func decode() throws -> SittingDraft { try Stored.decode(row[first + 3], table: "sitting") }
        self.init(
            id: id, draft: try cache.map { try $0.draft(id, revision, decode: decode) } ?? decode(),
            state: try row.value(first + 1, "state", of: "sitting"), revision: revision,
            receivedAt: Date(milliseconds: row[first + 4]), approvedAt: (row[first + 5] as Int64?).map(Date.init(milliseconds:)))
    }
}

extension Member {
    static let columns = """
        version.member, version.civility, version.family_name, version.given_name, version.email, version.service, version.language,
        version.bodies
        """

    /// `columns` stand in the row one after another, wherever it may be.
    init(_ row: Row) throws {
        let first = try row.first(of: "member")
        let address: String? = row[first + 4]
        let bodies: String = row[first + 7]
        self.init(
            id: MemberID(rawValue: row[first]),
            entry: RollEntry(
                civility: row[first + 1], familyName: row[first + 2], givenName: row[first + 3],
                email: try address.map { try EmailAddress(parsing: $0) },
                bodies: bodies.split(separator: "\n").map { BodyID(rawValue: String($0)) },
                service: try row.value(first + 5, "service", of: "member_version"),
                language: try row.value(first + 6, "language", of: "member_version")))
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
