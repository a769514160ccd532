import Council
package import Foundation
import GRDB
import Ledger

extension SQLiteStorage {
    package func convocationsToCompose(limit: Int) async throws -> [ConvocationToCompose] {
        try await read { [drafts] db in
            let sql = """
                SELECT convocation.id, \(Sitting.columns), \(Member.columns)
                FROM convocation
                JOIN sitting ON sitting.id = convocation.sitting
                JOIN member_version version ON version.id = convocation.version
                WHERE convocation.state = 'composing' AND sitting.state = 'approved' ORDER BY convocation.id LIMIT ?
                """
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [max(limit, 0)]).map { row in
                ConvocationToCompose(
                    id: ConvocationID(rawValue: row["id"]), member: try Member(row), sitting: try Sitting(row, cache: drafts))
            }
        }
    }

    package func store(_ composed: [ComposedConvocation], at now: Date) async throws {
        try await write { transaction in
            for convocation in composed { try Self.store(convocation, at: now, in: transaction) }
        }
    }

    private static func store(_ composed: ComposedConvocation, at now: Date, in transaction: WriteTransaction) throws {
        // The columns of `JSON.memberColumns`.
        let sql: StaticString = """
            SELECT convocation.sitting, version.member, version.civility, version.family_name, version.given_name, version.email
            FROM convocation JOIN member_version version ON version.id = convocation.version WHERE convocation.id = ?
            """
        let found = try transaction.all(fixed: sql) {
            $0.add(composed.id.rawValue)
        } _: { row in
            (sitting: SittingID(rawValue: row.text(0)), member: JSON.member(row, from: 1))
        }
        guard let (sitting, member) = found.first else { throw StorageError.noSuchConvocation(composed.id) }
        let changed = try transaction.run(fixed: "UPDATE convocation SET state = 'queued' WHERE id = ? AND state = 'composing'") {
            $0.add(composed.id.rawValue)
        }
        guard changed == 1 else { return }
        let message = composed.message
        try queue(message, for: composed.id, at: now, in: transaction)
        try insert(composed.links, in: transaction)
        try transaction.append(
            Fact(
                type: .convocationIssued, at: now, sitting: sitting, convocation: composed.id,
                details: [
                    "member": member, "message": .string(message.hash.hex), "messageID": .string(message.messageID),
                    "recipient": .string(message.recipient.description), "links": .integer(Int64(composed.links.count)),
                    "linksHash": .string(Digests.links(composed.links)), "sender": .string(message.envelopeSender.description),
                ]))
    }

    /// Puts a finished message into the queue, due at once; returns its number.
    @discardableResult
    static func queue(
        _ message: OutgoingMessage, for convocation: ConvocationID?, at now: Date, in transaction: WriteTransaction
    ) throws -> Int64 {
        let sql: StaticString = """
            INSERT INTO message (kind, message_id, convocation, sender, recipient, hash, deadline, state, attempt, due_at, waiting_since)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'ready', 0, ?, ?)
            """
        try transaction.run(fixed: sql) {
            $0.add(message.kind.rawValue)
            $0.add(message.messageID)
            $0.add(convocation?.rawValue)
            $0.add(message.envelopeSender.description)
            $0.add(message.recipient.description)
            $0.add(message.hash.bytes)
            $0.add(message.deadline?.milliseconds)
            $0.add(min(now.milliseconds, message.deadline?.milliseconds ?? .max))
            $0.add(now.milliseconds)
        }
        let number = transaction.db.lastInsertedRowID
        try transaction.run(fixed: "INSERT INTO message_bytes (message, bytes) VALUES (?, ?)") {
            $0.add(number)
            $0.add(message.bytes)
        }
        transaction.wake(.delivery)
        return number
    }

    static func insert(_ links: [Link], of letter: LetterID? = nil, in transaction: WriteTransaction) throws {
        let sql: StaticString =
            "INSERT INTO link (id, target, convocation, sitting, document, revision, expires, letter) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        for link in links {
            let (target, document, revision) = link.target.columns
            try transaction.run(fixed: sql) {
                $0.add(Int64(bitPattern: link.id))
                $0.add(target)
                $0.add(link.convocation?.rawValue)
                // A member's link has its sitting through the convocation.
                $0.add(link.convocation == nil ? link.sitting.rawValue : nil)
                $0.add(document?.bytes)
                $0.add(revision.map(Int64.init))
                $0.add(link.expires.milliseconds)
                $0.add(letter?.rawValue)
            }
        }
    }
}

extension Link.Target {
    var columns: (name: String, document: ContentHash?, revision: Int?) {
        switch self {
        case .document(let hash): ("document", hash, nil)
        case .sitting: ("sitting", nil, nil)
        case .honeypot: ("honeypot", nil, nil)
        case .approve(let revision): ("approve", nil, revision)
        case .follow: ("follow", nil, nil)
        case .cancel(let revision): ("cancel", nil, revision)
        case .review(let hash): ("review", hash, nil)
        }
    }

    init(_ row: Row) throws {
        let name: String = row["target"]
        let revision: Int? = row["link_revision"]
        switch (name, try row.hash("document", of: "link"), revision) {
        case ("document", let hash?, _): self = .document(hash)
        case ("sitting", _, _): self = .sitting
        case ("honeypot", _, _): self = .honeypot
        case ("approve", _, let revision?): self = .approve(revision: revision)
        case ("follow", _, _): self = .follow
        case ("cancel", _, let revision?): self = .cancel(revision: revision)
        case ("review", let hash?, _): self = .review(hash)
        default: throw DamagedRow(table: "link", what: "target '\(name)'")
        }
    }
}
