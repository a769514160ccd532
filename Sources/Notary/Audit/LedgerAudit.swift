package import Foundation
package import Ledger
package import Store

/// Recomputes a ledger and reports everything that doesn't agree.
///
/// From the public folder alone, as any stranger can: the checkpoint's signature; every entry, leaf hash, tile and bundle up to
/// the signed root; that each leaf is canonical JSON and knows its place; every anchored checkpoint's signature, body and root.
/// With the database: that each row is the published entry byte for byte, without a gap, that commitments open, that the
/// checkpoint of record is that ledger's, and that each received document still has the bytes its name says.
///
/// Reads in order, a bundle at a time: memory doesn't grow with the ledger. It changes nothing, and can run beside the sequencer:
/// what is published while it runs is not part of its report.
package struct LedgerAudit: Sendable {
    let publicFolder: URL
    let key: NoteVerifierKey
    let storage: (any JournalStorage)?
    let documents: DocumentStore?

    /// For strangers: the public folder (or a copy of it), and the key that they have from elsewhere.
    package init(publicFolder: URL, vkey: NoteVerifierKey) {
        self.publicFolder = publicFolder
        key = vkey
        storage = nil
        documents = nil
    }

    /// For the authority: the same, compared with the database and the document store.
    package init(publicFolder: URL, vkey: NoteVerifierKey, storage: any JournalStorage, documents: DocumentStore) {
        self.publicFolder = publicFolder
        key = vkey
        self.storage = storage
        self.documents = documents
    }

    /// Throws only when the database can't be read, or the task is cancelled; whatever is wrong with the ledger is in the report.
    package func run() async throws -> AuditReport {
        let run = AuditRun(self)
        try await run.all()
        return await run.report
    }
}

/// One thing that doesn't agree.
package struct AuditFinding: Hashable, Sendable, CustomStringConvertible {
    /// Below the public folder (`tile/0/000`), or where else it lies (`journal`, `documents/ab/ab12…`).
    package let path: String
    /// The entry that it concerns; nil: none in particular.
    package let seq: UInt64?
    package let problem: String

    package var description: String { "\(path)\(seq.map { ", entry \($0)" } ?? ""): \(problem)" }
}

package struct AuditReport: Hashable, Sendable {
    /// Under the published checkpoint.
    package var entries: UInt64 = 0
    /// The published one, when its signature is right; nil: there is none, or a finding says what is wrong with it.
    package var checkpoint: VerifiedCheckpoint?
    package var findings: [AuditFinding] = []
    /// Further findings that are not listed.
    package var furtherFindings = 0

    /// Tiles and bundles that were compared.
    package var tiles = 0
    /// Rows of the journal that were compared, and those that no published checkpoint covers yet.
    package var rows: UInt64 = 0
    package var pending: UInt64 = 0
    /// Commitments that were opened, and those whose opening was erased.
    package var openings: UInt64 = 0
    package var erased: UInt64 = 0
    package var documents = 0
    package var anchors = 0
    /// Tiles of a state that is not published yet.
    package var unpublished = 0

    package var isClean: Bool { findings.isEmpty }

    /// A ledger that is wrong everywhere must not fill the memory.
    static let listed = 10_000

    mutating func add(_ path: String, seq: UInt64? = nil, _ problem: String) {
        if findings.count < Self.listed {
            findings.append(AuditFinding(path: path, seq: seq, problem: problem))
        } else {
            furtherFindings += 1
        }
    }
}
