import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: composition and the clerk's notices")
struct ComposingConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    @Test("a composed convocation is queued with its links, and issued in the journal", arguments: Backend.all)
    func composes(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 12, documents: Sample.documents(2))
        #expect(try await storage.convocationsToCompose(limit: 4).count == 4)
        let composed = try await storage.composeAll(at: later)
        #expect(composed.count == 11, "the paper member has no message")
        #expect(try await storage.convocationsToCompose(limit: 99).isEmpty)
        #expect(try await storage.queueCounts() == [.ready: 11])
        #expect(try await storage.nextDue() == later)

        let leased = try await storage.lease(limit: 99, at: later)
        #expect(leased.map(\.message) == composed.map(\.message), "bytes come back as they went in")
        for link in composed[0].links {
            let context = try #require(try await storage.link(link.id))
            let approved = try await storage.sitting(sitting.id)
            #expect(context.link == link && context.sitting == approved && !context.revoked)
            #expect(context.relayedAt == nil && context.receiptAt == nil && context.member?.entry.email == composed[0].message.recipient)
        }
        let issued = try await Audit(storage).contents(of: .convocationIssued)
        #expect(issued.count == 11)
        #expect(issued[0]["message"]?.text == composed[0].message.hash.hex && issued[0]["messageID"]?.text == composed[0].message.messageID)
    }

    @Test("composed twice, or cancelled meanwhile, a convocation is skipped", arguments: Backend.all)
    func skips(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 6, documents: [])
        let composed = try await storage.convocationsToCompose(limit: 99).map { Sample.composed($0, at: later) }
        try await storage.store([composed[0]], at: later)
        try await storage.store([composed[0], composed[1]], at: later)
        #expect(try await storage.queueCounts() == [.ready: 2])
        try await storage.cancel(sitting.id, by: "test", at: later)
        try await storage.store(composed, at: later)
        #expect(try await storage.queueCounts() == [.cancelled: 2])
        #expect(try await Audit(storage).count(.convocationIssued) == 2)
    }

    @Test("two messages cannot share a Message-ID, and the one that is there stays whole", arguments: Backend.all)
    func messageIDs(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.sampleApproved(members: 2, documents: [])
        let composed = try await storage.convocationsToCompose(limit: 99).map { Sample.composed($0, at: later) }
        try await storage.store([composed[0]], at: later)
        let thief = ComposedConvocation(id: composed[1].id, message: composed[0].message, links: composed[1].links)
        await #expect(throws: (any Error).self) { try await storage.store([thief], at: later) }
        #expect(try await storage.queueCounts() == [.ready: 1])
        #expect(try await storage.convocationsToCompose(limit: 99).map(\.id) == [composed[1].id])
        #expect(try await storage.link(composed[1].links[0].id) == nil)
        #expect(try await Audit(storage).count(.convocationIssued) == 1)
    }

    @Test("closing a notice queues its messages and stores its links, once", arguments: Backend.all)
    func closes(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleDraft(documents: Sample.documents(1))
        let notice = try #require(try await storage.noticesToCompose(limit: 9).first)
        #expect(notice.postedAt == Sample.now)
        let targets: [Link.Target] = [
            .approve(revision: 1), .follow, .cancel(revision: 1), .review(sitting.draft.documents[0].hash),
        ]
        let links = targets.enumerated().map { number, target in
            Link(id: .max - UInt64(number), target: target, sitting: sitting.id, convocation: nil, expires: later)
        }
        try await storage.close(notice.id, with: [Self.message("p.1")], links: links, at: later)
        try await storage.close(notice.id, with: [Self.message("p.2")], links: [], at: later)
        #expect(try await storage.noticesToCompose(limit: 9).isEmpty)
        #expect(try await storage.lease(limit: 9, at: later).map(\.message) == [Self.message("p.1")])
        for link in links {
            let context = try #require(try await storage.link(link.id))
            #expect(context.link == link && context.member == nil && context.relayedAt == nil && !context.revoked)
        }
        // Cancelling voids what approves, and nothing else.
        try await storage.cancel(sitting.id, by: "link", at: later)
        for link in links { #expect(try await storage.link(link.id)?.revoked == (link.target == .approve(revision: 1))) }
        #expect(try await Audit(storage).count(.convocationIssued) == 0, "the clerk's mails are not journalled")
    }

    @Test("a refused drop is told with its words", arguments: Backend.all)
    func rejected(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let content = NoticeContent.rejected(name: "2026-13-45 « Conseil »", reason: "Le mois 13 n'existe pas.\nÉcrivez…")
        try await storage.post(content, at: later)
        try await storage.post(content, at: later)
        let notices = try await storage.noticesToCompose(limit: 9)
        #expect(notices.map(\.content) == [content, content])
        try await storage.close(notices[0].id, with: [], links: [], at: later)
        #expect(try await storage.noticesToCompose(limit: 9) == [notices[1]])
    }

    @Test("failures of one sitting go into one notice; a mail being made of the shorter list is not queued", arguments: Backend.all)
    func undelivered(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleApproved(members: 5, documents: [])
        let composed = try await storage.composeAll()
        let preview = try #require(try await storage.noticesToCompose(limit: 9).first)
        try await storage.close(preview.id, with: [], links: [], at: later)
        let leased = try await storage.lease(limit: 9, at: Sample.now)
        try await storage.record(leased[..<2].map { Sample.outcome(of: $0, .refused, at: later) })
        let short = try #require(try await storage.noticesToCompose(limit: 9).first)
        #expect(short.content == .undelivered(sitting: sitting.id, convocations: composed[..<2].map(\.id)))

        try await storage.record([Sample.outcome(of: leased[2], .refused, at: later.addingTimeInterval(5))])
        // The composing stage had the short list in hand: nobody may be forgotten.
        try await storage.close(short.id, with: [Self.message("a.1")], links: [], at: later)
        let notices = try await storage.noticesToCompose(limit: 9)
        #expect(notices.map(\.content) == [.undelivered(sitting: sitting.id, convocations: composed[..<3].map(\.id))])
        #expect(notices[0].postedAt == short.postedAt)
        #expect(try await storage.queueCounts()[.ready] == nil)

        // What is told already is not told again.
        try await storage.close(notices[0].id, with: [Self.message("a.2")], links: [], at: later)
        try await storage.record([Sample.outcome(of: leased[3], .refused, at: later)])
        #expect(
            try await storage.noticesToCompose(limit: 9).map(\.content) == [
                .undelivered(sitting: sitting.id, convocations: [composed[3].id])
            ])
        try await Audit(storage)
    }

    private static func message(_ id: String) -> OutgoingMessage {
        let bytes = Array("Subject: \(id)\r\n\r\n".utf8)
        return OutgoingMessage(
            kind: .preview, messageID: "\(id)@aurence.example", envelopeSender: Sample.email("gateway@aurence.example"),
            recipient: Sample.email("greffe@aurence.example"), bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
    }
}
