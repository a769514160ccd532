import GRDB
import Synchronization

/// Who waits for work, and what has come since they last looked.
///
/// A wake-up that finds nobody waiting is kept for the next one who asks, so none is lost between a stage's look and its
/// wait. It is kept once: one loop a kind of work, as the services are built.
final class WakeUps: Sendable {
    private struct State {
        var pending: Set<Work> = []
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: (kind: Work, wake: CheckedContinuation<Void, Never>)] = [:]
        /// Cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
        /// `PRAGMA data_version` of the writing connection: it moves when another process commits.
        var dataVersion: Int
    }

    private let state: Mutex<State>

    init(dataVersion: Int) { state = Mutex(State(dataVersion: dataVersion)) }

    /// Wakes everyone who waits for one of these kinds.
    func wake(_ kinds: Set<Work>) {
        guard !kinds.isEmpty else { return }
        let woken = state.withLock { state in
            var woken: [CheckedContinuation<Void, Never>] = []
            for (id, waiter) in state.waiters where kinds.contains(waiter.kind) {
                woken.append(waiter.wake)
                state.waiters[id] = nil
            }
            // A waiter that has timed out at this very moment must not swallow it: it stays pending, and the one that
            // wakes takes it away.
            state.pending.formUnion(kinds)
            return woken
        }
        for waiter in woken { waiter.resume() }
    }

    /// True when work of this kind came since the last call for this kind.
    func takePending(_ kind: Work) -> Bool {
        state.withLock { $0.pending.remove(kind) != nil }
    }

    /// Wakes all when another process has committed since the last look.
    func note(dataVersion: Int) {
        let moved = state.withLock { state in
            defer { state.dataVersion = dataVersion }
            return state.dataVersion != dataVersion
        }
        if moved { wake(Set(Work.allCases)) }
    }

    /// Suspends until a wake-up, the time's end, or the task's cancellation.
    func wait(_ kind: Work, atMost time: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wakeUp(kind) }
            // The only error is cancellation, which ends the wait as well.
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wakeUp(_ kind: Work) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil || state.pending.contains(kind) { return true }
                    state.waiters[id] = (kind, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.wake.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }
}
