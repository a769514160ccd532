import Bounces
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The mailbox of returns, a Maildir")
struct ServiceTests {
    @Test("a report to the signed address fails the convocation, tells the clerk, and is marked as read")
    func failed() async throws {
        let desk = try await Desk()
        try desk.drop("failed-postfix.eml")
        #expect(try await desk.service().readPending() == 1)
        let status = try await desk.status
        #expect(status.state == .failed)
        #expect(status.bounce?.reason == .addressUnknown && status.bounce?.isSigned == true && status.bounce?.status == "5.1.1")
        #expect(status.bounce?.diagnostic?.contains("User unknown in virtual") == true)
        let notices = try await desk.storage.noticesToCompose(limit: 9).map(\.content)
        #expect(notices.contains(.undelivered(sitting: desk.sitting, convocations: [desk.convocation])))
        #expect(try desk.files("new") == [] && desk.files("cur") == ["failed-postfix.eml:2,S"])
        try await desk.audit()
    }

    @Test("read again after a crash before the mark, it is recorded once")
    func again() async throws {
        let desk = try await Desk()
        try desk.drop("failed-postfix.eml")
        struct Crash: Error {}
        struct Crashing: ReturnSource {
            let real: MaildirSource
            func pending(limit: Int) async throws -> [String] { try await real.pending(limit: limit) }
            func read(_ name: String, limit: Int) async throws -> [UInt8]? { try await real.read(name, limit: limit) }
            func find(_ tag: String) async throws -> [String] { try await real.find(tag) }
            func finish(_ name: String) async throws { throw Crash() }
            func abort() {}
        }
        try await desk.service(Crashing(real: MaildirSource(folder: desk.maildir))).readPending()
        #expect(try desk.files("new") == ["failed-postfix.eml"])
        let size = try await desk.storage.journalSize()
        #expect(try await desk.status.state == .failed)
        #expect(try await desk.service().readPending() == 0)
        #expect(try await desk.storage.journalSize() == size)
        #expect(try desk.files("cur") == ["failed-postfix.eml:2,S"])
        try await desk.audit()
    }

    @Test("whoever knows the message's number makes the clerk look, and changes nothing")
    func unsigned() async throws {
        let desk = try await Desk()
        try desk.drop("failed-unsigned-other.eml")
        #expect(try await desk.service().readPending() == 0)
        #expect(try await desk.status.bounce == nil)
        try desk.drop("failed-unsigned.eml")
        #expect(try await desk.service().readPending() == 1)
        let status = try await desk.status
        #expect(status.state == .relayed && status.bounce?.isSigned == false)
        #expect(try await desk.types().last == .convocationReported)
        let notices = try await desk.storage.noticesToCompose(limit: 9).map(\.content)
        #expect(notices.contains(.undelivered(sitting: desk.sitting, convocations: [desk.convocation])))
        #expect(try await desk.storage.queueCounts()[.bounced] == nil)
        // A signed one afterwards still counts.
        try desk.drop("failed-postfix.eml")
        try await desk.service().readPending()
        #expect(try await desk.status.state == .failed)
        #expect(try await desk.status.bounce?.isSigned == true)
        try await desk.audit()
    }

    @Test("every fixture is read and kept, whatever it is; what is no report leaves no trace in the journal")
    func all() async throws {
        let desk = try await Desk()
        let names = try Fixture.names
        let before = try await desk.types()
        for name in names
        where !name.hasPrefix("failed") && !name.hasPrefix("mixed") && !name.hasPrefix("d") && !name.hasPrefix("re")
            && !name.hasPrefix("ex")
        {
            try desk.drop(name)
        }
        #expect(try await desk.service().readPending() == 0)
        #expect(try await desk.types() == before)
        for name in names { try desk.drop(name, as: "2-" + name) }
        #expect(try await desk.service().readPending() > 10)
        #expect(try desk.files("new") == [])
        #expect(try desk.files("cur").filter { $0.hasPrefix("2-") } == names.map { "2-\($0):2,S" })
        try await desk.audit()
    }

    @Test("a list's report tells first who was reached: its member stays served, and the clerk hears of the other address")
    func mixed() async throws {
        let desk = try await Desk()
        try desk.drop("mixed-list.eml")
        #expect(try await desk.service().readPending() == 2)
        let status = try await desk.status
        #expect(status.state == .relayed && status.deliveredAt != nil && status.bounce != nil)
        #expect(try await desk.types().suffix(2) == [.convocationDelivered, .convocationBounced])
        #expect(try await desk.storage.noticesToCompose(limit: 9).contains { if case .undelivered = $0.content { true } else { false } })
        try await desk.audit()
    }

    @Test("delivered, handed on and delayed are shown, delays once for each server")
    func others() async throws {
        let desk = try await Desk()
        try desk.drop("delayed-postfix.eml")
        try desk.drop("relayed-postfix.eml")
        try await desk.service().readPending()
        var status = try await desk.status
        #expect(status.delayedAt != nil && status.passedOnAt != nil && status.deliveredAt == nil && status.state == .relayed)
        let later = String(decoding: try Fixture.bytes("delayed-postfix.eml"), as: UTF8.self).replacing("more than 4", with: "more than 24")
        try Data(later.utf8).write(to: desk.maildir.appendingPathComponent("new/later"))
        #expect(try await desk.service().readPending() == 0)
        try desk.drop("delivered-postfix.eml")
        #expect(try await desk.service().readPending() == 1)
        status = try await desk.status
        #expect(status.delayedAt == nil && status.deliveredAt == Sample.now.addingTimeInterval(60))
        #expect(try await desk.types().suffix(3) == [.convocationDelayed, .convocationPassedOn, .convocationDelivered])
        try await desk.audit()
    }

    @Test("another mail reader's move to cur hides nothing; names that are taken are not overwritten; links and folders are not read")
    func maildir() async throws {
        let desk = try await Desk()
        try Data(try Fixture.bytes("failed-postfix.eml")).write(to: desk.maildir.appendingPathComponent("cur/1.moved:2,F"))
        try Data("earlier".utf8).write(to: desk.maildir.appendingPathComponent("cur/1.moved:2,FS"))
        try FileManager.default.createSymbolicLink(
            at: desk.maildir.appendingPathComponent("new/2.link"),
            withDestinationURL: Fixture.folder.appendingPathComponent("failed-exim.eml"))
        mkfifo(desk.maildir.appendingPathComponent("new/0.pipe").path, 0o600)
        try await desk.service().readPending()
        #expect(try await desk.status.state == .failed)
        #expect(try desk.files("cur") == ["1.moved.1:2,FS", "1.moved:2,FS"])
        #expect(try String(contentsOf: desk.maildir.appendingPathComponent("cur/1.moved:2,FS"), encoding: .utf8) == "earlier")
        #expect(try desk.files("new") == ["0.pipe", "2.link"])
    }
}
