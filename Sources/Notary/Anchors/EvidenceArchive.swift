import Council
import Foundation
import Ledger
import Logging
import Store

/// Keeps beside each token what its check will need when its authority is gone: its signer's chain, and the revocation lists of the
/// chain's certificates.
///
/// Everything here is made from the token, the configured roots and what authorities publish; the files appear whole, by rename after
/// sync. A crash between any two leaves a half set, which the first pass of the next process completes: it looks at every token. Once a
/// renewal's token covers them, the files are never touched again.
struct EvidenceArchive: Sendable {
    let settings: AnchorSettings
    let storage: any Storage
    let source: RevocationSource
    let folder: AnchorFolder
    let clock: WallClock
    let logger: Logger
    /// Tokens beside which something may be missing.
    private let queue = RetryQueue<TokenPlace>()
    let reviews = ReviewPace()

    init(
        settings: AnchorSettings, storage: any Storage, source: RevocationSource, folder: AnchorFolder, clock: WallClock, logger: Logger
    ) {
        self.settings = settings
        self.storage = storage
        self.source = source
        self.folder = folder
        self.clock = clock
        self.logger = logger
    }

    /// From here on, what lies beside this checkpoint's tokens is completed.
    func watch(_ size: UInt64) async throws {
        let names = try folder.names(of: size).compactMap { EvidenceName($0) }
        await queue.add(names.filter { $0.kind == .token }.map { TokenPlace(size: size, name: $0) })
    }

    /// One pass over what isn't complete.
    func archiveDue() async throws {
        let now = clock.now()
        // The newest first, and not so many that checkpoints wait for them.
        let due = await queue.due(at: now).sorted { ($0.size, $1.name.name) > ($1.size, $0.name.name) }.prefix(500)
        for place in due {
            try Task.checkCancellation()
            do throws(AnchorFault) {
                try await archive(place, now)
                await queue.finished(place)
            } catch {
                if error.scope == .cancellation { throw CancellationError() }
                let attempts = await queue.postpone(place, at: now, settings.faultPatience)
                logger.log(
                    level: attempts == 1 ? .warning : .debug, "the evidence beside a timestamp isn't complete yet",
                    metadata: ["file": "anchors/\(place.size)/\(place.name.name)", "fault": "\(error)"])
            }
        }
    }

    /// Throws what keeps it from being complete.
    private func archive(_ place: TokenPlace, _ now: Date) async throws(AnchorFault) {
        guard let (stamp, token) = try token(place) else { return }
        // A renewal covers them as they are: a lost or damaged chain may only come back as it was.
        let renewal = place.name.with(renewal: place.name.renewal + 1)
        if try read(renewal, place.size) != nil { return try restore(of: token, place, listed: try read(renewal.subject, place.size)) }
        let chain = try chain(of: token, stamp, place)
        let name = place.name.with(kind: .revocations)
        let present = try read(name, place.size).flatMap { pem in
            // What can't be read is made again.
            try? ArchivedRevocations(parsing: pem, of: chain, at: stamp.time)
        }
        var lists = present?.lists ?? [:]
        var fault: AnchorFault?
        for (index, pair) in chain.issued.enumerated() where lists[index] == nil && !pair.certificate.revocationAddresses.isEmpty {
            do throws(AnchorFault) {
                lists[index] = try await source.list(about: pair.certificate, of: pair.issuer, at: stamp.time, now: now)
            } catch {
                if error.scope == .cancellation { throw error }
                fault = error
            }
        }
        let archived = ArchivedRevocations(lists: lists, chain: chain)
        if !lists.isEmpty, lists != present?.lists { try write(archived.pem, name, place.size) }
        try await alarm(archived, stamp, place)
        if let fault { throw fault }
    }

    private func restore(of token: UnverifiedTimestamp, _ place: TokenPlace, listed: [UInt8]?) throws(AnchorFault) {
        let name = place.name.with(kind: .chain)
        let present = try read(name, place.size)
        func isListed(_ bytes: [UInt8]) -> Bool {
            String(decoding: listed ?? [], as: UTF8.self).contains("\(ContentHash(sha256Of: bytes).hex)  \(name.name)\n")
        }
        if let present, isListed(present) { return }
        for authority in settings.timestampAuthorities {
            // A file of roots that can't be read is told elsewhere, and another authority's roots don't fit: both are passed over.
            guard let chain = try? token.chain(trusting: try authority.trusted()), isListed(chain.pem) else { continue }
            do { try folder.write(chain.pem, as: name.name, of: place.size) } catch { throw AnchorFault(String(describing: error)) }
            logger.warning("a timestamp's chain is made again as it was", metadata: ["file": "anchors/\(place.size)/\(name.name)"])
            return
        }
    }

