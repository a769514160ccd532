import Council
import Ledger
import Notary

/// What `--json` shows of an audit.
struct AuditRow: Encodable {
    struct Finding: Encodable {
        let path: String
        let seq: UInt64?
        let problem: String
        let probleme: String

        init(_ finding: AuditFinding) {
            path = finding.path
            seq = finding.seq
            problem = finding.problem.english
            probleme = finding.problem.french
        }
    }

    let intact: Bool
    let entries: UInt64
    let checkpoint: UInt64?
    let rows: UInt64
    let pending: UInt64
    let tiles: Int
    let openings: UInt64
    let documents: Int
    let anchors: Int
    let tokensTrusted: Int
    let tokensOfUnknownRoot: Int
    let renewals: Int
    let stateRows: Int
    let pages: Int
    let notes: [Finding]
    let findings: [Finding]
    let furtherFindings: Int

    init(_ report: AuditReport) {
        intact = report.isClean
        entries = report.entries
        checkpoint = report.checkpoint?.checkpoint.size
        rows = report.rows
        pending = report.pending
        tiles = report.tiles
        openings = report.openings
        documents = report.documents
        anchors = report.anchors
        tokensTrusted = report.tokensTrusted
        tokensOfUnknownRoot = report.tokensOfUnknownRoot
        renewals = report.renewals
        stateRows = report.stateRows
        pages = report.pages
        notes = report.notes.map(Finding.init)
        furtherFindings = report.furtherFindings
        findings = report.findings.map(Finding.init)
    }
}

/// The last line of an audit.
enum AuditSummary {
    static func french(_ report: AuditReport) -> String {
        let tokens =
            report.tokensOfUnknownRoot == 0
            ? ""
            : " (dont \(report.tokensOfUnknownRoot) horodatage\(report.tokensOfUnknownRoot > 1 ? "s" : "") sans racine connue : voir --tsa-ca)"
        return "\(report.isClean ? "Intact" : "DIFFÉRENCES") : "
            + [
                "entrées publiées \(report.entries)", "en base \(report.rows)", "à publier \(report.pending)", "tuiles \(report.tiles)",
                "engagements ouverts \(report.openings)", "effacés \(report.erased)", "lignes d'état comparées \(report.stateRows)",
                "pages de la base \(report.pages)",
                "documents \(report.documents)", "ancrages \(report.anchors)\(tokens)",
            ].joined(separator: ", ") + "."
    }

    static func english(_ report: AuditReport) -> String {
        let tokens =
            report.tokensOfUnknownRoot == 0 ? "" : " (\(report.tokensOfUnknownRoot) of whose timestamps have no known root: see --tsa-ca)"
        return "\(report.isClean ? "Intact" : "DIFFERENCES"): "
            + [
                "entries published \(report.entries)", "in the database \(report.rows)", "to publish \(report.pending)",
                "tiles \(report.tiles)",
                "commitments opened \(report.openings)", "erased \(report.erased)", "rows of state compared \(report.stateRows)",
                "pages of the database \(report.pages)",
                "documents \(report.documents)", "anchors \(report.anchors)\(tokens)",
            ].joined(separator: ", ") + "."
    }
}
