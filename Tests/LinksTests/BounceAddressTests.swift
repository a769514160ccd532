import Crypto
import Foundation
import Links
import Testing

@Suite("The sender's signed address")
struct BounceAddressTests {
    private func key(_ id: UInt8) throws -> LinkKey {
        try LinkKey(id: id, secret: Array(repeating: id, count: 32), createdAt: Date(timeIntervalSince1970: 1_800_000_000))
    }
    private func ring(_ ids: UInt8...) throws -> LinkKeyring { try LinkKeyring(keys: ids.map(key)) }
    private func base(_ separator: BounceAddress.Separator = .plus) throws -> BounceAddress {
        try BounceAddress(localPart: "retours", domain: "agglo.example", separator: separator)
    }

    @Test("names its convocation, in any case", arguments: BounceAddress.Separator.allCases, [1, 42, 9_999_999_999] as [Int64])
    func roundTrip(separator: BounceAddress.Separator, id: Int64) throws {
        let address = try base(separator).address(for: id, ring(1))
        #expect(address.hasPrefix("retours\(separator.rawValue)\(id)-") && address.hasSuffix("@agglo.example"))
        #expect(address.prefix { $0 != "@" }.utf8.count <= 64)
        #expect(address == address.lowercased())
        for text in [address, address.uppercased(), address.replacingOccurrences(of: "agglo.example", with: "interne.agglo.example")] {
            #expect(BounceAddress.convocation(in: text, try ring(1)) == id)
        }
    }

    @Test("is what is documented, as another implementation makes it")
    func documented() throws {
        // Python: base32(hmac(hmac(b"\x07" * 32, b"appariteur bounce address 1"), struct.pack(">q", 1))[:10]).lower()
        #expect(try base().address(for: 1, ring(7)) == "retours+1-5bd524zellsfq6dg@agglo.example")
    }

    @Test("with any character of number or signature replaced by any other is nobody's")
    func everyCharacter() throws {
        let ring = try ring(1, 2)
        let address = Array(try base().address(for: 4711, ring))
        let end = try #require(address.firstIndex(of: "@"))
        for place in 7..<end {
            for character in "abcdefghijklmnopqrstuvwxyz0123456789+-=._é" where character != address[place] {
                var other = address
                other[place] = character
                // The separator may be either: it is not signed.
                guard !(place == 7 && character == "-") else { continue }
                #expect(BounceAddress.convocation(in: String(other), ring) == nil)
            }
        }
        for text in [
            "", "@", "retours@agglo.example", "retours+1-@a", "retours+01-5bd524zellsfq6dg@a",
            "retours+99999999999999999999-aaaaaaaaaaaaaaaa@a",
        ] {
            #expect(BounceAddress.convocation(in: text, ring) == nil)
        }
    }

    @Test("outlives a rotation, and not its key's removal")
    func rotation() throws {
        let address = try base().address(for: 5, ring(1))
        let rotated = try ring(1, 2)
        #expect(BounceAddress.convocation(in: address, rotated) == 5)
        #expect(try base().address(for: 5, rotated) != address)
        #expect(BounceAddress.convocation(in: address, try ring(2)) == nil)
    }

    @Test("opens no link: not as it is, and its key signs none")
    func apart() throws {
        let ring = try ring(1)
        let token = try #require(try base().address(for: 5, ring).split(separator: "-").last?.split(separator: "@").first)
        for purpose in LinkPurpose.allCases {
            #expect(throws: LinkError.malformed) { try ring.verify(String(token), purpose: purpose, now: Date(timeIntervalSince1970: 0)) }
        }
        // The link key itself, over the same number, gives another signature.
        let number = withUnsafeBytes(of: Int64(5).bigEndian) { Array($0) }
        let direct = HMAC<SHA256>.authenticationCode(for: number, using: SymmetricKey(data: try key(1).secret)).prefix(10)
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let bits = direct.flatMap { byte in (0..<8).reversed().map { byte >> $0 & 1 } }
        let text = stride(from: 0, to: 80, by: 5).map { start in alphabet[Int(bits[start..<(start + 5)].reduce(0) { $0 << 1 | $1 })] }
        #expect(String(text) != token)
    }

    @Test("a mailbox's name that leaves no room is refused, and said so")
    func room() throws {
        #expect(throws: BounceAddressError.self) {
            try BounceAddress(localPart: String(repeating: "r", count: BounceAddress.baseLimit + 1), domain: "a.example", separator: .plus)
        }
        let longest = try BounceAddress(
            localPart: String(repeating: "r", count: BounceAddress.baseLimit), domain: "a.example", separator: .plus)
        #expect(try longest.address(for: 9_999_999_999, ring(1)).prefix { $0 != "@" }.utf8.count == 64)
        #expect(throws: BounceAddressError.self) { try longest.address(for: 10_000_000_000, ring(1)) }
    }
}
