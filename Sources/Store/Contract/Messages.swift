package import Council
package import Foundation

package struct MessageID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
    package static func < (a: MessageID, b: MessageID) -> Bool { a.rawValue < b.rawValue }
}

package struct NoticeID: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// Something to tell the clerk; kept until its message is in the queue.
package enum NoticeContent: Hashable, Sendable, Codable {
    /// The preview of a draft, to approve.
    case preview(sitting: SittingID, revision: Int)
    /// Approval came after the last lawful moment.
    case tooLate(sitting: SittingID, revision: Int)
    /// Some convocations will not reach their members by e-mail.
    case undelivered(sitting: SittingID, convocations: [ConvocationID])
    /// Of some convocations nobody knows whether they left, and the configuration leaves it to the clerk.
    case uncertain(sitting: SittingID, convocations: [ConvocationID])
    /// The sitting is cancelled, and these don't learn of it by mail, or not yet.
    case unwarned(sitting: SittingID, convocations: [ConvocationID])
    /// A letter after the convocation (an amendment's, a reminder) doesn't reach these by mail, or not yet.
    case untold(sitting: SittingID, convocations: [ConvocationID])
    /// An amendment to approve, or one that `ENVOYER.txt` approved.
    case previewAmendment(sitting: SittingID, revision: Int)
    /// How all open sittings stand.
    case summary(day: CivilDate)
    /// A dropped folder or roll was refused: its name and the reason, in the clerk's words.
    case rejected(name: String, reason: String)
}

package struct Notice: Hashable, Sendable, Identifiable {
    package let id: NoticeID
    package let content: NoticeContent
    package let postedAt: Date

    package init(id: NoticeID, content: NoticeContent, postedAt: Date) {
        self.id = id
        self.content = content
        self.postedAt = postedAt
    }
}

/// What a message is. Of those that go to members, each step is journalled.
package enum MessageKind: String, Hashable, Sendable, Codable {
    case convocation
    case preview
    case alarm
    case cancellation
    case reminder
    case supplement
    case changedPlace = "changed-place"
    case summary
    case copy

    /// It tells the clerk, or whoever mends the service, something. Nobody learns of its end by the journal.
    package var isForClerk: Bool { self == .preview || self == .alarm || self == .summary }
}

/// A finished message: its bytes are made once and never again.
package struct OutgoingMessage: Hashable, Sendable {
    package let kind: MessageKind
    /// Without angle brackets: `c.123.5f0c…@agglo.example`; unique.
    package let messageID: String
    package let envelopeSender: EmailAddress
    package let recipient: EmailAddress
    /// RFC 5322, CRLF, 7-bit.
    package let bytes: [UInt8]
    /// SHA-256 of `bytes`.
    package let hash: ContentHash
    /// Not sent at or after this instant; nil: no limit.
    package let deadline: Date?

    package init(
        kind: MessageKind, messageID: String, envelopeSender: EmailAddress, recipient: EmailAddress, bytes: [UInt8],
        hash: ContentHash, deadline: Date?
    ) {
        self.kind = kind
        self.messageID = messageID
        self.envelopeSender = envelopeSender
        self.recipient = recipient
        self.bytes = bytes
        self.hash = hash
        self.deadline = deadline
    }
}

package protocol ComposingStorage: Sendable {
    /// Convocations in `composing` of approved sittings, oldest first. All of one batch may span sittings.
    func convocationsToCompose(limit: Int) async throws -> [ConvocationToCompose]
    /// In one transaction: stores messages and links, queues them, journals `convocation.issued` for each.
    /// A convocation that is no longer `composing` (already composed, cancelled) is skipped.
    func store(_ composed: [ComposedConvocation], at now: Date) async throws
    /// Posts an `undelivered` notice, once each, of convocations that the relay has put off since `limit`, or that are put off or have not
    /// left near their last lawful moment (twice as near as `limit` is far): while there is time to serve them otherwise. Returns
    /// how many.
    @discardableResult
    func tellOverdue(since limit: Date, at now: Date) async throws -> Int
    func noticesToCompose(limit: Int) async throws -> [Notice]
    /// In one transaction: queues the message(s), stores the links, closes the notice. A closed notice is skipped.
    /// No message (for instance: the sitting was cancelled meanwhile) just closes it.
    func close(_ notice: NoticeID, with messages: [OutgoingMessage], links: [Link], at now: Date) async throws
}

package struct ConvocationToCompose: Hashable, Sendable {
    package let id: ConvocationID
    package let member: Member
    package let sitting: Sitting

    package init(id: ConvocationID, member: Member, sitting: Sitting) {
        self.id = id
        self.member = member
        self.sitting = sitting
    }
}

package struct ComposedConvocation: Hashable, Sendable {
    package let id: ConvocationID
    package let message: OutgoingMessage
    package let links: [Link]

    package init(id: ConvocationID, message: OutgoingMessage, links: [Link]) {
        self.id = id
        self.message = message
        self.links = links
    }
}

