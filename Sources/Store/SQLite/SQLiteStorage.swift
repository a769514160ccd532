import Council
import Foundation
import GRDB
import Logging

/// The embedded store: one SQLite file, write-ahead log, every commit synced.
///
/// Guarantees, beside those of `Storage`:
/// - all changes go through one writer (`GroupCommit`), so entries are in the order of their commits;
/// - several processes may have the file open: each waits up to ten seconds for another's transaction, and takes journal
///   numbers inside its own;
/// - constraints and triggers in the file (`Schema`) refuse what must never happen, whoever asks.
package final class SQLiteStorage: Storage {
    let pool: DatabasePool
    let writer: GroupCommit
    private let clicks: GroupRead
    let wakeUps: WakeUps
    let drafts = DraftCache()
    let repeats = RepeatedAccesses()
    let logger: Logger
    /// What the pool reads, where it isn't the original: kept for as long as this value lives.
    private let copy: DatabaseCopy?

    /// How long another process's commit may go unnoticed by `awaitWork`.
    private static let otherProcessInterval = Duration.milliseconds(500)

    /// `dataVersion`: of the writing connection, read before anyone could look for work.
    init(pool: DatabasePool, dataVersion: Int, randomness: Randomness, logger: Logger, copy: DatabaseCopy? = nil) {
        self.pool = pool
        self.logger = logger
        self.copy = copy
        wakeUps = WakeUps(dataVersion: dataVersion)
        clicks = GroupRead(pool: pool)
        writer = GroupCommit(pool: pool, randomness: randomness, wakeUps: wakeUps)
    }

    func read<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        let work = located(work)
        do { return try await pool.read(work) } catch { throw named(error) }
    }

    /// For what each click reads.
    func readInGroup<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        let work = located(work)
        do { return try await clicks.read(work) } catch { throw named(error) }
    }

    func write<T: Sendable>(_ work: @escaping @Sendable (WriteTransaction) throws -> T) async throws -> T {
        let work = located(work)
        do { return try await writer.write(work) } catch { throw named(error) }
    }

    /// A damaged page or frame of the log is told by its place, known on the thread that met it; other failures as they are.
    private func located<Access, T>(
        _ work: @escaping @Sendable (Access) throws -> T
    ) -> @Sendable (Access) throws -> T {
        let path = pool.path
        return { access in
            do { return try work(access) } catch { throw PageSums.damage(in: path, error, isHere: true) ?? error }
        }
    }

    /// The same where a transaction begins or ends.
    func named(_ error: any Error) -> any Error { PageSums.damage(in: pool.path, error, isHere: false) ?? error }

    package func awaitWork(_ kind: Work, timeout: Duration) async {
        let end = ContinuousClock.now + timeout
        while !Task.isCancelled {
            if wakeUps.takePending(kind) { return }
            let left = end - ContinuousClock.now
            guard left > .zero else { return }
            await wakeUps.wait(kind, atMost: min(left, Self.otherProcessInterval))
            if wakeUps.takePending(kind) { return }
            await lookAtOtherProcesses()
        }
    }

    /// Our own commits don't move the writing connection's `data_version`; those of others do.
    private func lookAtOtherProcesses() async {
        await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [wakeUps, logger] db in
                do {
                    let version = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA data_version")) ?? 0
                    wakeUps.note(dataVersion: version)
                } catch {
                    // The stages look and meet the fault themselves.
                    logger.error("cannot see whether another process has written", metadata: ["error": "\(error)"])
                    wakeUps.wake(Set(Work.allCases))
                }
                continuation.resume()
            }
        }
    }
}
