import Foundation
import GRDB
import Logging
import Synchronization

/// An access that the journal already has.
struct KnownAccess: Sendable {
    let row: Int64
    let first: Date
}

/// Counts of repeated accesses that are not in the database yet. They are no evidence: a crash may lose the last of
/// them, and whoever holds one valid link can't make the disk work for each of their clicks.
final class RepeatedAccesses: Sendable {
    static let sql = "UPDATE access SET count = count + ?, last_at = max(last_at, ?) WHERE id = ?"

    private struct Count {
        var more: Int64
        var lastAt: Int64
    }

    private let counts = Mutex<[Int64: Count]>([:])

    /// True for the first one since the counts were taken: who adds it asks for them to be written.
    func add(_ access: KnownAccess, at instant: Date) -> Bool {
        counts.withLock { counts in
            let isFirst = counts.isEmpty
            var count = counts[access.row] ?? Count(more: 0, lastAt: .min)
            count.more += 1
            count.lastAt = max(count.lastAt, instant.milliseconds)
            counts[access.row] = count
            return isFirst
        }
    }

    /// Counts on their way into the database: taken once, however often they are written.
    final class Taken: Sendable {
        private let kept = Mutex<[(row: Int64, more: Int64, lastAt: Int64)]?>(nil)

        func counts(from repeats: RepeatedAccesses) -> [(row: Int64, more: Int64, lastAt: Int64)] {
            kept.withLock { kept in
                let counts = kept ?? repeats.take()
                kept = counts
                return counts
            }
        }
    }

    private func take() -> [(row: Int64, more: Int64, lastAt: Int64)] {
        counts.withLock { counts in
            defer { counts.removeAll(keepingCapacity: true) }
            return counts.map { ($0.key, $0.value.more, $0.value.lastAt) }
        }
    }
}

extension SQLiteStorage {
    func count(_ access: KnownAccess, at instant: Date) {
        guard repeats.add(access, at: instant) else { return }
        let taken = RepeatedAccesses.Taken()
        writer.write { [repeats] transaction in
            for (row, more, lastAt) in taken.counts(from: repeats) { try transaction.execute(RepeatedAccesses.sql, [more, lastAt, row]) }
        } onFailure: { [logger] error in
            logger.error("repeated accesses were not counted", metadata: ["error": "\(error)"])
        }
    }
}
