import Council
package import Foundation
package import Logging
package import Store

/// Makes the public files of a checkpoint agree with its records: `body.ots` from those of all calendars and of a node, one `.tsr` per
/// timestamp authority (`body.tsr` where there is one, else `body.<name>.tsr`).
/// The database is the truth, for the journal commits to its tokens; a file is never replaced by one that proves less.
package struct AnchorFiles: Sendable {
    let folder: AnchorFolder
    let logger: Logger

    init(folder: AnchorFolder, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    package init(ledgerFolder: URL, logger: Logger) {
        self.init(folder: AnchorFolder(ledgerFolder: ledgerFolder), logger: logger)
    }

    /// Crash at any point: a file is missing or older than its record, and the first pass after the start does this again.
    package func publish(_ records: [AnchorRecord], of size: UInt64) throws {
        guard let body = try folder.read("body", of: size) else { return }
        let digest = ContentHash(sha256Of: body)
        let tokens = records.filter { $0.method == .rfc3161 }
        for record in tokens where !record.bytes.isEmpty {
            try publish(token: record.bytes, as: Self.tokenName(record.authority, among: tokens.count), of: size, digest: digest)
        }
        try publishProof(records.compactMap(\.proof), of: size, digest: digest)
    }

    static func tokenName(_ authority: String, among count: Int) -> String { count == 1 ? "body.tsr" : "body.\(authority).tsr" }

    /// A token that isn't the database's is set aside, though it hold: it may be of a later day than what the journal and renewals commit
    /// to. It stays where the database's is the damaged one: the audit names that.
    private func publish(token: [UInt8], as name: String, of size: UInt64, digest: ContentHash) throws {
        let present = try folder.read(name, of: size)
        if present == token { return }
        if let present {
            let file: Logger.Metadata = ["file": "anchors/\(size)/\(name)"]
            if Self.isToken(present, over: digest), !Self.isToken(token, over: digest) {
                return logger.error("the database's token is damaged, that of the public folder holds and stays", metadata: file)
            }
            logger.warning("replacing a file that is not the database's token; it is set aside", metadata: file)
            try folder.setAside(name, of: size)
        }
        try folder.write(token, as: name, of: size)
    }

    /// Its signature holds; whose it is was checked when it came.
    private static func isToken(_ bytes: [UInt8], over digest: ContentHash) -> Bool {
        do throws(TimestampError) {
            let token = try UnverifiedTimestamp(parsing: bytes)
            let request = TimestampRequest(imprint: digest, nonce: nil, policy: nil)
            _ = try token.verified(against: request, trusting: try token.ownCertificates())
            return true
        } catch {
            // Bytes that can't be verified are no token: that is the answer, not a fault to report.
            return false
        }
    }

    /// Proofs only ever grow: what the file has and the records lack stays in it.
    private func publishProof(_ records: [[UInt8]], of size: UInt64, digest: ContentHash) throws {
        guard !records.isEmpty else { return }
        var proofs = try records.map { try OpenTimestamps.DetachedProof(parsing: $0) }
        let present = try folder.read("body.ots", of: size)
        // One that can't be read has nothing to keep: the records' takes its place.
        if let present, let proof = try? OpenTimestamps.DetachedProof(parsing: present), proof.digest == digest.bytes {
            proofs.append(proof)
        } else if present != nil {
            logger.warning("replacing a file that is no proof of its checkpoint", metadata: ["file": "anchors/\(size)/body.ots"])
        }
        let file = try Self.merged(proofs).file
        if present != file { try folder.write(file, as: "body.ots", of: size) }
    }

    /// All that several proofs over the same bytes say. Must not be empty.
    static func merged(_ proofs: [OpenTimestamps.DetachedProof]) throws -> OpenTimestamps.DetachedProof {
        var all = proofs[0]
        for proof in proofs.dropFirst() { try all.merge(proof) }
        return try CalendarClient.readable(all)
    }
}
