import Foundation

/// What in the entries themselves could mislead.
extension ProofWords {
    func uncounted(_ seq: UInt64, _ doubt: ReceiptDoubt) -> String {
        switch doubt {
        case .letter(let kind):
            pick(
                "L'accusé de l'inscription \(seq) ne compte pas comme accusé de la convocation : il vient du lien d'un avis envoyé après elle (\(letter(kind) ?? kind)).",
                "The receipt of entry \(seq) does not count as the convocation's: it came through the link of a letter sent after it (\(letter(kind) ?? kind))."
            )
        case .afterCancellation(let other):
            pick(
                "L'accusé de l'inscription \(seq) ne compte pas : la séance était déjà annulée (inscription \(other)).",
                "The receipt of entry \(seq) does not count: the sitting was cancelled by then (entry \(other)).")
        case .takenBack(let other):
            pick(
                "L'accusé de l'inscription \(seq) ne compte plus : l'inscription \(other) le retire, car un robot avait ouvert le lien.",
                "The receipt of entry \(seq) counts no more: entry \(other) takes it back, for a robot had opened the link.")
        }
    }

    func closedReceipts(_ seqs: [UInt64]) -> String {
        let named = seqs.prefix(5).map { "\($0)" }.joined(separator: ", ") + (seqs.count > 5 ? "…" : "")
        return seqs.count == 1
            ? pick(
                "L'accusé de l'inscription \(named) est fermé : ce fichier ne montre pas s'il compte comme accusé de la convocation ; il peut venir du lien d'un avis envoyé après elle, ou avoir été retiré parce qu'un robot avait ouvert le lien.",
                "The receipt of entry \(named) is closed: this file doesn't show whether it counts as the convocation's; it may have come through the link of a letter sent after it, or have been taken back since a robot had opened the link."
            )
            : pick(
                "Les accusés de \(seqs.count) inscriptions (\(named)) sont fermés : ce fichier ne montre pas s'ils comptent comme accusés de la convocation ; ils peuvent venir du lien d'un avis envoyé après elle, ou avoir été retirés parce qu'un robot avait ouvert le lien.",
                "The receipts of \(seqs.count) entries (\(named)) are closed: this file doesn't show whether they count as the convocation's; they may have come through the link of a letter sent after it, or have been taken back since a robot had opened the link."
            )
    }

    /// Times that contradict each other.
    func clock(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .timesRunBack(let count, let seq, let at, let other, let whose):
            pick(
                "L'inscription \(seq) se dit du \(instant(at)), plus tôt que l'inscription \(other) qui la précède (\(instant(whose)))\(others(count)) : l'horloge de la collectivité a reculé, ou l'une de ces heures est fausse.",
                "Entry \(seq) calls itself of \(instant(at)), earlier than entry \(other) before it (\(instant(whose)))\(others(count)): the authority's clock went back, or one of these times is wrong."
            )
        case .olderThanStamp(let count, let seq, let at, let size, let stampedAt):
            pick(
                "L'inscription \(seq) se dit du \(instant(at)), mais elle vient après l'état à \(size) inscription\(size > 1 ? "s" : ""), horodaté le \(instant(stampedAt)) et dont le registre avait déjà reçu l'horodatage\(others(count)) : l'horloge de la collectivité retardait, ou l'horodatage est faux.",
                "Entry \(seq) calls itself of \(instant(at)), but comes after the state of \(size) entr\(size == 1 ? "y" : "ies"), stamped on \(instant(stampedAt)), whose timestamp the register had received by then\(others(count)): the authority's clock was behind, or the timestamp is wrong."
            )
        case .stampedLate(let count, let seq, let at, let size, let stampedAt):
            pick(
                "L'état à \(size) inscription\(size > 1 ? "s" : "") n'est horodaté que du \(instant(stampedAt)), alors que l'inscription \(seq), qui vient après, se dit du \(instant(at))\(others(count)) : l'horodatage a été obtenu tard (horodateur injoignable, par exemple), à moins que l'horloge de la collectivité n'ait retardé.",
                "The state of \(size) entr\(size == 1 ? "y" : "ies") was stamped only on \(instant(stampedAt)), though entry \(seq), which comes after it, calls itself of \(instant(at))\(others(count)): the timestamp came late (its authority was out of reach, say), unless the authority's clock was behind."
            )
        case .newerThanStamp(let count, let seq, let at, let size, let stampedAt):
            pick(
                "L'inscription \(seq) se dit du \(instant(at)), mais elle est dans l'état à \(size) inscription\(size > 1 ? "s" : ""), horodaté avant, le \(instant(stampedAt))\(others(count)) : l'horloge de la collectivité avançait, ou l'horodatage est faux.",
                "Entry \(seq) calls itself of \(instant(at)), but is in the state of \(size) entr\(size == 1 ? "y" : "ies"), stamped before that, on \(instant(stampedAt))\(others(count)): the authority's clock was ahead, or the timestamp is wrong."
            )
        default: ""
        }
    }

    private func others(_ count: Int) -> String {
        count > 1
            ? pick(" ; \(count - 1) autre\(count > 2 ? "s" : "") de même", "; \(count - 1) other\(count > 2 ? "s" : "") likewise") : ""
    }
}
