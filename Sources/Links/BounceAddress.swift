import Crypto

/// The envelope sender by which a message that comes back names its convocation, signed (VERP): `retours@agglo.example` becomes
/// `retours+<convocation>-<signature>@agglo.example`.
///
/// The signature is the first 80 bits of HMAC-SHA-256 (RFC 2104 §5 asks for no fewer) in 16 characters of base32 (RFC 4648 §6),
/// lower case, read in any case: relays may change it. A letter after the convocation has `l` before its number, and a key of its own. Its key is derived from a link key, under a label of its own, so that
/// neither of the two kinds of token says anything about the other: an address opens no link, a link makes no address.
/// An address is no secret from those who get the message: it lets them report on their own convocation, and no other.
package struct BounceAddress: Hashable, Sendable {
    /// What the receiving server takes for the end of the mailbox's name (Postfix: `recipient_delimiter`).
    package enum Separator: String, Hashable, Sendable, CaseIterable {
        case plus = "+"
        case hyphen = "-"
    }

    /// Of the whole local part (RFC 5321 §4.5.3.1.1).
    package static let localPartLimit = 64
    /// What a base may have, so that convocations up to 9,999,999,999 fit behind it.
    package static let baseLimit = localPartLimit - 2 - 10 - tokenLength

    package let localPart: String
    package let domain: String
    package let separator: Separator

    package init(localPart: String, domain: String, separator: Separator) throws(BounceAddressError) {
        guard localPart.utf8.count <= Self.baseLimit else { throw .tooLong(localPart) }
        self.localPart = localPart
        self.domain = domain
        self.separator = separator
    }

    /// Throws when the number is too long for the place that is left.
    package func address(for convocation: Int64, _ keyring: LinkKeyring) throws(BounceAddressError) -> String {
        try address(.convocation, convocation, keyring)
    }

    /// The same of a letter after the convocation.
    package func address(forLetter letter: Int64, _ keyring: LinkKeyring) throws(BounceAddressError) -> String {
        try address(.letter, letter, keyring)
    }

    private func address(_ kind: Kind, _ number: Int64, _ keyring: LinkKeyring) throws(BounceAddressError) -> String {
        let local = "\(localPart)\(separator.rawValue)\(kind.mark)\(number)-\(keyring.signing.bounceToken(kind, number))"
        guard local.utf8.count <= Self.localPartLimit else { throw .tooLong(localPart) }
        return "\(local)@\(domain)"
    }

    /// The convocation that an address names, if one of the keys signed it. The mailbox's name, its domain and the separator may
    /// have changed since, or on the way: they are not signed.
    package static func convocation(in address: some StringProtocol, _ keyring: LinkKeyring) -> Int64? {
        number(.convocation, in: address, keyring)
    }

    /// The same of a letter after the convocation.
    package static func letter(in address: some StringProtocol, _ keyring: LinkKeyring) -> Int64? {
        number(.letter, in: address, keyring)
    }

    private static func number(_ kind: Kind, in address: some StringProtocol, _ keyring: LinkKeyring) -> Int64? {
        guard address.utf8.count <= 320, let at = address.lastIndex(of: "@") else { return nil }
        let local = address[..<at].lowercased()
        guard let dash = local.lastIndex(of: "-") else { return nil }
        let token = local[local.index(after: dash)...]
        let digits = local[..<dash].reversed().prefix { $0.isASCII && $0.isNumber }
        guard token.utf8.count == tokenLength, (1...19).contains(digits.count), digits.last != "0",
            local[..<dash].dropLast(digits.count).hasSuffix(kind.mark),
            let before = local[..<dash].dropLast(digits.count + kind.mark.count).last, Separator(rawValue: String(before)) != nil,
            let number = Int64(String(digits.reversed()))
        else { return nil }
        let isGenuine = keyring.keys.contains { key in
            ConstantTime.equal(Array(key.bounceToken(kind, number).utf8), Array(token.utf8))
        }
        return isGenuine ? number : nil
    }

    fileprivate static let tokenLength = 16

    /// What the number is of.
    fileprivate enum Kind {
        case convocation
        case letter

        var mark: String { self == .letter ? "l" : "" }
        var label: String { self == .letter ? "appariteur bounce address of a letter 1" : "appariteur bounce address 1" }
    }
}

package enum BounceAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(String)

    package var description: String {
        switch self {
        case .tooLong(let localPart):
            "'\(localPart)' is too long for a sender of convocations: a number and a signature follow it, so at most \(BounceAddress.baseLimit) characters can stand before the @"
        }
    }
}

extension LinkKey {
    fileprivate func bounceToken(_ kind: BounceAddress.Kind, _ id: Int64) -> String {
        let label = Array(kind.label.utf8)
        let derived = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: label, using: SymmetricKey(data: secret)))
        let number = withUnsafeBytes(of: id.bigEndian) { Array($0) }
        return Self.base32(HMAC<SHA256>.authenticationCode(for: number, using: derived).prefix(10))
    }

    /// Of a multiple of five bytes.
    private static func base32(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> bits & 31)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
