import Delivery
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Limits of what a relay is given")
struct RateLimitTests {
    static let start = Sample.now

    /// Tries at each tick; tells when something was let through.
    private static func run(_ limiter: RateLimiter, seconds: Double, tick: Double = 0.1, domain: (Int) -> String = { _ in "a.example" })
        -> [(
            Double, String
        )]
    {
        var passed: [(Double, String)] = []
        for step in 0..<Int(seconds / tick) {
            let at = Double(step) * tick
            if limiter.take(domain(step), at: start + at) == nil { passed.append((at, domain(step))) }
        }
        return passed
    }

    /// The most in any span of that length.
    private static func densest(_ times: [Double], in span: Double) -> Int {
        times.indices.map { first in times[first...].prefix { $0 < times[first] + span }.count }.max() ?? 0
    }

    @Test("in no second, minute or hour does more leave than the number, and no less where there is enough")
    func exact() {
        let limiter = RateLimiter(relay: RateLimits(perSecond: 2, perMinute: 30, perHour: 100))
        let times = Self.run(limiter, seconds: 7200).map(\.0)
        #expect(Self.densest(times, in: 1 - 1e-9) == 2)
        #expect(Self.densest(times, in: 60 - 1e-9) == 30)
        #expect(Self.densest(times, in: 3600 - 1e-9) == 100)
        #expect(times.count == 200)
    }

    @Test("each recipient domain has its own count")
    func domains() {
        let limiter = RateLimiter(perDomain: RateLimits(perMinute: 3))
        let passed = Self.run(limiter, seconds: 60) { ["a.example", "b.example"][$0 % 2] }
        #expect(Dictionary(grouping: passed, by: \.1).mapValues(\.count) == ["a.example": 3, "b.example": 3])
        #expect(limiter.opens(at: Self.start) == nil, "a domain's limit doesn't close the relay")
    }

    @Test("it says from when on, and then it is so")
    func opens() throws {
        let limiter = RateLimiter(relay: RateLimits(perHour: 2))
        #expect(limiter.take("a.example", at: Self.start) == nil)
        #expect(limiter.take("a.example", at: Self.start + 10) == nil)
        let opens = try #require(limiter.take("a.example", at: Self.start + 20))
        #expect(opens == Self.start + 3600)
        #expect(limiter.opens(at: Self.start + 20) == opens)
        #expect(limiter.take("a.example", at: opens - 0.01) != nil)
        #expect(limiter.take("a.example", at: opens) == nil)
    }

    @Test("a clock that is set back opens nothing, and closes nothing for a day either")
    func clockSetBack() {
        let limiter = RateLimiter(relay: RateLimits(perHour: 1))
        #expect(limiter.take("a.example", at: Self.start) == nil)
        let back = Self.start - 86_400
        #expect(limiter.take("a.example", at: back) != nil)
        #expect(limiter.take("a.example", at: back + 3601) == nil)
    }

    @Test("sixteen threads at once get what the limit allows and not one more")
    func threads() async {
        let limiter = RateLimiter(relay: RateLimits(perDay: 1_000))
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask { (0..<500).count { _ in limiter.take("a.example", at: Self.start) == nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 1_000)
    }
}
