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
    private let relays: RelayLines
    private let policy: UnknownPolicy
    private let backoff: Backoff
    private let stop = AbortFlag()
    private let clock: WallClock
    private let logger: Logger
    private let grace: Duration
    private let begun: BegunAttempts?

    /// - Parameters:
    ///   - couriers: one for each relay, in the order in which they are to be used, with its limits.
    ///   - policy: what becomes of a message of unknown outcome.
    ///   - begun: where it is noted what has begun to leave; nil: all that was leased when the process ended is in doubt.
    ///   - grace: how long attempts under way may go on after a graceful shutdown began, before they are cut off.
    package init(
        storage: any Storage, couriers: [(courier: any Courier, limiter: RateLimiter)], policy: UnknownPolicy = .resend, clock: WallClock,
        randomness: Randomness, logger: Logger, begun: BegunAttempts? = nil, grace: Duration = .seconds(20)
    ) {
        self.storage = storage
        self.policy = policy
        self.clock = clock
        self.logger = logger
        self.grace = grace
        self.begun = begun
        let backoff = Backoff(randomness: randomness)
        self.backoff = backoff
        relays = RelayLines(lines: couriers.map { RelayLine($0.courier, limiter: $0.limiter, backoff: backoff) })
    }

    /// What a dead process left leased becomes due again; what it had begun to send, or may have, is journalled as a repeat. Once,
    /// before the first pass, under the data folder's lock. Returns how many may have left.
    @discardableResult
    package func recoverLeases() async throws -> Int {
        let now = clock.now()
        let count = try await storage.recoverLeases(at: now, policy: policy, begun: begun?.recall())
        begun?.restart()
        if count > 0 {
            logger.warning(
                "messages were under way when the last run ended; nobody knows whether the relay has them",
                metadata: ["messages": "\(count)", "they": policy == .resend ? "are sent again" : "wait for the clerk"])
        }
        try await rememberHandovers(at: now)
        try await rememberTroubles(at: now)
        return count
    }

    /// What an earlier run said of a relay stands until it takes a message; of one that is no longer configured, it is over.
    private func rememberTroubles(at now: Date) async throws {
        for relay in Set(try await storage.relayTroubles().map(\.relay)) {
            if let line = relays.lines.first(where: { $0.courier.address == relay }) {
                line.health.recallTrouble()
            } else {
                try await storage.endTroubles(of: relay, at: now)
            }
        }
    }

    /// A limit per hour or day counts what left before this start, too.
    private func rememberHandovers(at now: Date) async throws {
        let memory = relays.lines.map(\.limiter.memory).max() ?? 0
        guard memory > 0 else { return }
        let handovers = try await storage.handovers(since: now - memory)
        for line in relays.lines {
            line.limiter.remember(handovers.filter { $0.relay == line.courier.address }.map { ($0.at, $0.domain) })
        }
    }

    /// One pass: returns when nothing is due, or the relay is paused. All that was tried is recorded.
    @discardableResult
    package func deliverDue() async throws -> DeliveryTally {
        guard let (index, _) = relays.first(at: clock.now()) else {
            // No relay takes anything now; what is too late must be seen to be all the same.
            _ = try await storage.lease(limit: 0, at: clock.now())
            return DeliveryTally()
        }
        let tally = try await DeliveryPass(
            storage: storage, relays: relays, policy: policy, backoff: backoff, stop: stop, clock: clock, logger: logger, begun: begun,
            index: index
        ).run()
        // All that was leased is recorded.
        begun?.restart()
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
            relays.abort()
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
            relays.abort()
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

    /// A minute at most, whatever the queue says: the wall clock may be set anew. Half a minute while no relay is fit: deadlines
    /// pass meanwhile.
    private func idleTime() async throws -> Duration {
        let now = clock.now()
        var wake = now + 60
        if let newest = try await storage.newestTime(), ClockRule.isBehind(now, newest: newest) {
            // The clock is behind: what is due for members waits until it is set; what the clerk is told doesn't wait long.
            wake = now + 10
        } else if let due = try await storage.nextDue() {
            wake = min(wake, due)
        }
        if let until = relays.restUntil(at: now) { wake = min(until, now + 30) }
        return .milliseconds(Int64(max(0.1, wake.timeIntervalSince(now)) * 1000))
    }
}
