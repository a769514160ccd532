import Bounces
import Council
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("A letter after the convocation that comes back")
struct ReturnedLetterTests {
    /// Postfix's report, to the address of this letter.
    private static func report(_ fixture: String, on letter: LetterID) throws -> [UInt8] {
        let text = String(decoding: try Fixture.bytes(fixture), as: UTF8.self)
        let address = try BounceAddress(localPart: "retours", domain: "aurence.example", separator: .plus)
            .address(forLetter: letter.rawValue, try Fixture.keyring())
        let local = String(address.prefix { $0 != "@" })
        let changed = text.replacing(#/retours\+1-[a-z2-7]{16}/#.ignoresCase(), with: local)
        try #require(changed != text)
        return Array(changed.utf8)
    }

    /// The letter's message is made, and the relay has taken it.
    private static func send(_ desk: Desk) async throws -> LetterID {
        let letter = try #require(try await desk.storage.lettersToCompose(limit: 9).first)
        let bytes = Array("Message-ID: <l.\(letter.id)@aurence.example>\r\n\r\nBonjour.\r\n".utf8)
        let message = OutgoingMessage(
            kind: letter.kind.messageKind, messageID: "l.\(letter.id)@aurence.example",
            envelopeSender: Sample.email("retours@aurence.example"), recipient: Sample.email("elu0@aurence.example"), bytes: bytes,
            hash: Sample.hash(bytes), deadline: letter.sitting.draft.start)
        try await desk.storage.store([ComposedLetter(id: letter.id, message: message)], at: Sample.now)
        try await desk.store.relayAll()
        return letter.id
    }

    private func drop(_ bytes: [UInt8], _ desk: Desk, as name: String) throws {
        try Data(bytes).write(to: desk.maildir.appendingPathComponent("new/" + name))
    }

    @Test("a reminder: journalled once, the clerk is told, and the convocation stands as it was")
    func reminder() async throws {
        let desk = try await Desk()
        #expect(try await desk.storage.remind(desk.sitting, at: Sample.now) == 1)
        let letter = try await Self.send(desk)
        let bytes = try Self.report("failed-postfix.eml", on: letter)
        try drop(bytes, desk, as: "1")
        #expect(try await desk.service().readPending() == 1)
        try drop(bytes, desk, as: "2")
        #expect(try await desk.service().readPending() == 0, "the same report")
        let status = try await desk.status
        #expect(status.state == .relayed && status.bounce == nil && status.reminderBounce != nil)
        #expect(try await desk.types().filter { $0 == .letterBounced }.count == 1)
        #expect(try await desk.types().contains(.convocationBounced) == false)
        #expect(
            try await desk.storage.noticesToCompose(limit: 9).map(\.content).contains(
                .undelivered(sitting: desk.sitting, convocations: [desk.convocation])))
        #expect(try await desk.storage.queueCounts()[.bounced] == 1)
        try await desk.audit()
    }

    @Test("a cancellation: its member is one whom the clerk must warn otherwise")
    func cancellation() async throws {
        let desk = try await Desk()
        try await desk.storage.cancel(desk.sitting, by: "test", at: Sample.now)
        let letter = try await Self.send(desk)
        try drop(try Self.report("failed-postfix.eml", on: letter), desk, as: "1")
        #expect(try await desk.service().readPending() == 1)
        #expect(
            try await desk.storage.noticesToCompose(limit: 9).map(\.content).contains(
                .unwarned(sitting: desk.sitting, convocations: [desk.convocation])))
        #expect(try await desk.status.cancellation?.state == .bounced)
        try await desk.audit()
    }

    @Test("what only says that it is late changes nothing; a forged address is nobody's")
    func others() async throws {
        let desk = try await Desk()
        #expect(try await desk.storage.remind(desk.sitting, at: Sample.now) == 1)
        let letter = try await Self.send(desk)
        try drop(try Self.report("delayed-postfix.eml", on: letter), desk, as: "1")
        #expect(try await desk.service().readPending() == 0)
        // Without a good signature it says what anybody could say of the convocation, whose number it quotes.
        let forged = String(decoding: try Self.report("failed-postfix.eml", on: letter), as: UTF8.self)
            .replacingOccurrences(of: "+l\(letter)-", with: "+l\(letter.rawValue + 1)-")
        try drop(Array(forged.utf8), desk, as: "2")
        try await desk.service().readPending()
        let status = try await desk.status
        #expect(status.state == .relayed && status.reminderBounce == nil)
        #expect(try await desk.types().contains(.letterBounced) == false)
        try await desk.audit()
    }
}
