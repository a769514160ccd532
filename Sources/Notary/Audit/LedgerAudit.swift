package import Council
package import Foundation
package import Ledger
package import Store

/// Recomputes a ledger and reports everything that doesn't agree.
///
/// From the public folder alone, as any stranger can: the checkpoint's signature; every entry, leaf hash, tile and bundle up to
/// the signed root; that each leaf is canonical JSON and knows its place; every anchored checkpoint's signature, body and root;
/// every timestamp token's signature, and its chain where a root is known; that every calendar proof is about its body.
/// With the database: that every byte of its files agrees with the checksums in them, that its engine finds it whole, that each row is the published entry byte for byte, without a gap, that
/// commitments open, that the state (sittings, convocations, receipts, messages, links, the roll) is what the journal says, that
/// the checkpoint of record is that ledger's and covers all tiles that are published, that anchors are those that were received and that the
/// journal commits, that entries' times run forwards and fit their timestamps, and that each received document still
/// has the bytes its name says.
///
/// Where the keys' folder is given: that nobody but its owner can read what is in it.
///
/// Reads in order, a bundle at a time: memory doesn't grow with the ledger. It changes nothing, and can run beside the sequencer:
/// what is published while it runs is not part of its report.
package struct LedgerAudit: Sendable {
    let publicFolder: URL
    let key: NoteVerifierKey
    let storage: (any Storage)?
    let documents: DocumentStore?
    let roots: TimestampRoots
    /// Whose cosignatures are checked; those of others are passed over.
    package var witnesses: [CosignerKey] = []
    /// Where the secret keys lie; nil: their modes are not looked at.
    package var keys: URL?
    /// What is already known to be wrong (secret keys that can't be used, say), and what is worth knowing: told with the rest.
    package var known: (findings: [AuditFinding], notes: [AuditFinding]) = ([], [])
    /// Tells which timestamps have outlived their certificates, and compares entries' times with timestamps; nil: each timestamp is judged
    /// at its own time only, and by itself.
    package var now: Date?

    /// Whom to believe about timestamps.
    package struct TimestampRoots: Sendable {
        /// By the authority's configured name.
        let byAuthority: [String: CertificateAuthorities]
        /// For any authority.
        let common: CertificateAuthorities?

        package init(byAuthority: [String: CertificateAuthorities] = [:], common: CertificateAuthorities? = nil) {
            self.byAuthority = byAuthority
            self.common = common
        }

        /// A renewal doesn't say whose it is.
        var all: [CertificateAuthorities] { byAuthority.sorted { $0.key < $1.key }.map(\.value) + (common.map { [$0] } ?? []) }

        package func with(common: CertificateAuthorities) -> TimestampRoots {
            TimestampRoots(byAuthority: byAuthority, common: common)
        }

        package static let none = TimestampRoots()
    }

    /// For strangers: the public folder (or a copy of it), and the key that they have from elsewhere.
    package init(publicFolder: URL, vkey: NoteVerifierKey, roots: TimestampRoots = .none) {
        self.publicFolder = publicFolder
        key = vkey
        storage = nil
        documents = nil
        self.roots = roots
    }

    /// For the authority: the same, compared with the database and the document store.
    package init(
        publicFolder: URL, vkey: NoteVerifierKey, storage: any Storage, documents: DocumentStore, roots: TimestampRoots = .none
    ) {
        self.publicFolder = publicFolder
        key = vkey
        self.storage = storage
        self.documents = documents
        self.roots = roots
    }

    /// Throws only when the task is cancelled; whatever is wrong with the ledger or the database is in the report.
    package func run() async throws -> AuditReport {
        let run = AuditRun(self)
        try await run.all()
        return await run.report
    }
}

/// One thing that doesn't agree.
package struct AuditFinding: Hashable, Sendable, CustomStringConvertible {
    /// Below the public folder (`tile/0/000`), or where else it lies (`journal`, `database`, `documents/ab/ab12…`).
    package let path: String
    /// The entry that it concerns; nil: none in particular.
    package let seq: UInt64?
    package let problem: Bilingual

    package init(path: String, seq: UInt64?, problem: Bilingual) {
        self.path = path
        self.seq = seq
        self.problem = problem
    }

    package func text(_ language: Bilingual.Language) -> String {
        let place = seq.map { language == .french ? ", entrée \($0)" : ", entry \($0)" } ?? ""
        return "\(path)\(place)\(language == .french ? " :" : ":") \(problem.text(language))"
    }

    package var description: String { text(.english) }
}

package struct AuditReport: Hashable, Sendable {
    /// Under the published checkpoint.
    package var entries: UInt64 = 0
    /// The published one, when its signature is right; nil: there is none, or a finding says what is wrong with it.
    package var checkpoint: VerifiedCheckpoint?
    package var findings: [AuditFinding] = []
    /// Further findings that are not listed.
    package var furtherFindings = 0
    /// Worth knowing; nothing is wrong with the files.
    package var notes: [AuditFinding] = []

    /// Tiles and bundles that were compared.
    package var tiles = 0
    /// Rows of the journal that were compared, and those that no published checkpoint covers yet.
    package var rows: UInt64 = 0
    package var pending: UInt64 = 0
    /// Commitments that were opened, and those whose opening was erased.
    package var openings: UInt64 = 0
    package var erased: UInt64 = 0
    /// Rows of the state that were compared with the journal.
    package var stateRows = 0
    /// Pages of the database's file that were compared with their checksums.
    package var pages = 0
    package var documents = 0
    package var anchors = 0
    /// Timestamp tokens whose chain was checked up to a known root, and those of which only the signature was.
    package var tokensTrusted = 0
    package var tokensOfUnknownRoot = 0
    /// Renewals of tokens that hold.
    package var renewals = 0
    /// Tiles of a state that is not published yet.
    package var unpublished = 0

    package init() {}

    /// Of a ledger that can't be looked at, for this reason; `scan`: what the database's files say all the same.
    package init(refusedFor finding: AuditFinding, scan: FileScan? = nil) {
        findings = [finding]
        if let scan { add(scan) }
    }

    package var isClean: Bool { findings.isEmpty }

    /// A ledger that is wrong everywhere must not fill the memory.
    static let listed = 10_000

    /// What a part found, and counted.
    mutating func add(_ part: AuditReport) {
        for finding in part.findings { add(finding.path, seq: finding.seq, finding.problem) }
        furtherFindings += part.furtherFindings
        tiles += part.tiles
        rows += part.rows
        openings += part.openings
    }

    mutating func note(_ path: String, _ problem: Bilingual) {
        if notes.count < Self.listed { notes.append(AuditFinding(path: path, seq: nil, problem: problem)) }
    }

    mutating func add(_ path: String, seq: UInt64? = nil, _ french: String, _ english: String) {
        add(path, seq: seq, Bilingual(french, english))
    }

    mutating func add(_ path: String, seq: UInt64? = nil, _ problem: Bilingual) {
        if findings.count < Self.listed {
            findings.append(AuditFinding(path: path, seq: seq, problem: problem))
        } else {
            furtherFindings += 1
        }
    }
}
