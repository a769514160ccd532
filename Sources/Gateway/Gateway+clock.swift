import Council
package import Foundation
import Ledger
import Logging
import Notary
import ServiceLifecycle
import Store

extension Gateway {
    /// How far the clock may be after all that is known to have been, before something is erased for ever by it.
    private static let longestQuiet: TimeInterval = 60 * 86_400

    /// Nil: nothing gainsays the clock. A register that has been quiet for so long is told too: a person must look.
    ///
    /// Entries vouch for the clock only as far as they lead to it without a leap: those that a clock makes which is years ahead are of its
    /// own time, and vouch for nothing until somebody says that it was checked.
    package func clockLeap(at now: Date) async throws -> ClockLeap? {
        let stamped = try await KnownTimestamp.newest(in: storage)?.time
        if let known = try await vouched(since: stamped), now > known + Self.longestQuiet {
            return ClockLeap(now: now, known: known, isTimestamp: known == stamped)
        }
        guard let stamped, now > stamped + Self.longestQuiet else { return nil }
        return ClockLeap(now: now, known: stamped, isTimestamp: true)
    }

    /// The newest time that entries since the last check of the clock lead to, none of them so long after those before it and `stamped`.
    private func vouched(since stamped: Date?) async throws -> Date? {
        var known = stamped
        var next: UInt64 = 0
        if let check = try await storage.journal(matching: JournalQuery(types: [.clockChecked])).last {
            known = [stamped, Self.time(of: check)].compactMap { $0 }.max()
            next = check.seq + 1
        }
        while true {
            let rows = try await storage.journal(from: next, limit: 1000)
            guard let last = rows.last else { break }
            for time in rows.compactMap(Self.time) where time <= known.map({ $0 + Self.longestQuiet }) ?? time {
                known = max(known ?? time, time)
            }
            next = last.seq + 1
        }
        // Leaves have some times to the hour only.
        guard let known, let newest = try await storage.newestEntryTime(), newest <= known + Self.longestQuiet else { return known }
        return max(known, newest)
    }

    /// Nil: one that can't be read is the audit's affair, and vouches for nothing.
    private static func time(of row: JournalRow) -> Date? {
        (try? JSON(parsing: row.leaf))?["at"]?.text.flatMap { try? Date($0, strategy: .iso8601) }
    }
}

/// Compares the clock with the journal's newest time, at the start and every minute.
struct ClockWatch: Service {
    let storage: any Storage
    let clock: WallClock
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            var wasBehind = false
            while !Task.isCancelled {
                wasBehind = await look(wasBehind)
                // Cancelled while waiting: the loop's condition ends it.
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    /// Whether it is behind; told when that changes.
    func look(_ wasBehind: Bool) async -> Bool {
        do {
            guard let newest = try await storage.newestTime() else { return false }
            let isBehind = ClockRule.isBehind(clock.now(), newest: newest)
            if isBehind, !wasBehind { logger.critical("\(StorageError.clock(behind: newest).english)") }
            if wasBehind, !isBehind { logger.notice("the clock is no longer behind the journal: convocations are approved and sent again") }
            return isBehind
        } catch {
            // Stopped while it looked.
            guard !Task.isCancelled else { return wasBehind }
            // Whoever works with the database meets the fault, too.
            logger.error("the clock could not be compared with the journal", metadata: ["error": "\(error)"])
            return wasBehind
        }
    }
}
