import Council
import Foundation
import Store

/// What could not be composed, and until when it is left alone: one minute, doubling up to an hour. Kept in memory only: a
/// restart, which may bring other templates, tries everything again at once.
actor FaultMemory {
    enum Item: Hashable, Sendable {
        case convocation(ConvocationID)
        case notice(NoticeID)
        case letter(LetterID)
        case copy(CopyID)
        case trouble(Int64)
        case refused(MessageID)
        case clock
    }

    private var entries: [Item: (count: Int, until: Date)] = [:]

    func aside(at now: Date) -> Set<Item> { Set(entries.filter { $0.value.until > now }.keys) }

    /// How often it has failed now, and when it is tried again.
    func add(_ item: Item, at now: Date) -> (count: Int, until: Date) {
        let count = (entries[item]?.count ?? 0) + 1
        let until = now.addingTimeInterval(min(60 * pow(2, Double(count - 1)), 3600))
        entries[item] = (count, until)
        return (count, until)
    }

    /// It went well after all.
    func forget(_ items: some Sequence<Item>) {
        if entries.isEmpty { return }
        for item in items { entries[item] = nil }
    }
}
