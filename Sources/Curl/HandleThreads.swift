import Dispatch
import Foundation
import Synchronization

/// Up to `count` OS threads for blocking calls, each with a `Handle` of its own, so that none of them ever blocks a thread of
/// the cooperative pool. Threads start when there is work for them; one that was idle for `idle` closes its handle and ends.
///
/// A handle is made by the job (it finds nil at first, or after it set nil), lives from job to job, and dies on its thread.
package final class HandleThreads<Handle: ~Copyable>: Sendable {
    package typealias Job = @Sendable (inout Handle?) -> Void

    /// What the threads share. They keep this, not the pool: so the pool's end can tell them to go.
    private final class Line: Sendable {
        struct State {
            var jobs: [Job] = []
            var threads = 0
            var waiting = 0
            var closed = false
        }
        let state = Mutex(State())
        let wake = DispatchSemaphore(value: 0)
        let idle: Duration

        init(idle: Duration) { self.idle = idle }

        /// The next job; nil: the thread is to end (and is no longer counted).
        func next() -> Job? {
            state.withLock { $0.waiting += 1 }
            while true {
                let timedOut = wake.wait(timeout: .now() + idle / .seconds(1)) == .timedOut
                let (job, goes): (Job?, Bool) = state.withLock { state in
                    if !state.jobs.isEmpty {
                        state.waiting -= 1
                        return (state.jobs.removeFirst(), false)
                    }
                    guard timedOut || state.closed else { return (nil, false) }
                    state.waiting -= 1
                    state.threads -= 1
                    return (nil, true)
                }
                if job != nil || goes { return job }
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
        let waiting = line.state.withLock { state in
            state.closed = true
            return state.waiting
        }
        for _ in 0..<waiting { line.wake.signal() }
    }

    /// Runs `body` on one of the threads and suspends until it has ended.
    package func run<Result: Sendable>(_ body: @escaping @Sendable (inout Handle?) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            enqueue { handle in continuation.resume(returning: body(&handle)) }
        }
    }

    private func enqueue(_ job: @escaping Job) {
        let needsThread = line.state.withLock { state in
            state.jobs.append(job)
            guard state.waiting < state.jobs.count, state.threads < count else { return false }
            state.threads += 1
            return true
        }
        line.wake.signal()
        if needsThread { startThread() }
    }

    private func startThread() {
        let thread = Thread { [line] in
            var handle: Handle?
            while let job = line.next() { job(&handle) }
            // The connection's QUIT is said here, on the thread that owned it.
            handle = nil
        }
        thread.name = name
        // OpenSSL and the resolver need little; the default of 8 MiB a thread is address space for nothing.
        thread.stackSize = 1 << 20
        thread.start()
    }
}
