import Council
import GRDB
import Logging
import Synchronization

/// The only writer. While one transaction is being synced, requests queue; the next transaction takes them all and is synced
/// once, so that the disk's few hundred syncs a second carry thousands of requests. Where one of them fails, all are undone and
/// done again, each under a savepoint of its own.
///
/// A caller is answered only after the commit that holds its work is durable. A crash before that leaves nothing of the
/// batch; a crash after it leaves all of it, answered or not. A request that has been queued is carried out even when
/// its caller's task is cancelled: the answer tells what was done.
final class GroupCommit: Sendable {
    private struct Request: Sendable {
        /// Does the work; returns what answers the caller once the work is durable. Done once more when the transaction that it was
        /// part of is undone for another's sake: it changes nothing but the database.
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
        do {
            let (answers, woken) = try together(batch, on: db) ?? apart(batch, on: db)
            wakeUps.wake(woken)
            for answer in answers { answer() }
        } catch {
            // Nothing of this batch is in the database, and what one request was told may rest on another's work.
            for request in batch { request.fail(error) }
        }
    }

    private typealias Done = (answers: [@Sendable () -> Void], woken: Set<Work>)

    /// All of them in one transaction without savepoints: each would keep a copy of every page that is written under it. Nil: one
    /// failed among several, and all are undone.
    private func together(_ batch: [Request], on db: Database) throws -> Done? {
        let transaction = WriteTransaction(db: db, randomness: randomness)
        var answers: [@Sendable () -> Void] = []
        var failure: (any Error)?
        // IMMEDIATE: another process that writes is waited for here, before anything is read.
        try db.inTransaction(.immediate) {
            for request in batch {
                do {
                    answers.append(try request.perform(transaction))
                    try transaction.finish()
                } catch {
                    failure = error
                    return .rollback
                }
            }
            return .commit
        }
        guard let failure else { return (answers, transaction.woken) }
        if batch.count == 1 { throw failure }
        return nil
    }

    /// Each of them under a savepoint of its own: what fails undoes its own work and nothing else.
    private func apart(_ batch: [Request], on db: Database) throws -> Done {
        let transaction = WriteTransaction(db: db, randomness: randomness)
        var answers: [@Sendable () -> Void] = []
        try db.inTransaction(.immediate) {
            for request in batch {
                switch try transaction.attempt(request.perform) {
                case .success(let answer): answers.append(answer)
                case .failure(let error): answers.append { request.fail(error) }
                }
            }
            return .commit
        }
        return (answers, transaction.woken)
    }
}
