package import Foundation
package import Store
import Synchronization

/// Whether the relay is fit to be spoken to, and with how many messages at once.
///
/// A fault of the relay's own would meet every message alike: one is enough to know. So the first pauses the relay; after the
/// pause one message probes it; each success doubles what may be under way. A relay that is `busy`, or strained, gets half of what it had,
/// and one more after each hundred successes: it may allow fewer connections than are configured.
package final class RelayHealth: Sendable {
    package struct Pause: Hashable, Sendable {
        package let until: Date
        package let fault: RelayFault
        package let reply: String
        package let cause: RelayTrouble.Cause
        /// When the first of the faults came that lie between it and the last success.
        package let since: Date
        /// No passing fault: a refusal came again after a pause, or the relay hasn't taken anything for half an hour.
        package let isLasting: Bool
    }

    /// What is worth a line in the log.
    package enum Change: Hashable, Sendable {
        case paused(Pause)
        case resumed
    }

    private struct State {
        /// Pauses in a row, and lost replies in a row.
        var faults = 0
        var unknowns = 0
        var pause: Pause?
        var pausedAt = Date.distantPast
        /// How many messages may be under way now, and at most.
        var allowance: Int
        var ceiling: Int
        var successes = 0
        var strains = 0
        /// Of the first fault in a row.
        var failingSince: Date?
        /// It was told that nothing is taken: a success has to be told as well.
        var isInTrouble = false

        /// A clock that shows less than when it began has been set back since: it must not keep the relay at rest for as long again.
        func pause(at now: Date) -> Pause? { pause.flatMap { now < $0.until && now >= pausedAt ? $0 : nil } }
    }

    private static let patience: TimeInterval = 1_800

    private let state: Mutex<State>
    private let connections: Int
    private let backoff: Backoff

    package init(connections: Int, backoff: Backoff) {
        self.connections = connections
        self.backoff = backoff
        state = Mutex(State(allowance: connections, ceiling: connections))
    }

    /// The pause in force.
    package func pause(at now: Date) -> Pause? {
        state.withLock { $0.pause(at: now) }
    }

    /// How many messages may be under way; nil: all connections may be busy, and some messages leased ahead.
    package var limit: Int? {
        state.withLock { $0.allowance < connections ? $0.allowance : nil }
    }

    /// An earlier run told that this relay takes nothing.
    func recallTrouble() { state.withLock { $0.isInTrouble = true } }

    package func note(_ answer: CourierAnswer, at now: Date) -> Change? {
        state.withLock { state in
            if let fault = answer.relayFault { return fail(&state, fault, answer.cause ?? .refusal, answer.reply, at: now) }
            if answer.isStrained { return strain(&state, answer.reply, at: now) }
            if answer.verdict == .unknown {
                // One lost reply says little; a relay that takes bodies and never answers would fill mailboxes with repeats.
                state.unknowns += 1
                return state.unknowns >= 3 ? fail(&state, .unreachable, .unreachable, answer.reply, at: now) : nil
            }
            return succeed(&state, at: now)
        }
    }

    /// It gets half of what it had; five times without a success between them, and it is left in peace.
    private func strain(_ state: inout State, _ reply: String, at now: Date) -> Change? {
        state.strains += 1
        if state.strains >= 5 { return fail(&state, .busy, .busy, reply, at: now) }
        state.ceiling = max(1, state.allowance / 2)
        state.allowance = state.ceiling
        state.successes = 0
        return nil
    }

    private func fail(
        _ state: inout State, _ fault: RelayFault, _ cause: RelayTrouble.Cause, _ reply: String, at now: Date
    ) -> Change? {
        // Connections that fail together are one fault.
        if state.pause(at: now) != nil { return nil }
        state.faults += 1
        if fault == .busy { state.ceiling = max(1, state.allowance / 2) }
        state.allowance = 1
        state.successes = 0
        state.strains = 0
        let since = state.failingSince ?? now
        state.failingSince = since
        let isLasting = fault == .configuration ? state.faults >= 2 : now.timeIntervalSince(since) >= Self.patience
        if isLasting { state.isInTrouble = true }
        let pause = Pause(
            until: now + backoff.pause(after: state.faults, fault), fault: fault, reply: reply, cause: cause, since: since,
            isLasting: isLasting)
        state.pause = pause
        state.pausedAt = now
        return .paused(pause)
    }

    /// Any reply that concerned a message alone shows that the relay is there.
    private func succeed(_ state: inout State, at now: Date) -> Change? {
        state.unknowns = 0
        state.strains = 0
        // What was under way when the pause began: it ends a doubt about the line, not a relay's wish or a wrong setting.
        if let pause = state.pause(at: now), pause.fault != .unreachable { return nil }
        state.successes += 1
        if state.successes % 100 == 0 { state.ceiling = min(connections, state.ceiling + 1) }
        state.allowance = min(state.ceiling, state.allowance * 2)
        state.faults = 0
        state.failingSince = nil
        let isNews = state.pause != nil || state.isInTrouble
        state.pause = nil
        state.isInTrouble = false
        return isNews ? .resumed : nil
    }
}
