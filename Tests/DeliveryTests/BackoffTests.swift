import Council
import Delivery
import Foundation
import TestSupport
import Testing

@Suite("When it is tried again")
struct BackoffTests {
    static let lowest = Backoff(randomness: Randomness { [UInt8](repeating: 0, count: $0) })
    static let highest = Backoff(randomness: Randomness { [UInt8](repeating: 0xFF, count: $0) })

    @Test("first after 30 s to 1 min, doubling, never more than 15 min")
    func delays() {
        #expect((1...6).map { Self.lowest.delay(after: $0) } == [30, 60, 120, 240, 450, 450])
        for (attempt, most) in zip(1..., [60.0, 120, 240, 480, 900, 900]) {
            let delay = Self.highest.delay(after: attempt)
            #expect(delay <= most && delay > most * 0.999)
        }
        #expect(Self.highest.delay(after: .max) <= 900)
        #expect(Self.lowest.delay(after: 0) == 30)
    }

    @Test("the last attempts are made before the deadline, and the clerk hears of the end at the deadline itself")
    func deadline() {
        let now = Sample.now
        let retry = { (seconds: TimeInterval) in Self.lowest.retry(after: 5, at: now, before: now + seconds).timeIntervalSince(now) }
        #expect(Self.lowest.retry(after: 5, at: now, before: nil) == now + 450)
        #expect(retry(451) == 450)
        #expect(retry(450) == 225)
        #expect(retry(60) == 30)
        #expect(retry(59) == 59)
        #expect(retry(-5) == 0)
    }
}

@Suite("A relay's health")
struct RelayHealthTests {
    static let accepted = CourierAnswer(.accepted, reply: "250 ok")
    static func fault(_ fault: RelayFault) -> CourierAnswer { CourierAnswer(.deferred, reply: "421 no", relayFault: fault) }

    @Test("one fault pauses it, one message probes it, and successes bring all connections back")
    func cycle() throws {
        let health = RelayHealth(connections: 8, backoff: BackoffTests.lowest)
        let now = Sample.now
        #expect(health.pause(at: now) == nil)
        #expect(health.limit == nil)
        guard case .paused(let pause) = health.note(Self.fault(.unreachable), at: now) else {
            Issue.record("no pause")
            return
        }
        #expect(pause.until == now + 5)
        #expect(health.note(Self.fault(.unreachable), at: now + 1) == nil, "faults of one moment are one")
        #expect(health.pause(at: now + 4.9) != nil)
        #expect(health.pause(at: now + 5) == nil)
        #expect(health.limit == 1)
        _ = health.note(Self.fault(.unreachable), at: now + 6)
        #expect(health.pause(at: now + 6)?.until == now + 16)
        #expect(health.note(Self.accepted, at: now + 20) == .resumed)
        #expect(health.limit == 2)
        _ = health.note(Self.accepted, at: now + 20)
        #expect(health.limit == 4)
        #expect(health.note(Self.accepted, at: now + 20) == nil)
        #expect(health.limit == nil)
        _ = health.note(Self.fault(.unreachable), at: now + 21)
        #expect(health.pause(at: now + 21)?.until == now + 26, "after a success the first pause is short again")
    }

    @Test("a wrong setting pauses it longer, and nothing that was under way lifts that")
    func configuration() {
        let health = RelayHealth(connections: 4, backoff: BackoffTests.lowest)
        _ = health.note(Self.fault(.configuration), at: Sample.now)
        #expect(health.note(Self.accepted, at: Sample.now + 1) == nil)
        #expect(health.pause(at: Sample.now + 59) != nil)
    }

    @Test("a busy relay gets half as many messages at once, and slowly more")
    func busy() {
        let health = RelayHealth(connections: 8, backoff: BackoffTests.lowest)
        _ = health.note(Self.fault(.busy), at: Sample.now)
        let later = Sample.now + 10
        for _ in 0..<5 { _ = health.note(Self.accepted, at: later) }
        #expect(health.limit == 4)
        for _ in 0..<100 { _ = health.note(Self.accepted, at: later) }
        #expect(health.limit == 5)
    }

    @Test("a relay that asks for less gets half at once, and after five such replies in a row it is left in peace")
    func strained() {
        let health = RelayHealth(connections: 8, backoff: BackoffTests.lowest)
        let strained = CourierAnswer(.deferred, reply: "452 4.3.1 later", isStrained: true)
        let limits = (0..<4).map { _ in
            _ = health.note(strained, at: Sample.now)
            return health.limit
        }
        #expect(limits == [4, 2, 1, 1])
        #expect(health.pause(at: Sample.now) == nil)
        #expect(health.note(strained, at: Sample.now) != nil)
        #expect(health.pause(at: Sample.now)?.fault == .busy)
    }

    @Test("replies lost one after another pause it, a single one doesn't")
    func unknown() {
        let health = RelayHealth(connections: 4, backoff: BackoffTests.lowest)
        let lost = CourierAnswer(.unknown, reply: "nothing")
        #expect(health.note(lost, at: Sample.now) == nil)
        #expect(health.note(lost, at: Sample.now) == nil)
        _ = health.note(Self.accepted, at: Sample.now)
        #expect(health.note(lost, at: Sample.now) == nil)
        #expect(health.note(lost, at: Sample.now) == nil)
        #expect(health.note(lost, at: Sample.now) != nil)
        #expect(health.pause(at: Sample.now) != nil)
    }

    @Test("a refused recipient is no fault of the relay")
    func refused() {
        let health = RelayHealth(connections: 4, backoff: BackoffTests.lowest)
        #expect(health.note(CourierAnswer(.refused, reply: "550"), at: Sample.now) == nil)
        #expect(health.note(CourierAnswer(.deferred, reply: "450"), at: Sample.now) == nil)
        #expect(health.limit == nil)
    }
}
