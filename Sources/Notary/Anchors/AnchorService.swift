package import Council
package import Curl
import Foundation
import Ledger
package import Logging
import ServiceLifecycle
package import Store

/// Anchors checkpoints: gives each (coalesced per interval) to timestamp authorities and calendars, keeps what they answer,
/// and upgrades pending proofs until they reach a block.
///
/// Order of what becomes durable, so that a crash anywhere leaves a state that the next pass completes:
/// 1. `checkpoint`, then `body`, into `anchors/<size>/`: from here on this checkpoint can be anchored whatever comes after it.
///    A crash here leaves a folder without records; the first pass finds it and goes on with 2.
/// 2. One `wanted` record per authority, in one transaction. A crash here: they are due, and asked for.
/// 3. The authority is asked. A crash here: it is asked again; two tokens over one body are both true.
/// 4. What it answered, verified, goes into its record, even while the process is being stopped.
/// 5. The public file is made from the records. A crash before or in it: the first pass compares every file with its records.
/// 6. Where a node is configured, the headers of the blocks that the proofs lead to are kept beside them (`HeaderCollector`).
/// 7. Beside each token, what its check will need later: `EvidenceArchive`, which also looks for revocations that come later; and in time
///    its renewals: `TimestampRenewal`.
/// A node of one's own is paid; there 3 is two steps with a durable one between: see `NodeAnchor`.
/// Records and files only grow: a token or proof that was obtained is never replaced by one that proves less.
package struct AnchorService: Service {
    private let settings: AnchorSettings
    private let storage: any Storage
    private let clock: WallClock
    private let folder: AnchorFolder
    private let files: AnchorFiles
    private let collector: AnchorCollector
    /// Nil: no node to ask.
    private let headers: HeaderCollector?
    private let archive: EvidenceArchive
    private let renewal: TimestampRenewal
    private let pace = AnchorPace()
    private let logger: Logger

    package init(
        settings: AnchorSettings, storage: any Storage, http: HTTPClient, clock: WallClock, randomness: Randomness, logger: Logger
    ) {
        self.settings = settings
        self.storage = storage
        self.clock = clock
        self.logger = logger
        folder = AnchorFolder(ledgerFolder: settings.ledgerFolder)
        files = AnchorFiles(folder: folder, logger: logger)
        headers = settings.node.map { [folder] node in
            HeaderCollector(node, folder: folder, clock: clock, patience: settings.faultPatience, logger: logger)
        }
        let timestamps = TimestampClient(http: http, randomness: randomness)
        let health = TimestampHealth()
        archive = EvidenceArchive(
            settings: settings, storage: storage, source: RevocationSource(like: http, patience: settings.faultPatience), folder: folder,
            clock: clock, logger: logger)
        renewal = TimestampRenewal(
            settings: settings, storage: storage, timestamps: timestamps, health: health, folder: folder, clock: clock, logger: logger)
        collector = AnchorCollector(
            settings: settings, storage: storage, timestamps: timestamps,
            calendars: CalendarClient(
                http: http, randomness: randomness, calendars: settings.calendars, hosts: settings.calendarHosts),
            node: settings.node.map { node in
                NodeAnchor(settings: node, client: NodeClient(url: node.url, wallet: node.wallet, credentials: node.credentials))
            }, health: health, folder: folder, clock: clock, randomness: randomness, logger: logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await anchorDue()
                    // A checkpoint that waits for its interval keeps the wake-up ringing: never more than a pass a second.
                    try await Task.sleep(for: .seconds(1))
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("anchoring failed; it is tried again", metadata: ["error": "\(error)"])
                    // Cancelled while waiting: the loop's condition ends it.
                    try? await Task.sleep(for: .seconds(15))
                }
                await storage.awaitWork(.anchoring, timeout: .seconds(15))
            }
        }
    }

    /// One pass: anchors the current checkpoint when it has no anchor and the interval allows it, asks for what is due, and
    /// brings the public files up to date. What an authority fails to give is recorded, not thrown. Throws when the
    /// database or the folder fails.
    package func anchorDue() async throws {
        let isFirst = await !pace.hasStarted
        if isFirst {
            try folder.clean()
            try await adoptFolders()
            if settings.judgesClock { try await KnownTimestamp.learn(from: storage) }
        }
        try await anchorCheckpoint()
        try await payCheckpoint()
        let touched = try await collector.collectDue()
        for size in touched {
            try files.publish(try await storage.anchors(of: size), of: size)
            try await archive.watch(size)
        }
        if isFirst { try await republish() }
        try await headers?.collect(isFirst ? try folder.sizes() : touched)
        if isFirst { await pace.start() }
        try await completeEvidence()
        try await archive.reviewDue()
    }

    /// Step 7. A renewal is a token as well: its chain is archived in the same pass.
    private func completeEvidence() async throws {
        try await archive.archiveDue()
        let renewed = try await renewal.renewDue()
        guard !renewed.isEmpty else { return }
        for size in renewed { try await archive.watch(size) }
        try await archive.archiveDue()
    }

    /// Step 2 for folders that a crash left without records.
    private func adoptFolders() async throws {
        let recorded = Set(try await storage.anchors(of: nil).map(\.size))
        for size in try folder.sizes() where !recorded.contains(size) { try await want(size) }
    }

    /// Step 5 for everything recorded: what a crash, or a deletion by hand, left behind.
    private func republish() async throws {
        for (size, records) in Dictionary(grouping: try await storage.anchors(of: nil), by: \.size) {
            try files.publish(records, of: size)
            try await archive.watch(size)
        }
    }

    /// Steps 1 and 2.
    private func anchorCheckpoint() async throws {
        guard !settings.timestampAuthorities.isEmpty || !settings.calendars.isEmpty else { return }
        guard let checkpoint = try await storage.checkpoint(), checkpoint.size > 0 else { return }
        let now = clock.now()
        let isAnchored = try await storage.anchors(of: checkpoint.size).contains { $0.method != .chainNode }
        guard !isAnchored, await pace.allows(now, interval: settings.interval) else { return }
        try writeFolder(of: checkpoint)
        try await want(checkpoint.size)
        await pace.anchored(at: now)
        logger.info("anchoring a checkpoint", metadata: ["size": "\(checkpoint.size)"])
    }

    /// Steps 1 and 2 for the node, at its own pace, which a restart doesn't forget: it costs money. One that couldn't be paid
    /// yet is the only one that waits, so that a refilled wallet isn't emptied by a queue.
    private func payCheckpoint() async throws {
        guard let node = settings.node, let checkpoint = try await storage.checkpoint(), checkpoint.size > 0 else { return }
        let now = clock.now()
        if let newest = try await storage.newestChainAnchor() {
            guard newest.size < checkpoint.size else { return }
            if newest.authority == node.network.rawValue {
                guard let signedAt = newest.transaction?.signedAt, AnchorPace.allows(now, after: signedAt, interval: node.interval) else {
                    return
                }
            }
        }
        try writeFolder(of: checkpoint)
        try await storage.save([
            AnchorRecord(
                size: checkpoint.size, method: .chainNode, authority: node.network.rawValue, state: .wanted, bytes: [], attempts: 0,
                nextTry: now, fault: nil)
        ])
        logger.info("anchoring a checkpoint through the node", metadata: ["size": "\(checkpoint.size)"])
    }

    private func writeFolder(of checkpoint: StoredCheckpoint) throws {
        guard try folder.read("body", of: checkpoint.size) == nil else { return }
        let note = try UnverifiedNote(parsing: checkpoint.note)
        // With its witnesses' lines where they were faster; those that come later are added by the witness service.
        let published = try CosignedNote.joined(to: checkpoint.note, in: settings.ledgerFolder, settings.witnesses)
        try folder.write(published, as: "checkpoint", of: checkpoint.size)
        try folder.write(note.text, as: "body", of: checkpoint.size)
    }

    private func want(_ size: UInt64) async throws {
        let now = clock.now()
        let authorities = settings.timestampAuthorities.map { (AnchorRecord.Method.rfc3161, $0.name) }
        let calendars = settings.calendars.map { (AnchorRecord.Method.openTimestamps, $0) }
        try await storage.save(
            (authorities + calendars).map { method, name in
                AnchorRecord(
                    size: size, method: method, authority: name, state: .wanted, bytes: [], attempts: 0, nextTry: now, fault: nil)
            })
    }
}

/// When a checkpoint was last anchored by this process. A restart forgets it: one anchor more, never one less.
private actor AnchorPace {
    private var last: Date?
    private(set) var hasStarted = false

    func start() { hasStarted = true }
    func anchored(at now: Date) { last = now }

    /// A clock that was set back must not stop anchoring.
    func allows(_ now: Date, interval: Duration) -> Bool {
        last.map { Self.allows(now, after: $0, interval: interval) } ?? true
    }

    static func allows(_ now: Date, after last: Date, interval: Duration) -> Bool {
        let elapsed = now.timeIntervalSince(last)
        return elapsed < 0 || elapsed >= AnchorSettings.Patience.seconds(interval)
    }
}
