import Council
import Foundation
import Ledger
import Logging

/// Revocations that come later: what lies beside a token is of its own day, and a stolen key may be found out years afterwards.
///
/// At each interval the lists about each archived chain are fetched again, one fetch for all tokens of an authority. Only one that takes
/// a token back is kept, beside that token: it proves it, and others say nothing that the first ones didn't. A crash leaves it
/// unwritten: the next review finds the same.
extension EvidenceArchive {
    func reviewDue() async throws {
        guard let interval = settings.revocationReview, !settings.timestampAuthorities.isEmpty else { return }
        let now = clock.now()
        guard await reviews.isDue(at: now, interval) else { return }
        var fault: AnchorFault?
        var tokens = 0
        for size in try folder.sizes().sorted(by: >) {
            for name in try folder.names(of: size).compactMap({ EvidenceName($0) }) where name.kind == .token {
                try Task.checkCancellation()
                tokens += 1
                do throws(AnchorFault) {
                    try await review(TokenPlace(size: size, name: name), now)
                } catch {
                    if error.scope == .cancellation { throw CancellationError() }
                    fault = error
                }
            }
        }
        await reviews.done(at: now, next: fault == nil ? interval : min(interval, .seconds(86_400)))
        if let fault {
            logger.warning("not all revocation lists could be fetched again; tomorrow anew", metadata: ["fault": "\(fault)"])
        } else {
            logger.debug("revocation lists were fetched again", metadata: ["timestamps": "\(tokens)"])
        }
    }

    /// Throws what keeps one of its lists from being looked at.
    private func review(_ place: TokenPlace, _ now: Date) async throws(AnchorFault) {
        let name = place.name.with(kind: .laterRevocations)
        guard try read(name, place.size) == nil, let (stamp, _) = try token(place),
            // What is missing or can't be read is the archive's affair.
            let pem = try read(place.name.with(kind: .chain), place.size), let chain = try? CertificateChain(parsing: pem),
            // Of certificates that have ended, authorities' lists tell no more.
            chain.certificates[0].der == stamp.signer, now <= chain.end
        else { return }
        let first = try read(place.name.with(kind: .revocations), place.size)
        // Taken back from the first: that was told.
        if let first, (try? ArchivedRevocations(parsing: first, of: chain, at: stamp.time).voiding(stamp.time)) != nil { return }
        var fault: AnchorFault?
        for (index, pair) in chain.issued.enumerated() where !pair.certificate.revocationAddresses.isEmpty {
            do throws(AnchorFault) {
                let list = try await source.list(about: pair.certificate, of: pair.issuer, at: stamp.time, now: now)
                let archived = ArchivedRevocations(lists: [index: list], chain: chain)
                let revocation: Revocation?
                do { revocation = try archived.voiding(stamp.time) } catch { throw AnchorFault(error.words.english) }
                guard revocation != nil else { continue }
                do { try folder.write(archived.pem, as: name.name, of: place.size) } catch { throw AnchorFault(String(describing: error)) }
                return try await alarm(archived, stamp, place)
            } catch {
                if error.scope == .cancellation { throw error }
                fault = error
            }
        }
        if let fault { throw fault }
    }
}

/// When revocations were looked at last. A restart forgets it, and looks an hour later.
actor ReviewPace {
    private var since: Date?
    private var wait = Duration.zero

    private static let afterStart = Duration.seconds(3600)

    func isDue(at now: Date, _ interval: Duration) -> Bool {
        guard let since else {
            done(at: now, next: min(interval, Self.afterStart))
            return false
        }
        // A clock that shows less than then has been set back since.
        return now < since || now.timeIntervalSince(since) >= AnchorSettings.Patience.seconds(wait)
    }

    func done(at now: Date, next: Duration) { (since, wait) = (now, next) }
}
