import Council
import Ledger
import Store

/// What leaves say, and whether what the database keeps opens their commitments.
struct LeafCheck {
    struct Result: Sendable {
        /// Entries without an opening, and those that erasures in the journal account for.
        var unopened: [UInt64] = []
        var erasures: [UInt64] = []
        /// Documents received, with the entry that says so.
        var documents: [(hash: ContentHash, seq: UInt64)] = []
        /// Sizes of anchored states, with the entry that tells of them.
        var anchored: [(size: UInt64, seq: UInt64)] = []
        /// Proofs that entries commit, in the order of the entries.
        var proofs: [ToldProof] = []
        /// When each entry that opens says it was made (milliseconds since 1970), and those that say the clock was checked.
        var times: [(seq: UInt64, at: Int64, check: EntryTimes.Check?)] = []
    }

    private(set) var result = Result()
    /// In the order of their numbers.
    private var openings: ArraySlice<Opening>

    init(openings: [Opening]) { self.openings = openings[...] }

    /// Each leaf is canonical and at its place; with a database (`compared`), its commitment opens.
    mutating func check(_ leaves: [[UInt8]], first: UInt64, compared: Bool, _ report: inout AuditReport) {
        var seq = first
        for bytes in leaves {
            defer { seq += 1 }
            while let opening = openings.first, opening.seq < seq { openings.removeFirst() }
            guard let leaf = CanonicalObject(bytes) else {
                report.add(
                    "journal", seq: seq, "la feuille n'est pas du JSON canonique (RFC 8785)", "the leaf is not canonical JSON (RFC 8785)")
                continue
            }
            if leaf.whole("seq") != Int64(exactly: seq) {
                report.add("journal", seq: seq, "la feuille dit un autre numéro que sa place", "the leaf says another seq than its place")
            }
            guard compared else { continue }
            let type = leaf.text("type")
            var document = leaf.text("document")
            if let opening = openings.first, opening.seq == seq {
                if let content = open(opening, of: leaf, &report) {
                    document = content.text("document") ?? document
                    if type == FactType.memberErased.rawValue { noteErasure(opening) }
                    if content.has("anchored") { noteAnchors(opening) }
                    if content.has("proofs") { noteProofs(opening) }
                    if let at = content.text("at").flatMap(UTC.milliseconds) {
                        let isCheck = type == FactType.clockChecked.rawValue
                        result.times.append((seq, at, isCheck ? content.has("disputed") ? .despiteTimestamps : .plain : nil))
                    }
                }
            } else {
                result.unopened.append(seq)
            }
            if type == FactType.documentReceived.rawValue, let document {
                if let hash = ContentHash(hex: document) {
                    result.documents.append((hash, seq))
                } else {
                    report.add("journal", seq: seq, "« document » n'est pas un SHA-256", "“document” is not a SHA-256")
                }
            }
        }
    }

    private mutating func noteAnchors(_ opening: Opening) {
        // What can't be read has been reported as not canonical.
        let sizes = (try? JSON(parsing: opening.content))?["anchored"]?.items ?? []
        result.anchored += sizes.compactMap { $0.whole.flatMap { UInt64(exactly: $0) } }.map { ($0, opening.seq) }
    }

    private mutating func noteProofs(_ opening: Opening) {
        // What can't be read has been reported as not canonical.
        let proofs = (try? JSON(parsing: opening.content))?["proofs"]?.items ?? []
        result.proofs += proofs.compactMap { ToldProof($0, seq: opening.seq) }
    }

    private mutating func noteErasure(_ opening: Opening) {
        // What can't be read has been reported as not canonical.
        let entries = (try? JSON(parsing: opening.content))?["entries"]?.items ?? []
        result.erasures += entries.compactMap { $0.whole.flatMap { UInt64(exactly: $0) } }
    }

    /// Returns the opened content's fields.
    private func open(_ opening: Opening, of leaf: CanonicalObject, _ report: inout AuditReport) -> CanonicalObject? {
        report.openings += 1
        guard let commitment = leaf.text("commitment").flatMap({ Hex.decode($0) }) else {
            report.add(
                "journal", seq: opening.seq, "la feuille n'a pas d'engagement, mais la base a de quoi en ouvrir un",
                "the leaf has no commitment, but the database has an opening for it")
            return nil
        }
        guard Commitment.opens(commitment, content: opening.content, key: opening.key) else {
            report.add(
                "journal", seq: opening.seq, "ce que garde la base n'ouvre pas l'engagement de la feuille",
                "the opening in the database doesn't open the leaf's commitment")
            return nil
        }
        guard let content = CanonicalObject(opening.content) else {
            report.add(
                "journal", seq: opening.seq, "ce que cache l'engagement n'est pas du JSON canonique (RFC 8785)",
                "what the commitment hides is not canonical JSON (RFC 8785)")
            return nil
        }
        for name in ["seq", "type", "sitting"] as [StaticString] where !content.agrees(with: leaf, on: name) {
            report.add(
                "journal", seq: opening.seq, "« \(name) » diffère entre la feuille et son engagement",
                "“\(name)” in the leaf and inside its commitment differ")
        }
        if leaf.has("document"), !leaf.agrees(with: content, on: "document") || !content.has("document") {
            report.add(
                "journal", seq: opening.seq, "« document » diffère entre la feuille et son engagement",
                "“document” in the leaf and inside its commitment differ")
        }
        return content
    }
}
