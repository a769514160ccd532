import Council
import Foundation
import Ledger
import Store

/// The database's side: rows, openings, documents, the checkpoint of record.
extension AuditRun {
    /// Rows that no published checkpoint covers yet.
    func checkPendingRows(from size: UInt64) async throws {
        guard let storage = audit.storage else { return }
        var next = size
        while true {
            try Task.checkCancellation()
            let rows = try await storage.journal(from: next, limit: 256)
            guard let last = rows.last else { break }
            AuditSection.check(rows, from: next, &report)
            var check = LeafCheck(openings: try await storage.openings(of: rows.map(\.seq)))
            for row in rows { check.check([row.leaf], first: row.seq, compared: true, &report) }
            take(check.result)
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
            // The database signs before tiles are written, and was read after them.
            if let furthest, furthest.entries > record.size {
                report.add(
                    furthest.path,
                    "la base n'a signé que \(record.size) entrées, cette tuile porte sur \(furthest.entries) : la base est plus ancienne que le dossier public. Laissez ce fichier à sa place et reprenez la sauvegarde la plus récente de appariteur.db, qui en contienne au moins \(furthest.entries)",
                    "the database has signed only \(record.size) entries, this tile is of \(furthest.entries): the database is older than the public folder. Leave this file in its place, and restore the newest backup of appariteur.db, one that holds at least \(furthest.entries)"
                )
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

    // MARK: - Documents

    func checkDocument(_ hash: ContentHash, seq: UInt64) {
        guard let documents = audit.documents, seenDocuments.insert(hash).inserted else { return }
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

    struct DatabaseFindings: Sendable {
        var faults: [String] = []
        var state = StateComparison()
    }

    nonisolated func databaseFindings() async throws -> DatabaseFindings {
        guard let storage = audit.storage else { return DatabaseFindings() }
        return DatabaseFindings(
            faults: try await storage.structuralFaults(), state: try await storage.compareState(limit: AuditReport.listed))
    }

    func take(_ database: DatabaseFindings) {
        for fault in database.faults { report.add("database", "structure abîmée : \(fault)", "damaged structure: \(fault)") }
        report.stateRows = database.state.rows
        report.furtherFindings += database.state.further
        for difference in database.state.differences { report.add(difference.table, seq: difference.seq, AuditWords.of(difference)) }
    }
}
