package import Logging
import ServiceLifecycle
package import Store

/// Keeps the published ledger up with the journal: at once when it was idle, at most every quarter of a second while
/// entries stream in (each checkpoint costs a dozen synced files).
///
/// Faults of disk or database are tried again, as nothing is lost by waiting. A refusal ends the service, and with it the
/// program: what it would go on recording could not be published.
package struct SequencerService: Service {
    private let sequencer: Sequencer
    private let storage: any Storage
    private let logger: Logger

    package init(sequencer: Sequencer, storage: any Storage, logger: Logger) {
        self.sequencer = sequencer
        self.storage = storage
        self.logger = logger
    }

    static let busyInterval = Duration.milliseconds(250)
    private static let idleTimeout = Duration.seconds(5)
    private static let longestPause = Duration.seconds(60)

    package func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.loop() }
        // Entries of the last moments: so that what is stopped for long doesn't leave them unpublished.
        _ = try await sequencer.publishPending()
    }

    private func loop() async throws {
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do {
                if try await sequencer.publishPending() != nil {
                    await sleep(until: began + Self.busyInterval)
                } else {
                    await storage.awaitWork(.journal, timeout: Self.idleTimeout)
                }
                pause = .seconds(1)
            } catch let refusal as SequencerRefusal {
                logger.critical("the ledger can't go on: \(refusal)")
                throw refusal
            } catch {
                guard !Task.isCancelled else { return }
                logger.error("the ledger could not be published, trying again", metadata: ["fault": "\(error)", "in": "\(pause)"])
                await sleep(until: .now + pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Ends early, without a word, when the service is asked to stop: the loop's condition tells.
    private func sleep(until end: ContinuousClock.Instant) async {
        try? await Task.sleep(until: end, clock: .continuous)
    }
}
