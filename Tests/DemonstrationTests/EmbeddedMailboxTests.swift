import Council
import Demonstration
import Foundation
import Logging
import TestSupport
import Testing

@Suite("The embedded mailbox, with Python's smtplib as the sender")
struct EmbeddedMailboxTests {
    private func withMailbox(limit: Int = 1 << 20, _ what: String, _ check: (MailShelf, ToolResult) throws -> Void) async throws {
        let mailbox = try await EmbeddedMailbox.open(messageLimit: limit, clock: .fixed(Sample.now), logger: silent)
        let result = try await aside { try Tool.judge("smtp_client.py", [String(mailbox.port), what]) }
        #expect(result.status == 0, "\(result.errors)")
        try check(mailbox.shelf, result)
        try await mailbox.close()
    }

    @Test func `dots at the beginning of lines come back as they were written`() async throws {
        try await withMailbox("dots") { shelf, result in
            let mails = shelf.all
            #expect(mails.count == 2)
            #expect(mails[0].bytes == Array("Subject: points\r\n\r\n.\r\n..\r\n.début\r\nfin.\r\n.\r\n".utf8))
            #expect(result.text == mails[0].queueID + "\n")
            #expect(mails[0].sender == "a@test.example")
            #expect(mails[0].receivedAt == Sample.now)
            #expect(mails[1].recipients == ["b@test.example", "c@test.example"])
            #expect(mails[1].bytes == Array("Subject: x\r\n\r\nsans fin de ligne\r\n".utf8))
        }
    }

    @Test func `eight connections at once lose nothing and mix nothing`() async throws {
        try await withMailbox("many") { shelf, _ in
            #expect(shelf.all.count == 200)
            #expect(Set(shelf.all.map(\.id)) == Set(1...200))
            for number in 0..<8 {
                let own = shelf.all.filter { $0.recipients == ["b\(number)@test.example"] }.map {
                    String(decoding: $0.bytes, as: UTF8.self)
                }
                #expect(own == (0..<25).map { "Subject: \(number)-\($0)\r\n\r\nBonjour\r\n" })
            }
        }
    }

    @Test func `a pipelined conversation is answered alike in one packet and octet by octet, and nothing is smuggled`() async throws {
        try await withMailbox("pipeline") { shelf, _ in
            #expect(shelf.all.count == 3)
            #expect(shelf.all[0].bytes == Array("Subject: un\r\n\r\n.point\r\n".utf8))
            #expect(shelf.all[1].bytes == shelf.all[0].bytes)
            #expect(
                shelf.all[2].bytes
                    == Array("Subject: deux\r\n\r\nbonjour\n.\nMAIL FROM:<evil@test.example>\r\n\n.\r\nfin\r\n".utf8))
        }
    }

    @Test func `too big a message and commands out of order are refused, and the session goes on`() async throws {
        try await withMailbox(limit: 2000, "limits") { shelf, _ in
            #expect(shelf.all.count == 1)
            #expect(String(decoding: shelf.all[0].bytes, as: UTF8.self).hasPrefix("Subject: petit"))
        }
    }

    @Test func `beyond its limits the shelf lets the oldest go`() {
        let shelf = MailShelf(count: 3, size: 25)
        for number in 1...5 {
            shelf.keep(sender: "a@b.example", recipients: ["c@d.example"], bytes: [UInt8](repeating: 0, count: 5), at: Sample.now);
            _ = number
        }
        #expect(shelf.all.map(\.id) == [3, 4, 5])
        shelf.keep(sender: "", recipients: ["c@d.example"], bytes: [UInt8](repeating: 0, count: 18), at: Sample.now)
        #expect(shelf.all.map(\.id) == [5, 6])
        shelf.keep(sender: "", recipients: ["c@d.example"], bytes: [UInt8](repeating: 0, count: 100), at: Sample.now)
        #expect(shelf.all.map(\.id) == [7])
    }

    @Test func `whoever waits for arrivals sees those before and those after`() async {
        let shelf = MailShelf()
        shelf.keep(sender: "", recipients: ["un@test.example"], bytes: [], at: Sample.now)
        var seen: [Int] = []
        for await mail in shelf.arrivals() {
            seen.append(mail.id)
            if seen.count == 3 { break }
            shelf.keep(sender: "", recipients: ["encore@test.example"], bytes: [], at: Sample.now)
        }
        #expect(seen == [1, 2, 3])
    }
}
