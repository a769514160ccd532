package import Council
package import Foundation
import Store
import Synchronization

/// What was opened lately, by convocation: the memory behind the signals `burst` and `honeypot`.
///
/// It is in memory only: after a restart a burst that was under way is seen once it has as many links again. It never holds more
/// than `capacity` convocations, so that no flood of clicks fills the memory.
package final class RobotTraces: Sendable {
    /// What is opened: a link of the message or, with `document`, a document of the sitting's page.
    package struct Opened: Hashable, Sendable {
        let link: UInt64
        let document: ContentHash?

        package init(link: UInt64, document: ContentHash?) {
            self.link = link
            self.document = document
        }
    }

    package struct Finding: Equatable {
        var signals: Set<Signal> = []
        /// Where the burst began: receipts since then contradict it.
        var burstSince: Date?
    }

    private struct Trail {
        var opened: [Opened: Date] = [:]
        var burst: ClosedRange<Date>?
        var honeypotAt: Date?
        var lastSeen: Date
    }

    private let settings: GradingSettings
    private let capacity: Int
    private let trails: Mutex<[ConvocationID: Trail]>

    package init(settings: GradingSettings, capacity: Int = 20_000) {
        self.settings = settings
        self.capacity = max(1, capacity)
        trails = Mutex([:])
    }

    /// Notes an access and says what the convocation's recent past makes of it.
    package func note(_ opened: Opened, of convocation: ConvocationID, at now: Date) -> Finding {
        trails.withLock { trails in
            var trail = Self.take(convocation, from: &trails, at: now)
            trail.opened = trail.opened.filter { now.timeIntervalSince($0.value) <= settings.burstWindow }
            trail.opened[opened] = now
            var finding = Finding()
            if isBurst(trail.opened.keys) {
                let since = trail.opened.values.min() ?? now
                trail.burst = since...max(since, now)
                finding.burstSince = since
                finding.signals.insert(.burst)
            }
            if isFresh(trail.honeypotAt, at: now) { finding.signals.insert(.honeypot) }
            trails[convocation] = trail
            makeRoom(&trails, at: now)
            return finding
        }
    }

    func noteHoneypot(of convocation: ConvocationID, at now: Date) {
        trails.withLock { trails in
            var trail = Self.take(convocation, from: &trails, at: now)
            trail.honeypotAt = now
            trails[convocation] = trail
            makeRoom(&trails, at: now)
        }
    }

    /// What came to light about an access of that instant since it was noted. Looking again *after* its receipt was committed closes
    /// the gap in which a burst's last access downgrades the receipts that are there already, and this one isn't yet.
    func afterthought(of convocation: ConvocationID, accessAt instant: Date) -> Set<Signal> {
        trails.withLock { trails in
            guard let trail = trails[convocation] else { return [] }
            var signals: Set<Signal> = []
            if let burst = trail.burst, burst.contains(instant) { signals.insert(.burst) }
            if isFresh(trail.honeypotAt, at: instant) { signals.insert(.honeypot) }
            return signals
        }
    }

    /// Without noting anything, for HEAD.
    func peek(of convocation: ConvocationID, at now: Date) -> Set<Signal> {
        trails.withLock { isFresh($0[convocation]?.honeypotAt, at: now) ? [.honeypot] : [] }
    }

    package var count: Int { trails.withLock(\.count) }

    private func isBurst(_ opened: Dictionary<Opened, Date>.Keys) -> Bool {
        let documents = opened.count { $0.document != nil }
        return opened.count - documents >= settings.burstLinks || documents >= settings.burstDocuments
    }

    private func isFresh(_ honeypotAt: Date?, at now: Date) -> Bool {
        honeypotAt.map { abs(now.timeIntervalSince($0)) <= settings.honeypotWindow } ?? false
    }

    private static func take(_ convocation: ConvocationID, from trails: inout [ConvocationID: Trail], at now: Date) -> Trail {
        var trail = trails[convocation] ?? Trail(lastSeen: now)
        trail.lastSeen = now
        return trail
    }

    /// When full: first what is past its time, then the older half.
    private func makeRoom(_ trails: inout [ConvocationID: Trail], at now: Date) {
        guard trails.count > capacity else { return }
        let horizon = max(settings.burstWindow, settings.honeypotWindow)
        trails = trails.filter { now.timeIntervalSince($0.value.lastSeen) <= horizon }
        guard trails.count > capacity else { return }
        let kept = trails.sorted { $0.value.lastSeen > $1.value.lastSeen }.prefix(max(1, capacity / 2))
        trails = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
