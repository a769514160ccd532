package import Council
package import Curl
import Foundation
package import Ledger
package import Logging
import ServiceLifecycle

/// Has witnesses cosign each published checkpoint (those that are published while one is asked are covered by the next), and
/// publishes it with their cosignatures, as `cosigned`, once enough of them have.
///
/// It reads the public folder only: publishing never waits for it, and what goes wrong here stops nothing. It keeps no table:
/// what a witness cosigned last it tells itself (409), and what was collected stands in `cosigned`. So a crash at any moment
/// leaves `cosigned` as it was, older than `checkpoint` and true; the next process asks again for the current checkpoint, and a
/// witness that had already cosigned it does so once more, with a later time.
package struct WitnessService: Service {
    private let settings: WitnessSettings
    private let key: NoteVerifierKey
    private let tiles: PublishedTiles
    private let file: CosignedFile
    private let clients: [WitnessClient]
    private let clock: WallClock
    private let round: WitnessRound
    private let logger: Logger

    package init(
        settings: WitnessSettings, key: NoteVerifierKey, http: HTTPClient, clock: WallClock, randomness: Randomness, logger: Logger
    ) {
        self.settings = settings
        self.key = key
        self.clock = clock
        self.logger = logger
        let tiles = PublishedTiles(folder: settings.ledgerFolder)
        self.tiles = tiles
        file = CosignedFile(folder: settings.ledgerFolder.path, key: key, witnesses: settings.witnesses.map(\.key))
        clients = settings.witnesses.map { WitnessClient(witness: $0, http: http, tiles: tiles) }
        round = WitnessRound(count: settings.witnesses.count, patience: settings.patience, randomness: randomness)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await cosignDue()
                    try await Task.sleep(for: .seconds(1))
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("cosigning failed; it is tried again", metadata: ["error": "\(error)"])
                    // Cancelled while waiting: the loop's condition ends it.
                    try? await Task.sleep(for: .seconds(15))
                }
            }
        }
    }

    /// One pass: asks every witness that hasn't cosigned the published checkpoint and is due. A witness's faults are logged, not
    /// thrown. Throws when the public folder fails.
    package func cosignDue() async throws {
        if await round.isFirst() { try file.clean() }
        guard let checkpoint = try tiles.checkpoint(key: key), checkpoint.size > 0 else { return }
        if await round.begin(checkpoint) { await round.add(published(checkpoint)) }
        let now = clock.now()
        let due = await round.due(settings.witnesses.map(\.key), at: now)
        let sizes = await round.known
        try await withThrowingTaskGroup(of: (Int, Result<Cosignature, WitnessFault>).self) { group in
            for index in due {
                group.addTask { [client = clients[index]] in
                    do throws(WitnessFault) {
                        return (index, .success(try await client.cosignature(of: checkpoint, known: sizes[index], now: now)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for try await (index, result) in group {
                switch result {
                case .success(let cosignature):
                    if await round.succeeded(index, cosignature, size: checkpoint.size) {
                        logger.notice("the witness cosigns again", metadata: metadata(index, checkpoint))
                    }
                    try await publish(checkpoint)
                case .failure(let fault): await note(fault, of: index, checkpoint)
                }
            }
        }
    }

    /// As soon as there are enough, and again with each that comes later. After a fault of the disk the next pass begins anew.
    private func publish(_ checkpoint: VerifiedCheckpoint) async throws {
        let cosignatures = await round.collected
        guard cosignatures.count >= settings.threshold else { return }
        do {
            let isNew = try file.publish(checkpoint, cosignatures) { error in
                logger.warning("replacing a cosigned checkpoint that is damaged", metadata: ["error": "\(error)"])
            }
            if isNew {
                logger.debug("cosigned", metadata: ["size": "\(checkpoint.size)", "witnesses": "\(cosignatures.count)"])
            }
        } catch {
            await round.forget()
            // What can't be removed now goes at the next start.
            try? file.clean()
            throw error
        }
    }

    /// The cosignatures that an earlier process had published for this same checkpoint.
    private func published(_ checkpoint: VerifiedCheckpoint) -> [Cosignature] {
        // One that is damaged is told of, and replaced, when the next one is published.
        guard let present = try? file.read(), present.checkpoint.body == checkpoint.body else { return [] }
        return present.cosignatures
    }

    private func note(_ fault: WitnessFault, of index: Int, _ checkpoint: VerifiedCheckpoint) async {
        var fault = fault
        if case .cancelled = fault.kind { return }
        if case .ahead(let size) = fault.kind {
            // It may have been asked by the process before us, for entries that we have published since.
            if let published = try? tiles.checkpoint(key: key), published.size >= size { return }
            fault = WitnessFault(
                .alarm,
                fault.description + ": our ledger was set back, or another one is signed with our key")
        }
        let isNew = await round.failed(index, fault, at: clock.now())
        guard isNew else { return }
        var details = metadata(index, checkpoint)
        details["fault"] = "\(fault)"
        switch fault.kind {
        case .alarm: logger.critical("ALARM: a witness has seen another ledger than ours, or ours is damaged", metadata: details)
        case .refusal: logger.error("a witness refuses to cosign; it is asked again later", metadata: details)
        default: logger.warning("a witness could not cosign; it is asked again", metadata: details)
        }
    }

    private func metadata(_ index: Int, _ checkpoint: VerifiedCheckpoint) -> Logger.Metadata {
        let witness = settings.witnesses[index]
        return ["witness": "\(witness.name)", "url": "\(witness.url)", "size": "\(checkpoint.size)"]
    }
}

/// What is known of the checkpoint that is being cosigned, and of each witness. All of it can be lost: witnesses tell it again.
private actor WitnessRound {
    private struct Standing {
        var attempts = 0
        var nextTry: Date?
        var lastFault: WitnessFault?
    }

    private let patience: AnchorSettings.Patience
    private let randomness: Randomness
    private var hasStarted = false
    private var body: [UInt8] = []
    private(set) var collected: [Cosignature] = []
    /// By witness: entries that it cosigned last, where we know.
    private(set) var known: [UInt64?]
    private var standings: [Standing]

    init(count: Int, patience: AnchorSettings.Patience, randomness: Randomness) {
        self.patience = patience
        self.randomness = randomness
        known = Array(repeating: nil, count: count)
        standings = Array(repeating: Standing(), count: count)
    }

    func isFirst() -> Bool {
        defer { hasStarted = true }
        return !hasStarted
    }

    /// True: another checkpoint than before.
    func begin(_ checkpoint: VerifiedCheckpoint) -> Bool {
        guard body != checkpoint.body else { return false }
        body = checkpoint.body
        collected = []
        return true
    }

    func add(_ cosignatures: [Cosignature]) { collected += cosignatures }

    /// So that the checkpoint is begun again.
    func forget() { body = [] }

    /// A clock that was set back must not stop the asking.
    func due(_ keys: [CosignerKey], at now: Date) -> [Int] {
        let longest = AnchorSettings.Patience.seconds(patience.longest) * 1.25
        return keys.indices.filter { index in
            guard !collected.contains(where: { $0.key == keys[index] }) else { return false }
            guard let next = standings[index].nextTry else { return true }
            return next <= now || next.timeIntervalSince(now) > longest
        }
    }

    /// True: it had failed before.
    func succeeded(_ index: Int, _ cosignature: Cosignature, size: UInt64) -> Bool {
        defer { standings[index] = Standing() }
        known[index] = size
        collected.append(cosignature)
        return standings[index].lastFault != nil
    }

    /// True: it had not failed in this way before.
    func failed(_ index: Int, _ fault: WitnessFault, at now: Date) -> Bool {
        let isNew = standings[index].lastFault != fault
        known[index] = nil
        standings[index].attempts += 1
        standings[index].lastFault = fault
        let chance = Double(randomness.bytes(1).first ?? 0) / 255
        standings[index].nextTry = now + patience.delay(after: standings[index].attempts, chance: chance)
        return isNew
    }
}
