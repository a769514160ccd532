import Council
import Foundation
import Ledger
import Store

/// The checkpoints that a proof can stand on.
struct AnchoredCheckpoints {
    private let folder: AnchorFolder
    private let current: StoredCheckpoint
    private let records: [UInt64: [AnchorRecord]]
    /// How many timestamp authorities have a record, with or without a token: files are named by it.
    private let all: [UInt64: Int]
    /// Ascending: with a finished anchor, and with at least a pending one.
    private let complete: [UInt64]
    private let begun: [UInt64]

    init(storage: any Storage, ledgerFolder: URL, current: StoredCheckpoint) async throws {
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
        guard let size = complete.first(where: { $0 > seq }) ?? begun.first(where: { $0 > seq }) else { return current }
        guard let note = try folder.read("checkpoint", of: size) else { throw ProofExportError.incompleteAnchor(size) }
        return StoredCheckpoint(size: size, note: note)
    }

    /// Names of the timestamp authorities with a token over this checkpoint.
    func authorities(of size: UInt64) -> [String] {
        (records[size] ?? []).filter { $0.method == .rfc3161 }.map(\.authority)
    }

    /// `checkpoint`, `body`, and the anchors as recorded.
    func entries(of size: UInt64) throws -> [ArchiveEntry] {
        let known = records[size] ?? []
        let note = known.isEmpty ? current.note : try folder.read("checkpoint", of: size)
        guard let note else { throw ProofExportError.incompleteAnchor(size) }
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
