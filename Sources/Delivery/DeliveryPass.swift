import Council
import Curl
import Foundation
import Logging
import Store

/// One pass over the queue: as many senders as the courier has connections, fed with leases, and one loop that commits.
///
/// The order is what a crash depends on: lease committed → noted as begun → body handed to the relay → outcome committed. Whatever
/// is found `leased` at the next start is sent again; what had begun, or may have, is journalled as a repeat. So no more is leased
/// than keeps the senders busy while one commit runs.
struct DeliveryPass {
    let storage: any Storage
    let relays: RelayLines
    let policy: UnknownPolicy
    let backoff: Backoff
    let stop: AbortFlag
    let clock: WallClock
    let logger: Logger
    let begun: BegunAttempts?

    /// Bytes of messages held in memory at most, leased ones counted by the largest of the last batch.
    static let memory = 32 << 20

    /// The relay of this pass, and its place among them.
    let index: Int
    var line: RelayLine { relays.lines[index] }
    var courier: any Courier { line.courier }
    private var health: RelayHealth { line.health }

    struct Delivered: Sendable {
        let outcome: DeliveryOutcome
        let verdict: CourierAnswer.Verdict
    }

    private struct Taken: Sendable {
        let leased: LeasedMessage
        let at: ContinuousClock.Instant

        /// What has waited longer for a connection is looked up once more before it goes: its sitting may have been cancelled meanwhile.
        static let fresh = Duration.seconds(2)
    }

    private enum Event: Sendable {
        case ended(Delivered)
        /// Something may have come into the queue, or have become due.
        case lookAgain
    }

    /// What is leased and not yet recorded.
    private struct UnderWay {
        var since: [MessageID: ContinuousClock.Instant] = [:]
        /// Bytes of the largest message of the last batch; nil: nothing is known yet.
        var largest: Int?
        /// How many ended while the last commit ran.
        var ended = 0

        /// An attempt that has waited as long for the relay's answer doesn't keep others from being tried.
        static let patience = Duration.seconds(30)

        var count: Int { since.count }
        var lively: Int {
            let now = ContinuousClock.now
            return since.values.count(where: { now - $0 < Self.patience })
        }

        /// Two more a connection than it sends: one waits, one is being recorded. A relay that takes several while one commit runs is
        /// given as many more, in bounds: at a crash, all of them are sent again.
        func mostUseful(connections: Int) -> Int { min(max(3 * connections, 2 * connections + 3 * ended), 24 * connections) }

        mutating func begin(_ leased: [LeasedMessage]) -> [Taken] {
            let now = ContinuousClock.now
            for message in leased { since[message.id] = now }
            largest = leased.map(\.message.bytes.count).max() ?? largest
            return leased.map { Taken(leased: $0, at: now) }
        }
    }

