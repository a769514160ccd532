import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Links after their keys were lost")
struct NewLinksTests {
    @Test("are sent again to whoever has acknowledged, too, and to whoever was reminded before the keys were accepted")
    func again() async throws {
        let data = try TestStorage()
        let storage = data.storage
        let sitting = try await data.approvedSitting(members: 4)
        let composed = try await data.composeAll()
        try await data.relayAll()
        let later = Sample.now.addingTimeInterval(7200)
        let link = try #require(composed[0].links.first { $0.target == .sitting })
        _ = try await storage.record(Access(link: link.id, at: later, grade: .person, signals: [], document: nil))
        try await storage.revokeLinks(of: composed[3].id, at: later)
        #expect(try await storage.remind(sitting.id, at: later) == 2)
        try await storage.writeLetters(at: later)
        try await storage.relayAll(at: later)
        // Within the hour only who got none: the one who has acknowledged.
        #expect(try await storage.sendLinksAgain(of: sitting.id, at: later + 60) == 1)
        try await storage.replaceLinkKeys(with: [], at: later + 120)
        #expect(try await storage.remind(sitting.id, at: later + 180) == 0)
        #expect(try await storage.sendLinksAgain(of: sitting.id, at: later + 180) == 3)
        #expect(try await storage.sendLinksAgain(of: sitting.id, at: later + 240) == 0)
        try await storage.writeLetters(at: later + 240)
        try await storage.relayAll(at: later + 240)
        let status = try await storage.status(of: sitting.id)
        #expect(status.count { $0.remindedAt == later + 240 } == 3)
        #expect(status.contains { $0.id == composed[0].id && $0.remindedAt == later + 240 })
        #expect(try await storage.compareState(limit: 9).differences == [])
        await #expect(throws: StorageError.self) { try await storage.sendLinksAgain(of: sitting.id, at: .distantFuture) }
    }
}
