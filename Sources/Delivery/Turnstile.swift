import Synchronization

/// Lets as many messages to the courier as have a connection, in order; and as many again while the relay answers at once, so that
/// each connection finds its next message waiting. What waits for a slow relay is left outside, where it can still be looked up
/// whether it is to go.
final class Turnstile: Sendable {
    private struct State {
        var inside = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// How long a message has taken lately.
        var usual = Duration.seconds(1)
    }

    /// A relay that takes longer has the next message in good time all the same.
    private static let quick = Duration.milliseconds(50)

    private let connections: Int
    private let state = Mutex(State())

    init(connections: Int) { self.connections = connections }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.waiting.isEmpty, state.inside < capacity(state) else {
                    state.waiting.append(continuation)
                    return false
                }
                state.inside += 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// - Parameter took: how long the message was inside.
    func leave(after took: Duration) {
        let next: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.usual = (state.usual * 3 + took) / 4
            state.inside -= 1
            let count = min(max(0, capacity(state) - state.inside), state.waiting.count)
            defer { state.waiting.removeFirst(count) }
            state.inside += count
            return Array(state.waiting.prefix(count))
        }
        for continuation in next { continuation.resume() }
    }

    private func capacity(_ state: State) -> Int { state.usual < Self.quick ? 4 * connections : connections }
}
