package import Store

/// What can hand a finished message to the next hop: the one abstraction of a mail sender.
package protocol Courier: Sendable {
    /// How many messages it can hand over at once.
    var connections: Int { get }
    /// `host:port`, as the journal names the relay.
    var address: String { get }
    /// One attempt, no repetition of its own once the body may have left. What the relay says is a value, never an error.
    /// `mayBegin` is asked when its turn has come: false, and it isn't tried (nil). `mayLeave` is asked at the last moment before the
    /// body goes; false: nothing is sent, the answer is `deferred`.
    func send(
        _ message: OutgoingMessage, mayBegin: @escaping @Sendable () -> Bool, mayLeave: @escaping @Sendable () -> Bool
    ) async -> CourierAnswer?
    /// Ends the attempts under way, within about a second; nothing is sent afterwards.
    func abort()
}

/// What came of one attempt.
package struct CourierAnswer: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        /// The next hop's 2xx to the whole message: it is answerable now.
        case accepted
        /// Not taken, and it may be tried again: nothing of it is on the other side.
        case deferred
        /// Not taken, and never will be.
        case refused
        /// The body left, no reply came: it may have been taken.
        case unknown
    }

    package let verdict: Verdict
    /// The relay's reply, or the fault in words. No secret, one line.
    package let reply: String
    /// The relay's own name of the message.
    package let queueID: String?
    /// What keeps other messages from leaving as well; nil: it concerned this message alone.
    package let relayFault: RelayFault?
    /// The relay is there, but asks for less (RFC 3463 X.3.2, X.4.5): it is given less at once.
    package let isStrained: Bool
    /// Nil: it came to no conversation.
    package internal(set) var transport: DeliveryOutcome.Transport?
    /// What `relayFault` comes from, as people are told it.
    package internal(set) var cause: RelayTrouble.Cause?

    package init(
        _ verdict: Verdict, reply: String, queueID: String? = nil, relayFault: RelayFault? = nil, isStrained: Bool = false,
        cause: RelayTrouble.Cause? = nil
    ) {
        self.isStrained = isStrained
        self.cause = cause ?? relayFault?.usualCause
        self.verdict = verdict
        self.reply = reply
        self.queueID = queueID
        self.relayFault = relayFault
    }
}

/// Why the relay, not a message, is at fault: then it is left in peace for a while.
package enum RelayFault: String, Hashable, Sendable, CaseIterable {
    /// No connection, or it broke before the body.
    case unreachable
    /// 421, or another 4xx, before it would hear of a message: too many connections, or a pause of its own.
    case busy
    /// Certificate, TLS, authentication, a sender it doesn't accept: someone has to change a setting.
    case configuration

    fileprivate var usualCause: RelayTrouble.Cause {
        switch self {
        case .unreachable: .unreachable
        case .busy: .busy
        case .configuration: .refusal
        }
    }

    /// What to do, for the log.
    package var advice: String {
        switch self {
        case .unreachable: "check the relay's host and port and that it runs; sending resumes by itself"
        case .busy: "the relay asks for a pause; where this repeats, lower relay.connections"
        case .configuration:
            "check relay.tls, relay.caFile, relay.user and relay.password and the envelope address, then restart; "
                + "if the relay itself is mended, sending resumes by itself"
        }
    }
}
