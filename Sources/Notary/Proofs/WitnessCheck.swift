import Foundation
import Ledger

/// What witnesses say of the states in a proof, gathered note by note.
struct WitnessCheck {
    let policy: WitnessPolicy?
    let signer: NoteVerifierKey
    private var states: [UInt64: State] = [:]
    /// Many entries come with the same note.
    private var seen: Set<[UInt8]> = []

    fileprivate struct State {
        let body: [UInt8]
        /// The earliest of each witness, in the order of the policy's keys.
        var cosignatures: [Cosignature] = []
        /// Names on lines of keys that the verifier didn't give.
        var strangers: Set<String> = []
    }

    init(policy: WitnessPolicy?, signer: NoteVerifierKey) {
        self.policy = policy
        self.signer = signer
    }

    /// `checkpoint`: signed by the ledger.
    mutating func read(_ checkpoint: VerifiedCheckpoint) throws(ProofRefusal) {
        guard seen.insert(checkpoint.note).inserted else { return }
        var state = states[checkpoint.size] ?? State(body: checkpoint.body)
        guard state.body == checkpoint.body else { throw .twoStates(checkpoint.size) }
        let note: UnverifiedNote
        do { note = try UnverifiedNote(parsing: checkpoint.note) } catch { throw .badCheckpoint(checkpoint.size, error.description) }
        for line in note.signatures where !(line.keyID == signer.id && line.name == signer.name) {
            guard let key = policy?.keys.first(where: { $0.id == line.keyID && $0.name == line.name }) else {
                state.strangers.insert(line.name)
                continue
            }
            do throws(NoteError) {
                guard let found = try key.cosignature(in: line, of: checkpoint.body) else {
                    state.strangers.insert(line.name)
                    continue
                }
                // No witness has a clock beyond the year 9999, and no calendar words for it.
                guard found.time <= 253_402_300_799 else { throw .badSignature(key: key.name) }
                state.add(found)
            } catch {
                throw .badCosignature(checkpoint.size, witness: key.name)
            }
        }
        states[checkpoint.size] = state
    }

    /// By size.
    var statements: [ProofReport.Statement] {
        var statements: [ProofReport.Statement] = []
        for (size, state) in states.sorted(by: { $0.key < $1.key }) {
            for key in policy?.keys ?? [] {
                guard let cosignature = state.cosignatures.first(where: { $0.key == key }) else { continue }
                statements.append(.cosigned(size: size, witness: key.name, since: cosignature.date))
            }
            for name in state.strangers.sorted() { statements.append(.cosignatureUnchecked(size: size, witness: name)) }
        }
        return statements
    }

    /// When as many witnesses as the verifier wants had seen one of these states, by the last one's clock; nil: none were asked for.
    func instant(of seq: UInt64, under sizes: [UInt64]) throws(ProofRefusal) -> Date? {
        guard let policy else { return nil }
        var earliest: [CosignerKey: Date] = [:]
        for cosignature in sizes.flatMap({ states[$0]?.cosignatures ?? [] }) {
            earliest[cosignature.key] = min(earliest[cosignature.key] ?? .distantFuture, cosignature.date)
        }
        guard earliest.count >= policy.threshold else {
            throw .tooFewWitnesses(seq, found: earliest.count, wanted: policy.threshold)
        }
        return earliest.values.sorted()[policy.threshold - 1]
    }
}

extension WitnessCheck.State {
    fileprivate mutating func add(_ cosignature: Cosignature) {
        guard let place = cosignatures.firstIndex(where: { $0.key == cosignature.key }) else {
            cosignatures.append(cosignature)
            return
        }
        if cosignature.time < cosignatures[place].time { cosignatures[place] = cosignature }
    }
}

extension Cosignature {
    /// By the witness's clock.
    var date: Date { Date(timeIntervalSince1970: TimeInterval(time)) }
}
