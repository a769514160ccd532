package import Foundation
import Ledger
package import Logging
import ServiceLifecycle
package import Store

/// Runs `JournalCheck` a while after the start, and then once a day. It takes a quarter of one processor's time at most, and no lock: the writer
/// doesn't wait for it.
///
/// Where the journal isn't the one that was published, signing and publishing stop at once, for good, and the service ends as it does
/// for every refusal of the register. Public files that are damaged beside a journal that holds are logged: `ledger rebuild` makes
/// them again.
package struct JournalCheckService: Service {
    private let sequencer: Sequencer
    private let check: JournalCheck
    private let doubt: JournalDoubt
    private let delay: Duration
    private let interval: Duration
    private let logger: Logger

    package init(
        sequencer: Sequencer, storage: any Storage, publicFolder: URL, delay: Duration = .seconds(10),
        interval: Duration = .seconds(86_400),
        logger: Logger
    ) {
        self.sequencer = sequencer
        self.delay = delay
        self.interval = interval
        self.logger = logger
        doubt = JournalDoubt(publicFolder: publicFolder.path, storage: storage)
        // Three times as long idle as at work.
        check = JournalCheck(storage: storage, publicFolder: publicFolder) { try await Task.sleep(for: $0 * 3) }
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await Task.sleep(for: self.delay)
                while true {
                    try await self.look()
                    try await Task.sleep(for: self.interval)
                }
            } catch is CancellationError {
                return
            }
        }
    }

    /// Throws the refusal that ends the service.
    package func look() async throws {
        do {
            // Its own refusals end the service by themselves.
            guard let published = try await sequencer.start() else { return }
            tell(try await compare(upTo: published))
        } catch let error as CancellationError {
            throw error
        } catch let refusal as SequencerRefusal {
            throw refusal
        } catch {
            // The disk's or the database's: whoever works with them meets it, too. Looked at again after the interval.
            logger.error("the journal could not be compared with what was published", metadata: ["error": "\(error)"])
        }
    }

    private func compare(upTo published: VerifiedCheckpoint) async throws -> JournalCheck.Outcome {
        do {
            return try await check.compare(upTo: published)
        } catch let refusal as SequencerRefusal {
            await sequencer.stop(for: refusal)
            logger.critical("the journal is not the one that was published: \(refusal)")
            do { try await doubt.raise(refusal) } catch {
                logger.error("this could not be noted for the next start", metadata: ["file": "\(doubt.file)", "error": "\(error)"])
            }
            throw refusal
        }
    }

    private func tell(_ outcome: JournalCheck.Outcome) {
        guard !outcome.damaged.isEmpty else {
            return logger.info("the journal is the published one", metadata: ["entries": "\(outcome.entries)"])
        }
        logger.error(
            "public files are damaged; the journal holds. Stop the service, run “appariteur ledger rebuild”, start it again",
            metadata: ["files": "\(outcome.damaged.prefix(20).joined(separator: ", "))", "all": "\(outcome.damaged.count)"])
    }
}
