import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("An anchored state that somebody takes away")
struct AnchorTraceTests {
    let fixture: AnchorFixture
    private let authority: TimestampAuthority

    init() throws {
        fixture = try AnchorFixture()
        authority = try Fixtures.authority.get()
    }

    /// Two anchored states; the first one's anchor is told by the entry after it, the second one's waits to be.
    private func prepared() async throws -> (first: UInt64, second: UInt64) {
        let service = fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1)))
        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        try await service.anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(100)
        try await service.anchorDue()
        #expect(try await fixture.data.storage.anchors(of: nil).map(\.size) == [first, second])
        return (first, second)
    }

    private func remove(folder size: UInt64) throws { try FileManager.default.removeItem(at: fixture.anchored(size, "")) }
    private func remove(rows size: UInt64) throws {
        try LedgerFixture.tamper(fixture.data.folder.url, "DELETE FROM anchor WHERE size = \(size)")
    }

    @Test("folder and rows together is named, with the entry that tells of it")
    func both() async throws {
        let (first, second) = try await prepared()
        let storage = fixture.data.storage
        #expect(try await fixture.audited() == [])
        let telling = try #require(try await storage.openings(of: [first]).first)
        #expect(try JSON(parsing: telling.content)["anchored"]?.items?.map(\.whole) == [Int64(first)])
        #expect(try await storage.untoldAnchors() == [second])
        try remove(folder: first)
        try remove(rows: first)
        let found = try await fixture.audited()
        // Its proof is told as well.
        #expect(found.map(\.path) == ["anchors/\(first)", "anchor"] && found.allSatisfy { $0.seq == first }, "\(found)")
        #expect(found.first?.problem.english.contains("restore both from a backup") == true)
    }

    @Test("before any entry tells of it is named as well")
    func untold() async throws {
        let (_, second) = try await prepared()
        try remove(folder: second)
        try remove(rows: second)
        let found = try await fixture.audited()
        #expect(found.map(\.path) == ["anchors/\(second)", "anchor"] && found.allSatisfy { $0.seq == nil }, "\(found)")
    }

    @Test("in one place only is named in that place")
    func one() async throws {
        let (first, _) = try await prepared()
        let folder = fixture.anchored(first, "")
        let aside = fixture.data.folder["aside"]
        try FileManager.default.moveItem(at: folder, to: aside)
        #expect(try await fixture.audited().map(\.path) == ["anchors/\(first)"])
        try FileManager.default.moveItem(at: aside, to: folder)
        #expect(try await fixture.audited() == [])
        try remove(rows: first)
        #expect(try await fixture.audited().map(\.path) == ["anchor", "anchor"])
        // The next start finds the folder, and its token in it.
        fixture.clock.advance(100)
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        #expect(try await fixture.audited() == [])
    }
}
