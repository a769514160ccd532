import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: journal, checkpoint, anchors")
struct JournalConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    @Test("rows come in order and in parts", arguments: Backend.all)
    func parts(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        #expect(try await storage.journalSize() == 0)
        #expect(try await storage.journal(from: 0, limit: 10).isEmpty)
        _ = try await storage.sampleApproved(documents: Sample.documents(6))
        let all = try await storage.journal(from: 0, limit: 100)
        #expect(try await storage.journalSize() == 9)
        #expect(all.count == 9)
        #expect(try await storage.journal(from: 3, limit: 2) == Array(all[3..<5]))
        #expect(try await storage.journal(from: 8, limit: 5) == Array(all[8...]))
        #expect(try await storage.journal(from: 9, limit: 5).isEmpty)
        #expect(try await storage.journal(from: .max, limit: 5).isEmpty)
        #expect(try await opened.reopen().journal(from: 0, limit: 100) == all)
        try await Audit(storage)
    }

    @Test("entries are found by type, sitting, convocation and document, all together", arguments: Backend.all)
    func query(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let documents = Sample.documents(2)
        let sitting = try await storage.sampleApproved(members: 3, documents: documents)
        let composed = try await storage.composeAll()
        try await storage.relayAll(at: time(1))
        _ = try await storage.submit(Sample.draft(documents: documents, day: "2027-01-12"), at: time(2))
        let all = try await storage.journal(from: 0, limit: 100)
        #expect(try await storage.journal(matching: JournalQuery()) == all)
        #expect(try await storage.journal(matching: JournalQuery(sitting: sitting.id)).count == 10)
        let mine = try await storage.journal(matching: JournalQuery(convocation: composed[0].id))
        #expect(try mine.map { try JSON(parsing: $0.leaf).fields?["type"]?.text } == ["convocation.issued", "convocation.relayed"])
        let received = try await storage.journal(matching: JournalQuery(types: [.documentReceived], document: documents[1].hash))
        #expect(received.count == 2, "once in each sitting")
        let one = JournalQuery(types: [.documentReceived, .rollImported], sitting: sitting.id, document: documents[1].hash)
        #expect(try await storage.journal(matching: one) == [received[0]])
        #expect(try await storage.journal(matching: JournalQuery(convocation: ConvocationID(rawValue: 77))).isEmpty)
        #expect(try await storage.openings(of: [2, 0, 9_999]).map(\.seq) == [2, 0])
    }

    @Test("the checkpoint is replaced only by who knows it, never shrinks, never covers what is not there", arguments: Backend.all)
    func checkpoint(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleDraft(documents: Sample.documents(2))
        let one = StoredCheckpoint(size: 2, note: Array("one".utf8))
        let two = StoredCheckpoint(size: 4, note: Array("two".utf8))
        #expect(try await storage.checkpoint() == nil)
        #expect(try await storage.replaceCheckpoint(one, with: two) == false)
        #expect(try await storage.replaceCheckpoint(nil, with: one))
        #expect(try await storage.replaceCheckpoint(nil, with: two) == false)
        #expect(try await storage.checkpoint() == one)
        await #expect(throws: (any Error).self) {
            _ = try await storage.replaceCheckpoint(one, with: StoredCheckpoint(size: 5, note: Array("too much".utf8)))
        }
        #expect(try await storage.replaceCheckpoint(one, with: two))
        #expect(try await storage.replaceCheckpoint(one, with: two) == false)
        await #expect(throws: (any Error).self) { _ = try await storage.replaceCheckpoint(two, with: one) }
        #expect(try await opened.reopen().checkpoint() == two)
    }

    @Test("of many who replace the same checkpoint at once, one wins", arguments: Backend.all)
    func checkpointRace(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleDraft(documents: [])
        let other = try opened.reopen()
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                let new = StoredCheckpoint(size: 1, note: Array("by \(number)".utf8))
                group.addTask { try await (number.isMultiple(of: 2) ? storage : other).replaceCheckpoint(nil, with: new) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(winners == 1)
    }

    @Test("anchors are kept by size, method and authority", arguments: Backend.all)
    func anchors(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        func anchor(_ size: UInt64, _ method: AnchorRecord.Method, _ state: AnchorRecord.State, next: Date?, tries: Int = 0) -> AnchorRecord
        {
            AnchorRecord(
                size: size, method: method, authority: "an authority", state: state, bytes: [0, 255, UInt8(tries)], attempts: tries,
                nextTry: next, fault: next == nil ? nil : "timed out")
        }
        let first = anchor(3, .rfc3161, .wanted, next: nil)
        let second = anchor(2, .openTimestamps, .pending, next: time(60))
        let third = anchor(2, .rfc3161, .complete, next: nil)
        try await storage.save([first, second, third])
        #expect(try await storage.anchorsDue(at: time(59)) == [first])
        #expect(try await storage.anchorsDue(at: time(60)) == [second, first])
        #expect(try await storage.anchors(of: 2) == [second, third])
        #expect(try await storage.anchors(of: nil) == [second, third, first])
        // Put off by a clock that was ahead, and has been set back: not for a year.
        let ahead = anchor(4, .rfc3161, .wanted, next: time(365 * 86_400))
        let dropped = anchor(5, .rfc3161, .wanted, next: AnchorRecord.never)
        try await storage.save([ahead, dropped])
        #expect(try await storage.anchorsDue(at: time(59)) == [first, ahead])
        let waiting = anchor(4, .rfc3161, .wanted, next: time(59).addingTimeInterval(AnchorRecord.longestWait))
        try await storage.save([waiting])
        #expect(try await storage.anchorsDue(at: time(59)) == [first])
        let done = anchor(3, .rfc3161, .complete, next: nil, tries: 4)
        try await storage.save([done, anchor(4, .rfc3161, .complete, next: nil)])
        #expect(try await storage.anchors(of: 3) == [done])
        #expect(try await storage.anchorsDue(at: time(0)).isEmpty)
    }

    @Test("a signed transaction stays as it was signed, and a checkpoint has one", arguments: Backend.all)
    func transactions(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        func anchor(_ size: UInt64, _ transaction: ChainTransaction?, _ network: String = "regtest") -> AnchorRecord {
            AnchorRecord(
                size: size, method: .chainNode, authority: network, state: .pending, bytes: [], attempts: 0, nextTry: nil, fault: nil,
                transaction: transaction)
        }
        func paid(_ byte: UInt8, block: ChainTransaction.Block? = nil) -> ChainTransaction {
            ChainTransaction(
                network: "regtest", id: String(repeating: "a", count: 64), bytes: [byte, 0, 255], signedAt: time(7), block: block)
        }
        #expect(try await storage.newestChainAnchor() == nil)
        try await storage.save([anchor(5, nil)])
        try await storage.save([anchor(5, paid(1))])
        #expect(try await storage.anchors(of: 5) == [anchor(5, paid(1))])
        for other in [anchor(5, paid(2)), anchor(5, nil), anchor(5, paid(1), "signet"), anchor(5, nil, "signet")] {
            await #expect(throws: (any Error).self) { try await storage.save([other]) }
        }
        let confirmed = anchor(5, paid(1, block: .init(height: 102, hash: String(repeating: "b", count: 64))))
        try await storage.save([confirmed])
        #expect(try await storage.newestChainAnchor() == confirmed)
        try await storage.save([anchor(9, nil)])
        #expect(try await storage.newestChainAnchor() == anchor(9, nil))
        #expect(try await storage.anchors(of: 5) == [confirmed])
    }
}
