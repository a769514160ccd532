package import Council
package import Foundation

/// When to try again: exponential, with jitter, so that what failed together doesn't come back together.
package struct Backoff: Sendable {
    let randomness: Randomness

    package init(randomness: Randomness) { self.randomness = randomness }

    /// The wait after attempt `attempt` (from 1): 30 s to 1 min after the first, doubling, 15 min at most.
    package func delay(after attempt: Int) -> TimeInterval { spread(from: 30, doublings: attempt - 1, to: 450) }

    /// How long the relay is left in peace after the `count`-th fault in a row (from 1).
    package func pause(after count: Int, _ fault: RelayFault) -> TimeInterval {
        switch fault {
        // Nobody mends a setting within seconds, and failed logins lead to blocked accounts.
        case .configuration: spread(from: 60, doublings: count - 1, to: 450)
        case .unreachable, .busy: spread(from: 5, doublings: count - 1, to: 150)
        }
    }

    /// The next attempt at a message. Where it would come after the deadline, one more is made half-way to it; too close to
    /// it, at the deadline itself, when the store gives the message up and tells the clerk.
    package func retry(after attempt: Int, at now: Date, before deadline: Date?) -> Date {
        let planned = now + delay(after: attempt)
        guard let deadline, planned >= deadline else { return planned }
        let left = deadline.timeIntervalSince(now)
        return left >= 60 ? now + left / 2 : max(now, deadline)
    }

    /// The next attempt at a mail to the clerk that was refused for good: 5 to 10 minutes later at first, 2 to 4 hours in the end.
    package func insistently(after attempt: Int, at now: Date) -> Date { now + spread(from: 300, doublings: attempt - 1, to: 7200) }

    /// A little later than `instant`, each time a little differently.
    package func shortly(after instant: Date) -> Date { instant + 5 * fraction() }

    /// From the doubled base to twice that, so that jitter is there at the cap as well.
    private func spread(from base: TimeInterval, doublings: Int, to cap: TimeInterval) -> TimeInterval {
        min(cap, base * pow(2, Double(min(max(doublings, 0), 20)))) * (1 + fraction())
    }

    /// In 0..<1.
    private func fraction() -> Double { Double(randomness.uint64() >> 11) / Double(1 << 53) }
}
