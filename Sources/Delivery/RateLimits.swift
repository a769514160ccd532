package import Foundation
import Synchronization

/// How many messages may leave in any second, minute, hour and day. Nil: any number.
package struct RateLimits: Hashable, Sendable {
    package var perSecond: Int?
    package var perMinute: Int?
    package var perHour: Int?
    package var perDay: Int?

    package init(perSecond: Int? = nil, perMinute: Int? = nil, perHour: Int? = nil, perDay: Int? = nil) {
        self.perSecond = perSecond
        self.perMinute = perMinute
        self.perHour = perHour
        self.perDay = perDay
    }

    package static let none = RateLimits()

    package var isEmpty: Bool { self == .none }

    /// The longest window of these, in seconds: what has to be remembered over a restart.
    var memory: TimeInterval { perDay != nil ? 86_400 : perHour != nil ? 3600 : perMinute != nil ? 60 : perSecond != nil ? 1 : 0 }

    fileprivate var windows: [(count: Int, seconds: TimeInterval)] {
        [(perSecond, 1), (perMinute, 60), (perHour, 3600), (perDay, 86_400)].compactMap { count, seconds in count.map { ($0, seconds) } }
    }
}

/// Keeps one relay's limits, over all its connections: asked at the last moment before a message is handed over.
///
/// Exact, not averaged: in *no* span of that length more than the number leaves, since that is how providers count. A message
/// that was let through counts, whatever comes of it.
package final class RateLimiter: Sendable {
    private struct Window {
        let seconds: TimeInterval
        /// When the last `count` messages left, as a ring: the oldest is at `next` once it is full.
        var times: [Double] = []
        let count: Int
        var next = 0

        /// From when on one more may leave.
        var opens: Double { times.count < count ? -.infinity : times[next] + seconds }

        mutating func note(_ time: Double) {
            if times.count < count {
                times.append(time)
            } else {
                times[next] = time
                next = (next + 1) % count
            }
        }

        var newest: Double { times.isEmpty ? -.infinity : times[(next + times.count - 1) % times.count] }
    }

    private struct State {
        var relay: [Window]
        var domains: [String: [Window]] = [:]
        /// The clock as it was last seen, and what is added to it since it was set back: a limit isn't outwitted by the clock.
        var last = -Double.infinity
        var shift = 0.0
    }

    private let state: Mutex<State>
    private let perDomain: RateLimits
    private let relay: RateLimits

    package init(relay: RateLimits = .none, perDomain: RateLimits = .none) {
        self.relay = relay
        self.perDomain = perDomain
        state = Mutex(State(relay: Self.windows(relay)))
    }

    /// How far back it has to know what left.
    var memory: TimeInterval { max(relay.memory, perDomain.memory) }

    /// What left before this process began, oldest first.
    func remember(_ handovers: [(at: Date, domain: String)]) {
        state.withLock { state in
            for handover in handovers { note(&state, handover.at.timeIntervalSinceReferenceDate, handover.domain) }
        }
    }

    /// Nil: it may leave now, and counts from now on. Otherwise: not before then.
    package func take(_ domain: String, at now: Date) -> Date? {
        guard !(relay.isEmpty && perDomain.isEmpty) else { return nil }
        return state.withLock { state in
            let time = Self.time(&state, now)
            let opens = (state.relay + (state.domains[domain] ?? [])).map(\.opens).max() ?? -.infinity
            guard opens <= time else { return Date(timeIntervalSinceReferenceDate: opens - state.shift) }
            note(&state, time, domain)
            return nil
        }
    }

    /// From when on the relay takes one more message for whatever domain; nil: now.
    package func opens(at now: Date) -> Date? {
        guard !relay.isEmpty else { return nil }
        return state.withLock { state in
            let time = Self.time(&state, now)
            let opens = state.relay.map(\.opens).max() ?? -.infinity
            return opens <= time ? nil : Date(timeIntervalSinceReferenceDate: opens - state.shift)
        }
    }

    private func note(_ state: inout State, _ time: Double, _ domain: String) {
        for index in state.relay.indices { state.relay[index].note(time) }
        guard !perDomain.isEmpty else { return }
        // Domains that nothing left for in the longest window have nothing to be counted.
        if state.domains.count >= 1_000, state.domains[domain] == nil {
            state.domains = state.domains.filter { $0.value.contains { $0.newest + perDomain.memory > time } }
        }
        var windows = state.domains[domain] ?? Self.windows(perDomain)
        for index in windows.indices { windows[index].note(time) }
        state.domains[domain] = windows
    }

    private static func windows(_ limits: RateLimits) -> [Window] {
        limits.windows.map { Window(seconds: $0.seconds, count: $0.count) }
    }

    private static func time(_ state: inout State, _ now: Date) -> Double {
        var time = now.timeIntervalSinceReferenceDate + state.shift
        // More than a second: not two threads that looked at the clock one after the other.
        if time < state.last - 1 {
            state.shift += state.last - time
            time = state.last
        }
        state.last = max(state.last, time)
        return time
    }
}
