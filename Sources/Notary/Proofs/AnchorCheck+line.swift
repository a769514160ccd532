import Council
import Foundation
import Ledger

/// What lies beside a token in a proof, and what it makes of it.
extension AnchorCheck {
    /// `whole`: what is said of the token when nothing takes it back.
    func line(
        of stamp: VerifiedTimestamp, by authority: String, _ anchored: ProofBundle.Anchored, of size: UInt64,
        _ roots: [CertificateAuthorities], whole: () -> ProofReport.Statement
    ) throws(ProofRefusal) -> [ProofReport.Statement] {
        let name = EvidenceName(authority: authority, kind: .token)
        let file: (String) -> [UInt8]? = { wanted in
            wanted == "body" ? anchored.body : wanted == name.name ? anchored.tokens[authority] : anchored.evidence[wanted]
        }
        let line: TimestampLine
        do throws(EvidenceFault) {
            // In the register's folder the only authority's token is `body.tsr`.
            line = try TimestampLine(of: stamp, named: name, listed: [authority, nil], file: file) {
                token, request throws(TimestampError) in
                try Self.known(token, request, roots)
            }
        } catch {
            throw .badAnchor("checkpoints/\(size)/\(error.file)", error.words)
        }
        switch line.standing(at: now) {
        case .current: return [whole()]
        case .renewed(let count, let until):
            return [whole(), .timestampRenewed(size: size, authority: authority, count: count, until: until)]
        case .expired(let end):
            return [.timestampExpired(size: size, authority: authority, signer: stamp.authority, at: stamp.time, end: end)]
        case .revoked(let revocation):
            return [
                .timestampRevoked(
                    size: size, authority: authority, signer: stamp.authority, at: stamp.time, subject: revocation.subject,
                    revokedAt: revocation.at)
            ]
        }
    }

    /// Nil: by nobody that is known. Anything else that is wrong with a token is thrown.
    private static func known(
        _ token: UnverifiedTimestamp, _ request: TimestampRequest, _ roots: [CertificateAuthorities]
    ) throws(TimestampError) -> VerifiedTimestamp? {
        for root in roots {
            do throws(TimestampError) {
                return try token.verified(against: request, trusting: root)
            } catch {
                guard case .untrusted = error else { throw error }
            }
        }
        return nil
    }
}

extension EvidenceFault {
    /// In English: `DetailWords` has the French.
    fileprivate var words: String {
        switch self {
        case .file(_, let why): why.words.english
        case .token(_, let error): error.description
        }
    }
}
