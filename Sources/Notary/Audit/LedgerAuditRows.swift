import Council
import Foundation
import Ledger
import Store

/// The database's side: rows, openings, documents, the checkpoint of record.
extension AuditRun {
    /// Compares the rows of one bundle; returns their leaves when all are there. Nil without a database.
    func checkRows(in tile: Tile, published: [[UInt8]]?) async throws -> [[UInt8]]? {
        guard let storage = audit.storage else { return nil }
        let first = tile.index * 256
        let rows = try await storage.journal(from: first, limit: tile.width)
        check(rows, from: first)
        for row in rows where row.seq < first + UInt64(tile.width) {
            if let published, published[Int(row.seq - first)] != row.leaf {
                report.add(
                    "journal", seq: row.seq, "la ligne n'est pas l'entrée publiée, octet pour octet",
                    "the row is not the published entry, byte for byte")
            }
        }
        let isWhole = rows.count == tile.width && rows.last?.seq == first + UInt64(tile.width) - 1
        if !isWhole, rows.count < tile.width, rows.enumerated().allSatisfy({ $1.seq == first + UInt64($0) }) {
            report.add(
                "journal", seq: first + UInt64(rows.count), "la ligne manque, alors que son entrée est publiée",
                "the row is missing, though its entry is published")
        }
        return isWhole ? rows.map(\.leaf) : nil
    }

    /// What rows must be whether published or not.
    private func check(_ rows: [JournalRow], from first: UInt64) {
        var expected = first
        for row in rows {
            if row.seq != expected {
                report.add(
                    "journal", seq: expected, "la ligne manque : la suivante est la \(row.seq)",
                    "the row is missing: the next one is \(row.seq)")
            }
            if Merkle.leafHash(row.leaf) != row.leafHash {
                report.add(
                    "journal", seq: row.seq, "les octets de la ligne n'ont pas l'empreinte gardée avec eux",
                    "the row's bytes don't have the hash that is stored with them")
            }
            if row.leaf.count > EntryBundle.maximumEntry {
                report.add("journal", seq: row.seq, "la ligne fait \(row.leaf.count) octets", "the row has \(row.leaf.count) bytes")
            }
            expected = row.seq + 1
            report.rows += 1
        }
    }

    /// Rows that no published checkpoint covers yet.
    func checkPendingRows(from size: UInt64) async throws {
        guard let storage = audit.storage else { return }
        var next = size
        while true {
            try Task.checkCancellation()
            let rows = try await storage.journal(from: next, limit: 256)
            guard let last = rows.last else { break }
            check(rows, from: next)
            try await checkLeaves(rows.map(\.leaf), first: next, compared: true)
            report.pending += UInt64(rows.count)
            next = last.seq + 1
        }
    }

    /// The checkpoint of record must be the published one or a later state of the same ledger.
    func checkStoredCheckpoint() async throws {
        guard let stored = try await audit.storage?.checkpoint() else {
            if audit.storage != nil, report.checkpoint != nil {
                report.add(
                    "database", "pas de point de contrôle, alors qu'il y en a un de publié", "it has no checkpoint, though one is published"
                )
            }
            return
        }
        do throws(CheckpointError) {
            let record = try UnverifiedCheckpoint(parsing: stored.note).verified(by: audit.key)
            guard record.size == stored.size else {
                report.add(
                    "database", "la note de son point de contrôle couvre \(record.size) entrées, sa ligne en dit \(stored.size)",
                    "its checkpoint's note covers \(record.size) entries, its row says \(stored.size)")
                return
            }
            guard let published = report.checkpoint else {
                report.add(
                    "checkpoint", "la base a signé \(record.size) entrées, mais aucun point de contrôle utilisable n'est publié",
                    "the database has signed \(record.size) entries, but no usable checkpoint is published")
                return
            }
            if record.size < published.size {
                report.add(
                    "database", "son point de contrôle couvre \(record.size) entrées, celui qui est publié \(published.size)",
                    "its checkpoint covers \(record.size) entries, the published one \(published.size)")
            } else if record.size == published.size, record.root != published.root {
                report.add(
                    "database", "son point de contrôle a une autre racine que celui qui est publié, de même taille",
                    "its checkpoint has another root than the published one of the same size")
            }
        } catch {
            let words = AuditWords.of(error)
            report.add(
                "database", "son point de contrôle est inutilisable : \(words.french)", "its checkpoint can't be used: \(words.english)")
        }
    }

    // MARK: - What the leaves say

