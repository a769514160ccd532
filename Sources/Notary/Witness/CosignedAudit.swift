import Council
import Foundation
import Ledger

/// `cosigned`, where there is one: a state of this ledger, not above the published one, with lines that hold.
extension AuditRun {
    /// Called when all tiles have been compared.
    func checkCosigned() {
        let name = CosignedFile.name
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: path), let bytes = read(name, limit: UnverifiedNote.maximumBytes) else { return }
        let tiles = PublishedTiles(folder: audit.publicFolder)
        do {
            let unverified = try UnverifiedCheckpoint(parsing: bytes)
            let checkpoint = try unverified.verified(by: audit.key)
            checkCosigners(of: unverified.note)
            // Both may have grown while this audit ran.
            let published = try tiles.checkpoint(key: audit.key)?.size ?? 0
            guard checkpoint.size <= max(published, report.checkpoint?.size ?? 0) else {
                return report.add(
                    name, "il couvre \(checkpoint.size) entrées, plus que le point de contrôle publié (\(published))",
                    "it covers \(checkpoint.size) entries, more than the published checkpoint (\(published))")
            }
            guard try tiles.root(of: checkpoint.size) == checkpoint.root else {
                return report.add(
                    name, "sa racine n'est pas celle des \(checkpoint.size) premières entrées",
                    "its root is not that of the ledger's first \(checkpoint.size) entries")
            }
        } catch {
            report.add(name, AuditWords.of(error))
        }
    }

    /// Where the witnesses are known, every line is the ledger's or one of theirs, and holds.
    private func checkCosigners(of note: UnverifiedNote) {
        guard !audit.witnesses.isEmpty else { return }
        do throws(NoteError) {
            let cosignatures = try note.cosignatures(by: audit.witnesses)
            let known = Set(cosignatures.map(\.line.keyID) + [audit.key.id])
            guard !cosignatures.isEmpty, note.signatures.allSatisfy({ known.contains($0.keyID) }) else {
                return report.add(
                    CosignedFile.name,
                    "une signature n'est ni du registre ni d'un témoin connu (un témoin retiré de la configuration disparaît avec le point de contrôle suivant)",
                    "a signature is neither the register's nor a known witness's (a witness removed from the configuration goes with the next checkpoint)"
                )
            }
        } catch {
            report.add(CosignedFile.name, AuditWords.of(CheckpointError.note(error)))
        }
    }

    /// Lines that nobody can check here, one note for each name.
    func tellStrangers() {
        for (name, paths) in strangers.sorted(by: { $0.key < $1.key }) {
            report.note(
                paths[0],
                Bilingual(
                    "une ligne de signature de « \(name) », qui n'est ni le registre ni un témoin connu, n'a pas pu être vérifiée (points de contrôle ancrés : \(paths.count)) ; si c'était un témoin, donnez sa clé avec --witness-key",
                    "a signature line of “\(name)”, which is neither the register nor a known witness, could not be checked (anchored checkpoints: \(paths.count)); if it was a witness, give its key with --witness-key"
                ))
        }
    }

    /// An anchored checkpoint keeps the lines of witnesses that were configured once: a stranger's is let pass. One that bears a known
    /// witness's name or key number is that witness's, and holds, or was altered.
    func checkAnchoredCosigners(of checkpoint: VerifiedCheckpoint, at path: String) {
        do throws(NoteError) {
            let note = try UnverifiedNote(parsing: checkpoint.note)
            let right = try note.cosignatures(by: audit.witnesses)
            for line in note.signatures where !right.contains(where: { $0.line == line }) {
                let named = audit.witnesses.first { $0.id == line.keyID } ?? audit.witnesses.first { $0.name == line.name }
                guard let key = named else {
                    if line.keyID != audit.key.id || line.name != audit.key.name { strangers[line.name, default: []].append(path) }
                    continue
                }
                // An earlier statement of the same witness.
                if try key.cosignature(in: line, of: note.text) != nil { continue }
                report.add(
                    path,
                    "une ligne de signature de « \(line.name) » n'est pas de la clé connue de ce témoin (si c'était une ancienne clé, donnez-la avec --witness-key)",
                    "a signature line of “\(line.name)” is not by this witness's known key (if that was an earlier key, give it with --witness-key)"
                )
            }
        } catch {
            report.add(path, AuditWords.of(CheckpointError.note(error)))
        }
    }
}
