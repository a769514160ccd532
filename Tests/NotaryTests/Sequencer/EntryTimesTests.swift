import Council
import Foundation
import Notary
import Store
import TestSupport
import Testing

@Suite("When entries say that they were made")
struct EntryTimesTests {
    private func runs(
        _ entries: [(at: Int64, told: String?)], tokens: [String: (size: UInt64, at: Int64)] = [:], checks: Set<Int> = [],
        disputes: Set<Int> = []
    ) -> [EntryTimes.Run] {
        times(entries, tokens, checks, disputes).runs
    }

    private func checked(_ entries: [(at: Int64, told: String?)], tokens: [String: (size: UInt64, at: Int64)], _ checks: Set<Int>)
        -> UInt64?
    {
        times(entries, tokens, checks, []).checked
    }

    private func times(
        _ entries: [(at: Int64, told: String?)], _ tokens: [String: (size: UInt64, at: Int64)], _ checks: Set<Int>, _ disputes: Set<Int>
    ) -> EntryTimes {
        let known = Dictionary(uniqueKeysWithValues: tokens.map { (Sample.hash($0.key), $0.value) })
        var times = EntryTimes(tokens: known)
        for (seq, entry) in entries.enumerated() {
            let check: EntryTimes.Check? = disputes.contains(seq) ? .despiteTimestamps : checks.contains(seq) ? .plain : nil
            times.take(UInt64(seq), at: entry.at * 1000, check: check, told: entry.told.map { [Sample.hash($0).hex] } ?? [])
        }
        return times
    }

    @Test(
        "may be a minute out of order; by six, a clock was put right, and that is noted; a clock that was ahead makes all that follow late until somebody checks it"
    )
    func order() {
        #expect(runs([(100, nil), (40, nil), (100, nil)]) == [])
        #expect(runs([(100, nil), (39, nil), (38, nil), (100, nil)]) == [.init(.putRight(after: 0), 1, 2)])
        #expect(runs([(1000, nil), (640, nil), (1000, nil)]) == [.init(.putRight(after: 0), 1, 1)])
        #expect(runs([(1000, nil), (639, nil), (1000, nil)]) == [.init(.backwards(than: 0), 1, 1)])
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
        // A check that the token disproves is none; after one by the right clock, only what comes later is told anew.
        let unchecked: [(at: Int64, told: String?)] = [(100, nil), (110, nil), (120, "a"), (130, nil), (1_000_100, nil), (140, nil)]
        let token: [String: (size: UInt64, at: Int64)] = ["a": (2, 1_000_000)]
        #expect(runs(unchecked, tokens: token, checks: [3]).first == .init(.beforeTimestamp(of: 2), 2, 3))
        #expect(checked(unchecked, tokens: token, [3]) == nil && checked(unchecked, tokens: token, [3, 4]) == 4)
        #expect(runs(unchecked, tokens: token, checks: [4]).contains(.init(.beforeTimestamp(of: 2), 5, 5)))
        // Where it is the authority that is said to be wrong, its time is none.
        #expect(runs(Array(unchecked.dropLast(2)), tokens: token, disputes: [3]) == [.init(.beforeTimestamp(of: 2), 2, 2)])
        // Received late: entries between the state and its token are older than the token, rightly.
        #expect(runs([(900, nil), (910, nil), (920, nil), (1010, "a")], tokens: ["a": (2, 1_000_000)]) == [])
    }

    @Test("put right by two minutes are a note of the audit, and no difference")
    func corrected() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 3)
        for (round, seconds) in [120.0, 0].enumerated() {
            _ = try await ledger.storage.replaceRoll(
                with: Sample.roll(20 + round), source: Sample.hash("step \(round)"), at: Sample.now.addingTimeInterval(seconds))
        }
        _ = try await ledger.sequencer().publishPending()
        let audit = try await ledger.audit()
        #expect(audit.findings == [], "\(audit.findings)")
        #expect(audit.notes.map(\.path) == ["journal"] && audit.notes[0].problem.french.contains("remise à l'heure"), "\(audit.notes)")
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
