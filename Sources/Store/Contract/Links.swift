package import Council
package import Foundation

/// A signed link's record: what its token means. The token itself is not stored.
package struct Link: Hashable, Sendable {
    package enum Target: Hashable, Sendable, Codable {
        /// One document of a sitting, for one convocation's member.
        case document(ContentHash)
        /// The page of the whole sitting, for one convocation's member.
        case sitting
        /// A link no person sees; who opens it is a robot.
        case honeypot
        /// The clerk's: approve, follow, cancel; `revision` of the preview it came with.
        case approve(revision: Int)
        case follow
        case cancel(revision: Int)
        /// The clerk's: read one document of the preview.
        case review(ContentHash)
    }

    /// Eight random bytes.
    package let id: UInt64
    package let target: Target
    package let sitting: SittingID
    /// Nil for the clerk's links.
    package let convocation: ConvocationID?
    /// Links of one message share it; what a burst is counted over.
    package let expires: Date

    package init(id: UInt64, target: Target, sitting: SittingID, convocation: ConvocationID?, expires: Date) {
        self.id = id
        self.target = target
        self.sitting = sitting
        self.convocation = convocation
        self.expires = expires
    }
}

/// All that the reception needs to answer a click, in one read.
package struct LinkContext: Hashable, Sendable {
    package let link: Link
    package let revoked: Bool
    package let sitting: Sitting
    package let member: Member?
    /// When the relay took the message that carries it; nil: not yet, or a clerk's link.
    package let relayedAt: Date?
    /// The first receipt already journalled for this link.
    package let receiptAt: Date?
    /// It stands in a letter that tells of an amendment: what it acknowledges is not the convocation.
    package let isOfLetter: Bool

    package init(
        link: Link, revoked: Bool, sitting: Sitting, member: Member?, relayedAt: Date?, receiptAt: Date?, isOfLetter: Bool = false
    ) {
        self.link = link
        self.revoked = revoked
        self.sitting = sitting
        self.member = member
        self.relayedAt = relayedAt
        self.receiptAt = receiptAt
        self.isOfLetter = isOfLetter
    }
}

/// One access to a member's link, graded.
package struct Access: Hashable, Sendable {
    package let link: UInt64
    package let at: Date
    package let grade: Grade
    /// Why it was graded so: `prefetch`, `scanner`, `no-language`, `burst`, `too-soon`, `honeypot`… sorted.
    package let signals: [String]
    /// Which other bytes were given with it, when the access was the sitting's page: the document fetched.
    package let document: ContentHash?

    package init(link: UInt64, at: Date, grade: Grade, signals: [String], document: ContentHash?) {
        self.link = link
        self.at = at
        self.grade = grade
        self.signals = signals
        self.document = document
    }
}

package enum AccessResult: Hashable, Sendable {
    /// Journalled (`receipt` or, for a robot, `access`).
    case recorded
    /// The same link at the same or a stronger grade was there before: counted, not journalled.
    case repeated(first: Date)
}

package protocol LinkStorage: Sendable {
    /// Nil: no such link.
    func link(_ id: UInt64) async throws -> LinkContext?
    /// Commits one access, group-committed with others, durable on return. First `person` access of a link journals
    /// `receipt.opened`; first `confirmed` journals `receipt.confirmed`; first `robot` journals `access.robot`. Further
    /// accesses of the same link and grade only raise its counter. With a document (opened from the sitting's page), the same
    /// holds for each document of the link by itself.
    func record(_ access: Access) async throws -> AccessResult
    /// A later signal contradicts receipts of grade `person` of this convocation opened since `since`: journals
    /// `receipt.downgraded` for each, and they no longer count. `confirmed` receipts stay.
    func downgradeReceipts(of convocation: ConvocationID, since: Date, signals: [String], at now: Date) async throws -> Int
    /// Of these entries, those that tell of an access through a letter's own link, which acknowledges that letter and not the
    /// convocation that it follows.
    func letterReceipts(among seqs: [UInt64]) async throws -> [UInt64: LetterKind]
    /// Voids links (for instance those of a member's lost mailbox).
    func revokeLinks(of convocation: ConvocationID, at now: Date) async throws
}
