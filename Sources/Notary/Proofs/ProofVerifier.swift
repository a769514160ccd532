package import Council
package import Foundation
package import Ledger
import OpenSSL
import Store

/// Checks a proof with nothing but its bytes and what the verifier knows: no network, no database.
package enum ProofVerifier {
    /// - `document`: hash of the document that the proof should be about.
    /// - `key`: the ledger's key as the verifier got it elsewhere.
    /// - `authorities`: roots of timestamp authorities that the verifier trusts; nil: those that come with the file are used,
    ///   and what rests on them is reported as claimed.
    /// - `now`: tokens whose certificates have ended by then count only where a renewal carries them; nil: all are judged at their own
    ///   time.
    /// - `blocks`: headers as the verifier got them (`BlockSource`); nil: what is in blocks is reported as claimed.
    /// - `witnesses`: whose cosignatures every entry must stand under; nil: cosignatures are reported as unverified.
    package static func verify(
        _ archive: [UInt8], document: ContentHash? = nil, key: NoteVerifierKey? = nil, authorities: CertificateAuthorities? = nil,
        blocks: KnownBlocks? = nil, witnesses: WitnessPolicy? = nil, now: Date? = nil
    ) throws(ProofRefusal) -> ProofReport {
        let bundle = try ProofBundle(parsing: archive)
        let signer = try verifiedKey(bundle, given: key)
        var statements: [ProofReport.Statement] = []

        let anchors = AnchorCheck(roots: try bundle.parsedRoots(), trusted: authorities, blocks: blocks, now: now)
        var cosigned = WitnessCheck(policy: witnesses, signer: signer)
        var checkpoints: [UInt64: (body: [UInt8], notAfter: Date?)] = [:]
        for (size, anchored) in bundle.checkpoints.sorted(by: { $0.key < $1.key }) {
            try cosigned.read(try check(anchored, of: size, signer: signer))
            let found = try anchors.check(anchored, of: size)
            statements += found
            checkpoints[size] = (anchored.body, found.compactMap(\.trustedInstant).min())
        }
        var facts: [ProofReport.Fact] = []
        for fact in bundle.facts {
            guard let checkpoint = checkpoints[fact.checkpoint] else { throw .missingFile(ProofLayout.checkpoint(fact.checkpoint)) }
            var (checked, notes) = try FactCheck.check(fact, signer: signer, body: checkpoint.body)
            for note in notes { try cosigned.read(note) }
            let witnessed = try cosigned.instant(of: fact.seq, under: notes.map(\.size))
            checked.notAfter = [checkpoint.notAfter, witnessed].compactMap { $0 }.min()
            facts.append(checked)
        }
        try bundle.checkSubject(facts)
        let sealing = try anchors.check(bundle.seal, over: bundle.entries)
        let matching = try matching(document, bundle.subject)
        var general = general(facts, keyIsGiven: key != nil)
        if bundle.isGroupingClaimed(facts) { general.append(.groupingClaimed) }
        if bundle.edition == .citizen { general.append(.counted(Dictionary(grouping: facts, by: \.type).mapValues(\.count))) }
        if bundle.seal == nil { general.append(.instructionsUnsealed) }
        if !bundle.foreignInstructions.isEmpty { general.append(.instructionsDiffer(bundle.foreignInstructions)) }
        if bundle.hasForeignPage { general.append(.pageDiffers) }
        general += ReceiptDoubt.statements(of: facts)
        general += ClockCheck.statements(of: facts, beside: statements, tokens: bundle.tokenHashes)
        let all = general + matching + statements + cosigned.statements + sealing
        let advice = advice(for: bundle.subject, all, document: document, hasWitnesses: witnesses != nil)
        return ProofReport(
            subject: bundle.subject, edition: bundle.edition, origin: signer.name, key: signer, facts: facts,
            statements: all.filter { $0.standing != .advice } + advice)
    }

    private static func verifiedKey(_ bundle: ProofBundle, given: NoteVerifierKey?) throws(ProofRefusal) -> NoteVerifierKey {
        let found: NoteVerifierKey
        do {
            found = try NoteVerifierKey(parsing: String(decoding: bundle.key, as: UTF8.self))
        } catch {
            throw .malformed(ProofLayout.key, error.description)
        }
        if let given, given != found { throw .otherKey(given: given.description, found: found.description) }
        return found
    }

    private static func check(
        _ anchored: ProofBundle.Anchored, of size: UInt64, signer: NoteVerifierKey
    ) throws(ProofRefusal) -> VerifiedCheckpoint {
        let verified: VerifiedCheckpoint
        do {
            verified = try UnverifiedCheckpoint(parsing: anchored.note).verified(by: signer)
        } catch {
            throw .badCheckpoint(size, error.description)
        }
        guard verified.size == size else { throw .badCheckpoint(size, "it is of size \(verified.size)") }
        guard verified.body == anchored.body else { throw .otherBody(size) }
        return verified
    }

    private static func matching(_ document: ContentHash?, _ subject: ProofSubject) throws(ProofRefusal) -> [ProofReport.Statement] {
        guard let document else { return [] }
        guard case .document(let proven) = subject else { throw .notAboutDocument }
        guard proven == document else { throw .otherDocument(proven: proven, given: document) }
        return [.documentMatches(document)]
    }

    private static func general(_ facts: [ProofReport.Fact], keyIsGiven: Bool) -> [ProofReport.Statement] {
        let opened = facts.count { $0.opened != nil }
        var statements: [ProofReport.Statement] = [.included(facts.count), keyIsGiven ? .keyMatches : .keyFromFile]
        if opened > 0 { statements.append(.opened(opened)) }
        if opened < facts.count { statements.append(.closed(facts.count - opened)) }
        return statements + [.clockIsAuthoritys, .choiceIsMakers]
    }

    private static func advice(
        for subject: ProofSubject, _ statements: [ProofReport.Statement], document: ContentHash?, hasWitnesses: Bool
    ) -> [ProofReport.Statement] {
        var advice: [ProofReport.Statement] = []
        if statements.contains(.keyFromFile) { advice.append(.giveKey) }
        if case .document = subject, document == nil { advice.append(.giveDocument) }
        if statements.contains(where: \.restsOnUnknownRoot) { advice.append(.giveRoots) }
        if !hasWitnesses {
            let names = statements.compactMap { if case .cosignatureUnchecked(_, let witness) = $0 { witness } else { nil } }
            advice.append(names.isEmpty ? .noWitness : .giveWitnesses(Set(names).sorted()))
        }
        for case .block(_, let height, let root) in statements { advice.append(.checkBlock(height: height, merkleRoot: root)) }
        let waits = statements.contains { statement in
            switch statement {
            case .calendarPending, .notAnchored: true
            default: false
            }
        }
        if waits { advice.append(.askAgainLater) }
        return advice
    }
}

