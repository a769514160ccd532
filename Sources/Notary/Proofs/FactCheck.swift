import Council
import Foundation
import Ledger

/// Checks one entry of a proof: its place in the ledger, what it says, and what is opened of it.
enum FactCheck {
    /// `body`: the text of the checkpoint that it should stand under. Returns also the checkpoints that it does stand under.
    static func check(
        _ fact: ProofBundle.Fact, signer: NoteVerifierKey, body: [UInt8]
    ) throws(ProofRefusal) -> (fact: ProofReport.Fact, notes: [VerifiedCheckpoint]) {
        let place = try verified(fact.inclusion, of: fact, signer)
        guard place.body == body else {
            throw .notIncluded(fact.seq, "the proof stands on another checkpoint than checkpoints/\(fact.checkpoint)")
        }
        var notes = [place]
        if let cosigned = fact.cosigned {
            let later = try verified(cosigned.inclusion, of: fact, signer)
            guard later.size == cosigned.size else { throw .notIncluded(fact.seq, "it is of size \(later.size)") }
            notes.append(later)
        }
        let leaf: JournalLeaf
        do { leaf = try JournalLeaf(parsing: fact.leaf) } catch { throw .badLeaf(fact.seq, error.description) }
        guard leaf.seq == fact.seq else { throw .badLeaf(fact.seq, "it calls itself \(leaf.seq)") }
        let opened = try fact.opening.map { opening throws(ProofRefusal) in try open(leaf, with: opening) }
        let checked = ProofReport.Fact(
            seq: leaf.seq, type: leaf.type, at: leaf.at, event: leaf.event, sitting: leaf.sitting,
            document: leaf.document ?? opened?["document"]?.text.flatMap { ContentHash(hex: $0) }, namesDocument: leaf.document != nil,
            opened: opened, checkpoint: fact.checkpoint, cosigned: fact.cosigned?.size, notAfter: nil)
        return (checked, notes)
    }

    private static func verified(
        _ inclusion: [UInt8], of fact: ProofBundle.Fact, _ signer: NoteVerifierKey
    ) throws(ProofRefusal) -> VerifiedCheckpoint {
        let proof: TlogProof
        do { proof = try TlogProof(parsing: inclusion) } catch { throw .notIncluded(fact.seq, error.description) }
        guard proof.index == fact.seq else { throw .notIncluded(fact.seq, "the proof is about index \(proof.index)") }
        do {
            return try proof.verified(entry: fact.leaf, key: signer).checkpoint
        } catch {
            throw .notIncluded(fact.seq, error.description)
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
