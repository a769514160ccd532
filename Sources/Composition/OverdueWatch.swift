package import Foundation

/// When the clerk is told of what has waited for long: what waited while nobody looked (a stop, a pause of the machine) leaves first,
/// where it can.
package struct OverdueWatch {
    /// Seconds between two looks, beyond which nobody has watched. (They are thirty apart at most, unless a look takes long.)
    private static let longestPause: TimeInterval = 600
    /// Seconds that delivery has, once somebody looks again.
    private static let patience: TimeInterval = 300
    /// Seconds between two times: all that waits is looked through.
    private static let pace: TimeInterval = 60

    private var since: Date?
    private var last: Date?
    private var told: Date?

    package init() {}

    package mutating func isDue(at now: Date) -> Bool {
        let hasWatched = last.map { abs(now.timeIntervalSince($0)) < Self.longestPause } ?? false
        if !hasWatched { since = now }
        last = now
        guard let since, now.timeIntervalSince(since) >= Self.patience else { return false }
        if let told, abs(now.timeIntervalSince(told)) < Self.pace { return false }
        told = now
        return true
    }
}
