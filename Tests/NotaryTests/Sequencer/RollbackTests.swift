import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("A database older than the published tiles")
struct RollbackTests {
    /// The database of `before` entries, the checkpoint of them, and the tiles of `after`.
    private func rolledBack(_ before: UInt64, _ after: UInt64) async throws -> (old: LedgerFixture, new: LedgerFixture) {
        let new = try LedgerFixture()
        try await new.grow(to: before)
        _ = try await new.sequencer().publishPending()
        let old = try LedgerFixture(copying: new)
        try await new.grow(to: after)
        _ = try await new.sequencer().publishPending()
        try FileManager.default.removeItem(at: old.publicFolder.appendingPathComponent("tile"))
        try FileManager.default.copyItem(
            at: new.publicFolder.appendingPathComponent("tile"), to: old.publicFolder.appendingPathComponent("tile"))
        return (old, new)
    }

    @Test(
        "is refused by the start, by commands and by the rebuilding, and told by the audit",
        arguments: [(5, 9), (250, 256), (250, 270)] as [(UInt64, UInt64)])
    func refused(before: UInt64, after: UInt64) async throws {
        let (old, new) = try await rolledBack(before, after)
        let files = try old.files()
        // Also when the database has grown otherwise since, further than the tiles.
        for size in [before, after + 4] {
            try await old.grow(to: size)
            for attempt in [
                { _ = try await old.sequencer().start() }, { _ = try await old.sequencer().rebuild() },
                { try await old.sequencer().examine() },
                { _ = try await old.sequencer().publishPending() },
            ] as [() async throws -> Void] {
                let refusal = await #expect(throws: SequencerRefusal.self) { try await attempt() }
                guard case .tilesAhead(let path, after, before)? = refusal else {
                    Issue.record("\(refusal.map { "\($0)" } ?? "nothing")")
                    continue
                }
                let words = refusal?.description ?? ""
                #expect(words.contains(path) && words.contains("Restore the newest backup") && words.contains("\(after) entries"))
                #expect(!words.contains("aside"))
            }
            let findings = try await old.audit().findings
            let named = findings.filter { $0.path.hasPrefix("tile/") && $0.problem.english.contains("older than the public folder") }
            #expect(named.count == 1 && named[0].problem.french.contains("sauvegarde"), "\(findings)")
        }
        #expect(try old.files() == files)
        #expect(try await old.storage.checkpoint()?.size == before)
        try await new.expectClean(after)
    }

    @Test("is refused beside a larger cosigned state, which another key's is not, nor a broken file")
    func cosigned() async throws {
        let new = try LedgerFixture()
        try await new.grow(to: 5)
        _ = try await new.sequencer().publishPending()
        let old = try LedgerFixture(copying: new)
        try await new.grow(to: 6)
        _ = try await new.sequencer().publishPending()
        let witness = try CosigningKey(name: "temoin.example/w1", seed: Array(repeating: 9, count: 32))
        let note = try UnverifiedNote(parsing: try #require(try new.published()).note)
        let cosigned = try note.adding([try witness.cosign(note.text, at: 1_800_000_000).line]).bytes
        for other in [Array("broken\n".utf8), Array(cosigned.dropFirst())] {
            try old.replace("cosigned", with: other)
            try await old.sequencer().examine()
        }
        try old.replace("cosigned", with: cosigned)
        let files = try old.files()
        // Also when the database has grown otherwise since.
        for size in [5, 6, 9] as [UInt64] {
            try await old.grow(to: size)
            for attempt in [
                { _ = try await old.sequencer().start() }, { _ = try await old.sequencer().rebuild() },
                { try await old.sequencer().examine() },
                { _ = try await old.sequencer().publishPending() },
            ] as [() async throws -> Void] {
                let refusal = await #expect(throws: SequencerRefusal.self) { try await attempt() }
                #expect(refusal == .cosignedAhead(cosigned: 6, stored: 5))
            }
        }
        #expect(SequencerRefusal.cosignedAhead(cosigned: 6, stored: 5).description.contains("Restore the newest backup"))
        #expect(try old.files() == files)
        // Where it belongs it is no obstacle.
        try new.replace("cosigned", with: cosigned)
        try await new.sequencer().examine()
    }

    @Test("is not what a crash leaves between two steps")
    func crash() async throws {
        struct Stopped: Error {}
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 250)
        _ = try await ledger.sequencer().publishPending()
        try await ledger.grow(to: 270)
        await #expect(throws: Stopped.self) {
            _ = try await ledger.sequencer(afterStep: { if $0 == .tilesWritten { throw Stopped() } }).publishPending()
        }
        #expect(try await ledger.audit().findings == [])
        #expect(try await ledger.sequencer().publishPending()?.size == 270)
        try await ledger.expectClean(270)
    }
}
