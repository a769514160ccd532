import Council
import Foundation
import Ledger
import Logging
import Store

/// Stamps tokens anew before their certificates end, by an authority whose certificate ends later: a token is believed after its
/// certificate's end only if somebody saw it before.
///
/// 1. `….renewal-<n>.txt`, the hashes of what is renewed. A crash here: the next pass finds or makes the same text, unless a file was
///    added meanwhile, and then writes it anew: no token covers it yet.
/// 2. An authority is asked. A crash here: it is asked again; two tokens over one list are both true, and one is kept.
/// 3. `….renewal-<n>.tsr`, verified. From here on, what the list names is never touched again. A crash here: the archive completes its
///    chain and lists.
struct TimestampRenewal: Sendable {
    let settings: AnchorSettings
    let storage: any Storage
    let timestamps: TimestampClient
    let health: TimestampHealth
    let folder: AnchorFolder
    let clock: WallClock
    let logger: Logger
    private let pace = RenewalPace()

    init(
        settings: AnchorSettings, storage: any Storage, timestamps: TimestampClient, health: TimestampHealth, folder: AnchorFolder,
        clock: WallClock, logger: Logger
    ) {
        self.settings = settings
        self.storage = storage
        self.timestamps = timestamps
        self.health = health
        self.folder = folder
        self.clock = clock
        self.logger = logger
    }

    /// Renewals in one pass: new checkpoints don't wait for more.
    private static let most = 20

    /// Looks at all tokens every six hours. Returns the sizes beside which a renewal was made.
    func renewDue() async throws -> [UInt64] {
        let now = clock.now()
        guard !settings.timestampAuthorities.isEmpty, await pace.isDue(at: now) else { return [] }
        var renewed: [UInt64] = []
        var (missing, late) = (0, 0)
        var isWhole = true
        var soonest: Date?
        var ends: [[UInt8]: Date] = [:]
        for (size, records) in Dictionary(grouping: try await storage.anchors(of: nil), by: \.size).sorted(by: { $0.key < $1.key }) {
            let tokens = records.filter { $0.method == .rfc3161 }
            for record in tokens where record.state == .complete {
                let name = try last(of: EvidenceName(authority: tokens.count == 1 ? nil : record.authority, kind: .token), size)
                guard let end = try end(of: name, size, &ends) else { continue }
                if now > end { late += 1 }
                guard now <= end, now.addingTimeInterval(AnchorSettings.Patience.seconds(settings.renewal)) >= end else { continue }
                if renewed.count == Self.most {
                    isWhole = false
                    break
                }
                if try await renew(name, of: size, before: end, now) {
                    renewed.append(size)
                } else {
                    missing += 1
                    soonest = min(soonest ?? end, end)
                }
            }
            if !isWhole { break }
        }
        if missing > 0, let soonest {
            // Weeks are left as a rule: a person must see to it in time, not at night.
            let level: Logger.Level = soonest.timeIntervalSince(now) < 30 * 86_400 ? .error : .warning
            logger.log(
                level: level,
                "timestamps wait to be renewed: no configured authority answers with a certificate that ends later",
                metadata: ["timestamps": "\(missing)", "before": "\(EvidenceWords.day(soonest))"])
        }
        if late > 0 {
            logger.warning("timestamps whose certificate has ended, and that nothing renewed", metadata: ["timestamps": "\(late)"])
        }
        await pace.next(now.addingTimeInterval(isWhole ? 6 * 3600 : 0))
        return renewed
    }

    private func last(of name: EvidenceName, _ size: UInt64) throws -> EvidenceName {
        var last = name
        let names = Set(try folder.names(of: size))
        while names.contains(last.with(renewal: last.renewal + 1).name) { last = last.with(renewal: last.renewal + 1) }
        return last
    }

    /// Of its archived chain; nil: none is archived yet. `ends`: those already read.
    private func end(of name: EvidenceName, _ size: UInt64, _ ends: inout [[UInt8]: Date]) throws -> Date? {
        guard let pem = try folder.read(name.with(kind: .chain).name, of: size) else { return nil }
        if let known = ends[pem] { return known }
        // A damaged one is the archive's affair, and the audit's.
        guard let chain = try? CertificateChain(parsing: pem) else { return nil }
        ends[pem] = chain.end
        return chain.end
    }

    /// False: no authority gave what is needed.
    private func renew(_ name: EvidenceName, of size: UInt64, before end: Date, _ now: Date) async throws -> Bool {
        let next = name.with(renewal: name.renewal + 1)
        for authority in settings.timestampAuthorities {
            guard await health.allows(authority.name, at: now) else { continue }
            if let known = await health.end(of: authority.name, at: now), known <= end { continue }
            guard let list = try Self.writeList(next.with(kind: .list), of: size, in: folder) else { return false }
            do throws(AnchorFault) {
                let stamp = try await timestamps.stamp(list, by: authority)
                await health.worked(authority.name)
                do {
                    let known = KnownTimestamp(time: stamp.time, size: size, authority: authority.name)
                    if settings.judgesClock { try await storage.note(known) }
                } catch {
                    throw AnchorFault("\(error)", .checkpoint)
                }
                let later = try Self.end(of: stamp, authority)
                await health.saw(later, of: authority.name, at: now)
                guard later > end, stamp.time <= end else { continue }
                do { try folder.write(stamp.response, as: next.name, of: size) } catch { throw AnchorFault("\(error)", .checkpoint) }
                logger.info(
                    "timestamp renewed", metadata: ["file": "anchors/\(size)/\(next.name)", "authority": "\(authority.name)"])
                return true
            } catch {
                if error.scope == .cancellation { throw CancellationError() }
                logger.warning("no renewal", metadata: ["size": "\(size)", "authority": "\(authority.name)", "fault": "\(error)"])
                let failures = await health.failures(of: authority.name)
                let rest = now.addingTimeInterval(settings.faultPatience.delay(after: failures, chance: 0))
                if error.scope == .authority { await health.failed(authority.name, at: now, until: rest) }
            }
        }
        return false
    }

    private static func end(of stamp: VerifiedTimestamp, _ authority: AnchorSettings.TimestampAuthority) throws(AnchorFault) -> Date {
        let roots = try authority.trusted()
        do throws(TimestampError) {
            return try UnverifiedTimestamp(parsing: stamp.response).chain(trusting: roots).end
        } catch {
            throw AnchorFault(error.description)
        }
    }

    /// Makes `name` agree with the files that it lists as they are now; nil: what it renews isn't there. Only while no token covers it.
    @discardableResult
    static func writeList(_ name: EvidenceName, of size: UInt64, in folder: AnchorFolder) throws -> [UInt8]? {
        let files = try RenewalList.names(name.authority, renewal: name.renewal).compactMap { file in
            try folder.read(file, of: size, limit: ArchivedRevocations.longest).map { (name: file, bytes: $0) }
        }
        guard files.map(\.name).prefix(2).elementsEqual(RenewalList.names(name.authority, renewal: name.renewal).prefix(2)) else {
            return nil
        }
        let list = RenewalList.text(files)
        if try folder.read(name.name, of: size) != list { try folder.write(list, as: name.name, of: size) }
        return list
    }
}

/// When all tokens are looked at next. A restart forgets it, and looks at once.
private actor RenewalPace {
    private var nextTry: Date?

    /// A clock that was set back must not stop renewals.
    func isDue(at now: Date) -> Bool { nextTry.map { now >= $0 || now < $0.addingTimeInterval(-24 * 3600) } ?? true }
    func next(_ date: Date) { nextTry = date }
}
