package import Council
import Curl
import Foundation
package import Logging
import ServiceLifecycle
package import Store

/// Runs the queue: takes what is due, hands it to the relay, commits what the relay said.
///
/// Guarantees, whatever stops the process at whatever point: every message is tried until it is accepted, refused for good
/// or past its deadline; an acceptance that was seen is recorded with its journal entry; a message that may have been
/// accepted twice has an entry in the journal that says so.
package struct DeliveryService: Service {
    private let storage: any Storage
    private let courier: any Courier
    private let health: RelayHealth
    private let backoff: Backoff
    private let stop = AbortFlag()
    private let clock: WallClock
    private let logger: Logger
    private let grace: Duration

    /// - Parameter grace: how long attempts under way may go on after a graceful shutdown began, before they are cut off.
    package init(
        storage: any Storage, courier: any Courier, clock: WallClock, randomness: Randomness, logger: Logger,
        grace: Duration = .seconds(20)
    ) {
        self.storage = storage
        self.courier = courier
        self.clock = clock
        self.logger = logger
        self.grace = grace
        backoff = Backoff(randomness: randomness)
        health = RelayHealth(connections: courier.connections, backoff: backoff)
    }

    /// What a dead process left leased becomes due again, journalled as repeats. Once, before the first pass, under the data
    /// folder's lock. Returns how many.
    @discardableResult
    package func recoverLeases() async throws -> Int {
        let count = try await storage.recoverLeases(at: clock.now())
        if count > 0 {
            logger.warning("messages were under way when the last run ended; they are sent again", metadata: ["messages": "\(count)"])
        }
        return count
    }

    /// One pass: returns when nothing is due, or the relay is paused. All that was tried is recorded.
    @discardableResult
    package func deliverDue() async throws -> DeliveryTally {
        let tally = try await DeliveryPass(
            storage: storage, courier: courier, health: health, backoff: backoff, stop: stop, clock: clock, logger: logger
        ).run()
        if tally.total > 0 {
            logger.info(
                "queue pass done",
                metadata: [
                    "accepted": "\(tally.accepted)", "deferred": "\(tally.deferred)", "refused": "\(tally.refused)",
                    "unknown": "\(tally.unknown)",
                ])
        }
        return tally
    }

    /// Until a graceful shutdown: then nothing more is leased, attempts under way end (or are cut off after `grace`), and all
    /// outcomes are recorded. A fault of the store is logged and waited for.
    package func run() async throws {
        try await recoverLeases()
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await passUntilStopped()
            } onGracefulShutdown: {
                stop.raise()
            }
        } onCancel: {
            // No grace is left: attempts end now, and are recorded as what they are.
            stop.raise()
            courier.abort()
        }
    }

    private func passUntilStopped() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cutOffAfterGrace() }
            defer { group.cancelAll() }
            while !stop.isRaised {
                let wait = try await passed()
                guard !stop.isRaised else { break }
                await cancelWhenGracefulShutdown { await storage.awaitWork(.delivery, timeout: wait) }
            }
        }
    }

    private func cutOffAfterGrace() async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: grace)
            courier.abort()
        } catch {
            // Cancelled: the loop has ended before the grace did.
        }
    }

    /// Makes one pass; returns how long nothing will be due.
    private func passed() async throws -> Duration {
        do {
            try await deliverDue()
            return try await idleTime()
        } catch {
            guard !stop.isRaised else { throw error }
            logger.error("the queue can't be read or written; trying again in 10 s", metadata: ["error": "\(error)"])
            return .seconds(10)
        }
    }

    /// A minute at most, whatever the queue says: the wall clock may be set anew. Half a minute while the relay is paused:
    /// deadlines pass meanwhile.
    private func idleTime() async throws -> Duration {
        let now = clock.now()
        var wake = now + 60
        if let due = try await storage.nextDue() { wake = min(wake, due) }
        if let pause = health.pause(at: now) { wake = min(pause.until, now + 30) }
        return .milliseconds(Int64(max(0.1, wake.timeIntervalSince(now)) * 1000))
    }
}
