import Council
package import Foundation
import Logging
import Notary
import ServiceLifecycle
import Store

extension Gateway {
    /// How far the clock may be after all that is known to have been, before something is erased for ever by it.
    private static let longestQuiet: TimeInterval = 60 * 86_400

    /// Nil: nothing gainsays the clock. A register that has been quiet for so long is told too: a person must look.
    package func clockLeap(at now: Date) async throws -> ClockLeap? {
        if let newest = try await storage.newestTime(), now > newest + Self.longestQuiet {
            return ClockLeap(now: now, known: newest, isTimestamp: false)
        }
        guard let stamped = try await newestTimestamp(), now > stamped + Self.longestQuiet else { return nil }
        return ClockLeap(now: now, known: stamped, isTimestamp: true)
    }

    /// Nil: there is none that holds.
    private func newestTimestamp() async throws -> Date? {
        let tokens = try await storage.anchors(of: nil).filter { $0.method == .rfc3161 && $0.state == .complete }
        // Newest first; one that can't be read is the audit's affair.
        return tokens.reversed().lazy.compactMap { try? UnverifiedTimestamp(parsing: $0.bytes).claimedTime() }.first
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
