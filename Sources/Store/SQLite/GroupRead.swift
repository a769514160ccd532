import GRDB
import Synchronization

/// Small reads that come by the thousand (one per click) share one look into the database, as `GroupCommit` shares a
/// sync. A look begins after all that it carries was asked for, so each caller sees every commit that it knows of.
final class GroupRead: Sendable {
    private struct Waiting {
        var requests: [@Sendable (Result<Database, any Error>) -> Void] = []
        var isLooking = false
    }

    private let pool: DatabasePool
    private let waiting = Mutex(Waiting())

    init(pool: DatabasePool) { self.pool = pool }

    /// Not cut short when the caller's task is cancelled: a click that has arrived is still recorded.
    func read<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let mustLook = waiting.withLock { waiting in
                waiting.requests.append { access in continuation.resume(with: access.flatMap { db in Result { try work(db) } }) }
                defer { waiting.isLooking = true }
                return !waiting.isLooking
            }
            if mustLook { look() }
        }
    }

    private func look() {
        pool.asyncRead { access in
            for request in self.waiting.withLock({ waiting in
                defer { waiting.requests = [] }
                return waiting.requests
            }) { request(access) }
            // Another transaction for whoever came meanwhile: this one might be too old for them.
            let mustLook = self.waiting.withLock { waiting in
                waiting.isLooking = !waiting.requests.isEmpty
                return waiting.isLooking
            }
            if mustLook { self.look() }
        }
    }
}
