package import Foundation

/// Times that entries have, against the machine's clock.
package protocol ClockStorage: Sendable {
    /// The newest that is known to have been: that of an entry (a minute less, at most) since somebody last checked the clock, or of a
    /// timestamp. Nil: there is neither.
    func newestTime() async throws -> Date?
    /// Of entries alone.
    func newestEntryTime() async throws -> Date?
    /// Nil: none has come yet, or none since this is kept.
    func newestTimestamp() async throws -> KnownTimestamp?
    /// Of a timestamp that was verified just now, before it is saved. Kept where it is the newest.
    func note(_ timestamp: KnownTimestamp) async throws
    /// Somebody has checked the clock: it is right, whatever earlier entries say. Journals `clock.checked`. Throws
    /// `StorageError.clockDisproved` where a timestamp says otherwise by more than five minutes; `despiteTimestamp`: that is wrong, and
    /// is journalled as disputed.
    @discardableResult
    func acceptClock(at now: Date, despiteTimestamp: Bool) async throws -> UInt64
    /// When, by the clock that was wrong, a mail was last made that says it is behind `newest`; nil: none was.
    func clockAlarm(behind newest: Date) async throws -> Date?
    /// In one transaction: queues the mails and notes that it is told. Skipped where the clock is no longer behind that time.
    func tellClock(behind newest: Date, with messages: [OutgoingMessage], at now: Date) async throws
}

extension ClockStorage {
    @discardableResult
    package func acceptClock(at now: Date) async throws -> UInt64 { try await acceptClock(at: now, despiteTimestamp: false) }
}

/// What an authority's clock said.
package struct KnownTimestamp: Hashable, Sendable {
    package let time: Date
    /// Of the state that it is over, in entries.
    package let size: UInt64
    package let authority: String

    package init(time: Date, size: UInt64, authority: String) {
        self.time = time
        self.size = size
        self.authority = authority
    }
}

package enum ClockRule {
    /// A clock that is further behind the newest entry is wrong: no convocation is approved or sent by it.
    package static let slack: TimeInterval = 300
    package static func isBehind(_ now: Date, newest: Date) -> Bool { now < newest - slack }
    /// The newest time is noted when an entry is later by as much.
    package static let step: TimeInterval = 60
}
