/// An address as it stands between the angle brackets of MAIL FROM and RCPT TO (RFC 5321 §4.1.2).
///
/// libcurl passes CR, LF, `<`, `>` and spaces on to the relay, so a second RCPT could be slipped in: nothing but the
/// characters of a dot-atom and of a host name gets through here, whatever the caller checked before.
package struct EnvelopeAddress: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(checking text: String) throws(EnvelopeAddressError) {
        let bytes = Array(text.utf8)
        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")), at > 0, at < bytes.count - 1 else { throw EnvelopeAddressError() }
        guard bytes.count <= 254, at <= 64, bytes[..<at].allSatisfy(Self.isLocal), bytes[(at + 1)...].allSatisfy(Self.isDomain)
        else { throw EnvelopeAddressError() }
        self.text = text
    }

    package var description: String { text }

    private static func isDomain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isDomain(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
    }
}

/// The text is no address that may be given to a relay. It is not repeated here: it may hold control characters.
package struct EnvelopeAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "not a plain ASCII address (local part, one @, domain; no space, bracket or control character)" }
}
