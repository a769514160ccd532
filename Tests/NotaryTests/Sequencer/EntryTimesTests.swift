import Council
import Foundation
import Notary
import Store
import TestSupport
import Testing

@Suite("When entries say that they were made")
struct EntryTimesTests {
    private func runs(
        _ entries: [(at: Int64, told: String?)], tokens: [String: (size: UInt64, at: Int64)] = [:], checks: Set<Int> = []
    ) -> [EntryTimes.Run] {
        let known = Dictionary(uniqueKeysWithValues: tokens.map { (Sample.hash($0.key), $0.value) })
        var times = EntryTimes(tokens: known)
        for (seq, entry) in entries.enumerated() {
            times.take(
                UInt64(seq), at: entry.at * 1000, isCheck: checks.contains(seq), told: entry.told.map { [Sample.hash($0).hex] } ?? [])
        }
        return times.runs
    }

    @Test("may be a minute out of order, and no more; a clock that was ahead makes all that follow late until somebody checks it")
    func order() {
        #expect(runs([(100, nil), (40, nil), (100, nil)]) == [])
        #expect(runs([(100, nil), (39, nil), (38, nil), (100, nil)]) == [.init(.backwards(than: 0), 1, 2)])
        #expect(runs([(100, nil), (9000, nil), (200, nil), (300, nil)]) == [.init(.backwards(than: 1), 2, 3)])
        #expect(runs([(100, nil), (9000, nil), (200, nil), (300, nil), (290, nil)], checks: [2]) == [])
    }

    @Test("must fit between the timestamps that cover them and those that the journal had received")
    func timestamps() {
        let tokens: [String: (size: UInt64, at: Int64)] = ["a": (2, 1_000_000), "b": (4, 5_000_000)]
        let right: [(at: Int64, told: String?)] = [(900, nil), (950, nil), (1010, "a"), (4000, nil), (5100, "b"), (5200, nil)]
        #expect(runs(right, tokens: tokens) == [])
        // An hour after what covers it.
        var ahead = right
        ahead[0].at = 4600
        #expect(runs(ahead, tokens: tokens).contains(.init(.afterTimestamp(of: 2), 0, 0)))
        // Before what an entry had told of, though in order.
        let behind: [(at: Int64, told: String?)] = [(100, nil), (110, nil), (120, "a"), (130, nil)]
        #expect(runs(behind, tokens: ["a": (2, 1_000_000)]) == [.init(.beforeTimestamp(of: 2), 2, 3)])
        // Received late: entries between the state and its token are older than the token, rightly.
        #expect(runs([(900, nil), (910, nil), (920, nil), (1010, "a")], tokens: ["a": (2, 1_000_000)]) == [])
    }

    @Test("are told by the audit, as a fault until the clock was checked, then as a note")
    func audit() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 5)
        let storage = ledger.storage
        let back = Sample.now.addingTimeInterval(-10 * 86_400)
        for round in 0..<2 {
            _ = try await storage.replaceRoll(with: Sample.roll(20 + round), source: Sample.hash("back \(round)"), at: back)
        }
        _ = try await ledger.sequencer().publishPending()
        let found = try await ledger.audit()
        #expect(found.findings.map(\.path) == ["journal"] && found.findings.first?.seq == 5, "\(found.findings)")
        #expect(found.findings.first?.problem.english.contains("up to entry 6") == true)
        #expect(try await storage.newestTime() == Sample.now)
        #expect(try await storage.acceptClock(at: back.addingTimeInterval(60)) == 7)
        #expect(try await storage.newestTime() == back.addingTimeInterval(60))
        _ = try await ledger.sequencer().publishPending()
        let known = try await ledger.audit()
        #expect(known.findings == [], "\(known.findings)")
        #expect(known.notes.map(\.path) == ["journal"] && known.notes.first?.problem.french.contains("entrée 7") == true)
    }
}
