import Council
import Ledger
import Store

extension ProofBundle {
    /// That every entry is about the subject, and that nothing is opened or closed which the edition doesn't open or close.
    func checkSubject(_ facts: [ProofReport.Fact]) throws(ProofRefusal) {
        // What a convocation was for: the one sitting that its entries name.
        let sittings = Set(facts.filter(\.type.concernsMember).map(\.sitting))
        let sitting = sittings.count == 1 ? sittings.first ?? nil : nil
        for fact in facts where !covers(fact, of: sitting) { throw .otherSubject(fact.seq) }
        if case .unnamedConvocation = subject {
            guard edition == .citizen else {
                throw .malformed(ProofLayout.contents, "only a citizen's edition leaves out the number of its convocation")
            }
            guard sitting != nil else { throw .malformed(ProofLayout.contents, "it has no entry of the convocation") }
        }
        // No edition is more than the clerk's: a file that names none is held to what that opens.
        let edition = edition ?? .clerk
        if edition == .member, !subject.isConvocation {
            throw .malformed(ProofLayout.contents, "a member's edition is about one convocation, and nothing else")
        }
        // What is closed could be another's.
        if edition != .citizen, subject.isConvocation {
            for fact in facts where fact.type.concernsMember && fact.opened == nil { throw .closedEntry(fact.seq, edition) }
        }
        for fact in facts where fact.opened != nil && !edition.opens(fact.type, namesDocument: fact.namesDocument) {
            throw .beyondEdition(fact.seq, edition)
        }
        // A proof of a convocation has what was decided of its sitting, which it was convened to only once that was approved.
        if subject.isConvocation, !facts.contains(where: { $0.type == .sittingApproved && $0.sitting == sitting }) { throw .noSitting }
    }

    /// Whether only the file's maker says that all of its entries are one convocation's: those that are closed can't tell.
    func isGroupingClaimed(_ facts: [ProofReport.Fact]) -> Bool {
        subject.isConvocation && facts.contains { $0.type.concernsMember && $0.opened == nil }
    }

    /// Whether an entry is about the subject. A closed entry of a convocation can't tell: see `isGroupingClaimed`.
    /// With a convocation come the entries of its `sitting`.
    private func covers(_ fact: ProofReport.Fact, of sitting: SittingID?) -> Bool {
        switch subject {
        case .document(let hash): return fact.type == .documentReceived && fact.document == hash
        case .convocation(let id):
            guard fact.type.concernsMember else { return sitting != nil && fact.sitting == sitting }
            return fact.opened.map { $0["convocation"]?.whole == id.rawValue } ?? true
        case .sitting(let id), .unnamedConvocation(let id): return fact.sitting == id
        }
    }
}
