package import Council
package import Curl
import Foundation
package import Ledger
package import Logging
import ServiceLifecycle

/// Has witnesses cosign each published checkpoint (those that are published while one is asked are covered by the next), and
/// publishes it with their cosignatures, as `cosigned`, once enough of them have. A witness only ever goes forward; so the
/// checkpoints that were anchored and that it hasn't passed come first, in rising order, and get their lines in
/// `anchors/<size>/checkpoint`: what a proof stands on is what was anchored.
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
    private let anchors: AnchoredNotes
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
        let keys = settings.witnesses.map(\.key)
        file = CosignedFile(folder: settings.ledgerFolder.path, key: key, witnesses: keys)
        anchors = AnchoredNotes(ledger: settings.ledgerFolder.path, key: key, witnesses: keys)
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

    /// One pass: asks every witness that hasn't cosigned the published checkpoint, or an anchored one below it that it can still
    /// cosign, and is due. A witness's faults are logged, not thrown. Throws when the public folder fails.
    package func cosignDue() async throws {
        if await round.isFirst() { try file.clean() }
        guard let latest = try tiles.checkpoint(key: key), latest.size > 0 else { return }
        try completeAnchor()
        for checkpoint in try await anchored(below: latest) { try await cosign(checkpoint, isLatest: false) }
        // What an earlier process had published for this same checkpoint.
        if await round.begins(latest) { await round.begin(latest, published(latest)) }
        try await cosign(latest, isLatest: true)
    }

    /// A checkpoint that was cosigned first and anchored later, or a crash between the two files.
    private func completeAnchor() throws {
        // One that is damaged is told of, and replaced, when the next one is published.
        guard let present = try? file.read(), present.cosignatures.count >= settings.threshold else { return }
        _ = try anchors.add(present.cosignatures, to: present.checkpoint)
    }

    private func anchored(below latest: VerifiedCheckpoint) async throws -> [VerifiedCheckpoint] {
        let sizes = try anchors.sizes(below: latest.size)
        await round.keepOnly(Set(sizes + [latest.size]))
        for size in sizes where await !round.knows(size) {
            do {
                guard let found = try anchors.read(size) else { continue }
                await round.begin(found.checkpoint, found.cosignatures)
            } catch let fault as PublicFileFault {
                throw fault
            } catch {
                await round.giveUp(size)
                logger.warning(
                    "an anchored checkpoint is not right and is not cosigned; run `appariteur ledger audit`",
                    metadata: ["file": "anchors/\(size)/checkpoint", "error": "\(error)"])
            }
        }
        return await round.open(sizes)
    }

    private func cosign(_ checkpoint: VerifiedCheckpoint, isLatest: Bool) async throws {
        let now = clock.now()
        let due = await round.due(settings.witnesses.map(\.key), for: checkpoint, isLatest: isLatest, at: now)
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
                    try await publish(checkpoint, isLatest: isLatest)
                case .failure(let fault):
                    // It is past this anchored checkpoint: no fault, and never asked for it again.
                    if !isLatest, case .ahead(let size) = fault.kind {
                        await round.passed(index, at: size)
                    } else {
                        await note(fault, of: index, checkpoint)
                    }
                }
            }
        }
    }

    /// As soon as there are enough, and again with each that comes later. After a fault of the disk the next pass begins anew.
    private func publish(_ checkpoint: VerifiedCheckpoint, isLatest: Bool) async throws {
        let cosignatures = await round.collected(of: checkpoint.size)
        guard cosignatures.count >= settings.threshold else { return }
        do {
            // An earlier state never takes the place of a damaged file, which may have held a later one.
            let isNew =
                try (isLatest || file.isReadable())
                && file.publish(checkpoint, cosignatures) { error in
                    logger.warning("replacing a cosigned checkpoint that is damaged", metadata: ["error": "\(error)"])
                }
            let isAnchored = try anchors.add(cosignatures, to: checkpoint)
            if isNew || isAnchored {
                logger.debug(
                    "cosigned",
                    metadata: ["size": "\(checkpoint.size)", "witnesses": "\(cosignatures.count)", "anchored": "\(isAnchored)"])
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
