import Council
import Foundation
import Ledger

/// Checks one entry of a proof: its place in the ledger, what it says, and what is opened of it.
enum FactCheck {
    static func check(
        _ fact: ProofBundle.Fact, signer: NoteVerifierKey, body: [UInt8], notAfter: Date?
    ) throws(ProofRefusal) -> ProofReport.Fact {
        try checkPlace(of: fact, signer: signer, body: body)
        let leaf: JournalLeaf
        do { leaf = try JournalLeaf(parsing: fact.leaf) } catch { throw .badLeaf(fact.seq, error.description) }
        guard leaf.seq == fact.seq else { throw .badLeaf(fact.seq, "it calls itself \(leaf.seq)") }
        let opened = try fact.opening.map { opening throws(ProofRefusal) in try open(leaf, with: opening) }
        return ProofReport.Fact(
            seq: leaf.seq, type: leaf.type, at: leaf.at, event: leaf.event, sitting: leaf.sitting,
            document: leaf.document ?? opened?["document"]?.text.flatMap { ContentHash(hex: $0) }, opened: opened,
            checkpoint: fact.checkpoint, notAfter: notAfter)
    }

    private static func checkPlace(of fact: ProofBundle.Fact, signer: NoteVerifierKey, body: [UInt8]) throws(ProofRefusal) {
        do {
            let proof = try TlogProof(parsing: fact.inclusion)
            guard proof.index == fact.seq else {
                throw ProofRefusal.notIncluded(fact.seq, "the proof is about index \(proof.index)")
            }
            let verified = try proof.verified(entry: fact.leaf, key: signer)
            guard verified.checkpoint.body == body else {
                throw ProofRefusal.notIncluded(fact.seq, "the proof stands on another checkpoint than checkpoints/\(fact.checkpoint)")
            }
        } catch let refusal as ProofRefusal {
            throw refusal
        } catch {
            throw .notIncluded(fact.seq, String(describing: error))
        }
    }

    private static func open(_ leaf: JournalLeaf, with opening: ProofBundle.Opening) throws(ProofRefusal) -> JSON {
        guard Commitment.opens(leaf.commitment, content: opening.content, key: opening.key) else {
            throw .badOpening(leaf.seq, "key and content don't give the commitment in the leaf")
        }
        do {
            let content = try JSON(parsing: opening.content)
            try leaf.check(opened: content)
            return content
        } catch {
            throw .badOpening(leaf.seq, String(describing: error))
        }
    }
}
