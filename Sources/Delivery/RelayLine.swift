import Foundation
import Store

/// One relay in its place among several: who hands over, how it fares, and how much it may be given.
package struct RelayLine: Sendable {
    package let courier: any Courier
    package let limiter: RateLimiter
    let health: RelayHealth

    package init(_ courier: any Courier, limiter: RateLimiter = RateLimiter(), backoff: Backoff) {
        self.courier = courier
        self.limiter = limiter
        health = RelayHealth(connections: courier.connections, backoff: backoff)
    }

    /// A limit that opens sooner than this is waited for rather than left to another relay.
    static let patience: TimeInterval = 5

    /// From when on it can be given messages again; nil: now.
    func restsUntil(at now: Date) -> Date? {
        if let pause = health.pause(at: now) { return pause.until }
        return limiter.opens(at: now).flatMap { $0.timeIntervalSince(now) > Self.patience ? $0 : nil }
    }
}

/// The relays in the order in which they are to be used: the first that is fit has it all; the next one takes over while it isn't.
struct RelayLines: Sendable {
    let lines: [RelayLine]

    /// Nil: none can be given anything now.
    func first(at now: Date) -> (index: Int, line: RelayLine)? {
        lines.enumerated().first { $0.element.restsUntil(at: now) == nil }.map { ($0.offset, $0.element) }
    }

    /// The earliest that one of them can be given messages; nil: one can now.
    func restUntil(at now: Date) -> Date? {
        var earliest: Date?
        for line in lines {
            guard let until = line.restsUntil(at: now) else { return nil }
            earliest = min(earliest ?? until, until)
        }
        return earliest
    }

    func abort() { for line in lines { line.courier.abort() } }
}
