import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// `anchors.timestampUse: first`: one token for each checkpoint, by the first authority that gives one.
struct TimestampPreferenceTests {
    let authority: TimestampAuthority
    let fixture: AnchorFixture

    init() throws {
        authority = try Fixtures.authority.get()
        fixture = try AnchorFixture()
    }

    private func settings(_ paths: [(name: String, path: String)]) -> AnchorSettings {
        var settings = fixture.settings(
            authorities: paths.map { Fixtures.settings(of: authority, path: $0.path, name: $0.name) }, interval: .seconds(1))
        settings.timestampUse = .first
        return settings
    }

    private func states(_ size: UInt64) async throws -> [String: AnchorRecord.State] {
        Dictionary(uniqueKeysWithValues: try await fixture.data.storage.anchors(of: size).map { ($0.authority, $0.state) })
    }

    private func tokens(_ size: UInt64) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.anchored(size, "body").deletingLastPathComponent().path)
            .filter { $0.hasSuffix(".tsr") }
    }

    private func audit() async throws {
        #expect(try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier).run().findings == [])
    }

    @Test func `only the first is asked when it answers, then and later`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let before = try authority.queries(to: "preference-second")
        let service = fixture.service(settings([("un", ""), ("deux", "preference-second")]))
        try await service.anchorDue()
        #expect(try await states(size) == ["un": .complete, "deux": .wanted])
        #expect(try tokens(size) == ["body.un.tsr"])
        fixture.clock.advance(1_000_000)
        try await service.anchorDue()
        // And by a process that knows of nothing but the records.
        try await fixture.service(settings([("un", ""), ("deux", "preference-second")])).anchorDue()
        #expect(try authority.queries(to: "preference-second") == before)
        #expect(try await fixture.data.storage.anchorsDue(at: fixture.clock.wall.now()).isEmpty)
        try await audit()
    }

    @Test(arguments: ["garbage", "stale", "expired", "other", "truncated"])
    func `when it refuses or answers badly the next one is asked, and the failure is on record`(path: String) async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await fixture.service(settings([("un", path), ("deux", "")])).anchorDue()
        #expect(try await states(size) == ["un": .wanted, "deux": .complete])
        #expect(try tokens(size) == ["body.deux.tsr"])
        let failed = try #require(try await fixture.data.storage.anchors(of: size).first { $0.authority == "un" })
        #expect(failed.fault?.isEmpty == false && failed.attempts == 1)
        try await audit()
    }

    @Test func `one that failed is left alone for a while: the next checkpoint doesn't wait for it`() async throws {
        let own = try TimestampAuthority()
        let down = AnchorSettings.TimestampAuthority(name: "un", url: own.url("garbage"), caFile: own.authorities, policy: nil)
        var settings = fixture.settings(authorities: [down, Fixtures.settings(of: authority, name: "deux")], interval: .seconds(1))
        settings.timestampUse = .first
        let service = fixture.service(settings)
        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        try await service.anchorDue()
        #expect(try own.queries(to: "garbage") == 1)
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(30)
        try await service.anchorDue()
        #expect(try own.queries(to: "garbage") == 1)
        for size in [first, second] { #expect(try await states(size) == ["un": .wanted, "deux": .complete]) }
        // Afterwards it is first again.
        try await fixture.data.composeAll()
        let third = try await fixture.publish()
        fixture.clock.advance(60)
        try await service.anchorDue()
        #expect(try own.queries(to: "garbage") == 2)
        #expect(try await states(third) == ["un": .wanted, "deux": .complete])
        try await audit()
    }

    @Test func `when none answers all of them are asked again later, and one token comes of it`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let broken = fixture.service(settings([("un", "broken"), ("deux", "garbage")]))
        try await broken.anchorDue()
        #expect(try await states(size) == ["un": .wanted, "deux": .wanted])
        #expect(try await fixture.data.storage.anchorsDue(at: fixture.clock.wall.now()).isEmpty)
        fixture.clock.advance(200)
        try await broken.anchorDue()
        #expect(try await fixture.data.storage.anchors(of: size).map(\.attempts) == [2, 2])
        fixture.clock.advance(1000)
        try await fixture.service(settings([("un", ""), ("deux", "")])).anchorDue()
        #expect(try await states(size) == ["un": .complete, "deux": .wanted])
        #expect(try tokens(size) == ["body.un.tsr"])
    }

    @Test func `a token that is public already is taken over, whoever's it is, and nobody is asked`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await fixture.service(settings([("un", "broken"), ("deux", "")])).anchorDue()
        // As after a crash, or a database that is older than the folder.
        for name in ["un", "deux"] {
            try await fixture.data.storage.save([
                AnchorRecord(
                    size: size, method: .rfc3161, authority: name, state: .wanted, bytes: [], attempts: 0, nextTry: nil, fault: nil)
            ])
        }
        let asked = try authority.queries(to: "preference-never")
        try await fixture.service(settings([("un", "preference-never"), ("deux", "preference-never")])).anchorDue()
        #expect(try authority.queries(to: "preference-never") == asked)
        #expect(try await states(size) == ["un": .wanted, "deux": .complete])
        #expect(try tokens(size) == ["body.deux.tsr"])
        try await audit()
    }
}
