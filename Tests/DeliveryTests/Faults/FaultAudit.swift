import Council
import Foundation
import Store
import TestSupport
import Testing

/// Compares the relays' own logs with the journal, message by message.
struct FaultAudit {
    /// What the journal says of one step of a message.
    struct Entry: Decodable {
        let type: String
        let messageID: String?
        let outcome: String?
        let by: String?
        let relay: String?
        let queueID: String?
    }

    let result: FaultRun.Result
    private let entries: [String: [Entry]]
    private let copies: [String: [(relay: String, message: RudeServer.Message)]]

    init(_ result: FaultRun.Result) async throws {
        self.result = result
        let storage = result.test.storage
        let rows = try await storage.journal(from: 0, limit: 1_000_000)
        let openings = try await storage.openings(of: rows.map(\.seq))
        let all = try openings.map { try JSONDecoder().decode(Entry.self, from: Data($0.content)) }
        entries = Dictionary(grouping: all.filter { $0.messageID != nil }) { $0.messageID ?? "" }
        copies = Dictionary(
            grouping: result.relays.flatMap { relay in relay.taken.map { (relay.address, $0) } }, by: \.1.messageID)
    }

    func check() async throws {
        #expect(Set(copies.keys).isSubset(of: result.messages.keys), "the relays took what was never in the queue")
        for message in result.messages.values { check(message) }
        for sitting in result.sittings { try await check(sitting) }
        let counts = try await result.test.storage.queueCounts()
        #expect(Set(counts.keys).isSubset(of: [.relayed, .failed, .cancelled]), "\(counts)")
        #expect(try await result.test.storage.nextDue() == nil)
        #expect(try await result.test.storage.compareState(limit: 20).differences == [])
        #expect(try await result.test.storage.structuralFaults() == [])
    }

    private func check(_ message: OutgoingMessage) {
        let taken = copies[message.messageID] ?? []
        let name = "\(message.kind) \(message.messageID) (\(result.policy), seed's copies \(taken.count))"
        #expect(taken.allSatisfy { $0.message.bytes == message.bytes }, "\(name) changed")
        #expect(taken.allSatisfy { $0.message.recipient == message.recipient.description }, "\(name) went elsewhere")
        // Mails to the clerk are not journalled.
        guard message.kind != .alarm else { return }
        let said = entries[message.messageID] ?? []
        func count(_ step: String, _ more: (Entry) -> Bool = { _ in true }) -> Int {
            said.count { $0.type.hasSuffix("." + step) && more($0) }
        }
        let relayed = count("relayed")
        #expect(relayed + count("failed") <= 1, "\(name) ended more than once")
        let inDoubt = count("repeated") { $0.by == nil } + count("deferred") { $0.outcome == "unknown" }
        #expect(taken.count <= relayed + inDoubt, "\(name): \(relayed) relayed and \(inDoubt) in doubt are journalled")
        #expect(taken.count <= 1 + count("repeated"), "\(name): \(count("repeated")) repeats are journalled")
        if result.policy == .hold, message.kind == .convocation {
            #expect(count("repeated") == count("repeated") { $0.by == "clerk" }, "\(name) went again though nobody said so")
        }
        for entry in said where entry.type.hasSuffix(".relayed") {
            #expect(taken.contains { $0.relay == entry.relay }, "\(name): \(entry.relay ?? "") took none")
            #expect(entry.queueID.flatMap { result.script.names[$0] } == message.messageID, "\(name) is another's \(entry.queueID ?? "")")
        }
    }

    /// Every convocation is in one final state, and the journal says the same.
    private func check(_ sitting: SittingID) async throws {
        let byConvocation = Dictionary(
            grouping: result.messages.values.filter { $0.kind == .convocation }, by: \.messageID)
        for status in try await result.test.storage.status(of: sitting) where status.member.entry.service == .electronic {
            let messageID = "c.\(status.id).test@aurence.example"
            try #require(byConvocation[messageID] != nil)
            let said = entries[messageID] ?? []
            let (relayed, failed) = (said.count { $0.type == "convocation.relayed" }, said.count { $0.type == "convocation.failed" })
            switch status.state {
            case .relayed: #expect(relayed == 1 && failed == 0, "\(messageID): \(said)")
            case .failed: #expect(relayed == 0 && failed == 1, "\(messageID): \(said)")
            case .cancelled: #expect(sitting == result.cancelled && relayed == 0, "\(messageID): \(said)")
            default: Issue.record("\(messageID) is \(status.state) in the end")
            }
            // Whoever may have a convocation learns that the sitting doesn't take place.
            if sitting == result.cancelled, copies[messageID] != nil { #expect(status.cancellation != nil, "\(messageID)") }
        }
    }
}
