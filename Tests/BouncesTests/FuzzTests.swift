import Bounces
import Council
import Foundation
import MIME
import TestSupport
import Testing

@Suite("Mails that nobody should write")
struct FuzzTests {
    @Test("any damage to a real one is read to an end, and never makes it signed for another convocation", arguments: 0..<8)
    func damage(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let ring = try Fixture.keyring()
        for name in try Fixture.names {
            let whole = try Fixture.bytes(name)
            for _ in 0..<12 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...200, using: &random)))
                    case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 300)], at: place)
                    case 3: bytes.insert(contentsOf: [0x0D, 0x0A, 0x0D, 0x0A].prefix(Int.random(in: 1...4, using: &random)), at: place)
                    default: bytes = Array(bytes[..<place]) + Array(whole[(place / 2)...])
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                let mail = ReturnedMail(bytes, keyring: ring)
                #expect(mail.signed == nil || mail.signed?.rawValue == 1)
                if case .report(let returned) = mail.verdict { #expect(!returned.recipients.isEmpty && returned.recipients.count <= 64) }
            }
        }
    }

    @Test("depth, parts, headers and lines have their limits")
    func limits() throws {
        var deep = "Content-Type: text/plain\n\nend\n"
        for level in 0..<200 { deep = "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n\(deep)\n--b\(level)--\n" }
        #expect(MIMEPart(Array(deep.utf8)).everything.count <= 10)
        let wide = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 5000)
        #expect(MIMEPart(Array(wide.utf8)).everything.count <= 66)
        let nested = (0..<60).reduce("Content-Type: multipart/mixed; boundary=b\n\n") { text, number in
            text + "--b\nContent-Type: multipart/mixed; boundary=c\(number)\n\n" + String(repeating: "--c\(number)\n\nx\n", count: 60)
        }
        #expect(MIMEPart(Array(nested.utf8)).everything.count <= 66)
        let long = "Subject: " + String(repeating: "a\n b", count: 200_000) + "\nX: y\n\nbody"
        #expect(MIMEPart(Array(long.utf8)).words("subject").utf8.count <= 70_000)
        let address = "To: " + String(repeating: "a@b, ", count: 100_000) + "\n\n"
        #expect(ReturnedMail(Array(address.utf8), keyring: try Fixture.keyring()).signed == nil)
        for text in [
            "", "\n", ":", "--", "Content-Type: multipart/report; boundary=\"\"\n\n----\n--\n", "=?utf-8?Q?", "Subject: =?a?b?c\n\n",
        ] {
            #expect(ReturnedMail(Array(text.utf8), keyring: try Fixture.keyring()).verdict == .other)
        }
    }
}
