package import Council
package import Foundation

/// What a mail server reported of one convocation's message after the relay had taken it.
package struct DeliveryReport: Hashable, Sendable {
    /// RFC 3464 §2.3.3.
    package enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        case failed
        case delayed
        /// In the mailbox.
        case delivered
        /// Handed to a server that reports no further.
        case relayed
        /// Sent on to several addresses, of a list for instance.
        case expanded
    }

    package let convocation: ConvocationID
    /// SHA-256 of the report as it was read: what makes reading it twice harmless.
    package let digest: ContentHash
    package let action: Action
    package let reason: BounceReason?
    /// Enhanced status code (RFC 3463), `5.1.1`.
    package let status: String?
    /// What the refusing server said. At most 500 characters.
    package let diagnostic: String?
    /// The server that reports.
    package let reporter: String?
    /// As the report names them: the member, or whom they have their mail sent on to.
    package let recipient: String?
    /// It came to the signed address that only this message carried. Otherwise anyone who has seen the message's number can have
    /// written it.
    package let isSigned: Bool
    /// When it was read.
    package let at: Date

    package init(
        convocation: ConvocationID, digest: ContentHash, action: Action, reason: BounceReason?, status: String?, diagnostic: String?,
        reporter: String?, recipient: String?, isSigned: Bool, at: Date
    ) {
        self.convocation = convocation
        self.digest = digest
        self.action = action
        self.reason = reason
        self.status = status
        self.diagnostic = diagnostic.map { String($0.prefix(500)) }
        self.reporter = reporter.map { String($0.prefix(255)) }
        self.recipient = recipient.map { String($0.prefix(320)) }
        self.isSigned = isSigned
        self.at = at
    }
}

package enum ReportRecording: Hashable, Sendable {
    /// Journalled; `undelivered`: the convocation has failed by it, and the clerk is told.
    case recorded(undelivered: Bool)
    /// This report is recorded, or as many of its kind as are kept.
    case repeated
    /// No message of this convocation has been made.
    case unknown
}

/// The convocation that a message carried, for a report that only names the message.
package struct ReportedMessage: Hashable, Sendable {
    /// Nil: a mail to the clerk, or a letter that came after the convocation.
    package let convocation: ConvocationID?
    /// A letter that came after the convocation.
    package let isLetter: Bool
    package let recipient: EmailAddress

    package init(convocation: ConvocationID?, isLetter: Bool = false, recipient: EmailAddress) {
        self.isLetter = isLetter
        self.convocation = convocation
        self.recipient = recipient
    }
}

/// What a server reported of a letter after the convocation: that it failed, to the signed address that only this letter carried.
package struct LetterReport: Hashable, Sendable {
    package let letter: LetterID
    package let digest: ContentHash
    package let reason: BounceReason
    package let status: String?
    package let diagnostic: String?
    package let reporter: String?
    package let at: Date

    package init(
        letter: LetterID, digest: ContentHash, reason: BounceReason, status: String?, diagnostic: String?, reporter: String?, at: Date
    ) {
        self.letter = letter
        self.digest = digest
        self.reason = reason
        self.status = status
        self.diagnostic = diagnostic.map { String($0.prefix(500)) }
        self.reporter = reporter.map { String($0.prefix(255)) }
        self.at = at
    }
}

/// Reports on messages that the relay took (RFC 3464, and what servers write instead).
///
/// What a report changes:
/// - signed and `failed`, the message with the relay, nothing said for the member's having it: the message is `bounced`, the
///   convocation `failed`, the clerk is told (`undelivered` notice);
/// - signed and `failed`, though a receipt stands or a server reported it delivered: journalled, and the clerk is told; who is
///   served stays served (mail sent on to a dead second mailbox bounces too);
/// - signed and `failed` after service on paper, after a cancellation, or while the message is still (or again) in the queue:
///   journalled only;
/// - not signed: only `failed` is kept, as `convocation.reported`, and the clerk is told; no state changes, since whoever knows a
///   message's number can write such a mail;
/// - any other action: journalled.
package protocol ReportStorage: Sendable {
    /// By Message-ID without angle brackets. Nil: no such message.
    func reportedMessage(_ messageID: String) async throws -> ReportedMessage?
    /// One transaction, durable on return. Journals `convocation.bounced`, `.delivered`, `.delayed`, `.passedOn` or `.reported`,
    /// once for each (convocation, digest, action); `delayed` once for each reporting server; at most eight of each action, so that
    /// nobody who holds one message can fill the ledger.
    func record(_ report: DeliveryReport) async throws -> ReportRecording
    /// One transaction, durable on return. Journals `letter.bounced`, once for each (letter, digest), at most eight of a letter; the
    /// letter's message is `bounced`, its convocation stands as it is. The clerk is told: of a cancellation as of one whose member is
    /// not warned, of a reminder as of an address to look after. Answers `recorded(undelivered: false)`.
    func record(_ report: LetterReport) async throws -> ReportRecording
}

/// The last report of a failure, as the clerk sees it.
package struct Bounce: Hashable, Sendable {
    package let at: Date
    package let reason: BounceReason
    package let status: String?
    package let diagnostic: String?
    package let isSigned: Bool

    package init(at: Date, reason: BounceReason, status: String?, diagnostic: String?, isSigned: Bool) {
        self.at = at
        self.reason = reason
        self.status = status
        self.diagnostic = diagnostic
        self.isSigned = isSigned
    }
}
