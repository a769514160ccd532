import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("A clock that is set back")
struct ClockSetBackTests {
    /// But for what the audit says of the times themselves.
    private func expectClean(_ ledger: LedgerFixture, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let findings = try await ledger.audit().findings.filter { !$0.problem.english.contains("time runs backwards") }
        let theirs = try await ledger.strangersAudit().findings
        #expect(findings == [] && theirs == [], sourceLocation: sourceLocation)
    }

    @Test("by hours, days or a year, loses no entry and forks nothing: times stay as they were told, the order is that of the numbers")
    func setBack() async throws {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 24)
        let storage = ledger.storage
        var told: [(seq: UInt64, at: Date)] = []
        var lastSize: UInt64 = 0
        var clock = Sample.now
        for (round, step) in [0, -3600, 60, -86_400, -3 * 86_400, 7200, -365 * 86_400, 369 * 86_400, -3600].enumerated() {
            clock.addTimeInterval(Double(step))
            let before = try await storage.journalSize()
            // The roll, what the relay says of a message, and its link opened.
            _ = try await storage.replaceRoll(with: Sample.roll(25 + round), source: Sample.hash("roll \(round)"), at: clock)
            if let message = try await storage.lease(limit: 1, at: max(clock, Sample.now)).first {
                let result: DeliveryOutcome.Result = round.isMultiple(of: 3) ? .deferred(retryAt: clock.addingTimeInterval(60)) : .accepted
                try await storage.record([Sample.outcome(of: message, result, at: clock)])
            }
            try await ledger.open(1, at: clock)
            let after = try await storage.journalSize()
            // (The link that no person sees adds none.)
            #expect(after >= before + 2, "round \(round)")
            told += (before..<after).map { ($0, clock) }
            let published = try #require(try await ledger.sequencer().publishPending())
            #expect(published.size > lastSize)
            lastSize = published.size
            try ledger.anchor()
            try await storage.save([
                AnchorRecord(
                    size: published.size, method: .openTimestamps, authority: "calendar", state: .wanted, bytes: [], attempts: 1,
                    nextTry: clock.addingTimeInterval(600), fault: nil)
            ])
            // An earlier checkpoint's root is found again in each later state: no fork.
            try await expectClean(ledger)
        }
        for row in try await storage.journal(from: 0, limit: 10_000) {
            let leaf = try JSON(parsing: row.leaf)
            #expect(leaf["seq"] == .integer(Int64(row.seq)))
            guard let at = told.first(where: { $0.seq == row.seq })?.at else { continue }
            guard case .string(let text)? = leaf["at"] else { continue }
            #expect(try abs(Date(text, strategy: .iso8601).timeIntervalSince(at)) < 3600, "entry \(row.seq) says \(text)")
        }
        // A writer that starts again under the wrong clock goes on where it stood.
        let again = try ledger.reopened()
        #expect(try await ledger.sequencer(on: again).publishPending()?.size ?? lastSize == lastSize)
        try await expectClean(ledger)
        // What waited for a moment that the clock had passed leaves when it comes again, once.
        try await storage.relayAll(at: Sample.now.addingTimeInterval(7200))
        #expect(Set(try await storage.queueCounts().keys) == [.relayed])
        _ = try await ledger.sequencer().publishPending()
        try await expectClean(ledger)
        #expect(try await ledger.audit().findings.contains { $0.problem.english.contains("time runs backwards") })
    }
}