extension ProofReport.Statement {
    /// When a trusted authority, or a block that the verifier knows, had the checkpoint at the latest.
    fileprivate var trustedInstant: Date? {
        switch self {
        case .timestamped(_, _, _, let at): at
        case .blockConfirmed(_, _, _, _, let minedAt, _): minedAt.addingTimeInterval(7200)
        default: nil
        }
    }

    fileprivate var restsOnUnknownRoot: Bool {
        switch self {
        case .timestampedByOwnRoot, .sealedByOwnRoot, .timestampUnchecked, .sealUnchecked: true
        default: false
        }
    }
}

extension ProofBundle {
    /// State and authority of each token, by the hash that entries commit.
    fileprivate var tokenHashes: [String: (size: UInt64, authority: String)] {
        var hashes: [String: (size: UInt64, authority: String)] = [:]
        for (size, anchored) in checkpoints {
            for (authority, token) in anchored.tokens { hashes[ContentHash(sha256Of: token).hex] = (size, authority) }
        }
        return hashes
    }

    fileprivate func parsedRoots() throws(ProofRefusal) -> [String: CertificateAuthorities] {
        var parsed: [String: CertificateAuthorities] = [:]
        for (name, pem) in roots {
            do {
                parsed[name] = try CertificateAuthorities(pem: pem)
            } catch {
                throw .malformed(ProofLayout.authority(name), error.description)
            }
        }
        return parsed
    }
}
