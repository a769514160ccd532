import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: links and receipts")
struct LinkConformance {
    private func time(_ seconds: Double) -> Date { Sample.now.addingTimeInterval(seconds) }

    private func access(_ link: UInt64, _ grade: Grade, _ seconds: Double, document: ContentHash? = nil) -> Access {
        Access(link: link, at: time(seconds), grade: grade, signals: grade == .robot ? ["scanner", "burst"] : [], document: document)
    }

    private func convoke(_ storage: any Storage) async throws -> [ComposedConvocation] {
        _ = try await storage.sampleApproved(members: 4, documents: Sample.documents(2))
        let composed = try await storage.composeAll()
        try await storage.relayAll(at: time(1))
        return composed
    }

    @Test("the first access of a grade is journalled, the next ones are counted", arguments: Backend.all)
    func repeats(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await convoke(storage)
        let link = composed[0].links[0].id
        #expect(try await storage.record(access(link, .robot, 10)) == .recorded)
        #expect(try await storage.record(access(link, .robot, 11)) == .repeated(first: time(10)))
        #expect(try await storage.convocation(composed[0].id)?.receiptAt == nil, "a robot gives no receipt")
        #expect(try await storage.record(access(link, .person, 20)) == .recorded)
        #expect(try await storage.record(access(link, .person, 21)) == .repeated(first: time(20)))
        #expect(try await storage.record(access(link, .robot, 22)) == .repeated(first: time(10)))
        #expect(try await storage.record(access(link, .confirmed, 30)) == .recorded)
        #expect(try await storage.record(access(link, .confirmed, 31)) == .repeated(first: time(30)))
        // A stronger one was there before.
        #expect(try await storage.record(access(link, .person, 32)) == .repeated(first: time(20)))
        let status = try #require(try await storage.convocation(composed[0].id))
        #expect(status.receiptAt == time(20) && status.receiptGrade == .confirmed)
        #expect(try await storage.link(link)?.receiptAt == time(20))
        #expect(try await storage.link(composed[0].links[1].id)?.receiptAt == nil)

        let audit = try await Audit(storage)
        #expect(audit.count(.accessRobot) == 1 && audit.count(.receiptOpened) == 1 && audit.count(.receiptConfirmed) == 1)
        let opening = audit.contents(of: .receiptOpened)[0]
        #expect(
            opening["document"]?.text == Sample.documents(2)[0].hash.hex && opening["grade"] == "person" && opening["target"] == "document")
        #expect(opening["link"]?.text?.count == 16 && opening["signals"] == [])
        #expect(audit.contents(of: .accessRobot)[0]["signals"] == ["burst", "scanner"])
    }

    @Test("a weaker access after a stronger one is a repetition", arguments: Backend.all)
    func weaker(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let link = try await convoke(storage)[0].links[0].id
        #expect(try await storage.record(access(link, .confirmed, 10)) == .recorded)
        #expect(try await storage.record(access(link, .person, 11)) == .repeated(first: time(10)))
        #expect(try await storage.record(access(link, .robot, 12)) == .repeated(first: time(10)))
        let audit = try await Audit(storage)
        #expect(audit.count(.receiptConfirmed) == 1 && audit.count(.receiptOpened) == 0 && audit.count(.accessRobot) == 0)
    }

    @Test("many at once over one link make one receipt", arguments: Backend.all)
    func race(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await convoke(storage)
        let link = composed[0].links[0].id
        let other = try opened.reopen()
        let answers = try await withThrowingTaskGroup(of: AccessResult.self) { group in
            for number in 0..<60 {
                group.addTask { try await (number.isMultiple(of: 4) ? other : storage).record(access(link, .person, 10 + Double(number))) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .recorded } == 1)
        let first = try #require(try await storage.convocation(composed[0].id)?.receiptAt)
        #expect(answers.allSatisfy { $0 == .recorded || $0 == .repeated(first: first) })
        #expect(try await Audit(storage).count(.receiptOpened) == 1)
    }

    @Test("documents opened from the sitting's page count each by itself", arguments: Backend.all)
    func fromThePage(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await convoke(storage)
        let page = composed[0].links[2].id
        let documents = Sample.documents(2).map(\.hash)
        for document in [nil, documents[0], documents[1]] {
            #expect(try await storage.record(access(page, .person, 10, document: document)) == .recorded)
            #expect(try await storage.record(access(page, .person, 11, document: document)) == .repeated(first: time(10)))
        }
        let rows = try await storage.journal(matching: JournalQuery(types: [.receiptOpened], convocation: composed[0].id))
        let events = try rows.map { try JSON(parsing: $0.leaf).fields?["event"]?.text?.split(separator: "/").last.map(String.init) }
        #expect(events == ["NotificationAccessTracking", "ContentAccessTracking", "ContentAccessTracking"])
        #expect(try await storage.journal(matching: JournalQuery(types: [.receiptOpened], document: documents[1])) == [rows[2]])
        try await Audit(storage)
    }

    @Test("a downgrade takes recent receipts of persons, by new entries; a later opening counts again", arguments: Backend.all)
    func downgrade(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await convoke(storage)
        let links = composed[0].links.map(\.id)
        _ = try await storage.record(access(links[0], .person, 10))
        _ = try await storage.record(access(links[1], .person, 20))
        _ = try await storage.record(access(links[2], .confirmed, 30))
        _ = try await storage.record(access(composed[1].links[0].id, .person, 25))

        #expect(try await storage.downgradeReceipts(of: composed[0].id, since: time(20), signals: ["honeypot"], at: time(40)) == 1)
        #expect(try await storage.downgradeReceipts(of: composed[0].id, since: time(20), signals: ["honeypot"], at: time(41)) == 0)
        #expect(try await storage.link(links[0])?.receiptAt == time(10))
        #expect(try await storage.link(links[1])?.receiptAt == nil)
        #expect(try await storage.convocation(composed[1].id)?.receiptAt == time(25))

        #expect(try await storage.record(access(links[1], .person, 50)) == .recorded)
        #expect(try await storage.link(links[1])?.receiptAt == time(50))
        let audit = try await Audit(storage)
        #expect(audit.count(.receiptOpened) == 4)
        let entry = try #require(audit.contents(of: .receiptDowngraded).first)
        #expect(audit.count(.receiptDowngraded) == 1 && entry["signals"] == ["honeypot"])
        let receipt = try #require(entry["receipt"]?.whole)
        #expect(audit.contents[Int(receipt)]["link"] == entry["link"])
    }

    @Test("unknown links, clerks' links, revoked links", arguments: Backend.all)
    func others(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let composed = try await convoke(storage)
        #expect(try await storage.link(42) == nil)
        await #expect(throws: StorageError.noSuchLink(42)) { _ = try await storage.record(access(42, .person, 1)) }
        try await storage.revokeLinks(of: composed[0].id, at: time(5))
        #expect(try await storage.link(composed[0].links[0].id)?.revoked == true)
        #expect(try await storage.link(composed[1].links[0].id)?.revoked == false)
        let nobody = ConvocationID(rawValue: 999)
        await #expect(throws: StorageError.noSuchConvocation(nobody)) { try await storage.revokeLinks(of: nobody, at: time(5)) }
        try await Audit(storage)
    }

    @Test("numbers over the whole range of 64 bits are kept", arguments: Backend.all)
    func numbers(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let sitting = try await storage.sampleDraft(documents: [])
        let notice = try #require(try await storage.noticesToCompose(limit: 1).first)
        let ids: [UInt64] = [0, 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max]
        let links = ids.map { Link(id: $0, target: .follow, sitting: sitting.id, convocation: nil, expires: time(9)) }
        try await storage.close(notice.id, with: [], links: links, at: time(0))
        for link in links { #expect(try await storage.link(link.id)?.link == link) }
    }
}
