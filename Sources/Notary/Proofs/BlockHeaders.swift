import Council
import Foundation
import Ledger

/// The headers of the blocks that a proof's calendar proofs lead to: those kept beside the anchors, and those that a source has.
struct BlockHeaders {
    let anchors: AnchorFolder
    let source: BlockSource?

    /// `entries`: the proof so far, with `body.ots` of each of these sizes. What isn't right is left out and told of: the rest of the
    /// proof holds without it.
    func entries(
        beside entries: [ArchiveEntry], _ sizes: Set<UInt64>
    ) async throws -> (entries: [ArchiveEntry], warnings: [ExportedProof.Warning]) {
        var attested: [UInt64: [OpenTimestamps.Attested]] = [:]
        for size in sizes {
            guard let file = entries.first(where: { $0.name == ProofLayout.calendarProof(size) }) else { continue }
            attested[size] = try OpenTimestamps.DetachedProof(parsing: file.bytes).attested().filter { $0.attestation.height != nil }
        }
        var warnings: [ExportedProof.Warning] = []
        var known: KnownBlocks?
        let heights = Set(attested.values.joined().compactMap(\.attestation.height))
        if let source, !heights.isEmpty {
            do { known = try await source.blocks(at: heights) } catch { warnings.append(.noBlocks(error.words)) }
        }
        var found: [ArchiveEntry] = []
        for (size, attested) in attested.sorted(by: { $0.key < $1.key }) {
            for height in Set(attested.compactMap(\.attestation.height)).sorted() {
                let file = ProofLayout.header(size, height)
                do throws(KeptHeader.Fault) {
                    guard let kept = try header(at: height, of: size, known) else { continue }
                    if let fault = kept.fault(beside: attested) { throw fault }
                    found.append(ArchiveEntry(file, kept.bytes))
                } catch {
                    warnings.append(.headerUnusable(file, error.rawValue))
                }
            }
        }
        return (found, warnings)
    }

    /// As the source has it, else as it was kept; nil: neither.
    private func header(at height: UInt64, of size: UInt64, _ known: KnownBlocks?) throws(KeptHeader.Fault) -> KeptHeader? {
        if let header = known?.headers[height] { return KeptHeader(height: height, header: header, network: known?.network) }
        let bytes: [UInt8]?
        do { bytes = try anchors.read(KeptHeader.file(height), of: size) } catch { throw .malformed }
        guard let bytes else { return nil }
        guard let kept = KeptHeader(parsing: bytes, height: height) else { throw .malformed }
        return kept
    }
}
