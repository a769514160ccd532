import Council
import Foundation
import Logging
import Notary
import Store
import TestSupport
import Testing

/// The anchors' schedule under a clock that was ahead and has been set back: what was put off by the wrong clock isn't for years.
struct AnchorClockTests {
    let authority: TimestampAuthority
    let fixture: AnchorFixture

    init() throws {
        authority = try Fixtures.authority.get()
        fixture = try AnchorFixture()
    }

    @Test(arguments: [3600, 30 * 86_400, 20 * 365 * 86_400] as [TimeInterval], [.every, .first] as [AnchorSettings.TimestampUse])
    func `an anchor that was put off by a clock that was ahead is asked for when the clock is right again`(
        _ ahead: TimeInterval, _ use: AnchorSettings.TimestampUse
    ) async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        var failing = fixture.settings(authorities: [Fixtures.settings(of: authority, path: "broken")])
        var working = fixture.settings(authorities: [Fixtures.settings(of: authority)])
        failing.timestampUse = use
        working.timestampUse = use
        fixture.clock.advance(ahead)
        try await fixture.service(failing).anchorDue()
        #expect(try await fixture.data.storage.anchors(of: size).map(\.state) == [.wanted])
        // Set right; the longest wait there is passes.
        fixture.clock.advance(-ahead)
        fixture.clock.advance(2 * 3600)
        try await fixture.service(working).anchorDue()
        #expect(try await fixture.data.storage.anchors(of: size).map(\.state) == [.complete])
        #expect(FileManager.default.fileExists(atPath: fixture.anchored(size, "body.tsr").path))
    }

    @Test func `a verified timestamp that the clock is behind keeps sittings from being approved, also after an upgrade`() async throws {
        let fixture = try AnchorFixture(comparesClocks: true)
        let storage = fixture.data.storage
        let sitting = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        fixture.clock.advance(Date().timeIntervalSince(Sample.now) - 10 * 86_400)
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)])
        let log = RecordedLog()
        try await fixture.service(settings, logger: log.logger).anchorDue()
        let stamp = try #require(try await storage.newestTimestamp())
        #expect(stamp.size == size && stamp.authority == "essai" && abs(stamp.time.timeIntervalSinceNow) < 60)
        #expect(log.lines(.critical).count == 1, "\(log.lines(.critical))")
        let now = fixture.clock.wall.now()
        for _ in 0..<2 {
            await #expect(throws: StorageError.clockBehind(newest: stamp.time)) {
                _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: now)
            }
            await #expect(throws: StorageError.clockDisproved(stamp)) { try await storage.acceptClock(at: now) }
            // As an upgrade finds it: the token is there, and nothing of its time.
            try LedgerFixture.tamper(fixture.data.folder.url, "DELETE FROM newest_timestamp")
            #expect(try await storage.newestTimestamp() == nil)
            try await fixture.service(settings).anchorDue()
            #expect(try await storage.newestTimestamp() == stamp)
        }
    }

    @Test func `an authority that rests by a clock that was ahead is asked for the next checkpoint once it is right, by the same process`()
        async throws
    {
        let sitting = try await fixture.data.draftSitting()
        _ = try await fixture.publish()
        var settings = fixture.settings(
            authorities: [
                Fixtures.settings(of: authority, path: "garbage-clock", name: "premiere"),
                Fixtures.settings(of: authority, name: "seconde"),
            ], interval: .seconds(1))
        settings.timestampUse = .first
        let service = fixture.service(settings)
        fixture.clock.advance(365 * 86_400)
        try await service.anchorDue()
        fixture.clock.advance(-365 * 86_400)
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let size = try await fixture.publish()
        let before = try authority.queries(to: "garbage-clock")
        try await service.anchorDue()
        // The first one was asked again, at once: it has no rest that began in the future.
        #expect(try authority.queries(to: "garbage-clock") - before == 1)
        #expect(try await fixture.data.storage.anchors(of: size).contains { $0.authority == "seconde" && $0.state == .complete })
    }
}
