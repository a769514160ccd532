import Council
import Foundation
import Ledger
import Store

/// One timestamp over a body, with what is kept beside it: its signer's chain, revocation lists, and the renewals that carry it
/// beyond its certificate's end. Checked with nothing but bytes and roots.
struct TimestampLine {
    /// A token and what was archived with it.
    struct Link {
        let stamp: VerifiedTimestamp
        /// When the first certificate of its chain ends (where the chain isn't archived: its signer's).
        let end: Date
        /// Takes the token back; nil: nothing that is archived does.
        let revocation: Revocation?
    }

    /// The first is over the body, each other one over the one before. Never empty.
    let links: [Link]

    /// What the line is worth at an instant.
    enum Standing: Hashable, Sendable {
        /// As it stands: its certificate is valid still.
        case current
        /// Its own certificate has ended; that many renewals, each made before the end of the one before, carry it to `until`.
        case renewed(count: Int, until: Date)
        /// It ended then, and nothing had renewed it.
        case expired(Date)
        case revoked(Revocation)
    }

    /// `now` nil: the clock isn't looked at.
    func standing(at now: Date?) -> Standing {
        if let revocation = links[0].revocation { return .revoked(revocation) }
        var end = links[0].end
        guard let now, now > end else { return .current }
        for place in links.indices.dropFirst() {
            let (before, link) = (links[place - 1], links[place])
            guard link.revocation == nil, link.stamp.time >= before.stamp.time, link.stamp.time <= before.end else { break }
            end = link.end
            if now <= end { return .renewed(count: place, until: end) }
        }
        return .expired(end)
    }

    /// - `name`: the token's. `file`: the files beside it, by name.
    /// - `listed`: how renewals' lists may spell the authority (`RenewalList`).
    /// - `verify`: nil where a renewal's token is by nobody known: the line ends there.
    /// Throws what is wrong with the files; a line that just isn't enough is no fault.
    init(
        of stamp: VerifiedTimestamp, named name: EvidenceName, listed: [String?], file: (String) -> [UInt8]?,
        verify: (UnverifiedTimestamp, TimestampRequest) throws(TimestampError) -> VerifiedTimestamp?
    ) throws(EvidenceFault) {
        var links = [try Self.link(stamp, name, file)]
        var next = name.with(renewal: name.renewal + 1)
        var isKnown = true
        while let bytes = file(next.name) {
            guard let list = file(next.subject) else { throw .file(next.name, .renewalWithoutToken) }
            do { try RenewalList.check(list, of: next, listed: listed, file: file) } catch { throw .file(next.subject, error) }
            // What comes after a stranger's renewal is still looked at, and adds nothing.
            if let stamp = try Self.verified(bytes, over: list, next.name, verify) {
                let link = try Self.link(stamp, next, file)
                if isKnown { links.append(link) }
            } else {
                isKnown = false
            }
            next = next.with(renewal: next.renewal + 1)
        }
        self.links = links
    }

    private static func verified(
        _ bytes: [UInt8], over list: [UInt8], _ name: String,
        _ verify: (UnverifiedTimestamp, TimestampRequest) throws(TimestampError) -> VerifiedTimestamp?
    ) throws(EvidenceFault) -> VerifiedTimestamp? {
        let request = TimestampRequest(imprint: ContentHash(sha256Of: list), nonce: nil, policy: nil)
        do throws(TimestampError) {
            let token = try UnverifiedTimestamp(parsing: bytes)
            guard try token.isOver(request.imprint) else { throw .imprintDiffers }
            return try verify(token, request)
        } catch {
            throw .token(name, error)
        }
    }

    /// A token's own files.
    private static func link(
        _ stamp: VerifiedTimestamp, _ name: EvidenceName, _ file: (String) -> [UInt8]?
    ) throws(EvidenceFault) -> Link {
        let chainName = name.with(kind: .chain).name
        guard let pem = file(chainName) else {
            // A signer that was verified can be read; were it not so, nothing would be known of its end.
            let end = (try? Certificate(der: stamp.signer).notAfter) ?? .distantPast
            for kind in [EvidenceName.Kind.revocations, .laterRevocations] where file(name.with(kind: kind).name) != nil {
                throw .file(name.with(kind: kind).name, .listForeign)
            }
            return Link(stamp: stamp, end: end, revocation: nil)
        }
        let chain: CertificateChain
        do throws(EvidenceFault.Why) {
            chain = try CertificateChain(parsing: pem)
            guard chain.certificates[0].der == stamp.signer else { throw EvidenceFault.Why.chainOfAnother }
        } catch {
            throw .file(chainName, error)
        }
        var revocation: Revocation?
        for kind in [EvidenceName.Kind.revocations, .laterRevocations] {
            let listsName = name.with(kind: kind).name
            guard let pem = file(listsName) else { continue }
            do {
                let found = try ArchivedRevocations(parsing: pem, of: chain, at: stamp.time).voiding(stamp.time)
                revocation = revocation ?? found
            } catch {
                throw .file(listsName, error)
            }
        }
        return Link(stamp: stamp, end: chain.end, revocation: revocation)
    }
}
