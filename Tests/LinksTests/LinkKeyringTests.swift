import Foundation
import Links
import Testing

private let start = Date(timeIntervalSince1970: 1_800_000_000)
private let expires = start.addingTimeInterval(86_400)
private func secret(_ byte: UInt8) -> [UInt8] { Array(repeating: byte, count: 32) }
private func ring(_ ids: UInt8...) throws -> LinkKeyring {
    try LinkKeyring(keys: ids.map { try LinkKey(id: $0, secret: secret($0), createdAt: start) })
}
private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

@Suite("A link's token")
struct LinkTokenTests {
    @Test("is 40 characters that verify", arguments: LinkPurpose.allCases, [0, 1, 0x0102_0304_0506_0708, .max] as [UInt64])
    func roundTrip(purpose: LinkPurpose, id: UInt64) throws {
        let token = try ring(1).token(for: id, purpose: purpose, expires: expires)
        #expect(token.utf8.count == 40 && token.allSatisfy(alphabet.contains))
        let link = try ring(1).verify(token, purpose: purpose, now: start)
        #expect(link.id == id && link.purpose == purpose && link.expires == expires)
    }

    @Test("has the layout that is documented")
    func layout() throws {
        let token = try ring(7).token(for: 0x0102_0304_0506_0708, purpose: .clerk, expires: expires)
        let padded = token.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let bytes = Array(try #require(Data(base64Encoded: padded)))
        #expect(Array(bytes[..<14]) == [3, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0x6B, 0x4B, 0x23, 0x80])
        #expect(bytes.count == 30)
    }

    @Test("verifies under a clock that was set back, by a key that is of the future then too, and ends when it says")
    func clockSetBack() throws {
        let ring = try ring(1).rotated(at: start.addingTimeInterval(3600), randomness: { Array(repeating: 9, count: $0) })
        let token = ring.token(for: 5, purpose: .member, expires: expires)
        for seconds in [0, -3600, -86_400, -365 * 86_400] as [Double] {
            #expect(try ring.verify(token, purpose: .member, now: start.addingTimeInterval(seconds)).id == 5)
        }
        #expect(throws: LinkError.expired(expires)) { try ring.verify(token, purpose: .member, now: expires) }
    }

    @Test("with any character replaced by any other is refused")
    func everyCharacter() throws {
        let ring = try ring(1, 2)
        let token = Array(ring.token(for: 99, purpose: .member, expires: expires))
        for index in token.indices {
            for character in alphabet + ["+", "/", "=", " ", "é", "."] where character != token[index] {
                var other = token
                other[index] = character
                #expect(throws: LinkError.self) { try ring.verify(String(other), purpose: .member, now: start) }
            }
        }
    }

    @Test("is forged when purpose, key, id or expiry is another's")
    func forged() throws {
        let ring = try ring(1, 2)
        func bytes(_ token: String) throws -> [UInt8] {
            Array(
                try #require(Data(base64Encoded: token.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/"))))
        }
        func text(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        }
        let token = ring.token(for: 99, purpose: .member, expires: expires)
        #expect(throws: LinkError.malformed) { try ring.verify(token, purpose: .clerk, now: start) }
        for (index, value) in [(0, 3), (1, 1), (9, 98), (13, 0x81), (14, 0), (29, 0)] as [(Int, UInt8)] {
            var other = try bytes(token)
            other[index] = other[index] == value ? value ^ 1 : value
            let purpose = index == 0 ? LinkPurpose.clerk : .member
            #expect(throws: LinkError.forged, "byte \(index)") { try ring.verify(text(other), purpose: purpose, now: start) }
        }
        var unknown = try bytes(token)
        unknown[1] = 9
        #expect(throws: LinkError.unknownKey) { try ring.verify(text(unknown), purpose: .member, now: start) }
    }

    @Test(
        "that is none is refused",
        arguments: [
            "", "a", String(repeating: "A", count: 39), String(repeating: "A", count: 41), String(repeating: "A", count: 40),
            String(repeating: "é", count: 20), "../../etc/passwd",
        ])
    func malformed(token: String) throws {
        #expect(throws: LinkError.malformed) { try ring(1).verify(token, purpose: .member, now: start) }
    }

    @Test("lasts until its expiry, to the second")
    func expiry() throws {
        let ring = try ring(1)
        let token = ring.token(for: 1, purpose: .member, expires: expires.addingTimeInterval(0.7))
        #expect(try ring.verify(token, purpose: .member, now: expires.addingTimeInterval(-0.001)).expires == expires)
        #expect(throws: LinkError.expired(expires)) { try ring.verify(token, purpose: .member, now: expires) }
        let far = ring.token(for: 1, purpose: .member, expires: .distantFuture)
        #expect(try ring.verify(far, purpose: .member, now: start).expires == Date(timeIntervalSince1970: Double(UInt32.max)))
        let past = ring.token(for: 1, purpose: .member, expires: .distantPast)
        #expect(throws: LinkError.expired(Date(timeIntervalSince1970: 0))) { try ring.verify(past, purpose: .member, now: start) }
    }
}

@Suite("The keyring")
struct LinkKeyringTests {
    @Test("verifies older links after a rotation, and not after their key is gone")
    func rotation() throws {
        let first = try LinkKeyring.fresh(at: start) { Array(repeating: 5, count: $0) }
        let old = first.token(for: 1, purpose: .member, expires: expires)
        let second = try first.rotated(at: start.addingTimeInterval(60)) { Array(repeating: 6, count: $0) }
        let new = second.token(for: 1, purpose: .member, expires: expires)
        #expect(old != new && second.keys.map(\.id) == [1, 2])
        #expect(try second.verify(old, purpose: .member, now: start).id == 1)
        #expect(throws: LinkError.unknownKey) { try first.verify(new, purpose: .member, now: start) }
        let kept = try LinkKeyring(keys: Array(second.keys.dropFirst()))
        #expect(throws: LinkError.unknownKey) { try kept.verify(old, purpose: .member, now: start) }
    }

    @Test("takes numbers around, and says when all are taken")
    func numbers() throws {
        var ring = try ring(254)
        for _ in 0..<255 { ring = try ring.rotated(at: start) { Array(repeating: 1, count: $0) } }
        #expect(Array(ring.keys.map(\.id).prefix(4)) == [254, 255, 0, 1] && Set(ring.keys.map(\.id)).count == 256)
        #expect(throws: LinkKeyringError.full) { try ring.rotated(at: start) { Array(repeating: 1, count: $0) } }
    }

    @Test("is kept in a file, whole and in order")
    func file() throws {
        let ring = try ring(3, 200, 7)
        #expect(try LinkKeyring(parsing: ring.serialized) == ring)
        #expect(try LinkKeyring(parsing: "\r\n" + ring.serialized.replacingOccurrences(of: "\n", with: "\r\n")) == ring)
        #expect(ring.serialized.split(separator: "\n")[1] == "3 2027-01-15T08:00:00Z AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM")
    }

    @Test(
        "says which line of its file is wrong",
        arguments: [
            ("", .empty), ("# none\n", .empty), ("1 2027-01-15T08:00:00Z\n", .line(1, .fields)),
            ("\n300 2027-01-15T08:00:00Z AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n", .line(2, .id)),
            ("1 yesterday AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n", .line(1, .date)),
            ("1 2027-01-15T08:00:00Z AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwN\n", .line(1, .secret)),
            ("1 2027-01-15T08:00:00Z AwMD\n", .line(1, .secret)),
            (
                "1 2027-01-15T08:00:00Z AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n1 2027-01-15T08:00:00Z AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n",
                .sameID
            ),
        ] as [(String, LinkKeyringError)]
    )
    func badFile(text: String, error: LinkKeyringError) {
        #expect(throws: error) { try LinkKeyring(parsing: text) }
        #expect(!error.description.contains("AwMD"))
    }

    @Test("doesn't let a secret into a description")
    func descriptions() throws {
        let ring = try ring(3)
        var dumped = ""
        dump(ring, to: &dumped)
        for text in ["\(ring)", String(reflecting: ring), dumped] { #expect(!text.contains("3, 3, 3") && !text.contains("AwMD")) }
        #expect(throws: LinkKeyringError.secretSize(31)) { try LinkKey(id: 1, secret: Array(repeating: 0, count: 31), createdAt: start) }
    }
}