package protocol QueueStorage: Sendable {
    /// At start, under the data folder's lock: every `leased` message belongs to a dead process. Its outcome is `unknown`, unless
    /// `begun` is known and doesn't have it: then its body never left, and it waits as before that attempt.
    /// With `resend` it is due at once with the same bytes, and (for convocations) `convocation.repeated` is journalled; with
    /// `hold` the clerk gets an `uncertain` notice. Returns how many are in doubt.
    func recoverLeases(at now: Date, policy: UnknownPolicy, begun: Set<LeasedAttempt>?) async throws -> Int
    /// Takes up to `limit` messages that are due (`ready`, or `deferred` or `unknown` and past their time), oldest due first, and
    /// commits their leases. Messages at or past their deadline are not taken: they become `failed`, journalled, with an
    /// `undelivered` notice.
    func lease(limit: Int, at now: Date) async throws -> [LeasedMessage]
    /// Commits the relay's answers, with their journal entries (`convocation.relayed`, `.deferred`, `.failed`,
    /// `.repeated` for an unknown outcome that will be sent again) and `undelivered` notices for what failed.
    /// A row that is not leased with this attempt number is left alone (a late answer changes nothing).
    func record(_ outcomes: [DeliveryOutcome]) async throws
    /// Whether the sitting was cancelled, or the letter ended, since it was leased: it is not to go any more.
    func isWithdrawn(_ id: MessageID) async throws -> Bool
    /// What the relays have taken since then, oldest first: what limits per hour and day are counted by after a restart.
    func handovers(since: Date) async throws -> [Handover]
    /// When the next message falls due; nil: queue empty.
    func nextDue() async throws -> Date?
    func queueCounts() async throws -> [DeliveryState: Int]
}

/// One attempt to send a message.
package struct LeasedAttempt: Hashable, Sendable {
    package let id: MessageID
    /// From 1.
    package let attempt: Int

    package init(id: MessageID, attempt: Int) {
        self.id = id
        self.attempt = attempt
    }
}

/// One message that a relay took.
package struct Handover: Hashable, Sendable {
    package let at: Date
    /// `host:port`
    package let relay: String
    /// The recipient's, in lower case.
    package let domain: String

    package init(at: Date, relay: String, domain: String) {
        self.at = at
        self.relay = relay
        self.domain = domain
    }
}

package struct LeasedMessage: Hashable, Sendable {
    package let id: MessageID
    package let message: OutgoingMessage
    /// 1 for the first attempt.
    package let attempt: Int
    /// When the message was first leased; for backoff and alarms.
    package let firstAttemptAt: Date

    package init(id: MessageID, message: OutgoingMessage, attempt: Int, firstAttemptAt: Date) {
        self.id = id
        self.message = message
        self.attempt = attempt
        self.firstAttemptAt = firstAttemptAt
    }
}

/// What came of one attempt. A value, not an error: the relay's answer is data.
package struct DeliveryOutcome: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        /// The relay's final 2xx reply.
        case accepted
        /// 4xx, or a fault before the body left: try again at `retryAt`.
        case deferred(retryAt: Date)
        /// 5xx: never again.
        case refused
        /// The body left and no reply came: sent again at `retryAt`, same bytes, journalled as a repeat. Nil: held until the clerk
        /// says so, who gets an `uncertain` notice.
        case unknown(retryAt: Date?)
        /// Nothing was tried (the relay is left in peace, a limit is reached, the service stops): as before, due at `until`. Not
        /// journalled: nothing happened.
        case postponed(until: Date)
    }

    /// How it went over the wire: evidence of what the relay was told and how well it was protected.
    package struct Transport: Hashable, Sendable {
        /// What EHLO said.
        package let helloName: String
        /// `TLSv1.3`; nil: in clear.
        package let tls: String?
        /// `TLS_AES_256_GCM_SHA384`
        package let cipher: String?
        /// Delivery reports were asked for (RFC 3461), since the relay offers it.
        package let reportsAsked: Bool

        package init(helloName: String, tls: String?, cipher: String?, reportsAsked: Bool) {
            self.helloName = helloName
            self.tls = tls
            self.cipher = cipher
            self.reportsAsked = reportsAsked
        }
    }

    package let id: MessageID
    package let attempt: Int
    package let result: Result
    /// The relay's final reply line, or the fault in words. No secret.
    package let reply: String
    /// The relay's own name of the message, where the reply gives one.
    package let queueID: String?
    /// `host:port`
    package let relay: String
    /// Nil: no conversation came about.
    package let transport: Transport?
    /// It is a mail to the clerk, refused for good by every relay, and `result` is `deferred` all the same: see `RefusedMail`.
    package let isTurnedAway: Bool
    package let at: Date

    package init(
        id: MessageID, attempt: Int, result: Result, reply: String, queueID: String?, relay: String, transport: Transport? = nil,
        isTurnedAway: Bool = false, at: Date
    ) {
        self.isTurnedAway = isTurnedAway
        self.id = id
        self.attempt = attempt
        self.result = result
        self.reply = reply
        self.queueID = queueID
        self.relay = relay
        self.transport = transport
        self.at = at
    }
}