    /// Until nothing is due, the relay is paused, or a stop is asked for; all that was leased is recorded when it returns.
    func run() async throws -> DeliveryTally {
        guard let first = try await lease(UnderWay()), !first.isEmpty else { return DeliveryTally() }
        let leases = Line<Taken>()
        let events = Line<Event>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let turnstile = Turnstile(connections: courier.connections)
            for _ in 0..<4 * courier.connections {
                group.addTask {
                    while let taken = await leases.next() {
                        await turnstile.enter()
                        let began = ContinuousClock.now
                        let delivered = await attempt(taken)
                        turnstile.leave(after: ContinuousClock.now - began)
                        events.put([.ended(delivered)])
                    }
                }
            }
            // One relay's slow answer must not keep what comes meanwhile from the connections that are free.
            group.addTask {
                while !Task.isCancelled {
                    await storage.awaitWork(.delivery, timeout: .seconds(1))
                    events.put([.lookAgain])
                }
            }
            defer {
                leases.close()
                group.cancelAll()
            }
            return try await commit(first, leases, events)
        }
    }

    private func commit(_ first: [LeasedMessage], _ leases: Line<Taken>, _ events: Line<Event>) async throws -> DeliveryTally {
        var tally = DeliveryTally()
        var underWay = UnderWay()
        var mayBeMore = true
        var leaseFault: (any Error)?
        leases.put(underWay.begin(first))
        var began = ContinuousClock.now
        while underWay.count > 0 {
            let seen = await gather(events, since: began, leases)
            began = .now
            let done = seen.compactMap { event in if case .ended(let delivered) = event { delivered } else { nil } }
            underWay.ended = done.count
            for delivered in done {
                tally.count(delivered.verdict)
                underWay.since[delivered.outcome.id] = nil
            }
            // Together, so that the store can make one commit of both.
            async let recording: Void = record(done.map(\.outcome))
            if leaseFault == nil, mayBeMore || done.count < seen.count {
                do {
                    if let more = try await lease(underWay) {
                        mayBeMore = !more.isEmpty || health.limit != nil
                        leases.put(underWay.begin(more))
                    }
                } catch {
                    // What is under way must be recorded first.
                    leaseFault = error
                }
            }
            try await recording
        }
        if let leaseFault { throw leaseFault }
        return tally
    }

    /// Between the beginnings of two commits: a commit costs as much for one outcome as for thirty, and the relay may well be on the
    /// same disk.
    private static let pace = Duration.milliseconds(50)

    /// What has ended, after a while in which more may end: as long as each connection still has its next message.
    private func gather(_ events: Line<Event>, since began: ContinuousClock.Instant, _ leases: Line<Taken>) async -> [Event] {
        var seen = await events.takeAll()
        while ContinuousClock.now < began + Self.pace, leases.count >= courier.connections, !stop.isRaised {
            do { try await Task.sleep(for: .milliseconds(4)) } catch { break }
        }
        if events.count > 0 { seen += await events.takeAll() }
        return seen
    }

    /// Nil: as much is under way as may be, so that nobody was asked.
    private func lease(_ underWay: UnderWay) async throws -> [LeasedMessage]? {
        let now = clock.now()
        guard !stop.isRaised else { return [] }
        // Nothing is taken for a relay that rests, nor for a second one once the first is fit again: the next pass is the first's.
        // But what is too late must be seen to be.
        guard relays.first(at: now)?.index == index else { return underWay.count == 0 ? try await storage.lease(limit: 0, at: now) : [] }
        // The first lease is small, since nothing is known of the messages' size. A relay under strain is given less, but what hangs
        // there doesn't count for ever.
        // Where the clerk decides what becomes of the unknown, none is taken before a connection is free for it.
        let isSingle = policy == .hold || underWay.largest == nil
        let most = isSingle ? courier.connections : underWay.mostUseful(connections: courier.connections)
        let fitting = underWay.largest.map { max(1, Self.memory / max($0, 1)) } ?? 4
        var room = min(most, fitting) - underWay.count
        if let limit = health.limit { room = min(room, limit - underWay.lively, courier.connections - underWay.count) }
        return room > 0 ? try await storage.lease(limit: room, at: now) : nil
    }

    private func attempt(_ taken: Taken) async -> Delivered {
        let leased = taken.leased
        if ContinuousClock.now - taken.at > Taken.fresh, await isWithdrawn(leased) {
            let now = clock.now()
            return notTried(leased, until: now, at: now)
        }
        if !mayBegin { return held(leased) }
        if let until = await turn(leased.message.recipient.domain.lowercased()) {
            return notTried(leased, until: until, at: clock.now())
        }
        guard let answer = await handOver(leased) else { return held(leased) }
        if answer.verdict == .refused, leased.message.kind.isForClerk { return await insist(leased, answer) }
        return Delivered(outcome: outcome(of: answer, leased, at: clock.now()), verdict: answer.verdict)
    }

    private var mayBegin: Bool { !stop.isRaised && health.pause(at: clock.now()) == nil }

    /// Until the relay's pause is over, or until the next start.
    private func held(_ leased: LeasedMessage) -> Delivered {
        let now = clock.now()
        guard let pause = health.pause(at: now) else { return notTried(leased, until: now, at: now) }
        return notTried(leased, until: relays.restUntil(at: now) == nil ? now : backoff.shortly(after: pause.until), at: now)
    }

    /// Where it can't be looked up, it goes: it was to go when it was taken.
    private func isWithdrawn(_ leased: LeasedMessage) async -> Bool {
        do { return try await storage.isWithdrawn(leased.id) } catch {
            logger.warning(
                "whether a message is still to go can't be looked up; it goes", metadata: ["message": "\(leased.id)", "fault": "\(error)"])
            return false
        }
    }

    /// Nil: it wasn't to begin any more when its turn came.
    func handOver(_ leased: LeasedMessage) async -> CourierAnswer? {
        let (clock, stop, begun, deadline) = (clock, stop, begun, leased.message.deadline)
        let attempt = LeasedAttempt(id: leased.id, attempt: leased.attempt)
        let answer = await courier.send(leased.message, mayBegin: { mayBegin }) {
            !stop.isRaised && deadline.map { clock.now() < $0 } ?? true && begun?.begin(attempt) ?? true
        }
        guard let answer else { return nil }
        let ended = clock.now()
        if let change = health.note(answer, at: ended) { await tell(change, at: ended) }
        return answer
    }

    /// Waits for the limits' leave where it comes soon. Nil: it may leave, and counts. Otherwise: not before then.
    private func turn(_ domain: String) async -> Date? {
        while true {
            let now = clock.now()
            guard let until = line.limiter.take(domain, at: now) else { return nil }
            let wait = until.timeIntervalSince(now)
            guard wait <= RelayLine.patience, !stop.isRaised else { return until }
            do { try await Task.sleep(for: .seconds(max(wait, 0.001))) } catch { return until }
        }
    }

    private func notTried(_ leased: LeasedMessage, until: Date, at now: Date) -> Delivered {
        let outcome = DeliveryOutcome(
            id: leased.id, attempt: leased.attempt, result: .postponed(until: until), reply: "", queueID: nil, relay: courier.address,
            at: now)
        return Delivered(outcome: outcome, verdict: .deferred)
    }

    func outcome(of answer: CourierAnswer, _ leased: LeasedMessage, at now: Date) -> DeliveryOutcome {
        var retry = backoff.retry(after: leased.attempt, at: now, before: leased.message.deadline)
        // The relay's fault, and another one is fit: no reason to wait.
        if answer.verdict == .deferred, answer.relayFault != nil, relays.restUntil(at: now) == nil { retry = now }
        // What serves nobody isn't worth the clerk's time.
        let isHeld = policy == .hold && leased.message.kind == .convocation
        let result: DeliveryOutcome.Result =
            switch answer.verdict {
            case .accepted: .accepted
            case .deferred: .deferred(retryAt: retry)
            case .refused: .refused
            case .unknown: .unknown(retryAt: isHeld ? nil : retry)
            }
        return DeliveryOutcome(
            id: leased.id, attempt: leased.attempt, result: result, reply: answer.reply, queueID: answer.queueID,
            relay: courier.address, transport: answer.transport, at: now)
    }

    /// Outcomes are worth more than time: a disk that is full is waited for. Only a stop ends the waiting; what could not be
    /// recorded stays leased and is sent again at the next start.
    private func record(_ outcomes: [DeliveryOutcome]) async throws {
        guard !outcomes.isEmpty else { return }
        var wait = 1
        while true {
            do {
                return try await storage.record(outcomes)
            } catch {
                let ids = outcomes.map(\.id.description).joined(separator: " ")
                guard !stop.isRaised, !Task.isCancelled else {
                    logger.error(
                        "outcomes not recorded; sent again at the next start", metadata: ["messages": "\(ids)", "error": "\(error)"])
                    throw error
                }
                logger.error(
                    "outcomes can't be recorded; trying again: check the data folder's disk",
                    metadata: ["messages": "\(ids)", "error": "\(error)", "seconds": "\(wait)"])
                try await Task.sleep(for: .seconds(wait))
                wait = min(wait * 2, 30)
            }
        }
    }
}
