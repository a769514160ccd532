package import Council
import Foundation
package import Links
package import Logging
import ServiceLifecycle
package import Store
package import Templating

/// Turns what the store wants told (convocations, letters after them, notices to the clerk) into finished messages in the queue.
///
/// Each batch is one transaction of the store: messages, links, queue and journal together. A crash before it leaves
/// nothing behind and the batch is made again, with other random bytes; a crash after it leaves nothing to do. So no
/// convocation has two messages: the store skips what is no longer to be composed.
package struct CompositionService: Service {
    let settings: CompositionSettings
    let storage: any Storage
    let documents: DocumentStore
    let keyring: @Sendable () -> LinkKeyring
    let templates: TemplateSet
    let clock: WallClock
    let randomness: Randomness
    let logger: Logger
    let faults = FaultMemory()

    /// Convocations in one transaction.
    static let batch = 256
    /// Bytes of messages in one transaction: with documents attached, a few of them are enough.
    static let batchBytes = 32 << 20

    package init(
        settings: CompositionSettings, storage: any Storage, documents: DocumentStore, keyring: @escaping @Sendable () -> LinkKeyring,
        templates: TemplateSet,
        clock: WallClock, randomness: Randomness, logger: Logger
    ) {
        self.settings = settings
        self.storage = storage
        self.documents = documents
        self.keyring = keyring
        self.templates = templates
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
    }

    /// Composes until graceful shutdown. A pass that has begun is finished first.
    package func run() async throws {
        var pause = Duration.zero
        var watch = OverdueWatch()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                let count = try await composePending(tellingOverdue: watch.isDue(at: clock.now()))
                pause = .zero
                if count > 0 { logger.info("composed", metadata: ["messages": "\(count)"]) }
            } catch {
                // Another service has ended for good: what was begun here was rolled back and is no fault.
                guard !Task.isCancelled else { return }
                pause = min(max(pause * 2, .seconds(1)), .seconds(60))
                logger.error("composing failed; trying again", metadata: ["in": "\(pause)", "fault": "\(error)"])
            }
            let wait = pause
            await cancelWhenGracefulShutdown {
                // A fault of the storage is waited out; otherwise the next work, or the retry of what was put aside, wakes us.
                if wait == .zero {
                    await storage.awaitWork(.composition, timeout: .seconds(30))
                } else {
                    // Cancelled by the shutdown: the loop's condition ends it.
                    try? await Task.sleep(for: wait)
                }
            }
        }
    }

    /// Composes everything that is pending and not put aside; returns how many messages were made. What fails on its own is
    /// logged and put aside for a while; a fault of the storage is thrown, after the others had their turn.
    ///
    /// - Parameter tellingOverdue: whether the clerk is told of convocations and letters that have waited for long.
    @discardableResult
    package func composePending(tellingOverdue: Bool = true) async throws -> Int {
        let convocations = await attempt { try await composeConvocations() }
        let overdue = await attempt { tellingOverdue ? try await tellOverdue() : 0 }
        let letters = await attempt { try await composeLetters(tellingOverdue: tellingOverdue) }
        let notices = await attempt { try await composeNotices() }
        let troubles = await attempt { try await composeTroubles() }
        let refused = await attempt { try await composeRefused() }
        let clock = await attempt { try await composeClock() }
        let copies = await attempt { try await composeCopies() }
        _ = try overdue.get()
        return try convocations.get() + letters.get() + notices.get() + troubles.get() + refused.get() + clock.get() + copies.get()
    }

    /// A convocation as a member would get it, for the command line.
    package func preview(of sitting: Sitting, for member: RollEntry? = nil, in language: Language? = nil)
        throws(CompositionError) -> RenderedConvocation
    {
        try ConvocationComposer(settings: settings, templates: templates, documents: documents).preview(
            of: sitting, for: member, in: language, at: clock.now())
    }

    private func tellOverdue() async throws -> Int {
        let now = clock.now()
        let count = try await storage.tellOverdue(since: now.addingTimeInterval(-Self.overdue), at: now)
        if count > 0 { logger.notice("convocations don't leave; the clerk is told", metadata: ["convocations": "\(count)"]) }
        return count
    }

    private func attempt(_ work: () async throws -> Int) async -> Result<Int, any Error> {
        do { return .success(try await work()) } catch { return .failure(error) }
    }

    // MARK: Convocations

    private func composeConvocations() async throws -> Int {
        let composer = ConvocationComposer(settings: settings, templates: templates, documents: documents)
        var total = 0
        var attachments = AttachmentMemory()
        while true {
            let now = clock.now()
            let aside = await faults.aside(at: now)
            let pending = try await storage.convocationsToCompose(limit: Self.batch + aside.count)
                .filter { !aside.contains(.convocation($0.id)) }
            guard !pending.isEmpty else { return total }
            var cache: [PreparedKey: PreparedSitting] = [:]
            var composed: [ComposedConvocation] = []
            var size = 0
            for convocation in pending {
                do throws(CompositionError) {
                    let key = PreparedKey(convocation)
                    let prepared: PreparedSitting
                    if let known = cache[key] {
                        prepared = known
                    } else {
                        prepared = try composer.prepare(convocation.sitting, key.language, at: now, &attachments)
                        cache[key] = prepared
                    }
                    let message = try composer.compose(convocation, prepared, keyring: keyring(), randomness: randomness)
                    composed.append(message)
                    size += message.message.bytes.count
                } catch {
                    try await putAside(convocation, error, at: now)
                }
                if size >= Self.batchBytes {
                    total += try await store(composed, of: pending, at: now)
                    (composed, size) = ([], 0)
                }
            }
            total += try await store(composed, of: pending, at: now)
        }
    }

    private func store(_ composed: [ComposedConvocation], of pending: [ConvocationToCompose], at now: Date) async throws -> Int {
        try await store(composed, known: { .convocation($0.id) }) { part in
            try await storage.store(part, at: now)
        } refused: { one, error in
            if let convocation = pending.first(where: { $0.id == one.id }) { try await putAside(convocation, error, at: now) }
        }
    }

    /// Stores a batch; where it is refused, its halves, down to the one that is at fault, so that it holds nobody up. Throws
    /// when nothing of several could be stored: then it is more likely the storage that fails. Returns how many were stored.
    func store<Composed>(
        _ composed: [Composed], known: (Composed) -> FaultMemory.Item, _ store: ([Composed]) async throws -> Void,
        refused putAside: (Composed, any Error) async throws -> Void
    ) async throws -> Int {
        guard !composed.isEmpty else { return 0 }
        var stored = 0
        var refused: [(one: Composed, error: any Error)] = []
        var parts = [composed]
        // Three alone refused and none stored: no need to try them all.
        while stored > 0 || refused.count < 3, let part = parts.popLast() {
            do {
                try await store(part)
                stored += part.count
                await faults.forget(part.map(known))
            } catch {
                if part.count == 1 {
                    refused.append((part[0], error))
                } else {
                    parts += [Array(part[(part.count / 2)...]), Array(part[..<(part.count / 2)])]
                }
            }
        }
        for (one, error) in refused { try await putAside(one, error) }
        if stored == 0, composed.count > 1, let error = refused.first?.error { throw error }
        return stored
    }

    /// The clerk is told once, when it failed again a minute later.
    private func putAside(_ convocation: ConvocationToCompose, _ error: any Error, at now: Date) async throws {
        let (count, until) = await faults.add(.convocation(convocation.id), at: now)
        logger.error(
            "a convocation can't be composed",
            metadata: [
                "convocation": "\(convocation.id)", "sitting": "\(convocation.sitting.id)", "fault": "\(error)", "again": "\(until)",
            ])
        if count == 2 { try await storage.post(.undelivered(sitting: convocation.sitting.id, convocations: [convocation.id]), at: now) }
    }

    // MARK: Notices

    private func composeNotices() async throws -> Int {
        try await wantSummary(at: clock.now())
        var total = 0
        while true {
            let now = clock.now()
            let aside = await faults.aside(at: now)
            let pending = try await storage.noticesToCompose(limit: 32 + aside.count).filter { !aside.contains(.notice($0.id)) }
            guard !pending.isEmpty else { return total }
            for notice in pending {
                let material = try await material(for: notice)
                let composed: ComposedNotice?
                do throws(CompositionError) {
                    composed = try compose(notice.id, material, at: now)
                } catch {
                    let (_, until) = await faults.add(.notice(notice.id), at: now)
                    logger.error(
                        "a notice can't be composed",
                        metadata: ["notice": "\(notice.id.rawValue)", "fault": "\(error)", "again": "\(until)"])
                    continue
                }
                try await storage.close(notice.id, with: composed.map { [$0.message] } ?? [], links: composed?.links ?? [], at: now)
                total += composed == nil ? 0 : 1
            }
        }
    }
}

/// What all convocations of a batch with the same key share.
private struct PreparedKey: Hashable {
    let sitting: SittingID
    let revision: Int
    let language: Language

    init(_ convocation: ConvocationToCompose) {
        sitting = convocation.sitting.id
        revision = convocation.sitting.revision
        language = convocation.member.entry.language
    }
}
