import Synchronization

/// Lets one sleeper be woken early. Rung while nobody sleeps, it wakes the next one at once.
final class Bell: Sendable {
    private enum State {
        case silent, rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.silent)

    func ring() {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .awaited(let sleeper) = state else {
                state = .rung
                return nil
            }
            state = .silent
            return sleeper
        }
        sleeper?.resume()
    }

    /// Returns when it rings, or when `limit` has passed; throws when the task is cancelled. One sleeper at a time.
    func wait(atMost limit: Duration) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.heard() }
            group.addTask {
                // Cancelled: the other one heard it, or the whole task ends; both are looked at behind the group.
                try? await Task.sleep(for: limit)
            }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    private func heard() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state -> Bool in
                    if case .rung = state {
                        state = .silent
                        return true
                    }
                    // A cancellation that came before finds nobody to wake: it must be seen here.
                    if Task.isCancelled { return true }
                    state = .awaited(continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard case .awaited(let sleeper) = state else { return nil }
                state = .silent
                return sleeper
            }
            sleeper?.resume()
        }
    }
}
