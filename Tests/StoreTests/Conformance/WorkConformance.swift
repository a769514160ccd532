import Council
import Foundation
import Store
import TestSupport
import Testing

/// Waits are long enough (ten minutes: hundreds of other tests share the machine's few threads) that a lost wake-up shows as a wait to the
/// end, and short when all is well.
@Suite("Any store: waiting for work", .timeLimit(.minutes(15)))
struct WorkConformance {
    private static let long = Duration.seconds(600)

    /// Whether the wait ended before its time.
    private func isWoken(_ storage: any Storage, _ kind: Work, within limit: Duration = long) async -> Bool {
        let start = ContinuousClock.now
        await storage.awaitWork(kind, timeout: limit)
        return ContinuousClock.now - start < limit - .seconds(5)
    }

    @Test("each change wakes who waits for its kind of work", arguments: Backend.all)
    func kinds(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        async let woken = [
            isWoken(storage, .composition), isWoken(storage, .delivery), isWoken(storage, .journal), isWoken(storage, .anchoring),
        ]
        _ = try await storage.sampleApproved(members: 2, documents: [])
        try await storage.composeAll()
        #expect(try await storage.replaceCheckpoint(nil, with: StoredCheckpoint(size: 1, note: [1])))
        #expect(await woken == [true, true, true, true])
    }

    @Test("work that came between the look and the wait ends the wait at once, and only once", arguments: Backend.all)
    func betweenLookAndWait(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        #expect(try await storage.noticesToCompose(limit: 1).isEmpty)
        try await storage.post(.rejected(name: "x", reason: "y"), at: Sample.now)
        #expect(await isWoken(storage, .composition))
        let start = ContinuousClock.now
        await storage.awaitWork(.composition, timeout: .milliseconds(200))
        #expect(ContinuousClock.now - start >= .milliseconds(200))
    }

    @Test("no wake-up is lost in a run of looks and waits", arguments: Backend.all)
    func noneLost(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let total = 100
        async let posted: Void = {
            for number in 0..<total { try await storage.post(.rejected(name: "\(number)", reason: ""), at: Sample.now) }
        }()
        var seen = 0
        while seen < total {
            let notices = try await storage.noticesToCompose(limit: total)
            for notice in notices { try await storage.close(notice.id, with: [], links: [], at: Sample.now) }
            seen += notices.count
            if notices.isEmpty { #expect(await isWoken(storage, .composition)) }
        }
        try await posted
        #expect(seen == total)
    }

    @Test("a wait ends with its time, or with its task", arguments: Backend.all)
    func ends(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        await storage.awaitWork(.delivery, timeout: .zero)
        await storage.awaitWork(.delivery, timeout: .milliseconds(30))
        let waiting = Task { await isWoken(storage, .delivery) }
        waiting.cancel()
        #expect(await waiting.value)
        // Cancelled while it waits.
        let running = Task { await isWoken(storage, .delivery) }
        await storage.awaitWork(.anchoring, timeout: .milliseconds(100))
        running.cancel()
        #expect(await running.value)
    }

    @Test("what another opening of the same data commits is noticed", arguments: Backend.all)
    func others(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let other = try opened.reopen()
        async let woken = isWoken(opened.storage, .composition)
        try await other.post(.rejected(name: "from elsewhere", reason: ""), at: Sample.now)
        #expect(await woken)
    }
}
