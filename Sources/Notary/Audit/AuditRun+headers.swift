import Council
import Ledger

/// Blocks' headers beside the proofs that lead to them. (Whether the chain has those blocks, `verify --node` tells.)
extension AuditRun {
    func checkHeaders(_ names: Set<String>, of size: UInt64, _ digest: ContentHash) {
        let heights = names.compactMap { KeptHeader.height(ofFile: $0) }.sorted()
        guard !heights.isEmpty else { return }
        let folder = "anchors/\(size)/"
        // A proof that can't be read is told elsewhere; here it leads nowhere.
        let proof = (try? PublicFile.read(self.folder + "/" + folder + "body.ots", limit: UnverifiedNote.maximumBytes)).flatMap {
            try? OpenTimestamps.DetachedProof(parsing: $0)
        }
        let attested = proof.flatMap { $0.digest == digest.bytes ? try? $0.attested() : nil } ?? []
        for height in heights {
            let path = folder + KeptHeader.file(height)
            guard let bytes = read(path, limit: 400) else { continue }
            guard let kept = KeptHeader(parsing: bytes, height: height) else {
                report.add(path, KeptHeader.Fault.malformed.words)
                continue
            }
            if let fault = kept.fault(beside: attested) { report.add(path, fault.words) }
        }
    }
}
