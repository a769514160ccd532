import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("The audit")
struct AuditTests {
    /// 261 entries, over a tile's edge; two anchored checkpoints; partial tiles of an older one.
    private static let template = Task {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 270)
        _ = try await ledger.sequencer().publishPending()
        try ledger.anchor()
        try await ledger.grow(to: 259)
        _ = try await ledger.sequencer().publishPending()
        try ledger.anchor()
        try await ledger.grow(to: 261)
        _ = try await ledger.sequencer().publishPending()
        return ledger
    }

    private func prepared() async throws -> LedgerFixture { try await LedgerFixture(copying: Self.template.value) }

    @Test("counts what it has compared")
    func counts() async throws {
        let ledger = try await prepared()
        let (report, published) = (try await ledger.audit(), try ledger.published())
        #expect(report.findings == [] && report.entries == 261 && report.rows == 261 && report.openings == 261 && report.documents == 3)
        #expect(report.anchors == 2 && report.checkpoint == published && report.isClean)
        try await ledger.grow(by: 2)
        #expect(try await ledger.audit().pending == 2)
        _ = try await ledger.sequencer().publishPending()
        try await ledger.expectClean(263)
    }

    @Test("of an empty ledger finds nothing, and of a ledger without its checkpoint says so")
    func empty() async throws {
        let ledger = try LedgerFixture()
        #expect(try await ledger.strangersAudit().findings.map(\.path) == ["vkey"])
        try await ledger.sequencer().start()
        try await ledger.expectClean(0)
        try await ledger.grow(to: 1)
        _ = try await ledger.sequencer().publishPending()
        try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent("checkpoint"))
        #expect(try await ledger.strangersAudit().findings.map(\.path) == ["checkpoint"])
    }

    @Test("finds any flipped bit in any public file, as aics-tlog does among tiles and checkpoint")
    func flippedBits() async throws {
        let ledger = try await prepared()
        try await ledger.expectClean(261)
        let folder = ledger.publicFolder
        #expect(try Tool.judge("tlog_audit.py", [folder.path, "0", "260"]).status == 0)
        var generator = SeededGenerator(seed: 1)
        for (path, bytes) in try ledger.files().sorted(by: { $0.key < $1.key }) {
            let inside = (0..<12).map { _ in Int.random(in: bytes.indices, using: &generator) }
            for place in [0, bytes.count - 1] + inside {
                let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
                var damaged = bytes
                damaged[place] ^= bit
                try ledger.replace(path, with: damaged)
                let report = try await ledger.strangersAudit()
                #expect(report.findings.contains { $0.path == path }, "\(path), byte \(place), bit \(bit): \(report.findings)")
            }
            if path.hasPrefix("tile") || path == "checkpoint" {
                // Older partial tiles aren't looked at by aics-tlog, which needs only those of the checkpoint.
                let isOld = path.contains(".p/") && !path.hasSuffix(".p/5") && path != "tile/1/000.p/1"
                #expect(try Tool.judge("tlog_audit.py", [folder.path]).status == (isOld ? 0 : 1), "\(path)")
            }
            try ledger.replace(path, with: bytes)
        }
        try await ledger.expectClean(261)
    }

    @Test("names the one entry, tile or bundle that is wrong, and not all above it")
    func precise() async throws {
        let ledger = try await prepared()
        let files = try ledger.files()
        for (path, place, seq) in [
            ("tile/0/000", 5 * 32 + 3, 5), ("tile/0/001.p/5", 2 * 32, 258), ("tile/entries/000", 40, 0), ("tile/entries/001.p/5", 40, 256),
        ] as [(String, Int, UInt64)] {
            var damaged = try #require(files[path])
            damaged[place] ^= 1
            try ledger.replace(path, with: damaged)
            #expect(
                try await ledger.strangersAudit().findings.filter { $0.path != "\(path).p/3" }.map { [$0.path, "\($0.seq ?? 0)"] }.first
                    == [path, "\(seq)"])
            let report = try await ledger.audit()
            #expect(report.findings.allSatisfy { $0.seq == seq || $0.path.hasSuffix(".p/3") }, "\(report.findings)")
            // The journal is as it was: a backup of the database would be the wrong remedy.
            #expect(report.findings.allSatisfy { $0.path != "journal" && $0.path != "opening" }, "\(report.findings)")
            try ledger.replace(path, with: try #require(files[path]))
        }
        try await ledger.expectClean(261)
    }

    @Test("finds a file that is missing, cut, longer, or doesn't belong")
    func files() async throws {
        let ledger = try await prepared()
        let all = try ledger.files()
        for (path, bytes) in all {
            let isSpare = path.contains(".p/") && !path.hasSuffix(".p/5") && path != "tile/1/000.p/1"
            if !isSpare, !path.hasSuffix("/body") {
                try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent(path))
                #expect(try await ledger.strangersAudit().findings.contains { $0.path == path }, "\(path) missing")
            }
            for other in [Array(bytes.dropLast()), bytes + [10], []] {
                try ledger.replace(path, with: other)
                #expect(
                    try await ledger.strangersAudit().findings.contains { $0.path == path },
                    "\(path): \(other.count) of \(bytes.count) bytes")
            }
            try ledger.replace(path, with: bytes)
        }
        for path in ["tile/0/note.txt", "tile/0/001.p/05", "anchors/259/evil", "anchors/12a"] {
            try ledger.replace(path, with: [1])
            #expect(try await ledger.strangersAudit().findings.map(\.path) == [path])
            try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent(path))
        }
        try await ledger.expectClean(261)
    }

    @Test("is content with the full tile where the partial one has been removed, as readers are")
    func removedPartial() async throws {
        let ledger = try await prepared()
        let checkpoint = try #require(try ledger.files()["checkpoint"])
        try await ledger.grow(to: 515)
        _ = try await ledger.sequencer().publishPending()
        // A stranger still holds the older checkpoint, of 261 entries; its partial tiles are gone.
        let newer = try #require(try ledger.files()["checkpoint"])
        try ledger.replace("checkpoint", with: checkpoint)
        let report = try await ledger.strangersAudit()
        #expect(report.entries == 261 && report.findings.filter { !$0.path.hasPrefix("anchors") } == [] && report.unpublished > 0)
        try ledger.replace("checkpoint", with: newer)
        try await ledger.expectClean(515)
    }

    @Test("finds what was altered in the database")
    func database() async throws {
        let ledger = try await prepared()
        let forged = try ledger.key.checkpoint(size: 261, root: Merkle.leafHash([])).note
        try ledger.tamper(
            "CREATE TABLE rows AS SELECT * FROM journal; CREATE TABLE keys AS SELECT * FROM opening; CREATE TABLE record AS SELECT * FROM checkpoint"
        )
        for (damage, path, seq) in [
            ("UPDATE journal SET leaf = CAST(replace(CAST(leaf AS TEXT), '2026', '2025') AS BLOB) WHERE seq = 3", "journal", 3),
            ("UPDATE journal SET leaf = CAST('{}' AS BLOB), leaf_hash = leafhash(CAST('{}' AS BLOB)) WHERE seq = 258", "journal", 258),
            ("UPDATE journal SET leaf_hash = zeroblob(32) WHERE seq = 0", "journal", 0),
            ("DELETE FROM journal WHERE seq = 100", "journal", 100), ("DELETE FROM journal WHERE seq = 260", "journal", 260),
            ("UPDATE opening SET key = zeroblob(32) WHERE seq = 9", "journal", 9),
            ("UPDATE opening SET content = CAST(replace(CAST(content AS TEXT), 'aurence', 'agglo') AS BLOB) WHERE seq = 50", "journal", 50),
            ("UPDATE checkpoint SET note = x'00'", "database", nil), ("DELETE FROM checkpoint", "database", nil),
            (
                "UPDATE checkpoint SET size = 261, note = x'\(hex(forged))'",
                "database", nil
            ),
        ] as [(String, String, UInt64?)] {
            try ledger.tamper("PRAGMA foreign_keys = OFF; " + damage)
            let report = try await ledger.audit()
            #expect(report.findings.contains { $0.path == path && $0.seq == seq }, "\(damage): \(report.findings)")
            #expect(try await ledger.strangersAudit().findings == [], "the public folder is whole")
            try ledger.tamper(
                "PRAGMA foreign_keys = OFF; DELETE FROM opening; DELETE FROM journal; DELETE FROM checkpoint; INSERT INTO journal SELECT * FROM rows; INSERT INTO opening SELECT * FROM keys; INSERT INTO checkpoint SELECT * FROM record"
            )
        }
        try ledger.tamper("DROP TABLE rows; DROP TABLE keys; DROP TABLE record")
        try await ledger.expectClean(261)
    }

    @Test("tells evidence that is about another body, or about nothing")
    func evidence() async throws {
        let ledger = try await prepared()
        let body = try #require(try ledger.files()["anchors/259/body"])
        let tree = OpenTimestamps.Tree(attestations: [.pending(uri: "https://calendar.example")])
        let right = OpenTimestamps.DetachedProof(sha256: Sample.hash(body).bytes, tree: tree).file
        try ledger.replace("anchors/259/body.ots", with: right)
        #expect(try await ledger.strangersAudit().findings == [])
        for wrong in [OpenTimestamps.DetachedProof(sha256: Sample.hash("other").bytes, tree: tree).file, Array(right.dropLast()), []] {
            try ledger.replace("anchors/259/body.ots", with: wrong)
            #expect(try await ledger.strangersAudit().findings.map(\.path) == ["anchors/259/body.ots"])
        }
        try ledger.replace("anchors/259/body.ots", with: right)
        try ledger.replace("anchors/259/body.authority.tsr", with: [0x30, 0])
        #expect(try await ledger.strangersAudit().findings.map(\.path) == ["anchors/259/body.authority.tsr"])
        try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent("anchors/259/body.authority.tsr"))
        // An anchor of which only the checkpoint is there yet is being made.
        try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent("anchors/259/body"))
        #expect(try await ledger.strangersAudit().findings.map(\.path) == ["anchors/259/body"])
        try FileManager.default.removeItem(at: ledger.publicFolder.appendingPathComponent("anchors/259/body.ots"))
        try await ledger.expectClean(261)
    }

    @Test("an opening that is gone without a journalled erasure is evidence removed")
    func removedOpenings() async throws {
        let ledger = try await prepared()
        try ledger.tamper("CREATE TABLE keys AS SELECT * FROM opening; DELETE FROM opening WHERE seq BETWEEN 20 AND 29")
        let report = try await ledger.audit()
        let named = Set(report.findings.filter { $0.path == "opening" }.compactMap(\.seq))
        #expect(named == Set(20...29) && report.erased == 0 && report.openings == 251)
        try ledger.tamper("DELETE FROM opening; INSERT INTO opening SELECT * FROM keys; DROP TABLE keys")
        try await ledger.expectClean(261)
    }

    @Test("finds a document that is missing or has other bytes")
    func documents() async throws {
        let ledger = try await prepared()
        let documents = try ledger.files(in: ledger.documents.root)
        #expect(documents.count == 3)
        for (path, bytes) in documents {
            for damaged in [bytes + [0], [bytes[0] ^ 1] + bytes.dropFirst(), nil] {
                if let damaged {
                    try ledger.replace(path, with: damaged, in: ledger.documents.root)
                } else {
                    try FileManager.default.removeItem(at: ledger.documents.root.appendingPathComponent(path))
                }
                #expect(try await ledger.audit().findings.map(\.path) == ["documents/" + path])
            }
            try ledger.replace(path, with: bytes, in: ledger.documents.root)
        }
        try await ledger.expectClean(261)
    }

    @Test("doesn't believe a key that it wasn't given")
    func otherKey() async throws {
        let ledger = try await prepared()
        let stranger = try NoteSigningKey(name: ledger.key.verifier.name, seed: Array(repeating: 1, count: 32))
        let report = try await LedgerAudit(publicFolder: ledger.publicFolder, vkey: stranger.verifier).run()
        #expect(
            Set(report.findings.map(\.path)).isSuperset(of: ["vkey", "checkpoint", "anchors/259/checkpoint"]) && report.checkpoint == nil)
        try await ledger.expectClean(261)
    }
}
