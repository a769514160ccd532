import Council
package import Foundation
import Ledger
package import Store

/// Makes proofs: one file each, checkable without us.
package struct ProofExporter: Sendable {
    let storage: any Storage
    let ledgerFolder: URL
    private let authorities: [AnchorSettings.TimestampAuthority]
    private let seal: TimestampClient?
    private let verifierPage: [UInt8]

    /// `authorities` as configured: their roots travel with their tokens. `verifierPage`: the HTML page that checks the proof in a
    /// browser, which travels with it too. With `seal`, the first of them that answers also stamps the
    /// whole file, which then is a complete ASiC-E container.
    package init(
        storage: any Storage, ledgerFolder: URL, authorities: [AnchorSettings.TimestampAuthority], verifierPage: [UInt8],
        seal: TimestampClient? = nil
    ) {
        self.storage = storage
        self.ledgerFolder = ledgerFolder
        self.authorities = authorities
        self.seal = seal
        self.verifierPage = verifierPage
    }

    /// Nothing is written anywhere. What it returns has been verified as a stranger would.
    package func export(_ subject: ProofSubject, for disclosure: Disclosure = .entitled) async throws -> ExportedProof {
        let rows = try await storage.journal(matching: subject.query)
        guard !rows.isEmpty else { throw ProofExportError.nothingRecorded(subject) }
        guard let current = try await storage.checkpoint() else { throw ProofExportError.notYetSigned }
        let covered = rows.filter { $0.seq < current.size }
        guard !covered.isEmpty else { throw ProofExportError.notYetSigned }

        let anchored = try await AnchoredCheckpoints(storage: storage, ledgerFolder: ledgerFolder, current: current)
        let openings = try await openings(of: covered, for: disclosure)
        var entries = [ArchiveEntry(ProofLayout.mimetype, Array(ProofLayout.mediaType.utf8))]
        entries += [
            ArchiveEntry(ProofLayout.frenchReadMe, ProofReadMe.text(.french)),
            ArchiveEntry(ProofLayout.englishReadMe, ProofReadMe.text(.english)),
            ArchiveEntry(ProofLayout.verifierPage, verifierPage),
            ArchiveEntry(ProofLayout.key, Array(try Data(contentsOf: ledgerFolder.appendingPathComponent("vkey")))),
        ]
        var used: Set<UInt64> = []
        var facts: [JSON] = []
        for row in covered {
            let checkpoint = try anchored.covering(row.seq)
            used.insert(checkpoint.size)
            facts.append(["seq": .integer(Int64(clamping: row.seq)), "checkpoint": .integer(Int64(clamping: checkpoint.size))])
            entries += try self.entries(of: row, under: checkpoint, opening: openings[row.seq])
        }
        for size in used.sorted() { entries += try anchored.entries(of: size) }
        // A renewal doesn't say whose it is.
        let isRenewed = entries.contains { $0.name.hasSuffix(".tsr") && $0.name.contains(".renewal-") }
        entries += rootEntries(among: Set(isRenewed ? authorities.map(\.name) : used.flatMap(anchored.authorities)))
        let contents: JSON = ["v": 1, "subject": subject.json, "facts": .array(facts)]
        entries.insert(ArchiveEntry(ProofLayout.contents, contents.canonical), at: 1)
        var warnings: [ExportedProof.Warning] = rows.count > covered.count ? [.notYetSigned(rows.count - covered.count)] : []
        do throws(AnchorFault) {
            entries += try await sealed(entries)
        } catch {
            warnings.append(.notSealed(error.description))
        }
        let archive = try Zip.archive(entries)
        _ = try ProofVerifier.verify(archive)
        return ExportedProof(archive: archive, facts: covered.count, warnings: warnings)
    }

    private func openings(of rows: [JournalRow], for disclosure: Disclosure) async throws -> [UInt64: Opening] {
        let allowed = rows.filter { disclosure == .entitled || JournalLeaf.namesDocument($0.leaf) }
        return Dictionary(uniqueKeysWithValues: try await storage.openings(of: allowed.map(\.seq)).map { ($0.seq, $0) })
    }

    private func entries(of row: JournalRow, under checkpoint: StoredCheckpoint, opening: Opening?) throws -> [ArchiveEntry] {
        let path = try LedgerTiles(folder: ledgerFolder).inclusionProof(of: row.seq, size: checkpoint.size)
        let proof = try TlogProof(index: row.seq, path: path, checkpoint: checkpoint.note)
        var entries = [ArchiveEntry(ProofLayout.leaf(row.seq), row.leaf), ArchiveEntry(ProofLayout.inclusion(row.seq), proof.text)]
        if let opening {
            entries += [
                ArchiveEntry(ProofLayout.openingContent(row.seq), opening.content),
                ArchiveEntry(ProofLayout.openingKey(row.seq), Array((Hex.encode(opening.key) + "\n").utf8)),
            ]
        }
        return entries
    }

    /// A root that is no longer readable doesn't keep the proof from being made: its tokens are still in it.
    private func rootEntries(among names: Set<String>) -> [ArchiveEntry] {
        // With a seal, any of them may turn out to be the one that gives it.
        authorities.filter { names.contains($0.name) || seal != nil }.compactMap { authority in
            guard let roots = try? authority.trusted() else { return nil }
            return ArchiveEntry(ProofLayout.authority(authority.name), roots.pem)
        }
    }

    private func sealed(_ entries: [ArchiveEntry]) async throws(AnchorFault) -> [ArchiveEntry] {
        guard let seal else { return [] }
        let manifest = ASiCManifest.xml(of: entries)
        var fault: AnchorFault?
        for authority in authorities {
            do throws(AnchorFault) {
                let stamp = try await seal.stamp(manifest, by: authority)
                do {
                    let token = try UnverifiedTimestamp(parsing: stamp.response).token()
                    return [ArchiveEntry(ProofLayout.manifest, manifest), ArchiveEntry(ProofLayout.seal, token)]
                } catch {
                    throw AnchorFault(error.description)
                }
            } catch {
                if error.scope == .cancellation { throw error }
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
        return []
    }
}

package struct ExportedProof: Hashable, Sendable {
    package enum Warning: Hashable, Sendable {
        /// That many entries are so recent that no checkpoint covers them; they are not in the proof.
        case notYetSigned(Int)
        /// The authority didn't stamp the file; why.
        case notSealed(String)
    }

    /// The file: `.asice`, a ZIP archive.
    package let archive: [UInt8]
    package let facts: Int
    package let warnings: [Warning]
}

package enum ProofExportError: Error, Hashable, Sendable, CustomStringConvertible {
    case nothingRecorded(ProofSubject)
    /// Entries exist, but no checkpoint covers any of them yet.
    case notYetSigned
    /// A checkpoint's files are not where they should be.
    case incompleteAnchor(UInt64)

    package var description: String {
        switch self {
        case .nothingRecorded(.document(let hash)): "no entry is about the document \(hash)"
        case .nothingRecorded(.convocation(let id)): "no entry is about the convocation \(id), or they were erased"
        case .nothingRecorded(.sitting(let id)): "no entry is about the sitting \(id)"
        case .notYetSigned: "the entries are not under a signed checkpoint yet: try again in a moment"
        case .incompleteAnchor(let size): "anchors/\(size)/checkpoint or body is missing in the ledger's folder"
        }
    }
}

extension ProofSubject {
    var query: JournalQuery {
        switch self {
        case .document(let hash): JournalQuery(types: [.documentReceived], document: hash)
        case .convocation(let id): JournalQuery(convocation: id)
        case .sitting(let id): JournalQuery(sitting: id)
        }
    }
}
