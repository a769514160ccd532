import Foundation

/// What still has to be done for each of some things, each tried again after a growing wait. It is memory alone: a restart puts
/// everything in again.
actor RetryQueue<Element: Hashable & Sendable> {
    private struct Wait {
        var attempts = 0
        var nextTry: Date?
        /// When that was decided: a clock that shows less has been set back since, and must not make it wait for years.
        var since = Date.distantPast

        func isDue(at now: Date) -> Bool { nextTry.map { $0 <= now || now < since } ?? true }
    }

    private var waiting: [Element: Wait] = [:]

    /// `anew`: what waits already is tried now.
    func add(_ elements: [Element], anew: Bool = false) {
        for element in elements where anew || waiting[element] == nil { waiting[element] = Wait() }
    }

    /// In no order.
    func due(at now: Date) -> [Element] { waiting.filter { $0.value.isDue(at: now) }.map(\.key) }

    func finished(_ element: Element) { waiting[element] = nil }

    /// Returns how often it was tried.
    @discardableResult
    func postpone(_ element: Element, at now: Date, _ patience: AnchorSettings.Patience) -> Int {
        let attempts = (waiting[element]?.attempts ?? 0) + 1
        waiting[element] = Wait(attempts: attempts, nextTry: now + patience.delay(after: attempts, chance: 0), since: now)
        return attempts
    }
}
