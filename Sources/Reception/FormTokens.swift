import Council
import Crypto
import Foundation
import Links
import Synchronization

/// What a page's button does; part of what its token is bound to.
enum FormAction: Hashable {
    case receipt(document: ContentHash?)
    case approve(revision: Int)
    case cancel(revision: Int)
    case paper(MemberID)
    case correctPaper(MemberID)
    case sendAgain(MemberID)
    case remind

    fileprivate var words: String {
        switch self {
        case .receipt(let document): "receipt " + (document?.hex ?? "")
        case .approve(let revision): "approve \(revision)"
        case .cancel(let revision): "cancel \(revision)"
        case .paper(let member): "paper \(member)"
        case .correctPaper(let member): "correct paper \(member)"
        case .sendAgain(let member): "send again \(member)"
        case .remind: "remind"
        }
    }
}

/// The hidden field of our forms: nobody can press a button whose page they were not given, and nobody twice.
///
/// 28 bytes in hex: an 8-byte nonce, the expiry (unix seconds, 4 bytes, big-endian), and a 16-byte HMAC-SHA-256 over nonce,
/// expiry, link and action, under the key that signs links. So a form outlives a restart, and one of a rotated key still works.
final class FormTokens: Sendable {
    enum Verdict: Equatable {
        case fresh
        /// Used before, and well: what it asked for was done then.
        case spent
        case invalid
    }

    private static let size = 28
    private let capacity: Int
    /// Nonces of tokens that did their work, until they expire. A restart forgets them: what the buttons do is also
    /// refused or harmless in the store when done twice.
    private let spent = Mutex<[[UInt8]: Date]>([:])

    init(capacity: Int = 50_000) { self.capacity = capacity }

    func issue(_ action: FormAction, link: UInt64, expires: Date, keyring: LinkKeyring, nonce: [UInt8]) -> String {
        let seconds = UInt32(min(max(expires.timeIntervalSince1970.rounded(.down), 0), Double(UInt32.max)))
        let head = nonce + withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
        // A keyring is never empty (LinkKeyring.init).
        let key = keyring.keys[keyring.keys.count - 1]
        let code = HMAC<SHA256>.authenticationCode(for: Self.message(head, action, link), using: SymmetricKey(data: key.secret))
        return Hex.encode(head + code.prefix(16))
    }

    func check(_ token: String, _ action: FormAction, link: UInt64, now: Date, keyring: LinkKeyring) -> Verdict {
        guard let head = Self.verified(token, action, link, now, keyring.keys) else { return .invalid }
        return spent.withLock { $0[Array(head.prefix(8))] == nil } ? .fresh : .spent
    }

    /// Takes a fresh token: of two presses at once, one gets true. Give it back with `release` when its work failed.
    func claim(_ token: String, now: Date) -> Bool {
        guard let bytes = Hex.decode(token), bytes.count == Self.size else { return false }
        let expires = Date(timeIntervalSince1970: Double(bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
        return spent.withLock { spent in
            if spent.count >= capacity { spent = spent.filter { $0.value > now } }
            if spent.count >= capacity, let oldest = spent.min(by: { $0.value < $1.value })?.key { spent[oldest] = nil }
            return spent.updateValue(expires, forKey: Array(bytes.prefix(8))) == nil
        }
    }

    func release(_ token: String) {
        guard let bytes = Hex.decode(token) else { return }
        spent.withLock { $0[Array(bytes.prefix(8))] = nil }
    }

    /// Nonce and expiry of a genuine token that is in time.
    private static func verified(_ token: String, _ action: FormAction, _ link: UInt64, _ now: Date, _ keys: [LinkKey]) -> [UInt8]? {
        guard token.utf8.count == size * 2, let bytes = Hex.decode(token) else { return nil }
        let head = Array(bytes.prefix(12))
        let message = message(head, action, link)
        let isGenuine = keys.contains { key in
            let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key.secret))
            return zip(code.prefix(16), bytes.dropFirst(12)).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
        }
        let expires = Double(head[8...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        return isGenuine && now.timeIntervalSince1970 < expires ? head : nil
    }

    /// Begins with a word that no link token begins with, so that neither can be taken for the other under the same key.
    private static func message(_ head: [UInt8], _ action: FormAction, _ link: UInt64) -> [UInt8] {
        Array("form".utf8) + head + withUnsafeBytes(of: link.bigEndian) { Array($0) } + Array(action.words.utf8)
    }
}
