import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Any store: many at once")
struct ConcurrencyConformance {
    @Test("each caller gets their own answer or error, and one's error undoes nobody else's work", arguments: Backend.all)
    func isolation(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 300, documents: Sample.documents(1))
        let composed = try await storage.composeAll()
        let missing = SittingID(rawValue: "nowhere")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, convocation) in composed.enumerated() {
                group.addTask {
                    switch number % 5 {
                    case 0:
                        await #expect(throws: StorageError.noSuchSitting(missing)) {
                            _ = try await storage.approve(missing, revision: nil, by: "x", at: Sample.now)
                        }
                    case 1:
                        await #expect(throws: StorageError.noSuchLink(UInt64(number))) {
                            _ = try await storage.record(
                                Access(link: UInt64(number), at: Sample.now, grade: .person, signals: [], document: nil))
                        }
                    case 2:
                        // Composed already: skipped, without an error.
                        try await storage.store([convocation], at: Sample.now)
                    default:
                        let access = Access(link: convocation.links[0].id, at: Sample.now, grade: .person, signals: [], document: nil)
                        #expect(try await storage.record(access) == .recorded)
                    }
                }
            }
            try await group.waitForAll()
        }
        let wanted = composed.indices.count { $0 % 5 >= 3 }
        let audit = try await Audit(storage)
        #expect(audit.count(.receiptOpened) == wanted)
        #expect(try await storage.status(of: sitting.id).count { $0.receiptAt != nil } == wanted)
    }

    @Test("work that fails half-way leaves no half", arguments: Backend.all)
    func halves(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleApproved(members: 40, documents: [])
        let composed = try await storage.convocationsToCompose(limit: 99).map { Sample.composed($0, at: Sample.now) }
        try await storage.store([composed[0]], at: Sample.now)
        // Each batch: one good convocation, then one whose Message-ID is taken. Between them, single good ones.
        await withTaskGroup(of: Void.self) { group in
            for pair in stride(from: 1, to: composed.count - 2, by: 3) {
                let thief = ComposedConvocation(id: composed[pair + 1].id, message: composed[0].message, links: [])
                group.addTask {
                    await #expect(throws: (any Error).self) { try await storage.store([composed[pair], thief], at: Sample.now) }
                }
                group.addTask { await #expect(throws: Never.self) { try await storage.store([composed[pair + 2]], at: Sample.now) } }
            }
        }
        let good = stride(from: 1, to: composed.count - 2, by: 3).map { composed[$0 + 2].id }
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationIssued) == good.count + 1)
        let left = Set(try await storage.convocationsToCompose(limit: 99).map(\.id))
        #expect(left == Set(composed.map(\.id)).subtracting(good + [composed[0].id]))
    }

    @Test("a change that was asked for is made even when its caller is cancelled", arguments: Backend.all)
    func cancelled(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleApproved(members: 3, documents: Sample.documents(1))
        let composed = try await storage.composeAll()
        let leased = try await storage.lease(limit: 9, at: Sample.now)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await storage.record(leased.map { Sample.outcome(of: $0, .accepted, at: Sample.now) })
            let access = Access(link: composed[0].links[0].id, at: Sample.now, grade: .person, signals: [], document: nil)
            #expect(try await storage.record(access) == .recorded)
        }
        try await task.value
        #expect(try await storage.queueCounts() == [.relayed: 3])
        #expect(try await storage.convocation(composed[0].id)?.receiptAt == Sample.now)
    }
}
