import Council
import Foundation
import Store

/// Checks the outside evidence in a proof.
struct AnchorCheck {
    /// Roots that came with the file, by authority.
    let roots: [String: CertificateAuthorities]
    /// Roots that the verifier trusts.
    let trusted: CertificateAuthorities?

    func check(_ anchored: ProofBundle.Anchored, of size: UInt64) throws(ProofRefusal) -> [ProofReport.Statement] {
        let digest = ContentHash(sha256Of: anchored.body)
        var statements: [ProofReport.Statement] = []
        for (authority, token) in anchored.tokens.sorted(by: { $0.key < $1.key }) {
            let name = ProofLayout.token(size, authority)
            switch try judge(
                Self.parsed(name) { () throws(TimestampError) in try UnverifiedTimestamp(parsing: token) }, digest, name, [authority])
            {
            case .trusted(let stamp):
                statements.append(.timestamped(size: size, authority: authority, signer: stamp.authority, at: stamp.time))
            case .ownRoot(let stamp):
                statements.append(.timestampedByOwnRoot(size: size, authority: authority, signer: stamp.authority, at: stamp.time))
            case .unchecked(let why):
                statements.append(.timestampUnchecked(size: size, authority: authority, why: why))
            }
        }
        if let proof = anchored.calendarProof { statements += try check(proof, over: digest, of: size) }
        return statements.isEmpty ? [.notAnchored(size: size)] : statements
    }

    /// The token over the list of all files, and that list against the files.
    func check(_ seal: ProofBundle.Seal?, over entries: [ArchiveEntry]) throws(ProofRefusal) -> [ProofReport.Statement] {
        guard let seal else { return [] }
        guard ASiCManifest.xml(of: entries) == seal.manifest else { throw .manifestDiffers }
        let token = try Self.parsed(ProofLayout.seal) { () throws(TimestampError) in try UnverifiedTimestamp(token: seal.token) }
        switch try judge(token, ContentHash(sha256Of: seal.manifest), ProofLayout.seal, roots.keys.sorted()) {
        case .trusted(let stamp): return [.sealed(signer: stamp.authority, at: stamp.time)]
        case .ownRoot(let stamp): return [.sealedByOwnRoot(signer: stamp.authority, at: stamp.time)]
        case .unchecked(let why): return [.sealUnchecked(why: why)]
        }
    }

    private enum Judgement {
        case trusted(VerifiedTimestamp)
        case ownRoot(VerifiedTimestamp)
        case unchecked(String)
    }

    /// An unknown authority is no fault of the file; anything else that is wrong with a token is.
    private func judge(
        _ token: UnverifiedTimestamp, _ digest: ContentHash, _ file: String, _ names: [String]
    ) throws(ProofRefusal) -> Judgement {
        let request = TimestampRequest(imprint: digest, nonce: nil, policy: nil)
        var why = "no root is known"
        do throws(TimestampError) {
            guard try token.isOver(digest) else { throw TimestampError.imprintDiffers }
            if let trusted, let stamp = try verified(token, request, trusted, &why) { return .trusted(stamp) }
            for name in names {
                guard let root = roots[name] else { continue }
                if let stamp = try verified(token, request, root, &why) { return .ownRoot(stamp) }
            }
        } catch {
            throw .badAnchor(file, error.description)
        }
        return .unchecked(why)
    }

    /// Nil: it chains to none of these roots.
    private func verified(
        _ token: UnverifiedTimestamp, _ request: TimestampRequest, _ roots: CertificateAuthorities, _ why: inout String
    ) throws(TimestampError) -> VerifiedTimestamp? {
        do throws(TimestampError) {
            return try token.verified(against: request, trusting: roots)
        } catch {
            guard case .untrusted(let words) = error else { throw error }
            why = words
            return nil
        }
    }

    private func check(_ bytes: [UInt8], over digest: ContentHash, of size: UInt64) throws(ProofRefusal) -> [ProofReport.Statement] {
        let file = ProofLayout.calendarProof(size)
        do throws(OpenTimestamps.Fault) {
            let proof = try OpenTimestamps.DetachedProof(parsing: bytes)
            guard proof.hash == .sha256, proof.digest == digest.bytes else { throw OpenTimestamps.Fault.otherMessage }
            let attested = try proof.attested()
            let statements = attested.compactMap { Self.statement($0, of: size) }
            let hasBlock = attested.contains { if case .bitcoin = $0.attestation { true } else { false } }
            // Once a block is reached, what the calendars still promise is of no interest.
            return hasBlock ? statements.filter { if case .block = $0 { true } else { false } } : statements
        } catch {
            throw .badAnchor(file, error.description)
        }
    }

    private static func statement(_ attested: OpenTimestamps.Attested, of size: UInt64) -> ProofReport.Statement? {
        switch attested.attestation {
        case .bitcoin(let height):
            // Explorers write hashes of blocks and transactions with their bytes reversed.
            attested.message.count == 32
                ? .block(size: size, height: height, merkleRoot: Hex.encode(attested.message.reversed())) : nil
        case .pending(let uri): .calendarPending(size: size, calendar: uri)
        case .litecoin, .unknown: nil
        }
    }

    private static func parsed(
        _ file: String, _ parse: () throws(TimestampError) -> UnverifiedTimestamp
    ) throws(ProofRefusal) -> UnverifiedTimestamp {
        do { return try parse() } catch { throw .badAnchor(file, error.description) }
    }
}
