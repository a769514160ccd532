import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

@Suite("The comparison beside the running service")
struct JournalCheckTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// 600 entries, published.
    private static let template = Task {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 150)
        try await ledger.grow(to: 600)
        _ = try await ledger.sequencer().publishPending()
        return ledger
    }

    private func prepared() async throws -> LedgerFixture { try await LedgerFixture(copying: Self.template.value) }

    private func service(_ ledger: LedgerFixture, _ sequencer: Sequencer, delay: Duration = .zero) -> JournalCheckService {
        JournalCheckService(
            sequencer: sequencer, storage: ledger.storage, publicFolder: ledger.publicFolder, delay: delay, logger: quiet)
    }

    private func doubt(_ ledger: LedgerFixture) -> Bool {
        FileManager.default.fileExists(atPath: ledger.publicFolder.path + ".doubt")
    }

    /// Another leaf, with the hash that belongs to it: what only the published tiles gainsay.
    private func alter(_ seq: Int, in ledger: LedgerFixture) throws {
        try ledger.tamper(
            """
            UPDATE journal SET leaf = CAST(replace(CAST(leaf AS TEXT), '"v":1', '"v":2') AS BLOB) WHERE seq = \(seq);
            UPDATE journal SET leaf_hash = leafhash(leaf) WHERE seq = \(seq);
            """)
    }

    @Test("finds nothing where nothing is wrong, whatever the ledger's size, and while it grows")
    func clean() async throws {
        for size in [0, 1, 255, 256, 257, 512] as [UInt64] {
            let ledger = try LedgerFixture()
            try await ledger.grow(to: size)
            let sequencer = ledger.sequencer()
            _ = try await sequencer.publishPending()
            try await service(ledger, sequencer).look()
            if let published = try ledger.published() {
                let check = JournalCheck(storage: ledger.storage, publicFolder: ledger.publicFolder) { _ in
                    // Partial tiles go as full ones take their place.
                    try await ledger.grow(by: 200)
                    _ = try await sequencer.publishPending()
                }
                #expect(try await check.compare(upTo: published) == JournalCheck.Outcome(entries: size), "\(size)")
            }
            #expect(!doubt(ledger))
        }
    }

    @Test(
        "finds an entry that was altered, hash and all, stops the writer, and keeps the next start from signing", arguments: [3, 300, 520])
    func altered(seq: Int) async throws {
        let ledger = try await prepared()
        try alter(seq, in: ledger)
        // In the last bundle the start sees it by itself.
        let isInLast = seq >= 512
        let sequencer = ledger.sequencer()
        if isInLast {
            await #expect(throws: SequencerRefusal.journalDiffers(size: 600, published: true)) { try await sequencer.start() }
        } else {
            #expect(try await sequencer.start()?.size == 600)
        }
        let published = try #require(try ledger.published())
        await #expect(throws: SequencerRefusal.entryAltered(seq: UInt64(seq))) {
            _ = try await JournalCheck(storage: ledger.storage, publicFolder: ledger.publicFolder).compare(upTo: published)
        }
        guard !isInLast else { return }
        let files = try ledger.files()
        await #expect(throws: SequencerRefusal.entryAltered(seq: UInt64(seq))) { try await service(ledger, sequencer).run() }
        #expect(doubt(ledger))
        try await ledger.grow(by: 3)
        #expect(try await refusal(sequencer) == .entryAltered(seq: UInt64(seq)))
        // The next start, of the service or of a command that would change something.
        #expect(try await refusal(ledger.sequencer()) == .entryAltered(seq: UInt64(seq)))
        await #expect(throws: SequencerRefusal.entryAltered(seq: UInt64(seq))) { try await ledger.sequencer().examine() }
        #expect(try ledger.files() == files)
        // Also where the file that says so is taken away, and where the database's row is.
        let file = ledger.publicFolder.path + ".doubt"
        try FileManager.default.removeItem(atPath: file)
        #expect(try await refusal(ledger.sequencer()) == .entryAltered(seq: UInt64(seq)))
        try ledger.tamper("DELETE FROM ledger_doubt")
        try Data("doubt\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await refusal(ledger.sequencer()) == .entryAltered(seq: UInt64(seq)))
        try await ledger.storage.setDoubt("doubt")
        // Mended, as by a backup: the start compares all of it once more, and goes on.
        try ledger.tamper(
            """
            UPDATE journal SET leaf = CAST(replace(CAST(leaf AS TEXT), '"v":2', '"v":1') AS BLOB) WHERE seq = \(seq);
            UPDATE journal SET leaf_hash = leafhash(leaf) WHERE seq = \(seq);
            """)
        let again = ledger.sequencer()
        try await again.examine()
        #expect(doubt(ledger))
        #expect(try await again.publishPending()?.size == 603)
        #expect(try await ledger.storage.doubt() == nil)
        #expect(!doubt(ledger))
        try await ledger.expectClean(603)
    }

    @Test("finds a row that no longer has its hash, and rows that are gone")
    func damaged() async throws {
        let ledger = try await prepared()
        let published = try #require(try ledger.published())
        let check = JournalCheck(storage: ledger.storage, publicFolder: ledger.publicFolder)
        try ledger.tamper("UPDATE journal SET leaf = CAST(leaf || x'20' AS BLOB) WHERE seq = 40")
        await #expect(throws: SequencerRefusal.entryAltered(seq: 40)) { _ = try await check.compare(upTo: published) }
        try ledger.tamper("UPDATE journal SET leaf = substr(leaf, 1, length(leaf) - 1) WHERE seq = 40")
        #expect(try await check.compare(upTo: published).damaged == [])
        try ledger.tamper("PRAGMA foreign_keys = OFF; DELETE FROM journal WHERE seq = 77")
        await #expect(throws: SequencerRefusal.entryAltered(seq: 77)) { _ = try await check.compare(upTo: published) }
    }

    @Test("names public files that are damaged, and goes on: the journal holds")
    func files() async throws {
        let ledger = try await prepared()
        let sequencer = ledger.sequencer()
        try await sequencer.start()
        let published = try #require(try ledger.published())
        let check = JournalCheck(storage: ledger.storage, publicFolder: ledger.publicFolder)
        for path in ["tile/0/000", "tile/entries/001"] {
            let bytes = try #require(try ledger.files()[path])
            var other = bytes
            other[70] ^= 1
            try ledger.replace(path, with: other)
            #expect(try await check.compare(upTo: published).damaged == [path])
            try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent(path))
            #expect(try await check.compare(upTo: published).damaged == [path])
            try await service(ledger, sequencer).look()
            try ledger.replace(path, with: bytes)
        }
        #expect(!doubt(ledger))
        try await ledger.grow(by: 1)
        _ = try await sequencer.publishPending()
        try await ledger.expectClean(601)
    }

    @Test("rests three times as long as it works, and ends when the service does")
    func ends() async throws {
        let ledger = try await prepared()
        let task = Task { try await service(ledger, ledger.sequencer()).run() }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        try await task.value
        #expect(!doubt(ledger))
    }
}