    /// Each leaf is canonical and at its place; with a database (`compared`), its commitment opens, and the document that
    /// it received is there.
    func checkLeaves(_ leaves: [[UInt8]], first: UInt64, compared: Bool) async throws {
        let seqs = (0..<leaves.count).map { first + UInt64($0) }
        let openings = compared ? try await audit.storage?.openings(of: seqs) ?? [] : []
        let openingOf = Dictionary(openings.map { ($0.seq, $0) }, uniquingKeysWith: { a, _ in a })
        for (seq, bytes) in zip(seqs, leaves) {
            guard let leaf = canonical(bytes) else {
                report.add(
                    "journal", seq: seq, "la feuille n'est pas du JSON canonique (RFC 8785)", "the leaf is not canonical JSON (RFC 8785)")
                continue
            }
            if leaf["seq"]?.whole != Int64(exactly: seq) {
                report.add("journal", seq: seq, "la feuille dit un autre numéro que sa place", "the leaf says another seq than its place")
            }
            guard compared, audit.storage != nil else { continue }
            var document = leaf["document"]?.text
            if let opening = openingOf[seq] {
                document = check(opening, of: leaf) ?? document
                if leaf["type"]?.text == FactType.memberErased.rawValue { noteErasure(opening) }
            } else {
                unopened.append(seq)
            }
            if leaf["type"]?.text == FactType.documentReceived.rawValue { check(document: document, seq: seq) }
        }
    }

    private func noteErasure(_ opening: Opening) {
        let entries = canonical(opening.content)?["entries"]?.items ?? []
        erasures.formUnion(entries.compactMap { $0.whole.flatMap { UInt64(exactly: $0) } })
    }

    private func canonical(_ bytes: [UInt8]) -> JSON? {
        // Bytes that aren't JSON have no canonical form: that is the answer.
        guard let value = try? JSON(parsing: bytes), value.fields != nil, value.canonical == bytes else { return nil }
        return value
    }

    /// Returns the document's hash that the opened content names.
    private func check(_ opening: Opening, of leaf: JSON) -> String? {
        report.openings += 1
        guard let commitment = leaf["commitment"]?.text.flatMap({ Hex.decode($0) }) else {
            report.add(
                "journal", seq: opening.seq, "la feuille n'a pas d'engagement, mais la base a de quoi en ouvrir un",
                "the leaf has no commitment, but the database has an opening for it")
            return nil
        }
        guard Commitment.opens(commitment, content: opening.content, key: opening.key) else {
            report.add(
                "journal", seq: opening.seq, "ce que garde la base n'ouvre pas l'engagement de la feuille",
                "the opening in the database doesn't open the leaf's commitment")
            return nil
        }
        guard let content = canonical(opening.content) else {
            report.add(
                "journal", seq: opening.seq, "ce que cache l'engagement n'est pas du JSON canonique (RFC 8785)",
                "what the commitment hides is not canonical JSON (RFC 8785)")
            return nil
        }
        for name in ["seq", "type", "sitting"] where content[name] != nil && content[name] != leaf[name] {
            report.add(
                "journal", seq: opening.seq, "« \(name) » diffère entre la feuille et son engagement",
                "“\(name)” in the leaf and inside its commitment differ")
        }
        if let open = leaf["document"], open != content["document"] {
            report.add(
                "journal", seq: opening.seq, "« document » diffère entre la feuille et son engagement",
                "“document” in the leaf and inside its commitment differ")
        }
        return content["document"]?.text
    }

    private func check(document text: String?, seq: UInt64) {
        guard let documents = audit.documents, let text else { return }
        guard let hash = ContentHash(hex: text) else {
            report.add("journal", seq: seq, "« document » n'est pas un SHA-256", "“document” is not a SHA-256")
            return
        }
        guard seenDocuments.insert(hash).inserted else { return }
        report.documents += 1
        do throws(DocumentStoreError) {
            try documents.verify(hash)
        } catch {
            report.add("documents/\(hash.hex.prefix(2))/\(hash.hex)", seq: seq, AuditWords.of(error))
        }
    }

    // MARK: - The rest of the database

    /// An opening that is gone was erased, if the journal tells of it; else somebody removed evidence.
    func checkErasures() {
        for seq in unopened {
            if erasures.contains(seq) {
                report.erased += 1
            } else {
                report.add(
                    "opening", seq: seq, "de quoi ouvrir l'engagement manque, et aucun effacement n'est au journal",
                    "what opens the commitment is missing, and the journal tells of no erasure")
            }
        }
    }

    func checkDatabase() async throws {
        guard let storage = audit.storage else { return }
        for fault in try await storage.structuralFaults() {
            report.add("database", "structure abîmée : \(fault)", "damaged structure: \(fault)")
        }
        let state = try await storage.compareState(limit: AuditReport.listed)
        report.stateRows = state.rows
        report.furtherFindings += state.further
        for difference in state.differences { report.add(difference.table, seq: difference.seq, AuditWords.of(difference)) }
    }
}
