import Council
import Foundation
import Store

/// Checks the outside evidence in a proof.
struct AnchorCheck {
    /// Roots that came with the file, by authority.
    let roots: [String: CertificateAuthorities]
    /// Roots that the verifier trusts.
    let trusted: CertificateAuthorities?
    /// Headers of blocks that the verifier trusts; nil: none were asked for.
    var blocks: KnownBlocks?
    /// Nil: the clock isn't looked at, and tokens are judged at their own time only.
    var now: Date?

    func check(_ anchored: ProofBundle.Anchored, of size: UInt64) throws(ProofRefusal) -> [ProofReport.Statement] {
        let digest = ContentHash(sha256Of: anchored.body)
        var statements: [ProofReport.Statement] = []
        for (authority, token) in anchored.tokens.sorted(by: { $0.key < $1.key }) {
            let name = ProofLayout.token(size, authority)
            switch try judge(
                Self.parsed(name) { () throws(TimestampError) in try UnverifiedTimestamp(parsing: token) }, digest, name, [authority])
            {
            case .trusted(let stamp):
                statements += try line(of: stamp, by: authority, anchored, of: size, trusted.map { [$0] } ?? []) {
                    .timestamped(size: size, authority: authority, signer: stamp.authority, at: stamp.time)
                }
            case .ownRoot(let stamp):
                statements += try line(of: stamp, by: authority, anchored, of: size, Array(roots.values)) {
                    .timestampedByOwnRoot(size: size, authority: authority, signer: stamp.authority, at: stamp.time)
                }
            case .unchecked(let why):
                statements.append(.timestampUnchecked(size: size, authority: authority, why: why))
            }
        }
        if let proof = anchored.calendarProof {
            statements += try check(proof, anchored.headers, over: digest, of: size)
        } else if let height = anchored.headers.keys.min() {
            throw .badAnchor(ProofLayout.header(size, height), KeptHeader.Fault.unattested.rawValue)
        }
        return statements.isEmpty ? [.notAnchored(size: size)] : statements
    }

    /// The token over the list of all files, and that list against the files.
    func check(_ seal: ProofBundle.Seal?, over entries: [ArchiveEntry]) throws(ProofRefusal) -> [ProofReport.Statement] {
        guard let seal else { return [] }
        guard ASiCManifest.xml(of: entries) == seal.manifest else { throw .manifestDiffers }
        let token = try Self.parsed(ProofLayout.seal) { () throws(TimestampError) in try UnverifiedTimestamp(token: seal.token) }
        switch try judge(token, ContentHash(sha256Of: seal.manifest), ProofLayout.seal, roots.keys.sorted()) {
        case .trusted(let stamp):
            // The signer of a token that was just verified is a certificate: it can be read.
            if let now, let end = try? Certificate(der: stamp.signer).notAfter, now > end {
                return [.sealExpired(signer: stamp.authority, at: stamp.time, end: end)]
            }
            return [.sealed(signer: stamp.authority, at: stamp.time)]
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

    private func check(
        _ bytes: [UInt8], _ headers: [UInt64: [UInt8]], over digest: ContentHash, of size: UInt64
    ) throws(ProofRefusal) -> [ProofReport.Statement] {
        let file = ProofLayout.calendarProof(size)
        let attested: [OpenTimestamps.Attested]
        do throws(OpenTimestamps.Fault) {
            let proof = try OpenTimestamps.DetachedProof(parsing: bytes)
            guard proof.hash == .sha256, proof.digest == digest.bytes else { throw OpenTimestamps.Fault.otherMessage }
            attested = try proof.attested()
        } catch {
            throw .badAnchor(file, error.description)
        }
        var inBlocks: [ProofReport.Statement] = []
        for found in attested {
            guard case .bitcoin(let height) = found.attestation, found.message.count == 32 else { continue }
            inBlocks += try inBlock(found.message, at: height, of: size)
        }
        inBlocks += try kept(headers, beside: attested, of: size)
        // Once a block is reached, what the calendars still promise is of no interest.
        return inBlocks.isEmpty ? attested.compactMap { Self.promise($0, of: size) } : inBlocks
    }

    /// The message is to be the merkle root of the block of that height.
    private func inBlock(_ message: [UInt8], at height: UInt64, of size: UInt64) throws(ProofRefusal) -> [ProofReport.Statement] {
        // Explorers write hashes of blocks and transactions with their bytes reversed.
        let root = Hex.encode(message.reversed())
        let claim = ProofReport.Statement.block(size: size, height: height, merkleRoot: root)
        guard let blocks else { return [claim] }
        guard let header = blocks.headers[height] else { return [claim, .blockUnknown(height: height, origin: blocks.origin)] }
        guard header.merkleRoot == message else {
            throw .otherBlock(
                height, network: blocks.network, merkleRoot: Hex.encode(header.merkleRoot.reversed()), claimed: root)
        }
        return [
            .blockConfirmed(
                size: size, height: height, block: header.id, network: blocks.network, minedAt: header.time, origin: blocks.origin)
        ]
    }

    /// The headers that came with the file: where the verifier has one of that height, it must be the same.
    private func kept(
        _ headers: [UInt64: [UInt8]], beside attested: [OpenTimestamps.Attested], of size: UInt64
    ) throws(ProofRefusal) -> [ProofReport.Statement] {
        var statements: [ProofReport.Statement] = []
        for (height, bytes) in headers.sorted(by: { $0.key < $1.key }) {
            let file = ProofLayout.header(size, height)
            guard let kept = KeptHeader(parsing: bytes, height: height) else {
                throw .badAnchor(file, KeptHeader.Fault.malformed.rawValue)
            }
            if let fault = kept.fault(beside: attested) { throw .badAnchor(file, fault.rawValue) }
            if let known = blocks?.headers[height] {
                guard known == kept.header else { throw .badAnchor(file, "it is not the header that you have of that height") }
                continue
            }
            statements.append(
                .headerHolds(
                    size: size, height: height, block: kept.header.id, network: kept.network, minedAt: kept.header.time,
                    workBits: kept.header.workBits))
        }
        return statements
    }

    private static func promise(_ attested: OpenTimestamps.Attested, of size: UInt64) -> ProofReport.Statement? {
        if case .pending(let uri) = attested.attestation { .calendarPending(size: size, calendar: uri) } else { nil }
    }

    private static func parsed(
        _ file: String, _ parse: () throws(TimestampError) -> UnverifiedTimestamp
    ) throws(ProofRefusal) -> UnverifiedTimestamp {
        do { return try parse() } catch { throw .badAnchor(file, error.description) }
    }
}
