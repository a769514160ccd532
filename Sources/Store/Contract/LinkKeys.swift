package import Council
package import Foundation

/// What the store remembers of a key that has signed links: enough to know it again, and nothing of its secret.
package struct LinkKeyTrace: Hashable, Sendable {
    /// As in the links.
    package let number: UInt8
    /// 32 hexadecimal digits.
    package let fingerprint: String
    package let createdAt: Date

    package init(number: UInt8, fingerprint: String, createdAt: Date) {
        self.number = number
        self.fingerprint = fingerprint
        self.createdAt = createdAt
    }
}

/// The keys lie in a file of their own, apart from the database and its backups: what the store remembers tells when that file is
/// another one than links were signed with. No part of the journal: it proves nothing about a sitting.
package protocol LinkKeyStorage: Sendable {
    /// In the order in which they came to sign.
    func linkKeys() async throws -> [LinkKeyTrace]
    /// Remembers those whose number isn't known yet; what is known stays as it is.
    func remember(_ keys: [LinkKeyTrace]) async throws
    /// Forgets all others, and what was known of these. Journals `keys.accepted`, with the fingerprints before and after.
    func replaceLinkKeys(with keys: [LinkKeyTrace], at now: Date) async throws
    /// Wants a reminder, whose link is made anew, for each member whom the relay took the convocation for, also where it was acknowledged,
    /// and for whom none was wanted within the last hour, or since keys were last accepted. Returns how many. Throws `wrongState` unless
    /// the sitting is approved and yet to come.
    func sendLinksAgain(of id: SittingID, at now: Date) async throws -> Int
    /// Convocations as they were sent, by number, of those that were made since keys were last accepted: their links tell which keys
    /// signed them. `after`: none of these and before; at most `limit`.
    func sentLinks(after: ConvocationID?, limit: Int) async throws -> [SentLinks]
    /// The same: the newest of each of the `sittings` sittings that begin last.
    func newestSentLinks(sittings: Int) async throws -> [SentLinks]
    /// When the last link ends that was made before `end`, and is neither void nor past at `now`; nil: there is none. A link's own time
    /// isn't kept: it was made no earlier than its convocation, or its sitting's reception.
    func lastExpiry(ofLinksMadeBefore end: Date, at now: Date) async throws -> Date?
}

/// A convocation's message, and until when its links hold.
package struct SentLinks: Sendable {
    package let convocation: ConvocationID
    /// The message's first part: its texts, not all of its attachments.
    package let bytes: [UInt8]
    /// Nil: none holds any more, or they were made void.
    package let holdUntil: Date?

    /// Of a message's bytes.
    package static let prefix = 1 << 18
}
