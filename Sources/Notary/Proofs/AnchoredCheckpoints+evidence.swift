import Foundation
import Ledger
import Store

/// What lies beside a token goes with it.
extension AnchoredCheckpoints {
    /// The token, and its chain, revocation lists and renewals where they hold; without them where they don't, for the token still
    /// proves. The token is the database's, to which the journal commits: a file can be exchanged for another that holds.
    static func timestamp(_ record: AnchorRecord, among count: Int, in folder: AnchorFolder) throws -> [ArchiveEntry] {
        let own = EvidenceName(authority: count == 1 ? nil : record.authority, kind: .token)
        var files: [EvidenceName: [UInt8]] = [:]
        for name in try folder.names(of: record.size).compactMap({ EvidenceName($0) }) where name.authority == own.authority {
            files[name] = try folder.read(name.name, of: record.size, limit: ArchivedRevocations.longest)
        }
        files = files.filter { $0.key.kind != .list || files[$0.key.with(kind: .token)] != nil }
        files[own] = record.bytes
        guard let body = try folder.read("body", of: record.size), hold(files, own, body) else {
            return [ArchiveEntry(ProofLayout.token(record.size, record.authority), record.bytes)]
        }
        files[own] = nil
        return [ArchiveEntry(ProofLayout.token(record.size, record.authority), record.bytes)]
            + files.sorted { $0.key.name < $1.key.name }.map { name, bytes in
                ArchiveEntry("checkpoints/\(record.size)/\(name.with(authority: record.authority).name)", bytes)
            }
    }

    private static func hold(_ files: [EvidenceName: [UInt8]], _ own: EvidenceName, _ body: [UInt8]) -> Bool {
        let byName = Dictionary(uniqueKeysWithValues: files.map { ($0.key.name, $0.value) }).merging(["body": body]) { $1 }
        guard let token = files[own] else { return false }
        // Whose they are is the verifier's question; here it is only whether they belong together.
        func verified(_ token: UnverifiedTimestamp, _ request: TimestampRequest) throws(TimestampError) -> VerifiedTimestamp? {
            try token.verified(against: request, trusting: try token.ownCertificates())
        }
        do {
            let request = TimestampRequest(imprint: .init(sha256Of: body), nonce: nil, policy: nil)
            guard let stamp = try verified(try UnverifiedTimestamp(parsing: token), request) else { return false }
            _ = try TimestampLine(of: stamp, named: own, listed: [own.authority], file: { byName[$0] }, verify: verified)
            return true
        } catch {
            return false
        }
    }
}
