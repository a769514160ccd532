import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("A process killed at any moment", .timeLimit(.minutes(15)))
struct KillTests {
    /// What the killed processes said was done, over all rounds.
    private struct Said {
        var composed: [String: String] = [:]
        var sending: [[String]] = []
        var outcomes: [[String]] = []
        var recorded: [[String]] = []

        mutating func add(_ run: ProbeProcess.Ended) {
            for words in run.lines("composed") { composed[words[0]] = words[1] }
            sending += run.lines("sending")
            outcomes += run.lines("outcome")
            recorded += run.lines("access").filter { $0[2] == "recorded" }.map { Array($0.prefix(2)) }
        }
    }

    @Test("nothing that was acknowledged is lost, and nothing is doubled but what is journalled as a repeat")
    func kills() async throws {
        let folder = try TemporaryFolder()
        try await prepare(folder.url, members: 250)
        var said = Said()
        var generator = SeededGenerator(seed: 20_261_215)
        var repeats = 0
        for round in 0..<6 {
            let lines = Int.random(in: 20..<400, using: &generator)
            let run = try await ProbeProcess.run(["serve", folder.url.path, "\(round)", "\(lines)"])
            #expect(run.wasKilled, "round \(round): \(run.errors)")
            said.add(run)
            // Every lease of the process before it was found and given back.
            let recovered = try #require(run.lines("ready").first.flatMap { Int($0[0]) })
            #expect(recovered == repeats, "round \(round)")
            repeats = try await leases(folder.url)
            try await check(said, in: folder.url)
        }
        #expect(said.outcomes.count > 50 && said.recorded.count > 50 && said.composed.count > 50, "the rounds did something")
        try await finish(folder.url)
        try await check(said, in: folder.url)
    }

    private func prepare(_ folder: URL, members: Int) async throws {
        _ = try await TestStorage.open(folder).sampleApproved(members: members, documents: Sample.documents(3))
    }

    private func leases(_ folder: URL) async throws -> Int { try await TestStorage.open(folder).queueCounts()[.leased] ?? 0 }

    /// The next start, with a relay that takes everything: each convocation is served once.
    private func finish(_ folder: URL) async throws {
        let storage = try TestStorage.open(folder)
        _ = try await storage.recoverLeases(at: Sample.now, policy: .resend)
        try await storage.composeAll()
        try await storage.relayAll()
        #expect(Set(try await storage.queueCounts().keys) == [.relayed])
        let sitting = try #require(try await storage.sittings().first)
        let states = try await storage.status(of: sitting.id).map(\.state)
        #expect(states.count { $0 == .relayed } == 225 && states.count { $0 == .paperDue } == 25)
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationIssued) == 225 && audit.count(.convocationRelayed) == 225)
    }

    private func check(_ said: Said, in folder: URL) async throws {
        let storage = try TestStorage.open(folder)
        let audit = try await Audit(storage)
        func entries(_ type: FactType, _ fields: String...) -> [[String]] {
            audit.contents(of: type).map { entry in fields.map { entry[$0]?.text ?? entry[$0]?.whole.map(String.init) ?? "" } }
        }
        // Composition: once each, with the bytes that were said.
        let issued = entries(.convocationIssued, "convocation", "message")
        #expect(Set(issued.map { $0[0] }).count == issued.count)
        let messages = Dictionary(uniqueKeysWithValues: issued.map { ($0[0], $0[1]) })
        for (convocation, hash) in said.composed { #expect(messages[convocation] == hash) }

        // Sending: no attempt twice, always the same bytes, one acceptance at most.
        #expect(Set(said.sending.map { $0.prefix(2) }).count == said.sending.count)
        #expect(Set(said.sending.map { $0[2] }).isSubset(of: Set(messages.values)))
        let relayed = entries(.convocationRelayed, "message", "attempt")
        #expect(Set(relayed.map { $0[0] }).count == relayed.count)
        let deferred = Set(entries(.convocationDeferred, "message", "attempt"))
        let repeated = Set(entries(.convocationRepeated, "message", "attempt"))
        let hashes = Dictionary(said.sending.map { ($0[0], $0[2]) }) { first, _ in first }
        for outcome in said.outcomes {
            let wanted = [try #require(hashes[outcome[0]]), outcome[1]]
            switch outcome[2] {
            case "accepted": #expect(relayed.contains(wanted))
            case "deferred": #expect(deferred.contains(wanted))
            default: #expect(repeated.contains(wanted))
            }
        }

        // Clicks: all that were answered are there, none twice.
        let accesses: [[String]] = [FactType.accessRobot, .receiptOpened, .receiptConfirmed].flatMap { entries($0, "link", "grade") }
        #expect(Set(accesses).count == accesses.count)
        let answered = said.recorded.map { words in [Hex.encode(bytes(UInt64(words[0]) ?? 0)), words[1]] }
        #expect(Set(answered).count == answered.count)
        #expect(Set(answered).isSubset(of: Set(accesses)))
    }

    private func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
