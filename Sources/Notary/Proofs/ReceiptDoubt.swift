import Council
import Ledger
import Store

/// Why an entry that tells of a receipt isn't counted as the convocation's.
package enum ReceiptDoubt: Hashable, Sendable {
    /// It was given through a letter's own link, and acknowledges that letter: its kind, as entries write it.
    case letter(String)
    /// The sitting was cancelled by then (the entry that says so): nobody was asked to acknowledge any more.
    case afterCancellation(UInt64)
    /// A later entry takes it back: a robot had opened the link.
    case takenBack(UInt64)

    /// What the entries themselves say. An entry from before letters were named in receipts doesn't.
    static func statements(of facts: [ProofReport.Fact]) -> [ProofReport.Statement] {
        // A sitting is cancelled once.
        let cancellations = Dictionary(facts.filter { $0.type == .sittingCancelled }.map { ($0.sitting, $0) }) { first, _ in first }
        var takenBack: [Int64: UInt64] = [:]
        for fact in facts where fact.type == .receiptDowngraded {
            if let receipt = fact.opened?["receipt"]?.whole { takenBack[receipt] = fact.seq }
        }
        var closed: [UInt64] = []
        let doubts = facts.filter(\.type.isReceipt).compactMap { fact -> ProofReport.Statement? in
            let doubt: ReceiptDoubt? =
                if let letter = fact.opened?["letter"]?.text {
                    .letter(letter)
                } else if let later = Int64(exactly: fact.seq).flatMap({ takenBack[$0] }) {
                    .takenBack(later)
                } else {
                    cancellations[fact.sitting].flatMap { fact.follows($0) ? .afterCancellation($0.seq) : nil }
                }
            if doubt == nil, fact.opened == nil { closed.append(fact.seq) }
            return doubt.map { .receiptUncounted(fact.seq, $0) }
        }
        return doubts + (closed.isEmpty ? [] : [.receiptsClosed(closed)])
    }
}

extension FactType {
    var isReceipt: Bool { self == .receiptOpened || self == .receiptConfirmed }
}

extension ProofReport.Fact {
    /// By their exact times where both are opened, as receipts are counted; else by the register's order.
    fileprivate func follows(_ other: ProofReport.Fact) -> Bool {
        guard let own = opened?["at"]?.text, let others = other.opened?["at"]?.text else { return seq > other.seq }
        return own >= others
    }
}
