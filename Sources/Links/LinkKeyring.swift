package import Foundation

/// What a link lets its bearer do. The raw value is the token's first byte and, with it, the format's version: another format
/// would take other numbers.
package enum LinkPurpose: UInt8, Hashable, Sendable, CaseIterable {
    /// A member's: `/r/…`.
    case member = 1
    /// Bytes of one document, for a short time: `/d/…`.
    case fetch = 2
    /// The clerk's: `/suivi/…`.
    case clerk = 3
}

/// Why a token opens nothing.
package enum LinkError: Error, Hashable, Sendable {
    /// Not 40 characters of base64url, or made for another purpose.
    case malformed
    /// Its key was never ours, or has been removed.
    case unknownKey
    /// The MAC is wrong.
    case forged
    /// Genuine, but past its time.
    case expired(Date)
}

/// A token that was checked; only `LinkKeyring.verify` makes one.
package struct VerifiedLink: Hashable, Sendable {
    package let id: UInt64
    package let purpose: LinkPurpose
    package let expires: Date

    fileprivate init(id: UInt64, purpose: LinkPurpose, expires: Date) {
        self.id = id
        self.purpose = purpose
        self.expires = expires
    }
}

/// The keys that sign links. The last one signs; all of them verify, so that a link outlives a rotation.
///
/// A token is 30 bytes in 40 characters of base64url (no padding, no spare bit: one token has one text):
///
///     0       purpose
///     1       key id
///     2…9     link id, big-endian
///     10…13   expiry, seconds since 1970, big-endian
///     14…29   HMAC-SHA-256 of bytes 0…13 under the key, cut to 16 bytes (RFC 2104 §5)
package struct LinkKeyring: Hashable, Sendable {
    package let keys: [LinkKey]

    /// Keys in order of age, the newest (which signs) last.
    package init(keys: [LinkKey]) throws(LinkKeyringError) {
        guard !keys.isEmpty else { throw .empty }
        guard Set(keys.map(\.id)).count == keys.count else { throw .sameID }
        self.keys = keys
    }

    /// The key that signs. `init` refuses an empty list.
    private var current: LinkKey { keys[keys.count - 1] }

    /// For the other tokens of this module.
    var signing: LinkKey { current }

    /// The token of a link. The expiry is cut to whole seconds, and to what four bytes hold (the year 2106).
    package func token(for id: UInt64, purpose: LinkPurpose, expires: Date) -> String {
        let seconds = min(max(expires.timeIntervalSince1970.rounded(.down), 0), Double(UInt32.max))
        let message = [purpose.rawValue, current.id] + Self.bigEndian(id) + Self.bigEndian(UInt32(seconds))
        return Base64URL.encode(message + current.mac(of: message))
    }

    /// Checks a token as it came from outside: shape, then key, then MAC (in constant time), then expiry against `now`.
    /// Touches nothing but memory, so it can stand before any work.
    package func verify(_ token: String, purpose: LinkPurpose, now: Date) throws(LinkError) -> VerifiedLink {
        guard let bytes = Base64URL.decode(token), bytes.count == Self.tokenBytes else { throw .malformed }
        guard bytes[0] == purpose.rawValue else { throw .malformed }
        guard let key = keys.first(where: { $0.id == bytes[1] }) else { throw .unknownKey }
        guard ConstantTime.equal(key.mac(of: Array(bytes[..<Self.signedBytes])), Array(bytes[Self.signedBytes...])) else {
            throw .forged
        }
        let seconds = bytes[10..<14].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let expires = Date(timeIntervalSince1970: Double(seconds))
        guard now < expires else { throw .expired(expires) }
        return VerifiedLink(id: bytes[2..<10].reduce(0) { $0 << 8 | UInt64($1) }, purpose: purpose, expires: expires)
    }

    /// The same ring with a new key, which signs from now on. `randomness` returns exactly as many bytes as asked.
    package func rotated(at now: Date, randomness: (Int) -> [UInt8]) throws(LinkKeyringError) -> LinkKeyring {
        let used = Set(keys.map(\.id))
        let candidates = (1...255).map { current.id &+ UInt8($0) }
        guard let id = candidates.first(where: { !used.contains($0) }) else { throw .full }
        return try LinkKeyring(keys: keys + [LinkKey(id: id, secret: randomness(LinkKey.secretSize), createdAt: now)])
    }

    /// A first ring, of one key.
    package static func fresh(at now: Date, randomness: (Int) -> [UInt8]) throws(LinkKeyringError) -> LinkKeyring {
        try LinkKeyring(keys: [LinkKey(id: 1, secret: randomness(LinkKey.secretSize), createdAt: now)])
    }

    private static let tokenBytes = 30
    private static let signedBytes = 14

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
