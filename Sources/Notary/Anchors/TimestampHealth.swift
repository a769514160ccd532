import Foundation

/// How the timestamp authorities do, as this process has seen: one that failed isn't waited for at each checkpoint. A restart forgets
/// it: each is asked once more.
actor TimestampHealth {
    private var resting: [String: (failures: Int, since: Date, until: Date)] = [:]
    private var ends: [String: (end: Date, seen: Date)] = [:]

    /// A clock that shows less than at the failure has been set back since, and must not make it rest for years.
    func allows(_ authority: String, at now: Date) -> Bool { resting[authority].map { now >= $0.until || now < $0.since } ?? true }

    func worked(_ authority: String) { resting[authority] = nil }

    /// The number of failures in a row, this one included.
    func failures(of authority: String) -> Int { (resting[authority]?.failures ?? 0) + 1 }

    func failed(_ authority: String, at now: Date, until: Date) { resting[authority] = (failures(of: authority), now, until) }

    /// When its certificates end, as its last token of the last day showed; nil: not known, so it must be asked.
    func end(of authority: String, at now: Date) -> Date? {
        guard let known = ends[authority], abs(now.timeIntervalSince(known.seen)) < 86_400 else { return nil }
        return known.end
    }

    func saw(_ end: Date, of authority: String, at now: Date) { ends[authority] = (end, now) }
}
