import Council
import Foundation
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
}
