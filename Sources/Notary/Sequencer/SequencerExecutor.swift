import Dispatch

/// Runs an actor's work on a thread that may block: syncing files takes milliseconds, and Swift's own threads, as many as
/// processors, have requests to answer.
final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
