import Crypto
package import Foundation

/// One secret that signs links. Its text forms never show the secret, so that it can't reach a log by accident.
package struct LinkKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package static let secretSize = 32

    package let id: UInt8
    /// 32 random bytes.
    package let secret: [UInt8]
    /// Whole seconds.
    package let createdAt: Date

    package init(id: UInt8, secret: [UInt8], createdAt: Date) throws(LinkKeyringError) {
        guard secret.count == Self.secretSize else { throw .secretSize(secret.count) }
        self.id = id
        self.secret = secret
        self.createdAt = Date(timeIntervalSince1970: createdAt.timeIntervalSince1970.rounded(.down))
    }

    package var description: String { "link key \(id)" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id, "createdAt": createdAt]) }

    /// Tells this key from any other and says nothing of its secret, which is random: the first 16 bytes, in hexadecimal, of SHA-256 over
    /// a label, the number and the secret.
    package var fingerprint: String {
        let digest = SHA256.hash(data: Array("appariteur link key fingerprint 1\n".utf8) + [id] + secret)
        return digest.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// 16 bytes.
    func mac(of message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret)).prefix(16))
    }
}

/// Why keys can't be used. No secret is in it.
package enum LinkKeyringError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case sameID
    case secretSize(Int)
    /// All 256 key numbers are taken.
    case full
    case line(Int, LineFault)

    package enum LineFault: String, Hashable, Sendable {
        case fields = "three fields are expected: number, creation time, secret"
        case id = "the number must lie between 0 and 255"
        case date = "the creation time must look like 2026-11-02T08:30:00Z"
        case secret = "the secret must be 43 characters of base64url (32 bytes)"
    }

    package var description: String {
        switch self {
        case .empty: "no link key: the file must hold at least one (restore it from the backup; a new file voids all links sent so far)"
        case .sameID: "two link keys have the same number: remove the one that was added by mistake"
        case .secretSize(let count): "a link key's secret has 32 bytes, not \(count)"
        case .full: "256 link keys are kept already: remove the oldest lines, whose links have long expired, then rotate"
        case .line(let number, let fault): "line \(number): \(fault.rawValue)"
        }
    }
}

enum ConstantTime {
    /// Takes as long whatever the bytes; only a different length answers at once.
    static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return difference == 0
    }
}
