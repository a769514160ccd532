import Council
package import Foundation
package import Ledger
package import Store

/// Makes proofs: one file each, checkable without us.
package struct ProofExporter: Sendable {
    let storage: any Storage
    let ledgerFolder: URL
    private let authorities: [AnchorSettings.TimestampAuthority]
    private let seal: TimestampClient?
    private let verifierPage: [UInt8]
    private let witnesses: [CosignerKey]

    /// `authorities` as configured: their roots travel with their tokens. `verifierPage`: the HTML page that checks the proof in a
    /// browser, which travels with it too. With `seal`, the first of them that answers also stamps the
    /// whole file, which then is a complete ASiC-E container. `witnesses` as configured: a wrong line of theirs stays out of proofs.
    package init(
        storage: any Storage, ledgerFolder: URL, authorities: [AnchorSettings.TimestampAuthority], verifierPage: [UInt8],
        seal: TimestampClient? = nil, witnesses: [CosignerKey] = []
    ) {
        self.witnesses = witnesses
        self.storage = storage
        self.ledgerFolder = ledgerFolder
        self.authorities = authorities
        self.seal = seal
        self.verifierPage = verifierPage
    }

    /// Nothing is written anywhere. What it returns has been verified as a stranger would. `blocks`: where to look up the headers of
    /// blocks that were not known when the proof reached them; nil: nowhere.
    package func export(
        _ subject: ProofSubject, for edition: Edition = .clerk, blocks: BlockSource? = nil
    ) async throws -> ExportedProof {
        let rows = try await rows(of: subject, for: edition)
        guard let current = try await storage.checkpoint() else { throw ProofExportError.notYetSigned }
        let covered = rows.filter { $0.seq < current.size }
        guard try covered.contains(where: { try !subject.isConvocation || JournalLeaf(parsing: $0.leaf).type.concernsMember }) else {
            throw ProofExportError.notYetSigned
        }
        var warnings: [ExportedProof.Warning] = rows.count > covered.count ? [.notYetSigned(rows.count - covered.count)] : []

        let anchored = try await AnchoredCheckpoints(storage: storage, ledgerFolder: ledgerFolder, current: current, witnesses: witnesses)
        let vkey = Array(try Data(contentsOf: ledgerFolder.appendingPathComponent("vkey")))
        let openings = try await openings(of: covered, for: edition)
        var entries = [
            ArchiveEntry(ProofLayout.mimetype, Array(ProofLayout.mediaType.utf8)),
            ArchiveEntry(ProofLayout.frenchReadMe, ProofReadMe.text(.french, edition)),
            ArchiveEntry(ProofLayout.englishReadMe, ProofReadMe.text(.english, edition)),
            ArchiveEntry(ProofLayout.verifierPage, verifierPage),
            ArchiveEntry(ProofLayout.key, vkey),
        ]
        var cosigned: VerifiedCheckpoint?
        do { cosigned = try publishedCosigned(vkey) } catch { warnings.append(.cosignedUnusable(String(describing: error))) }
        var used: Set<UInt64> = []
        var facts: [JSON] = []
        for row in covered {
            let checkpoint = try anchored.covering(row.seq)
            used.insert(checkpoint.size)
            var fact: [String: JSON] = [
                "seq": .integer(Int64(clamping: row.seq)), "checkpoint": .integer(Int64(clamping: checkpoint.size)),
            ]
            entries += try self.entries(of: row, under: checkpoint, opening: openings[row.seq])
            if let later = try anchored.cosigned(covering: row.seq, beside: checkpoint, cosigned) {
                fact["cosigned"] = .integer(Int64(clamping: later.size))
                entries.append(
                    ArchiveEntry(ProofLayout.cosignedInclusion(row.seq), try inclusion(of: row.seq, under: later.size, later.note)))
            }
            facts.append(.object(fact))
        }
        for size in used.sorted() { entries += try anchored.entries(of: size) }
        let headers = try await BlockHeaders(anchors: AnchorFolder(ledgerFolder: ledgerFolder), source: blocks).entries(
            beside: entries, used)
        entries += headers.entries
        warnings += headers.warnings
        // A renewal doesn't say whose it is.
        let isRenewed = entries.contains { $0.name.hasSuffix(".tsr") && $0.name.contains(".renewal-") }
        entries += rootEntries(among: Set(isRenewed ? authorities.map(\.name) : used.flatMap(anchored.authorities)))
        let contents: JSON = [
            "v": 1, "subject": try shown(subject, covered, edition).json, "edition": .string(edition.rawValue), "facts": .array(facts),
        ]
        entries.insert(ArchiveEntry(ProofLayout.contents, contents.canonical), at: 1)
        do throws(AnchorFault) {
            entries += try await sealed(entries)
        } catch {
            warnings.append(.notSealed(error.description))
        }
        let archive = try Zip.archive(entries)
        let report = try ProofVerifier.verify(archive)
        warnings += try await uncounted(in: report)
        return ExportedProof(archive: archive, facts: covered.count, warnings: warnings)
    }

    /// What the edition shows of the subject, opened or closed, in the ledger's order.
    private func rows(of subject: ProofSubject, for edition: Edition) async throws -> [JournalRow] {
        var rows = try await storage.journal(matching: subject.query)
        guard let first = rows.first else { throw ProofExportError.nothingRecorded(subject) }
        let leaf = try JournalLeaf(parsing: first.leaf)
        switch (edition, subject) {
        case (.citizen, .document(let hash)):
            // Its hash would stand in the file's name for itself.
            guard leaf.document != nil else { throw ProofExportError.confidential(hash) }
        case (_, .convocation):
            // What was decided of the sitting, its cancellation above all, changes what the rest means.
            guard let sitting = leaf.sitting else { break }
            rows += try await storage.journal(matching: JournalQuery(types: FactType.sittingsOwn, sitting: sitting))
        // It is what a citizen's edition calls a convocation: nobody can look one up by it.
        case (_, .unnamedConvocation): throw ProofExportError.nothingRecorded(subject)
        case (.member, _): throw ProofExportError.noMemberNamed
        default: break
        }
        return rows.sorted { $0.seq < $1.seq }
    }

    /// A citizen's edition has no convocation's number: it could be looked up.
    private func shown(_ subject: ProofSubject, _ rows: [JournalRow], _ edition: Edition) throws -> ProofSubject {
        guard edition == .citizen, case .convocation = subject else { return subject }
        for row in rows {
            if let sitting = try JournalLeaf(parsing: row.leaf).sitting { return .unnamedConvocation(sitting) }
        }
        return subject
    }

    /// Of the receipts in a proof, those that aren't counted: by what the proof says, and by what only the storage knows.
    private func uncounted(in report: ProofReport) async throws -> [ExportedProof.Warning] {
        var doubts: [UInt64: ReceiptDoubt] = [:]
        let receipts = report.facts.filter(\.type.isReceipt).map(\.seq)
        for (seq, kind) in try await storage.letterReceipts(among: receipts) { doubts[seq] = .letter(kind.rawValue) }
        for case .receiptUncounted(let seq, let doubt) in report.statements { doubts[seq] = doubt }
        return doubts.sorted { $0.key < $1.key }.map { .receiptUncounted($0.key, $0.value) }
    }

    private func openings(of rows: [JournalRow], for edition: Edition) async throws -> [UInt64: Opening] {
        let allowed = try rows.filter { row in
            let leaf = try JournalLeaf(parsing: row.leaf)
            return edition.opens(leaf.type, namesDocument: leaf.document != nil)
        }
        return Dictionary(uniqueKeysWithValues: try await storage.openings(of: allowed.map(\.seq)).map { ($0.seq, $0) })
    }

    /// `cosigned` of the public folder; nil: none yet. Throws when it is not of this ledger.
    private func publishedCosigned(_ vkey: [UInt8]) throws -> VerifiedCheckpoint? {
        let path = ledgerFolder.path + "/" + CosignedFile.name
        guard let bytes = try PublicFile.read(path, limit: UnverifiedNote.maximumBytes) else { return nil }
        let key = try NoteVerifierKey(parsing: String(decoding: vkey, as: UTF8.self))
        let read = try UnverifiedCheckpoint(parsing: bytes)
        _ = try read.note.cosignatures(by: witnesses)
        return try read.verified(by: key)
    }

    private func inclusion(of seq: UInt64, under size: UInt64, _ note: [UInt8]) throws -> [UInt8] {
        let path = try LedgerTiles(folder: ledgerFolder).inclusionProof(of: seq, size: size)
        return try TlogProof(index: seq, path: path, checkpoint: note).text
    }

    private func entries(of row: JournalRow, under checkpoint: StoredCheckpoint, opening: Opening?) throws -> [ArchiveEntry] {
        var entries = [
            ArchiveEntry(ProofLayout.leaf(row.seq), row.leaf),
            ArchiveEntry(ProofLayout.inclusion(row.seq), try inclusion(of: row.seq, under: checkpoint.size, checkpoint.note)),
        ]
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
