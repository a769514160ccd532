import Council
import Foundation
import Store
import TestSupport

/// What the delivery queue should do, as plainly as it can be said: an array of messages, changed in place.
struct QueueModel {
    struct Message {
        let convocation: ConvocationID
        let sitting: SittingID
        let deadline: Date
        var id: MessageID?
        /// Nil: not composed.
        var delivery: DeliveryState?
        var state: ConvocationState
        var attempt = 0
        var due = Date.distantFuture
        /// When `due` was set.
        var since = Date.distantFuture
        var firstAttempt: Date?
        var isInDoubt = false
    }

    var messages: [Message] = []
    var cancelled: Set<SittingID> = []
    /// Journal entries that each step should have made.
    var entries: [FactType: Int] = [:]
    /// Open notices of what was not delivered, in the order of failures.
    var undelivered: [SittingID: [ConvocationID]] = [:]

    private mutating func note(_ type: FactType) { entries[type, default: 0] += 1 }

    mutating func compose(_ index: Int, at now: Date) {
        guard messages[index].state == .composing else { return }
        messages[index].state = .queued
        messages[index].delivery = .ready
        set(index, due: now, at: now)
        note(.convocationIssued)
    }

    /// Indices of what is leased, in order.
    mutating func lease(_ limit: Int, at now: Date) -> [Int] {
        for index in waiting where messages[index].deadline <= now {
            messages[index].delivery = .failed
            note(.convocationFailed)
            fail(index)
        }
        // What a clock that was ahead has put off.
        for index in waiting where messages[index].since > now + 60 && messages[index].due > now && messages[index].due < Self.never {
            set(index, due: now, at: now)
        }
        let due = waiting.filter { messages[$0].due <= now }
        let taken = due.sorted {
            (messages[$0].due, messages[$0].id?.rawValue ?? .max) < (messages[$1].due, messages[$1].id?.rawValue ?? .max)
        }
        .prefix(limit)
        for index in taken {
            messages[index].delivery = .leased
            messages[index].attempt += 1
            messages[index].firstAttempt = messages[index].firstAttempt ?? now
        }
        return Array(taken)
    }

    mutating func record(_ index: Int, attempt: Int, _ result: DeliveryOutcome.Result, at now: Date) {
        guard messages[index].delivery == .leased, messages[index].attempt == attempt else { return }
        switch result {
        case .accepted:
            messages[index].delivery = .relayed
            if messages[index].state != .paperServed {
                messages[index].state = .relayed
                // Taken too late: the clerk is told.
                if now >= messages[index].deadline, !isCancelled(index) { tell(index) }
            }
            note(.convocationRelayed)
        case .refused:
            messages[index].delivery = .failed
            note(.convocationFailed)
            fail(index)
        case .deferred(let retryAt):
            note(.convocationDeferred)
            wait(index, until: retryAt, at: now)
        case .unknown(let retryAt): doubt(index, until: retryAt, at: now)
        case .postponed(let until):
            messages[index].attempt -= 1
            let waiting: DeliveryState = attempt == 1 ? .ready : messages[index].isInDoubt ? .unknown : .deferred
            messages[index].delivery = isCancelled(index) ? .cancelled : waiting
            set(index, due: until, at: now)
        }
    }

    mutating func recover(at now: Date, policy: UnknownPolicy) -> Int {
        let leased = messages.indices.filter { messages[$0].delivery == .leased }
        for index in leased { doubt(index, until: policy == .resend ? now : nil, at: now) }
        return leased.count
    }

    mutating func sendAgain(_ index: Int, at now: Date) -> Bool {
        guard messages[index].delivery == .unknown else { return false }
        messages[index].delivery = .ready
        set(index, due: now, at: now)
        note(.convocationRepeated)
        return true
    }

    mutating func cancel(_ sitting: SittingID) {
        guard cancelled.insert(sitting).inserted else { return }
        note(.sittingCancelled)
        for index in messages.indices where messages[index].sitting == sitting {
            if waiting.contains(index) { messages[index].delivery = .cancelled }
            if [.composing, .queued, .paperDue].contains(messages[index].state) { messages[index].state = .cancelled }
        }
    }

    mutating func servePaper(_ index: Int) {
        if messages[index].state != .relayed { messages[index].state = .paperServed }
        note(.convocationPaper)
    }

    var nextDue: Date? { waiting.map { messages[$0].due }.min() }

    var counts: [DeliveryState: Int] {
        messages.reduce(into: [:]) { counts, message in if let state = message.delivery { counts[state, default: 0] += 1 } }
    }

    private var waiting: [Int] { messages.indices.filter { [.ready, .deferred, .unknown].contains(messages[$0].delivery) } }

    private func isCancelled(_ index: Int) -> Bool { cancelled.contains(messages[index].sitting) }

    private static let never = Date(timeIntervalSince1970: 253_402_300_799)

    private mutating func set(_ index: Int, due: Date, at now: Date) {
        messages[index].due = due == Self.never ? due : min(due, messages[index].deadline)
        messages[index].since = now
    }

    private mutating func wait(_ index: Int, until retryAt: Date, at now: Date) {
        messages[index].delivery = isCancelled(index) ? .cancelled : .deferred
        set(index, due: retryAt, at: now)
    }

    /// `until` nil: held.
    private mutating func doubt(_ index: Int, until due: Date?, at now: Date) {
        let goesAgain = !isCancelled(index) && due.map { $0 < messages[index].deadline } ?? false
        note(goesAgain ? .convocationRepeated : .convocationDeferred)
        messages[index].isInDoubt = true
        messages[index].delivery = isCancelled(index) ? .cancelled : .unknown
        set(index, due: due ?? Self.never, at: now)
    }

    private mutating func fail(_ index: Int) {
        guard messages[index].state == .queued else { return }
        messages[index].state = .failed
        tell(index)
    }

    private mutating func tell(_ index: Int) {
        undelivered[messages[index].sitting, default: []].append(messages[index].convocation)
    }
}
