import Council
import GRDB
import Logging
import Synchronization

/// The only writer. While one transaction is being synced, requests queue; the next transaction takes them all, each in
/// a savepoint, and is synced once. So the disk's few hundred syncs a second carry thousands of requests.
///
/// A caller is answered only after the commit that holds its work is durable. A crash before that leaves nothing of the
/// batch; a crash after it leaves all of it, answered or not. A request that has been queued is carried out even when
/// its caller's task is cancelled: the answer tells what was done.
final class GroupCommit: Sendable {
    private struct Request: Sendable {
        /// Does the work; returns what answers the caller once the work is durable.
        let perform: @Sendable (WriteTransaction) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct Waiting {
        var requests: [Request] = []
        var isDraining = false
    }

    private let pool: DatabasePool
    private let randomness: Randomness
    private let wakeUps: WakeUps
    private let waiting = Mutex(Waiting())

    init(pool: DatabasePool, randomness: Randomness, wakeUps: WakeUps) {
        self.pool = pool
        self.randomness = randomness
        self.wakeUps = wakeUps
    }

    /// Queues `work` and suspends until it is durable, or has failed and is undone.
    func write<T: Sendable>(_ work: @escaping @Sendable (WriteTransaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Request(
                    perform: { transaction in
                        let value = try work(transaction)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    /// Queues `work` that nobody waits for.
    func write(_ work: @escaping @Sendable (WriteTransaction) throws -> Void, onFailure: @escaping @Sendable (any Error) -> Void) {
        enqueue(
            Request(
                perform: { transaction in
                    try work(transaction)
                    return {}
                }, fail: onFailure))
    }

    private func enqueue(_ request: Request) {
        let mustStart = waiting.withLock { waiting in
            waiting.requests.append(request)
            defer { waiting.isDraining = true }
            return !waiting.isDraining
        }
        if mustStart { pool.asyncWriteWithoutTransaction { self.drain($0) } }
    }

    private func drain(_ db: Database) {
        while let batch = nextBatch() { commit(batch, on: db) }
    }

    private func nextBatch() -> [Request]? {
        waiting.withLock { waiting in
            guard !waiting.requests.isEmpty else {
                waiting.isDraining = false
                return nil
            }
            defer { waiting.requests = [] }
            return waiting.requests
        }
    }

    private func commit(_ batch: [Request], on db: Database) {
        let transaction = WriteTransaction(db: db, randomness: randomness)
        var answers: [@Sendable () -> Void] = []
        do {
            // IMMEDIATE: another process that writes is waited for here, before anything is read.
            try db.inTransaction(.immediate) {
                for request in batch {
                    switch try transaction.attempt(request.perform) {
                    case .success(let answer): answers.append(answer)
                    case .failure(let error): answers.append { request.fail(error) }
                    }
                }
                return .commit
            }
        } catch {
            // Nothing of this batch is in the database, and what one request was told may rest on another's work.
            for request in batch { request.fail(error) }
            return
        }
        wakeUps.wake(transaction.woken)
        for answer in answers { answer() }
    }
}
