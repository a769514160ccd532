import Council
import Foundation
import Store
import TestSupport
import Testing

/// The promise of the whole queue, under all faults at once: 320 times kill −9, at every phase of the conversation, while two relays
/// misbehave in every way that is known of them.
///
/// Several data folders side by side, each with relays and a process of its own.
@Suite("Killed hundreds of times while every relay misbehaves")
struct FaultRunTests {
    static let runs: [FaultRun] = [UnknownPolicy.resend, .hold].enumerated().flatMap { place, policy in
        (0..<4).map { FaultRun(policy: policy, seed: UInt64(10 * place + $0), firstFailsAtTLS: $0 == 3, blows: 40) }
    }

    @Test("every convocation ends in one state, what a relay took is journalled, and nothing repeats but what the journal tells of")
    func everything() async throws {
        let results = try await withThrowingTaskGroup(of: FaultRun.Result.self) { group in
            for run in Self.runs { group.addTask { try await run.run() } }
            var results: [FaultRun.Result] = []
            for try await result in group { results.append(result) }
            return results
        }
        for result in results { try await FaultAudit(result).check() }

        // That it was what it says it is.
        var blows: [Blow: Int] = [:]
        var shown: [String: Int] = [:]
        for result in results {
            blows.merge(result.blows, uniquingKeysWith: +)
            shown.merge(result.script.used, uniquingKeysWith: +)
        }
        #expect(blows.values.reduce(0, +) >= 300)
        #expect(Blow.allCases.allSatisfy { blows[$0, default: 0] >= 15 }, "\(blows)")
        let never = FaultScript.repertoire.map(\.name).filter { shown[$0] == nil }
        #expect(never == [], "never shown")
        #expect(results.allSatisfy { !$0.relays[1].taken.isEmpty }, "the second relay never took over")
        #expect(results.contains { !$0.relays[0].taken.isEmpty })
    }
}
