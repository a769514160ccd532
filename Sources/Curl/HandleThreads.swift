import Dispatch
import Foundation
import Synchronization

/// Up to `count` OS threads for blocking calls, each with a `Handle` of its own, so that none of them ever blocks a thread of
/// the cooperative pool. Threads start when there is work for them; one that was idle for `idle` closes its handle and ends. Work
/// goes to a thread that has a handle, the one that was used last, so that as few as possible are in use.
///
/// A handle is made by the job (it finds nil at first, or after it set nil), lives from job to job, and dies on its thread.
package final class HandleThreads<Handle: ~Copyable>: Sendable {
    package typealias Job = @Sendable (inout Handle?) -> Void

    /// What the threads share. They keep this, not the pool: so the pool's end can tell them to go.
    private final class Line: Sendable {
        /// A thread without work.
        final class Waiter: Sendable {
            let wake = DispatchSemaphore(value: 0)
            /// Handed to it before it is woken.
            let job = Mutex<Job?>(nil)
        }

        struct State {
            var jobs: [Job] = []
            var threads = 0
            /// The last one gets the next job. Those with a handle behind those without: the others of a relay's connections would
            /// only count against how many it allows at once.
            var waiters: [Waiter] = []
            var closed = false
        }
        let state = Mutex(State())
        let idle: Duration

        init(idle: Duration) { self.idle = idle }

        /// The next job; nil: the thread is to end (and is no longer counted).
        func next(holdsHandle: Bool) -> Job? {
            let waiter = Waiter()
            let (job, ends): (Job?, Bool) = state.withLock { state in
                if !state.jobs.isEmpty { return (state.jobs.removeFirst(), false) }
                if state.closed {
                    state.threads -= 1
                    return (nil, true)
                }
                state.waiters.insert(waiter, at: holdsHandle ? state.waiters.endIndex : 0)
                return (nil, false)
            }
            if job != nil || ends { return job }
            _ = waiter.wake.wait(timeout: .now() + idle / .seconds(1))
            return state.withLock { state in
                // Perhaps at the last moment.
                if let job = waiter.job.withLock({ $0 }) { return job }
                state.waiters.removeAll { $0 === waiter }
                state.threads -= 1
                return nil
            }
        }
    }

    private let line: Line
    private let count: Int
    private let name: String

    package init(count: Int, name: String, idle: Duration) {
        precondition(count > 0, "a pool needs a thread")
        self.line = Line(idle: idle)
        self.count = count
        self.name = name
    }

    /// Idle threads end at once; a `run` under way holds the pool, so none is cut off.
    deinit {
        let waiters = line.state.withLock { state in
            state.closed = true
            return state.waiters
        }
        for waiter in waiters { waiter.wake.signal() }
    }

    /// Runs `body` on one of the threads and suspends until it has ended.
    package func run<Result: Sendable>(_ body: @escaping @Sendable (inout Handle?) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            enqueue { handle in continuation.resume(returning: body(&handle)) }
        }
    }

    private func enqueue(_ job: @escaping Job) {
        let (waiter, needsThread): (Line.Waiter?, Bool) = line.state.withLock { state in
            if let waiter = state.waiters.popLast() {
                waiter.job.withLock { $0 = job }
                return (waiter, false)
            }
            state.jobs.append(job)
            guard state.threads < count else { return (nil, false) }
            state.threads += 1
            return (nil, true)
        }
        waiter?.wake.signal()
        if needsThread { startThread() }
    }

    private func startThread() {
        let thread = Thread { [line] in
            var handle: Handle?
            while let job = line.next(holdsHandle: handle != nil) { job(&handle) }
            // The connection's QUIT is said here, on the thread that owned it.
            handle = nil
        }
        thread.name = name
        // OpenSSL and the resolver need little; the default of 8 MiB a thread is address space for nothing.
        thread.stackSize = 1 << 20
        thread.start()
    }
}