    /// Nil: there is no token that holds; what the audit says of it is enough.
    func token(_ place: TokenPlace) throws(AnchorFault) -> (VerifiedTimestamp, UnverifiedTimestamp)? {
        guard let bytes = try read(place.name, place.size), let over = try read(place.name.subject, place.size) else { return nil }
        do throws(TimestampError) {
            let token = try UnverifiedTimestamp(parsing: bytes)
            let request = TimestampRequest(imprint: ContentHash(sha256Of: over), nonce: nil, policy: nil)
            return (try token.verified(against: request, trusting: try token.ownCertificates()), token)
        } catch {
            return nil
        }
    }

    private func chain(
        of token: UnverifiedTimestamp, _ stamp: VerifiedTimestamp, _ place: TokenPlace
    ) throws(AnchorFault) -> CertificateChain {
        let name = place.name.with(kind: .chain)
        // What can't be read, or is another signer's, is made again.
        if let pem = try read(name, place.size), let chain = try? CertificateChain(parsing: pem),
            chain.certificates[0].der == stamp.signer
        {
            return chain
        }
        var fault = AnchorFault("no timestamp authority is configured")
        for authority in settings.timestampAuthorities.sorted(by: { first, _ in first.name == place.name.authority }) {
            do throws(AnchorFault) {
                let roots = try authority.trusted()
                let chain: CertificateChain
                do { chain = try token.chain(trusting: roots) } catch { throw AnchorFault(error.description) }
                try write(chain.pem, name, place.size)
                return chain
            } catch {
                fault = error
            }
        }
        throw fault
    }

    /// A token that was taken back counts no more, and somebody must know.
    func alarm(_ archived: ArchivedRevocations, _ stamp: VerifiedTimestamp, _ place: TokenPlace) async throws(AnchorFault) {
        let revocation: Revocation?
        do { revocation = try archived.voiding(stamp.time) } catch { throw AnchorFault(error.words.english) }
        guard let revocation else { return }
        let words = EvidenceWords.revoked(revocation)
        logger.error(
            "a timestamp counts no more",
            metadata: ["file": "anchors/\(place.size)/\(place.name.name)", "fr": "\(words.french)", "en": "\(words.english)"])
        guard place.name.renewal == 0 else { return }
        do {
            let records = try await storage.anchors(of: place.size).filter { $0.method == .rfc3161 }
            guard
                let record = records.first(where: { $0.authority == place.name.authority ?? records.first?.authority }),
                record.state == .complete
            else { return }
            // With `first`, the others were spared because of this one.
            let others = records.filter { $0.authority != record.authority && $0.nextTry == AnchorRecord.never && !$0.isRevoked }
            try await storage.save([record.revoked(words.english)] + others.map { $0.wanted(at: clock.now()) })
        } catch {
            throw AnchorFault(String(describing: error))
        }
    }

    func read(_ name: EvidenceName, _ size: UInt64) throws(AnchorFault) -> [UInt8]? { try read(name.name, size) }

    func read(_ name: String, _ size: UInt64) throws(AnchorFault) -> [UInt8]? {
        do { return try folder.read(name, of: size, limit: ArchivedRevocations.longest) } catch {
            throw AnchorFault(String(describing: error))
        }
    }

    /// A renewal that waits for its token is over the files as they are now.
    private func write(_ bytes: [UInt8], _ name: EvidenceName, _ size: UInt64) throws(AnchorFault) {
        do {
            try folder.write(bytes, as: name.name, of: size)
            let next = EvidenceName(authority: name.authority, renewal: name.renewal + 1, kind: .list)
            if try folder.read(next.name, of: size) != nil { try TimestampRenewal.writeList(next, of: size, in: folder) }
        } catch {
            throw AnchorFault(String(describing: error))
        }
    }
}

/// Where a token lies.
struct TokenPlace: Hashable, Sendable {
    let size: UInt64
    let name: EvidenceName
}
