import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("A clock that is behind the journal")
struct ClockTests {
    @Test("approves nothing and sends nothing to members; what the clerk is told goes; set right or checked, all goes on")
    func behind() async throws {
        let data = try TestStorage()
        let storage = data.storage
        let sitting = try await data.draftSitting()
        #expect(try await storage.newestTime() == Sample.now)
        let back = Sample.now.addingTimeInterval(-301)
        await #expect(throws: StorageError.clockBehind(newest: Sample.now)) {
            _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: back)
        }
        #expect(try await storage.sitting(sitting.id)?.state == .draft)
        guard case .approved = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now.addingTimeInterval(-299))
        else {
            Issue.record("five minutes are let pass")
            return
        }
        let composed = try await data.composeAll().count
        let preview = Array("Subject: preview\r\n\r\n".utf8)
        let notice = try #require(try await storage.noticesToCompose(limit: 1).first)
        let message = OutgoingMessage(
            kind: .preview, messageID: "preview@aurence.example", envelopeSender: Sample.email("assemblees@aurence.example"),
            recipient: Sample.email("greffe@aurence.example"), bytes: preview, hash: Sample.hash(preview), deadline: nil)
        try await storage.close(notice.id, with: [message], links: [], at: Sample.now.addingTimeInterval(-86_400))
        _ = try await storage.replaceRoll(
            with: Sample.roll(40), source: Sample.hash("ahead"), at: Sample.now.addingTimeInterval(365 * 86_400))
        #expect(try await storage.lease(limit: 100, at: Sample.now).map(\.message.kind) == [.preview])
        #expect(try await storage.lease(limit: 100, at: Sample.now).isEmpty)
        // It was the other clock that was wrong.
        let seq = try await storage.acceptClock(at: Sample.now)
        #expect(
            try await storage.journal(from: seq, limit: 1).contains { String(decoding: $0.leaf, as: UTF8.self).contains("clock.checked") })
        #expect(try await storage.newestTime() == Sample.now)
        #expect(try await storage.lease(limit: 100, at: Sample.now).count == composed)
    }

    @Test("a clock that a timestamp disproves approves nothing, and can't be called right, but by who disputes the timestamp")
    func disproved() async throws {
        let data = try TestStorage()
        let storage = data.storage
        let sitting = try await data.draftSitting()
        let stamp = KnownTimestamp(time: Sample.now.addingTimeInterval(10 * 86_400), size: 3, authority: "essai")
        try await storage.note(stamp)
        // An older one, of another authority, changes nothing.
        try await storage.note(KnownTimestamp(time: Sample.now, size: 4, authority: "autre"))
        #expect(try await storage.newestTimestamp() == stamp)
        #expect(try await storage.newestTime() == stamp.time)
        #expect(try await storage.newestEntryTime() == Sample.now)
        await #expect(throws: StorageError.clockBehind(newest: stamp.time)) {
            _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        }
        await #expect(throws: StorageError.clockDisproved(stamp)) { try await storage.acceptClock(at: Sample.now) }
        let size = try await storage.journalSize()
        // Within five minutes of it nothing is disputed.
        let close = stamp.time.addingTimeInterval(-200)
        let plain = try #require(
            try await storage.openings(of: [try await storage.acceptClock(at: close, despiteTimestamp: true)]).first)
        #expect(try plain.seq == size && JSON(parsing: plain.content)["disputed"] == nil)
        let seq = try await storage.acceptClock(at: Sample.now, despiteTimestamp: true)
        let opening = try #require(try await storage.openings(of: [seq]).first)
        #expect(try JSON(parsing: opening.content)["disputed"]?.text?.hasPrefix("2026-12-04T") == true)
        #expect(try await storage.newestTime() == Sample.now)
        guard case .approved = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now) else {
            Issue.record("the disputed timestamp is kept to")
            return
        }
        // One that comes after that counts again.
        try await storage.note(stamp)
        #expect(try await storage.newestTime() == stamp.time)
        #expect(try await storage.compareState(limit: 9).differences == [])
    }
}
