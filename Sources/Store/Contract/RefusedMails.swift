package import Council
package import Foundation

/// A mail to the clerk (a preview, an alarm, a summary) that a relay refused for good. Nobody else would ever learn what it says, so it is
/// tried again, for `patience` from its first attempt.
package struct RefusedMail: Hashable, Sendable, Identifiable {
    package let id: MessageID
    package let recipient: EmailAddress
    /// When it was first refused.
    package let since: Date
    /// The last relay's (`host:port`) last reply.
    package let relay: String
    package let reply: String
    /// When it is tried next; nil: it was given up.
    package let nextTry: Date?

    package init(id: MessageID, recipient: EmailAddress, since: Date, relay: String, reply: String, nextTry: Date?) {
        self.id = id
        self.recipient = recipient
        self.since = since
        self.relay = relay
        self.reply = reply
        self.nextTry = nextTry
    }

    /// Seconds.
    package static let patience: TimeInterval = 2 * 86_400
}

/// The mails to the clerk that are refused, as the delivery stage notes them (with its outcomes), the composing stage tells of them and
/// people look them up. No part of the journal: it proves nothing about a sitting.
package protocol RefusedMailStorage: Sendable {
    /// Those that are still tried, and those that were given up and first refused since then; oldest first.
    func refusedMails(since: Date) async throws -> [RefusedMail]
    /// Those of which nobody was told, and whose recipient nobody was told of within a day.
    func refusedMailsToTell(at now: Date) async throws -> [RefusedMail]
    /// In one transaction: queues the mails, and notes that these are told of.
    func tell(_ refused: [RefusedMail], with messages: [OutgoingMessage], at now: Date) async throws
}
