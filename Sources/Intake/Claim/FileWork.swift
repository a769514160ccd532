import Dispatch

/// A thread of its own for the intake's actor: looking into folders and copying gigabytes blocks, and must not hold one of
/// the few threads that everything else shares.
final class FileWork: SerialExecutor {
    private let queue = DispatchQueue(label: "appariteur.intake")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
