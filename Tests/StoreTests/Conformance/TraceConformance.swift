import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: traces of what could be taken away")
struct TraceConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    private func anchor(_ size: UInt64, _ authority: String = "one", _ state: AnchorRecord.State = .wanted) -> AnchorRecord {
        AnchorRecord(
            size: size, method: .rfc3161, authority: authority, state: state, bytes: [], attempts: 0, nextTry: nil, fault: nil)
    }

    /// What each entry tells of anchors; entries that tell of none are left out.
    private func told(_ storage: any Storage) async throws -> [UInt64: [Int64]] {
        let size = try await storage.journalSize()
        var told: [UInt64: [Int64]] = [:]
        for opening in try await storage.openings(of: Array(0..<size)) {
            if let sizes = try JSON(parsing: opening.content)["anchored"]?.items?.compactMap(\.whole) { told[opening.seq] = sizes }
        }
        return told
    }

    @Test("the next entry tells of anchored states, each once, also where a part of its transaction fails", arguments: Backend.all)
    func anchors(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleDraft(documents: Sample.documents(2))
        let first = try await storage.journalSize()
        #expect(try await told(storage) == [:])
        try await storage.save([anchor(2), anchor(2, "other"), anchor(3)])
        try await storage.save([anchor(2, "one", .complete), anchor(2, "third")])
        #expect(try await storage.untoldAnchors() == [2, 3])
        // A request that fails together with others must not take the trace with it.
        async let fails: Void = {
            for _ in 0..<20 {
                await #expect(throws: (any Error).self) {
                    _ = try await storage.approve(SittingID(rawValue: "none"), revision: nil, by: "x", at: time(1))
                }
            }
        }()
        _ = try await storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("a"), at: time(1))
        await fails
        #expect(try await told(storage) == [first: [2, 3]])
        #expect(try await storage.untoldAnchors() == [])
        _ = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("b"), at: time(2))
        // More than one entry tells of: the rest waits for the one after.
        try await storage.save((10..<1_110).map { anchor($0) })
        for number in [5, 6, 7] {
            _ = try await storage.replaceRoll(with: Sample.roll(number), source: Sample.hash("\(number)"), at: time(3))
        }
        let all = try await told(storage)
        #expect(all.values.flatMap { $0 }.sorted() == [2, 3] + (10..<1_110).map { Int64($0) } && all[first] == [2, 3])
        #expect(try await opened.reopen().untoldAnchors() == [])
        try await Audit(storage)
    }

    @Test("what an erased entry told of anchors is told again", arguments: Backend.all)
    func erased(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 3, documents: Sample.documents(1))
        _ = try await storage.composeAll()
        let members = try await storage.status(of: sitting.id).map(\.member.id)
        // Which of the messages is journalled first is the queue's affair: each of them tells of one.
        for (number, message) in try await storage.lease(limit: 10, at: time(1)).enumerated() {
            try await storage.save([anchor(UInt64(number + 1))])
            try await storage.record([Sample.outcome(of: message, .accepted, at: time(2))])
        }
        let before = try await told(storage)
        #expect(before.values.flatMap { $0 }.sorted() == [1, 2, 3])
        _ = try await storage.replaceRoll(with: [], source: Sample.hash("empty"), at: time(3))
        let later = time(8 * 366 * 86_400)
        for member in members {
            let erasure = try await storage.erase(member, ifLastSittingBefore: later, at: later)
            #expect(try await told(storage)[erasure.seq]?.count == 1)
            #expect(try await told(storage).values.flatMap { $0 }.sorted() == [1, 2, 3])
        }
        #expect(try await storage.compareState(limit: 9).differences == [])
        #expect(try await storage.structuralFaults() == [])
    }

    @Test("link keys are remembered in their order, and stay what they were", arguments: Backend.all)
    func keys(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        func key(_ number: UInt8, _ digit: String = "a", at seconds: Double = 0) -> LinkKeyTrace {
            LinkKeyTrace(number: number, fingerprint: String(repeating: digit, count: 32), createdAt: time(seconds))
        }
        #expect(try await storage.linkKeys() == [])
        try await storage.remember([key(7), key(1, "b", at: 60)])
        try await storage.remember([key(7, "c"), key(1, "b", at: 60), key(255, "d", at: 90)])
        #expect(try await opened.reopen().linkKeys() == [key(7), key(1, "b", at: 60), key(255, "d", at: 90)])
        try await storage.replaceLinkKeys(with: [key(7, "e"), key(8)], at: Sample.now)
        #expect(try await storage.linkKeys() == [key(7, "e"), key(8)])
    }

    @Test("the last link made before a moment ends when it says, unless it is void or past", arguments: Backend.all)
    func expiry(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: Sample.now) == nil)
        let sitting = try await storage.sampleApproved(members: 2, documents: Sample.documents(1))
        let composed = try await storage.composeAll()
        let ends = try #require(composed.first?.links.first).expires
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: Sample.now) == ends)
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: time(1), at: Sample.now) == ends)
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: time(-1), at: Sample.now) == nil)
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: ends) == nil)
        for status in try await storage.status(of: sitting.id) { try await storage.revokeLinks(of: status.id, at: time(5)) }
        #expect(try await storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: Sample.now) == nil)
    }
}
