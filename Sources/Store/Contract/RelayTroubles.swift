package import Foundation

/// Why a relay takes nothing from us, beyond a passing fault.
package struct RelayTrouble: Hashable, Sendable, Identifiable {
    package enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
        /// It doesn't accept the account, the password or the token, or wants one.
        case authentication
        /// It doesn't accept the envelope sender.
        case sender
        /// TLS is required here, and it no longer offers it, or can't agree on it.
        case tls
        /// Its certificate has expired, is for another name, or is of an authority that is not known here.
        case certificate
        /// It refuses to speak with us at all.
        case refusal
        /// It hasn't been reached for long.
        case unreachable
        /// It has asked for a pause each time, for long.
        case busy
    }

    package let id: Int64
    /// `host:port`
    package let relay: String
    package let cause: Cause
    /// Its last reply, or the fault in words.
    package let reply: String
    package let since: Date
    /// When the last mail about it was made; nil: none was, or none has left.
    package let toldAt: Date?

    package init(id: Int64, relay: String, cause: Cause, reply: String, since: Date, toldAt: Date?) {
        self.id = id
        self.relay = relay
        self.cause = cause
        self.reply = reply
        self.since = since
        self.toldAt = toldAt
    }
}

/// The relays that take nothing, as the delivery stage sees it, the composing stage tells of it and people look it up. No part of the
/// journal: it proves nothing about a sitting.
package protocol RelayTroubleStorage: Sendable {
    /// The relay is in trouble, or still is. One row stands for a relay and a cause until the trouble ends. `canBeTold`: another relay
    /// takes mails, so a mail to people is wanted, unless one of this relay and cause was made within a day.
    func noteTrouble(relay: String, cause: RelayTrouble.Cause, reply: String, since: Date, canBeTold: Bool, at now: Date) async throws
    /// The relay takes messages again: what is still to be said of it, made or not, is withdrawn.
    func endTroubles(of relay: String, at now: Date) async throws
    /// Those that last, oldest first.
    func relayTroubles() async throws -> [RelayTrouble]
    /// Those of which a mail is wanted.
    func troublesToTell() async throws -> [RelayTrouble]
    /// In one transaction: queues the mails and notes that it is told. One that has ended meanwhile is skipped.
    func tell(_ trouble: RelayTrouble, with messages: [OutgoingMessage], at now: Date) async throws
}
