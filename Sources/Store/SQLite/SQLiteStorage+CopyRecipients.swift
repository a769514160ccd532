package import Council
package import Foundation
import GRDB

extension SQLiteStorage {
    package func replaceCopies(with entries: [CopyEntry], at now: Date) async throws -> CopiesChange {
        try await write { transaction in
            let sql = "SELECT \(CopyRecipient.columns), listed FROM copy_recipient ORDER BY sort_key, copy_recipient.id"
            let rows = try transaction.rows(sql, []).map { (recipient: try CopyRecipient($0), isListed: $0["listed"] as Bool) }
            let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.recipient.entry.key, $0) })
            var (added, changed): ([CopyEntry], [CopyEntry]) = ([], [])
            for entry in entries {
                guard let old = known[entry.key] else {
                    added.append(entry)
                    try Self.insert(entry, in: transaction)
                    continue
                }
                if old.isListed, old.recipient.entry == entry { continue }
                if old.isListed { changed.append(entry) } else { added.append(entry) }
                try Self.update(old.recipient.id, entry, in: transaction)
            }
            let kept = Set(entries.map(\.key))
            let gone = rows.filter { $0.isListed && !kept.contains($0.recipient.entry.key) }.map(\.recipient)
            for recipient in gone {
                try transaction.execute("UPDATE copy_recipient SET listed = 0 WHERE id = ?", [recipient.id])
            }
            try transaction.execute(
                "DELETE FROM copy_recipient WHERE listed = 0 AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.recipient = copy_recipient.id)")
            let members = KnownMembers(try Self.activeMembers(of: nil, in: transaction.db))
            return CopiesChange(added: added, changed: changed, removed: gone.map(\.entry), convened: entries.filter(members.has))
        }
    }

    private static func insert(_ entry: CopyEntry, in transaction: WriteTransaction) throws {
        let sql = """
            INSERT INTO copy_recipient
                (listed, key, sort_key, civility, family_name, given_name, email, commune, language, bodies)
            VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        try transaction.execute(sql, StatementArguments([entry.key] + columns(of: entry)))
    }

    private static func update(_ id: Int64, _ entry: CopyEntry, in transaction: WriteTransaction) throws {
        let sql = """
            UPDATE copy_recipient SET listed = 1, sort_key = ?, civility = ?, family_name = ?, given_name = ?, email = ?, commune = ?,
                language = ?, bodies = ?
            WHERE id = \(id)
            """
        try transaction.execute(sql, StatementArguments(columns(of: entry)))
    }

    private static func columns(of entry: CopyEntry) -> [String] {
        [
            Spelling.folded(entry.familyName) + "\u{1}" + Spelling.folded(entry.givenName), entry.civility, entry.familyName,
            entry.givenName, entry.email.description, entry.commune, entry.language.rawValue,
            entry.bodies.map(\.rawValue).joined(separator: "\n"),
        ]
    }

    package func eraseCopyRecipient(_ id: Int64, at now: Date) async throws -> Int {
        let copies = try await write { transaction in
            guard let known = try transaction.row("SELECT listed FROM copy_recipient WHERE id = ?", [id]) else {
                throw StorageError.noSuchCopyRecipient(id)
            }
            guard known["listed"] == false else { throw StorageError.stillCopied(id) }
            let messages = try transaction.rows(
                "SELECT message FROM copy WHERE recipient = ? AND message IS NOT NULL", [id]
            ).map { $0[0] as Int64 }
            let copies = try transaction.change(
                "UPDATE copy SET state = 'erased', recipient = NULL, message = NULL WHERE recipient = ?", [id])
            for message in messages {
                try transaction.execute("DELETE FROM message_bytes WHERE message = ?", [message])
                try transaction.execute("DELETE FROM message WHERE id = ?", [message])
            }
            try transaction.execute("DELETE FROM copy_recipient WHERE id = ?", [id])
            return copies
        }
        try await clean()
        return copies
    }
}
