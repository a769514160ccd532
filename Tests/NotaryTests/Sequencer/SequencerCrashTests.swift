import Foundation
import Ledger
import Notary
import Store
import Synchronization
import TestSupport
import Testing

/// What stands for a crash: the pass ends after a step, and nothing of the process lives on.
private struct Stopped: Error {}

/// Stops after its n-th step; counts them.
private final class StopAfter: Sendable {
    private let limit: Int
    private let steps = Mutex<[SequencerStep]>([])

    init(_ limit: Int) { self.limit = limit }

    var seen: [SequencerStep] { steps.withLock { $0 } }

    func callAsFunction(_ step: SequencerStep) throws {
        let count = steps.withLock { steps in
            steps.append(step)
            return steps.count
        }
        if count == limit { throw Stopped() }
    }
}

@Suite("The sequencer, stopped after any step and started anew,")
struct SequencerCrashTests {
    /// 250 entries published, 12 more committed: the pass to come fills a tile, and leaves partial ones.
    private static let template = Task {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 270, documents: 2)
        let surplus = try await ledger.storage.journalSize()
        try #require((240...255).contains(surplus), "\(surplus)")
        _ = try await ledger.sequencer().publishPending()
        try ledger.anchor()
        try await ledger.grow(to: 262)
        return ledger
    }

    private func prepared() async throws -> LedgerFixture { try await LedgerFixture(copying: Self.template.value) }

    @Test("has lost nothing, and published nothing twice or half")
    func everyStep() async throws {
        let template = try await Self.template.value
        let before = try #require(try template.published())
        var steps: [SequencerStep] = []
        for limit in 1...100 {
            let ledger = try LedgerFixture(copying: template)
            let stop = StopAfter(limit)
            do {
                #expect(try await ledger.sequencer(afterStep: { try stop($0) }).publishPending()?.size == 262)
                steps = stop.seen
                break
            } catch is Stopped {}
            // What everyone sees meanwhile is one of the two states, whole.
            let seen = try #require(try ledger.published())
            #expect(seen == before || seen.size == 262)
            #expect(try await ledger.strangersAudit().findings == [], "after \(stop.seen.last.map { "\($0)" } ?? "")")
            let again = ledger.sequencer()
            try await again.start()
            _ = try await again.publishPending()
            #expect(try ledger.published()?.size == 262)
            try await ledger.expectClean(262)
        }
        #expect(steps.count > 15 && steps.contains(.checkpointSwapped) && steps.last == .partialsRemoved)
        #expect(Set(steps.map { "\($0)".prefix { $0 != "(" } }).count == 9)
    }

    @Test("and stopped again while it recovers, still comes to the same end")
    func twice() async throws {
        let template = try await Self.template.value
        var recoveries = 0
        for limit in 1...100 {
            let ledger = try LedgerFixture(copying: template)
            await #expect(throws: Stopped.self) {
                _ = try await ledger.sequencer(afterStep: { if $0 == .checkpointSwapped { throw Stopped() } }).publishPending()
            }
            let stop = StopAfter(limit)
            do {
                try await ledger.sequencer(afterStep: { try stop($0) }).start()
                break
            } catch is Stopped {}
            recoveries += 1
            #expect(try await ledger.strangersAudit().findings == [])
            try await ledger.sequencer().start()
            try await ledger.expectClean(262)
        }
        #expect(recoveries > 10)
    }

    @Test("or just called again after the fault, goes on")
    func sameProcess() async throws {
        let ledger = try await prepared()
        for limit in 1...9 {
            try await ledger.grow(by: 1)
            let stop = StopAfter(limit)
            let sequencer = ledger.sequencer(afterStep: { try stop($0) })
            await #expect(throws: Stopped.self) { _ = try await sequencer.publishPending() }
            try await ledger.grow(by: 1)
            _ = try await sequencer.publishPending()
            try await ledger.expectClean(try await ledger.storage.journalSize())
        }
    }

    @Test("writes a lost public folder anew from the journal, to the last byte")
    func lostFolder() async throws {
        let ledger = try await prepared()
        _ = try await ledger.sequencer().publishPending()
        let files = try ledger.files().filter { !$0.key.hasPrefix("anchors") }
        try FileManager.default.removeItem(at: ledger.publicFolder)
        #expect(try await ledger.sequencer().publishPending()?.size == 262)
        let anew = try ledger.files()
        for (path, bytes) in anew { #expect(files[path] == bytes, "\(path)") }
        #expect(Set(files.keys).subtracting(anew.keys).allSatisfy { $0.contains(".p/") })
        try await ledger.expectClean(262)
    }

    @Test("replaces a missing tile, and lets no damaged one pass")
    func damagedTiles() async throws {
        let ledger = try await prepared()
        _ = try await ledger.sequencer().publishPending()
        let files = try ledger.files()
        for path in ["tile/0/001.p/6", "tile/entries/001.p/6", "tile/1/000.p/1"] {
            let bytes = try #require(files[path])
            try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent(path))
            try await ledger.sequencer().start()
            #expect(try ledger.files() == files)
            for damaged in [Array(bytes.dropLast()), bytes + [0], [], [bytes[0] ^ 1] + bytes.dropFirst()] {
                try ledger.replace(path, with: damaged)
                let file = ledger.publicFolder.appendingPathComponent(path).path
                #expect(try await refusal(ledger.sequencer()) == .tileDiffers(path: file))
                #expect(try ledger.files()[path] == damaged, "it is left for a person to see")
            }
            try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent(path))
            try await ledger.sequencer().start()
        }
        try await ledger.expectClean(262)
    }
}
