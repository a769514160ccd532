import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: the delivery queue")
struct QueueConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    private func queue(_ count: Int, in storage: any Storage) async throws -> [ComposedConvocation] {
        _ = try await storage.sampleApproved(members: count, documents: [])
        return try await storage.composeAll()
    }

    @Test("a lease takes what is due, oldest first, and nobody else gets it", arguments: Backend.all)
    func lease(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(5, in: storage)
        #expect(try await storage.lease(limit: 9, at: time(-1)).isEmpty)
        #expect(try await storage.lease(limit: 0, at: time(0)).isEmpty)
        let first = try await storage.lease(limit: 3, at: time(1))
        #expect(first.map(\.message) == composed[..<3].map(\.message))
        #expect(first.allSatisfy { $0.attempt == 1 && $0.firstAttemptAt == time(1) })
        let second = try await opened.reopen().lease(limit: 9, at: time(1))
        #expect(second.map(\.message) == composed[3...].map(\.message))
        #expect(try await storage.queueCounts() == [.leased: 5])
        #expect(try await storage.nextDue() == nil)
    }

    @Test("leased from many sides at once, each message goes to one", arguments: Backend.all)
    func leaseRace(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(9, in: storage)
        let other = try opened.reopen()
        let leases = try await withThrowingTaskGroup(of: [LeasedMessage].self) { group in
            for number in 0..<24 { group.addTask { try await (number.isMultiple(of: 3) ? other : storage).lease(limit: 1, at: time(1)) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(leases.count == 9)
        #expect(Set(leases.map(\.message.messageID)) == Set(composed.map(\.message.messageID)))
    }

    @Test("accepted: relayed, with the relay's words in the journal", arguments: Backend.all)
    func accepted(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(2, in: storage)
        let leased = try await storage.lease(limit: 9, at: time(1))
        try await storage.record([Sample.outcome(of: leased[0], .accepted, at: time(2.345))])
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.state == .relayed && status.relayedAt == time(2.345) && status.attempts == 1)
        #expect(status.lastReply == "250 2.0.0 Ok: queued as T\(leased[0].id)")
        #expect(try await storage.link(composed[0].links[0].id)?.relayedAt == time(2.345))
        #expect(try await storage.link(composed[1].links[0].id)?.relayedAt == nil)

        let entry = try #require(try await Audit(storage).contents(of: .convocationRelayed).first)
        #expect(
            entry["reply"]?.text == status.lastReply && entry["queueID"]?.text == "T\(leased[0].id)" && entry["relay"] == "127.0.0.1:2525")
        #expect(entry["attempt"] == 1 && entry["message"]?.text == composed[0].message.hash.hex)
        #expect(entry["at"] == "2026-11-24T08:05:06.345Z")
        let row = try #require(try await storage.journal(matching: JournalQuery(types: [.convocationRelayed])).first)
        let leaf = try JSON(parsing: row.leaf)
        #expect(leaf.fields?["at"] == "2026-11-24T08:00:00Z" && leaf.fields?["event"] == "http://uri.etsi.org/19522/Event/RelayToNonERDS")
    }

    @Test("a late answer changes nothing", arguments: Backend.all)
    func late(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(1, in: storage)
        let first = try await storage.lease(limit: 1, at: time(1))[0]
        #expect(try await storage.recoverLeases(at: time(2), policy: .resend) == 1)
        try await storage.record([Sample.outcome(of: first, .accepted, at: time(3))])
        #expect(try await storage.queueCounts() == [.unknown: 1])
        let second = try await storage.lease(limit: 1, at: time(4))[0]
        #expect(second.attempt == 2 && second.firstAttemptAt == time(1) && second.message == first.message)
        try await storage.record([Sample.outcome(of: first, .refused, at: time(5))])
        try await storage.record([Sample.outcome(of: second, .accepted, at: time(6))])
        try await storage.record([Sample.outcome(of: second, .accepted, at: time(7)), Sample.outcome(of: second, .refused, at: time(8))])
        #expect(try await storage.convocation(composed[0].id)?.relayedAt == time(6))
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationRelayed) == 1 && audit.count(.convocationRepeated) == 1 && audit.count(.convocationFailed) == 0)
    }

    @Test("deferred: due again at its time with the same bytes; unknown: journalled as a repeat", arguments: Backend.all)
    func deferred(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(2, in: storage)
        let leased = try await storage.lease(limit: 9, at: time(1))
        try await storage.record([
            Sample.outcome(of: leased[0], .deferred(retryAt: time(60)), at: time(2)),
            Sample.outcome(of: leased[1], .unknown(retryAt: time(30)), reply: "connection lost after the final dot", at: time(2)),
        ])
        #expect(try await storage.queueCounts() == [.deferred: 1, .unknown: 1])
        #expect(try await storage.nextDue() == time(30))
        #expect(try await storage.lease(limit: 9, at: time(29.999)).isEmpty)
        let again = try await storage.lease(limit: 9, at: time(60))
        #expect(again.map(\.message) == [composed[1].message, composed[0].message], "by their times")
        #expect(again.map(\.attempt) == [2, 2] && again.allSatisfy { $0.firstAttemptAt == time(1) })
        let states = try await storage.convocation(composed[0].id)
        #expect(states?.state == .queued && states?.lastReply == "451 4.3.0 not now" && states?.attempts == 2)
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationDeferred) == 1 && audit.count(.convocationRepeated) == 1)
    }

    @Test("refused: failed at once, and told", arguments: Backend.all)
    func refused(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(1, in: storage)
        let leased = try await storage.lease(limit: 9, at: time(1))
        try await storage.record([Sample.outcome(of: leased[0], .refused, reply: "550 5.1.1 no such user", at: time(2))])
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.state == .failed && status.relayedAt == nil && status.lastReply == "550 5.1.1 no such user")
        #expect(
            try await storage.noticesToCompose(limit: 9).last?.content == .undelivered(sitting: status.sitting, convocations: [status.id]))
        #expect(try await Audit(storage).contents(of: .convocationFailed).first?["reply"] == "550 5.1.1 no such user")
    }

    @Test("nothing is leased at its deadline: it fails, in the journal and in a notice", arguments: Backend.all)
    func deadline(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await queue(3, in: storage)
        let deadline = try #require(composed[0].message.deadline)
        let leased = try await storage.lease(limit: 2, at: time(1))
        // Beyond the deadline: still deferred, and due at the deadline.
        try await storage.record([
            Sample.outcome(of: leased[0], .deferred(retryAt: deadline.addingTimeInterval(600)), at: time(2)),
            Sample.outcome(of: leased[1], .unknown(retryAt: deadline), at: time(2)),
        ])
        #expect(try await storage.queueCounts() == [.deferred: 1, .unknown: 1, .ready: 1])
        #expect(try await storage.lease(limit: 9, at: deadline.addingTimeInterval(-0.001)).map(\.message) == [composed[2].message])
        #expect(try await storage.nextDue() == deadline)
        #expect(try await storage.lease(limit: 9, at: deadline).isEmpty)
        #expect(try await storage.queueCounts() == [.failed: 2, .leased: 1])
        #expect(try await storage.nextDue() == nil)
        let sitting = try #require(try await storage.sittings().first)
        #expect(
            try await storage.noticesToCompose(limit: 9).last?.content
                == .undelivered(sitting: sitting.id, convocations: [composed[0].id, composed[1].id]))
        // The one that was under way at the deadline did leave: facts first.
        let running = try #require(try await storage.status(of: sitting.id).first { $0.state == .queued })
        try await storage.record([
            DeliveryOutcome(
                id: MessageID(rawValue: leased[1].id.rawValue + 1), attempt: 1, result: .accepted, reply: "250 Ok", queueID: nil,
                relay: "127.0.0.1:25", at: deadline.addingTimeInterval(1))
        ])
        #expect(try await storage.convocation(running.id)?.state == .relayed)
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationFailed) == 2)
        #expect(audit.count(.convocationRepeated) == 0, "an unknown outcome that will not be sent again is no repeat")
    }

    @Test("a message that was late when it came never leaves", arguments: Backend.all)
    func lateFromTheStart(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 2, documents: [])
        try await storage.composeAll(at: sitting.draft.deadline.addingTimeInterval(5))
        #expect(try await storage.nextDue() == sitting.draft.deadline)
        #expect(try await storage.lease(limit: 9, at: sitting.draft.deadline.addingTimeInterval(5)).isEmpty)
        #expect(try await storage.queueCounts() == [.failed: 2])
        try await Audit(storage)
    }

    @Test("after a crash every lease is given back with the same bytes, as a repeat", arguments: Backend.all)
    func recover(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let composed = try await queue(4, in: opened.storage)
        _ = try await opened.storage.lease(limit: 3, at: time(1))
        let storage = try opened.reopen()
        #expect(try await storage.recoverLeases(at: time(50), policy: .resend) == 3)
        #expect(try await storage.recoverLeases(at: time(51), policy: .resend) == 0)
        #expect(try await storage.queueCounts() == [.unknown: 3, .ready: 1])
        let again = try await storage.lease(limit: 9, at: time(50))
        #expect(Set(again.map(\.message)) == Set(composed.map(\.message)))
        #expect(again.map(\.attempt).sorted() == [1, 2, 2, 2])
        #expect(try await Audit(storage).count(.convocationRepeated) == 3)
    }

    @Test("of what had not begun when the process died, nothing is in doubt", arguments: Backend.all, [UnknownPolicy.resend, .hold])
    func recoverBegun(_ backend: Backend, _ policy: UnknownPolicy) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        _ = try await queue(4, in: opened.storage)
        let first = try await opened.storage.lease(limit: 4, at: time(1))
        try await opened.storage.record([Sample.outcome(of: first[0], .deferred(retryAt: time(2)), at: time(1))])
        let leased = try await opened.storage.lease(limit: 1, at: time(2)) + first[1...2]
        let begun: Set = [LeasedAttempt(id: first[1].id, attempt: 1), LeasedAttempt(id: first[0].id, attempt: 1)]
        #expect(leased.count == 3)
        let storage = try opened.reopen()
        #expect(try await storage.recoverLeases(at: time(50), policy: policy, begun: begun) == 1)
        #expect(try await storage.queueCounts() == [.unknown: 1, .ready: 2, .deferred: 1])
        #expect(try await storage.lease(limit: 9, at: time(50)).map(\.attempt).sorted() == (policy == .hold ? [1, 1, 2] : [1, 1, 2, 2]))
        #expect(try await Audit(storage).count(.convocationRepeated) == (policy == .hold ? 0 : 1))
    }

    @Test("held: what may have left waits for the clerk, who is told once, and goes again at their word", arguments: Backend.all)
    func held(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let composed = try await queue(3, in: opened.storage)
        let leased = try await opened.storage.lease(limit: 2, at: time(1))
        try await opened.storage.record([Sample.outcome(of: leased[0], .unknown(retryAt: nil), at: time(2))])
        // The second one's process dies with it.
        let storage = try opened.reopen()
        #expect(try await storage.recoverLeases(at: time(3), policy: .hold) == 1)
        #expect(try await storage.queueCounts() == [.unknown: 2, .ready: 1])
        let sitting = try #require(try await storage.sittings().first)
        #expect(
            try await storage.noticesToCompose(limit: 9).last?.content
                == .uncertain(sitting: sitting.id, convocations: [composed[0].id, composed[1].id]))
        #expect(try await storage.convocation(composed[0].id)?.state == .queued)
        #expect(try await storage.convocation(composed[0].id)?.isHeld == true)
        #expect(try await storage.lease(limit: 9, at: time(40_000)).map(\.message) == [composed[2].message])
        #expect(try await storage.sendAgain(composed[0].id, by: "clerk", at: time(40_001)))
        #expect(try await storage.sendAgain(composed[0].id, by: "clerk", at: time(40_001)) == false)
        #expect(try await storage.convocation(composed[0].id)?.isHeld == false)
        let again = try await storage.lease(limit: 9, at: time(40_002))
        #expect(again.map(\.message) == [composed[0].message] && again.map(\.attempt) == [2])
        // Nobody decides on the other: at the last lawful moment it counts as not served, and the journal doesn't claim that it never left.
        #expect(try await storage.lease(limit: 9, at: sitting.draft.deadline).isEmpty)
        let failed = try #require(try await Audit(storage).contents(of: .convocationFailed).first)
        #expect(failed["outcome"] == "unknown" && failed["cause"] == "deadline")
        #expect(try await Audit(storage).count(.convocationRepeated) == 1)
    }

    @Test("postponed: nothing happened, so nothing is journalled and no attempt counts", arguments: Backend.all)
    func postponed(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await queue(2, in: storage)
        let leased = try await storage.lease(limit: 2, at: time(1))
        try await storage.record([
            Sample.outcome(of: leased[0], .postponed(until: time(9)), at: time(2)),
            Sample.outcome(of: leased[1], .unknown(retryAt: time(5)), at: time(2)),
        ])
        #expect(try await storage.queueCounts() == [.ready: 1, .unknown: 1])
        let second = try await storage.lease(limit: 2, at: time(6))
        #expect(second.map(\.id) == [leased[1].id] && second.map(\.attempt) == [2])
        try await storage.record([Sample.outcome(of: second[0], .postponed(until: time(9)), at: time(7))])
        // It stays one that may have left.
        #expect(try await storage.queueCounts() == [.ready: 1, .unknown: 1])
        #expect(try await storage.lease(limit: 9, at: time(9)).map(\.attempt) == [1, 2])
        let audit = try await Audit(storage)
        #expect(audit.count(.convocationDeferred) == 0 && audit.count(.convocationRepeated) == 1)
    }

    @Test("what relays have taken is known after a restart, with relay, domain and instant", arguments: Backend.all)
    func handovers(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        _ = try await queue(2, in: opened.storage)
        let leased = try await opened.storage.lease(limit: 2, at: time(1))
        try await opened.storage.record([
            Sample.outcome(of: leased[0], .accepted, at: time(2)), Sample.outcome(of: leased[1], .accepted, at: time(90)),
        ])
        let storage = try opened.reopen()
        let domain = leased[1].message.recipient.domain.lowercased()
        let relay = Sample.outcome(of: leased[1], .accepted, at: time(90)).relay
        #expect(try await storage.handovers(since: time(3)) == [Handover(at: time(90), relay: relay, domain: domain)])
        #expect(try await storage.handovers(since: time(0)).map(\.at) == [time(2), time(90)])
    }

    @Test("the clerk's own mails pass through the queue without the journal", arguments: Backend.all)
    func otherKinds(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleDraft(documents: [])
        let notice = try #require(try await storage.noticesToCompose(limit: 1).first)
        let bytes = Array("Subject: hello\r\n\r\n".utf8)
        let messages = (0..<3).map { number in
            OutgoingMessage(
                kind: .alarm, messageID: "a.\(number)@aurence.example", envelopeSender: Sample.email("g@aurence.example"),
                recipient: Sample.email("greffe@aurence.example"), bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
        }
        try await storage.close(notice.id, with: messages, links: [], at: time(0))
        let size = try await storage.journalSize()
        let leased = try await storage.lease(limit: 9, at: time(1))
        let results: [DeliveryOutcome.Result] = [.accepted, .refused, .deferred(retryAt: time(9))]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: time(2)) })
        #expect(try await storage.queueCounts() == [.relayed: 1, .failed: 1, .deferred: 1])
        #expect(try await storage.journalSize() == size)
        #expect(try await storage.noticesToCompose(limit: 9).isEmpty)
    }
}
