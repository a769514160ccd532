import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// A public folder that is lost with its anchors: the database still has the tokens, and everything else follows from the entries.
struct RebuiltAnchorTests {
    let authority: TimestampAuthority
    let fixture: AnchorFixture

    init() throws {
        authority = try Fixtures.authority.get()
        fixture = try AnchorFixture()
    }

    private func anchored() async throws -> [UInt64] {
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1))
        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        try await fixture.service(settings).anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(10)
        try await fixture.service(settings).anchorDue()
        return [first, second]
    }

    /// As the command does it, then the service's start.
    private func rebuild() async throws -> LedgerRebuild {
        let sizes = Set(try await fixture.data.storage.anchors(of: nil).map(\.size))
        let rebuild = try #require(try await fixture.sequencer.rebuild(anchored: sizes))
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1))
        try await fixture.service(settings).anchorDue()
        return rebuild
    }

    private func files(_ sizes: [UInt64]) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for size in sizes {
            let folder = fixture.anchored(size, "body").deletingLastPathComponent()
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                files["\(size)/\(name)"] = try Fixtures.bytes(folder.appendingPathComponent(name))
            }
        }
        return files
    }

    @Test
    func `rebuilding makes the anchored states again, and the next start puts the tokens and their chains beside them, byte for byte`()
        async throws
    {
        let sizes = try await anchored()
        let before = try files(sizes)
        #expect(before.count == 8)
        try FileManager.default.removeItem(at: fixture.ledger)
        _ = try await rebuild()
        #expect(try files(sizes) == before)
        let audit = LedgerAudit(
            publicFolder: fixture.ledger, vkey: fixture.key.verifier, storage: fixture.data.storage, documents: fixture.data.documents)
        #expect(try await audit.run().findings == [])
    }

    @Test func `a damaged body or note is set aside and made again, a cosigned note stays`() async throws {
        let sizes = try await anchored()
        let before = try files(sizes)
        for name in ["body", "checkpoint"] {
            let file = fixture.anchored(sizes[0], name)
            try FileManager.default.removeItem(at: file)
            try Data("altered\n".utf8).write(to: file)
            let rebuild = try await rebuild()
            #expect(rebuild.replaced == ["anchors/\(sizes[0])/\(name)"])
            #expect(try files(sizes) == before)
        }
        let witness = try CosigningKey(name: "temoin.example/w1", seed: Array(repeating: 9, count: 32))
        let file = fixture.anchored(sizes[1], "checkpoint")
        let note = try UnverifiedNote(parsing: try Fixtures.bytes(file))
        let cosigned = try note.adding([try witness.cosign(note.text, at: 1_800_000_000).line])
        try FileManager.default.removeItem(at: file)
        try Data(cosigned.bytes).write(to: file)
        #expect(try await rebuild().replaced == [])
        #expect(try Fixtures.bytes(file) == cosigned.bytes)
    }
}
