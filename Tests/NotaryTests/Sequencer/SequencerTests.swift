import Foundation
import Ledger
import Logging
import Notary
import ServiceLifecycle
import Store
import TestSupport
import Testing

@Suite("The sequencer")
struct SequencerTests {
    @Test("publishes what the journal holds, once")
    func publishes() async throws {
        let ledger = try LedgerFixture()
        let sequencer = ledger.sequencer()
        #expect(try await sequencer.start() == nil)
        #expect(try await sequencer.publishPending() == nil)
        try await ledger.convene(members: 20)
        let size = try await ledger.storage.journalSize()
        let checkpoint = try #require(try await sequencer.publishPending())
        #expect(checkpoint.size == size)
        #expect(try ledger.published() == checkpoint)
        #expect(try await ledger.storage.checkpoint() == StoredCheckpoint(size: size, note: checkpoint.note))
        let files = try ledger.files()
        #expect(try await sequencer.publishPending() == nil)
        #expect(try ledger.files() == files)
        #expect(Set(files.keys) == ["checkpoint", "vkey", "tile/0/000.p/\(size)", "tile/entries/000.p/\(size)"])
        #expect(files["vkey"] == Array("\(ledger.key.verifier)\n".utf8))
        try await ledger.expectClean(size)
    }

    @Test("writes read-only files that a web server may read")
    func modes() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 3)
        _ = try await ledger.sequencer().publishPending()
        for path in try ledger.files().keys {
            let attributes = try FileManager.default.attributesOfItem(atPath: ledger.publicFolder.appendingPathComponent(path).path)
            #expect(attributes[.posixPermissions] as? Int == 0o444, "\(path)")
        }
        let folder = try FileManager.default.attributesOfItem(atPath: ledger.publicFolder.appendingPathComponent("tile/0/000.p").path)
        #expect(folder[.posixPermissions] as? Int == 0o755)
        try await ledger.expectClean(3)
    }

    @Test("keeps one tree through checkpoints around every edge of a tile, started anew each time")
    func edges() async throws {
        let ledger = try LedgerFixture()
        var last: UInt64 = 0
        for size in [1, 2, 3, 7, 200, 255, 256, 257, 300, 511, 512, 513] as [UInt64] {
            if last == 7 { try await ledger.convene(members: 150) }
            try await ledger.grow(to: size)
            let checkpoint = try #require(try await ledger.sequencer().publishPending())
            #expect(checkpoint.size == size)
            last = checkpoint.size
            try ledger.anchor()
        }
        try await ledger.expectClean(last)
        let files = try ledger.files()
        #expect(files["tile/0/001"]?.count == 8192 && files["tile/entries/001"] != nil && files["tile/1/000.p/2"]?.count == 64)
        #expect(!files.keys.contains { $0.hasPrefix("tile/0/000.p/") || $0.hasPrefix("tile/entries/001.p/") }, "replaced by full ones")
        #expect(files.keys.contains("tile/1/000.p/1"), "its full tile isn't there yet")
        let report = try await ledger.audit()
        #expect(report.anchors > 10 && report.openings == last && report.erased == 0 && report.pending == 0)
    }

    @Test("publishes a long journal in several checkpoints, at full tiles")
    func backlog() async throws {
        let ledger = try LedgerFixture()
        try ledger.fill(with: 70_000)
        nonisolated(unsafe) var sizes: [UInt64] = []
        let sequencer = ledger.sequencer { step in if step == .checkpointPublished { sizes.append(try ledger.published()?.size ?? 0) } }
        #expect(try await sequencer.publishPending()?.size == 70_000)
        #expect(sizes == [16_384, 32_768, 49_152, 65_536, 70_000])
        let judged = try Tool.judge("tlog_audit.py", [ledger.publicFolder.path, "0", "255", "256", "65535", "65536", "69999"])
        #expect(judged.status == 0, "\(judged.text)")
        let report = try await ledger.strangersAudit()
        #expect(report.findings == [] && report.entries == 70_000)
        try await judgeWithGo(ledger)
        try await judgeWithProofbundle(ledger)
        let last = "tile/entries/273.p/112"
        let bytes = try #require(try ledger.files()[last])
        try ledger.replace(last, with: bytes.dropLast() + [bytes[bytes.count - 1] ^ 1])
        #expect(try Tool.judge("tlog_audit.py", [ledger.publicFolder.path]).status == 1)
    }

    /// proofbundle holds our proofs at the edges of each level, cosigned by two witnesses of two; and none with another leaf, index or path.
    private func judgeWithProofbundle(_ ledger: LedgerFixture) async throws {
        let folder = try TemporaryFolder()
        let rows = try await ledger.storage.journal(from: 0, limit: 70_000)
        let tree = TreeOfRows(rows.map(\.leafHash))
        let note = try UnverifiedNote(parsing: try #require(try ledger.files()["checkpoint"]))
        let witnesses = try (1...2).map { try CosigningKey(name: "temoin.example/w\($0)", seed: Array(repeating: UInt8($0), count: 32)) }
        let cosigned = try note.adding(try witnesses.map { try $0.cosign(note.text, at: 1_800_000_000).line })
        let key = ledger.key.verifier
        func verdict(_ text: [UInt8], _ leaf: [UInt8], threshold: Int = 2) throws -> Int32 {
            let files = [try folder.write(text, to: "p.tlog-proof").path, try folder.write(leaf, to: "leaf").path]
            return try Tool.judge("tlog_proof.py", files + ["\(key)", key.name, "\(threshold)"] + witnesses.map { "\($0.verifier)" }).status
        }
        for index in [0, 255, 256, 65_535, 65_536, 69_999] {
            let path = tree.inclusion(UInt64(index))
            let proof = try TlogProof(index: UInt64(index), path: path, checkpoint: cosigned.bytes)
            #expect(try verdict(proof.text, rows[index].leaf) == 0, "\(index)")
            #expect(try verdict(proof.text, rows[index ^ 1].leaf) == 1, "\(index), another leaf")
            let moved = try TlogProof(index: UInt64(index ^ 1), path: path, checkpoint: cosigned.bytes)
            #expect(try verdict(moved.text, rows[index].leaf) == 1, "\(index), another index")
            let shorter = try TlogProof(index: UInt64(index), path: path.dropLast(), checkpoint: cosigned.bytes)
            #expect(try verdict(shorter.text, rows[index].leaf) == 1, "\(index), a shorter path")
        }
        let alone = try TlogProof(index: 7, path: tree.inclusion(7), checkpoint: note.bytes)
        #expect(try verdict(alone.text, rows[7].leaf) == 1 && verdict(alone.text, rows[7].leaf, threshold: 0) == 0)
    }

    /// Go's own note and tlog packages read the checkpoint, the tiles and the bundles; and refuse each of them once it is altered.
    private func judgeWithGo(_ ledger: LedgerFixture) async throws {
        let scratch = try TemporaryFolder()
        let source = Tool.repository.appendingPathComponent("Tests/judges/xmod/main.go").path
        let environment = ["GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": scratch["cache"].path, "HOME": scratch.url.path]
        let judge = scratch["judge"].path
        let built = try await aside { try Tool.run("go", ["build", "-o", judge, source], environment: environment) }
        try #require(built.status == 0, "\(built.errors)")
        let arguments = [ledger.publicFolder.path, "\(ledger.key.verifier)", "0", "255", "256", "65535", "65536", "69999"]
        let right = try await aside { try Tool.run(judge, arguments) }
        #expect(right.status == 0 && right.text == "holds 70000\n", "\(right.errors)")
        for path in ["checkpoint", "tile/0/000", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/256"]
        {
            let bytes = try #require(try ledger.files()[path], "\(path)")
            var wrong = bytes
            wrong[path.hasPrefix("tile/entries") ? 10 : 40 % bytes.count] ^= 1
            try ledger.replace(path, with: wrong)
            let refused = try await aside { try Tool.run(judge, arguments) }
            #expect(refused.status == 1, "\(path): \(refused.text)")
            try ledger.replace(path, with: bytes)
        }
    }

    @Test("is called by many at once, and works for one after the other")
    func concurrentCalls() async throws {
        let ledger = try LedgerFixture()
        let sequencer = ledger.sequencer()
        try await withThrowingTaskGroup(of: UInt64?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await ledger.grow(by: 3)
                    return try await sequencer.publishPending()?.size
                }
            }
            var sizes: [UInt64] = []
            for try await size in group { if let size { sizes.append(size) } }
            #expect(Set(sizes).count == sizes.count)
        }
        let size = try await ledger.storage.journalSize()
        #expect(try ledger.published()?.size == size)
        try await ledger.expectClean(size)
    }

    @Test("as a service publishes what comes, and what is left when it is stopped")
    func service() async throws {
        let ledger = try LedgerFixture()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = SequencerService(sequencer: ledger.sequencer(), storage: ledger.storage, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [ServiceGroupConfiguration.ServiceConfiguration(service: service)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for size in [1, 3, 6] as [UInt64] {
                try await ledger.grow(to: size)
                let end = ContinuousClock.now + .seconds(30)
                while try ledger.published()?.size != size, .now < end { try await Task.sleep(for: .milliseconds(20)) }
                #expect(try ledger.published()?.size == size)
            }
            try await ledger.grow(by: 1)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await ledger.expectClean(7)
    }

    @Test("two at once on one ledger: the second one stops for good, and nothing forks")
    func twoWriters() async throws {
        let ledger = try LedgerFixture()
        let (first, second) = (ledger.sequencer(), ledger.sequencer(on: try ledger.reopened()))
        try await ledger.grow(to: 5)
        _ = try await first.publishPending()
        try await second.start()
        try await ledger.grow(to: 9)
        #expect(try await first.publishPending()?.size == 9)
        let files = try ledger.files()
        try await ledger.grow(to: 12)
        #expect(try await refusal(second) == .anotherWriter(size: 9))
        #expect(try await refusal(second) == .anotherWriter(size: 9))
        #expect(try ledger.files() == files)
        #expect(try await first.publishPending()?.size == 12)
        try await ledger.expectClean(12)
    }

    @Test("two at once in the middle of their work: the published checkpoint never shrinks")
    func overtaken() async throws {
        let ledger = try LedgerFixture()
        try await ledger.grow(to: 5)
        let other = try ledger.reopened()
        // The slower one has signed 5 entries; before it publishes, another one starts, completes and goes on.
        nonisolated(unsafe) var overtaking = false
        let slow = ledger.sequencer { step in
            guard step == .checkpointSwapped, !overtaking else { return }
            overtaking = true
            let done = DispatchSemaphore(value: 0)
            Task {
                defer { done.signal() }
                _ = try await ledger.sequencer(on: other).publishPending()
                try await ledger.grow(to: 8)
                _ = try await ledger.sequencer(on: other).publishPending()
            }
            done.wait()
        }
        #expect(try await refusal(slow) == .anotherWriter(size: 8))
        #expect(try ledger.published()?.size == 8)
        try await ledger.expectClean(8)
    }
}

extension LedgerFixture {
    /// Entries of the database's own form without openings, in one stroke: a long journal.
    func fill(with count: Int) throws {
        try tamper(
            """
            INSERT INTO journal (seq, type, leaf, leaf_hash)
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < \(count)),
                 leaf(i, bytes) AS (SELECT i, CAST('{"at":"2026-12-09T08:00:00Z","seq":' || i || ',"type":"roll.imported","v":1}' AS BLOB) FROM n)
            SELECT i, 'roll.imported', bytes, leafhash(bytes) FROM leaf
            """)
    }
}
