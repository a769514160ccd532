import Council
import Foundation
import Gateway
import Logging
import Store
import TestSupport
import Testing

/// A clock that is ahead when something is to be erased for ever.
@Suite struct ClockLeapTests {
    @Test func `sixty days after all that is known, a person must have looked at the clock`() async throws {
        let folder = try TemporaryFolder()
        _ = try Installation(root: folder["inst"]).create(at: Sample.now, randomness: .system)
        try folder.write("secret\n", to: "inst/relay.password")
        let gateway = try Gateway.open(
            try Settings(file: folder["inst/appariteur.yml"]), as: .tool, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try await gateway.clockLeap(at: .distantFuture) == nil, "nothing is known, and nothing can be erased")
        _ = try await gateway.storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("roll"), at: Sample.now)
        #expect(try await gateway.clockLeap(at: Sample.now.addingTimeInterval(60 * 86_400)) == nil)
        let later = Sample.now.addingTimeInterval(60 * 86_400 + 1)
        let leap = try #require(try await gateway.clockLeap(at: later))
        #expect(leap == ClockLeap(now: later, known: Sample.now, isTimestamp: false))
        #expect(leap.words.french.contains("--clock-checked") && leap.words.english.contains("Nothing was erased"))

        // What is entered by that clock vouches for nothing, however much it is.
        let ahead = Sample.now.addingTimeInterval(8 * 365 * 86_400)
        for round in 0..<3 {
            let at = ahead.addingTimeInterval(Double(round) * 30 * 86_400)
            _ = try await gateway.storage.replaceRoll(with: Sample.roll(4 + round), source: Sample.hash("roll \(round)"), at: at)
            #expect(try await gateway.clockLeap(at: at)?.known == Sample.now)
        }
        // Somebody looked; then quiet steps lead on.
        try await gateway.storage.acceptClock(at: ahead.addingTimeInterval(70 * 86_400))
        #expect(try await gateway.clockLeap(at: ahead.addingTimeInterval(71 * 86_400)) == nil)
        let step = ahead.addingTimeInterval(120 * 86_400)
        _ = try await gateway.storage.replaceRoll(with: Sample.roll(9), source: Sample.hash("step"), at: step)
        #expect(try await gateway.clockLeap(at: step.addingTimeInterval(50 * 86_400)) == nil)
        #expect(try await gateway.clockLeap(at: step.addingTimeInterval(61 * 86_400))?.known == step)
        // A timestamp vouches for its own time, and must not be old itself.
        try await gateway.storage.note(KnownTimestamp(time: step, size: 1, authority: "essai"))
        #expect(try await gateway.clockLeap(at: step.addingTimeInterval(61 * 86_400))?.isTimestamp == true)
    }
}
