import Council
import Foundation
import Ledger
import Store

/// The checkpoints that a proof can stand on.
struct AnchoredCheckpoints {
    private let ledgerFolder: URL
    private let folder: AnchorFolder
    private let current: StoredCheckpoint
    private let records: [UInt64: [AnchorRecord]]
    /// How many timestamp authorities have a record, with or without a token: files are named by it.
    private let all: [UInt64: Int]
    /// Ascending: with a finished anchor, and with at least a pending one.
    private let complete: [UInt64]
    private let begun: [UInt64]

    private let witnesses: [CosignerKey]

    init(storage: any Storage, ledgerFolder: URL, current: StoredCheckpoint, witnesses: [CosignerKey]) async throws {
        self.witnesses = witnesses
        self.ledgerFolder = ledgerFolder
        folder = AnchorFolder(ledgerFolder: ledgerFolder)
        self.current = current
        let recorded = try await storage.anchors(of: nil)
        records = Dictionary(grouping: recorded.filter { !$0.bytes.isEmpty }, by: \.size)
        all = recorded.reduce(into: [:]) { if $1.method == .rfc3161 { $0[$1.size, default: 0] += 1 } }
        complete = records.filter { $0.value.contains { $0.state == .complete } }.keys.sorted()
        begun = records.keys.sorted()
    }

    /// The smallest one with a finished anchor, for it tells the earliest time; else with a pending one; else the current one,
    /// which nothing outside vouches for yet.
    func covering(_ seq: UInt64) throws -> StoredCheckpoint {
        try checkpoint(of: complete.first { $0 > seq } ?? begun.first { $0 > seq } ?? current.size)
    }

    /// With all the cosignatures that are published of it.
    private func checkpoint(of size: UInt64) throws -> StoredCheckpoint {
        let isKnown = records[size].map { !$0.isEmpty } ?? false
        guard let note = isKnown ? try folder.read("checkpoint", of: size) : current.note else {
            throw ProofExportError.incompleteAnchor(size)
        }
        return StoredCheckpoint(size: size, note: try CosignedNote.joined(to: note, in: ledgerFolder, witnesses))
    }

    /// The largest cosigned checkpoint, where it covers the entry and has a witness that `standing` lacks; nil: it adds nothing.
    func cosigned(covering seq: UInt64, beside standing: StoredCheckpoint, _ cosigned: VerifiedCheckpoint?) throws -> VerifiedCheckpoint? {
        guard let cosigned, cosigned.size > seq else { return nil }
        let present = try UnverifiedNote(parsing: standing.note).signatures
        let others = try UnverifiedNote(parsing: cosigned.note).signatures
        let adds = others.contains { line in !present.contains { $0.keyID == line.keyID && $0.name == line.name } }
        return adds ? cosigned : nil
    }

    /// Names of the timestamp authorities with a token over this checkpoint.
    func authorities(of size: UInt64) -> [String] {
        (records[size] ?? []).filter { $0.method == .rfc3161 }.map(\.authority)
    }

    /// `checkpoint`, `body`, and the anchors as recorded.
    func entries(of size: UInt64) throws -> [ArchiveEntry] {
        let known = records[size] ?? []
        let note = try checkpoint(of: size).note
        var entries = [
            ArchiveEntry(ProofLayout.checkpoint(size), note),
            ArchiveEntry(ProofLayout.body(size), try UnverifiedNote(parsing: note).text),
        ]
        let tokens = known.filter { $0.method == .rfc3161 }
        for record in tokens {
            entries += try Self.timestamp(record, among: all[size] ?? tokens.count, in: folder)
        }
        let proofs = try known.compactMap(\.proof).map { try OpenTimestamps.DetachedProof(parsing: $0) }
        if !proofs.isEmpty { entries.append(ArchiveEntry(ProofLayout.calendarProof(size), try AnchorFiles.merged(proofs).file)) }
        return entries
    }
}
