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
                "L'inscription \(seq) se dit du \(instant(at)), mais elle vient après l'état à \(size) inscription\(size > 1 ? "s" : ""), horodaté le \(instant(stampedAt))\(others(count)) : l'horloge de la collectivité retardait, ou cet horodatage a été obtenu tard.",
                "Entry \(seq) calls itself of \(instant(at)), but comes after the state of \(size) entr\(size == 1 ? "y" : "ies"), stamped on \(instant(stampedAt))\(others(count)): the authority's clock was behind, or that timestamp was late."
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
