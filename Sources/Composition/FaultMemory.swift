import Council
import Foundation
import Store

/// What could not be composed, and until when it is left alone: one minute, doubling up to an hour. Kept in memory only: a
/// restart, which may bring other templates, tries everything again at once.
actor FaultMemory {
    enum Item: Hashable, Sendable {
        case convocation(ConvocationID)
        case notice(NoticeID)
    }

    private var entries: [Item: (pause: TimeInterval, until: Date)] = [:]

    func aside(at now: Date) -> Set<Item> { Set(entries.filter { $0.value.until > now }.keys) }

    /// Whether it failed for the first time, and when it is tried again.
    func add(_ item: Item, at now: Date) -> (isNew: Bool, until: Date) {
        let pause = entries[item].map { min($0.pause * 2, 3600) } ?? 60
        let until = now.addingTimeInterval(pause)
        let isNew = entries.updateValue((pause, until), forKey: item) == nil
        return (isNew, until)
    }
}
