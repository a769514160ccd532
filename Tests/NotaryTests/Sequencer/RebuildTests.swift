import Foundation
import Ledger
import Notary
import TestSupport
import Testing

@Suite("Rebuilding the public folder from the journal")
struct RebuildTests {
    private func prepared() async throws -> LedgerFixture {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 30)
        try await ledger.grow(to: 300)
        _ = try await ledger.sequencer().publishPending()
        try await ledger.grow(to: 530)
        _ = try await ledger.sequencer().publishPending()
        return ledger
    }

    @Test("makes a lost folder again, byte for byte")
    func lost() async throws {
        let ledger = try await prepared()
        let before = try ledger.files()
        try FileManager.default.removeItem(at: ledger.publicFolder)
        let rebuild = try #require(try await ledger.sequencer().rebuild())
        let after = try ledger.files()
        // Partial tiles of earlier states are nobody's need.
        #expect(after.allSatisfy { before[$0.key] == $0.value } && after["checkpoint"] != nil && after["vkey"] != nil)
        #expect(rebuild.size == 530 && rebuild.kept == 0 && rebuild.made == after.count - 2 && rebuild.replaced == [])
        try await ledger.expectClean(530)
    }

    @Test("mends each file that was altered, cut, lengthened or lost, and keeps what it found")
    func damaged() async throws {
        let ledger = try await prepared()
        let before = try ledger.files()
        for (path, bytes) in before.sorted(by: { $0.key < $1.key }) {
            for damage in [[bytes[0] ^ 1] + bytes.dropFirst(), Array(bytes.dropLast()), bytes + [0], []] as [[UInt8]] {
                try ledger.replace(path, with: damage)
                let rebuild = try #require(try await ledger.sequencer().rebuild())
                let found = try ledger.files()[path]
                let isGone = found == nil
                #expect(isGone || found == bytes, "\(path)")
                #expect(rebuild.replaced == [path] && rebuild.made == 0, "\(path)")
                let kept = try ledger.files(in: ledger.publicFolder.appendingPathExtension("set-aside"))
                #expect(kept.values.contains(damage), "\(path): what was there is kept")
                if isGone { try ledger.replace(path, with: bytes) }
            }
        }
        try await ledger.expectClean(530)
    }

    @Test("refuses when the journal isn't the ledger's, and touches nothing")
    func refused() async throws {
        let ledger = try await prepared()
        try ledger.replace("tile/0/000", with: [1])
        let before = try ledger.files()
        try ledger.tamper(
            "CREATE TABLE kept AS SELECT * FROM journal WHERE seq = 6; UPDATE journal SET leaf = CAST('{}' AS BLOB), leaf_hash = leafhash(CAST('{}' AS BLOB)) WHERE seq = 6"
        )
        await #expect(throws: SequencerRefusal.journalDiffers(size: 530, published: false)) { try await ledger.sequencer().rebuild() }
        #expect(try ledger.files() == before)
    }
}
