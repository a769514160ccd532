package import Foundation

/// Times that entries have, against the machine's clock.
package protocol ClockStorage: Sendable {
    /// The newest that an entry has (a minute less, at most), since somebody last checked the clock; nil: there is no entry.
    func newestTime() async throws -> Date?
    /// Somebody has checked the clock: it is right, whatever earlier entries say. Journals `clock.checked`.
    @discardableResult
    func acceptClock(at now: Date) async throws -> UInt64
    /// When, by the clock that was wrong, a mail was last made that says it is behind `newest`; nil: none was.
    func clockAlarm(behind newest: Date) async throws -> Date?
    /// In one transaction: queues the mails and notes that it is told. Skipped where the clock is no longer behind that time.
    func tellClock(behind newest: Date, with messages: [OutgoingMessage], at now: Date) async throws
}

package enum ClockRule {
    /// A clock that is further behind the newest entry is wrong: no convocation is approved or sent by it.
    package static let slack: TimeInterval = 300
    package static func isBehind(_ now: Date, newest: Date) -> Bool { now < newest - slack }
    /// The newest time is noted when an entry is later by as much.
    package static let step: TimeInterval = 60
}
