/// What one attempt to hand a message to a relay showed, unjudged. `Delivery` judges it.
package struct SMTPAttempt: Hashable, Sendable {
    /// What broke, as libcurl numbers it; nil: nothing. Not the last word: a final reply counts more.
    package let fault: CurlFault?
    package let stage: SMTPDialogue.Stage
    /// The reply that ended it: the final one, or a refusal. Nil: none did.
    package let reply: SMTPDialogue.Reply?
    /// All complete replies, in order.
    package let replies: [SMTPDialogue.Reply]
    /// Every byte was given to the system, so the final dot may have left.
    package let bodyHandedOver: Bool
    /// The connection was open from an earlier message.
    package let connectionReused: Bool
    /// The connection is open for the next message.
    package let connectionKept: Bool
    /// What the relay's last replies were protected with; nil: in clear.
    package let tls: TLSDetails?
    /// Delivery reports were asked for.
    package let reportsAsked: Bool

    package init(
        fault: CurlFault?, stage: SMTPDialogue.Stage, reply: SMTPDialogue.Reply?, replies: [SMTPDialogue.Reply], bodyHandedOver: Bool,
        connectionReused: Bool, connectionKept: Bool, tls: TLSDetails? = nil, reportsAsked: Bool = false
    ) {
        self.fault = fault
        self.stage = stage
        self.reply = reply
        self.replies = replies
        self.bodyHandedOver = bodyHandedOver
        self.connectionReused = connectionReused
        self.connectionKept = connectionKept
        self.tls = tls
        self.reportsAsked = reportsAsked
    }

    /// - Parameters:
    ///   - dialogue: all that the relay said, from the greeting on where the connection was opened for this message (`isFresh`).
    ///   - redact: takes secrets out of what the relay wrote.
    init(
        fault: CurlFault?, of dialogue: SMTPDialogue, isFresh: Bool, bodyHandedOver: Bool = false, isKept: Bool = false, tls: TLSDetails?,
        reportsAsked: Bool = false, redact: (String) -> String
    ) {
        let end = dialogue.end(fresh: isFresh)
        self.init(
            fault: fault.map { CurlFault(code: $0.code, words: redact($0.words)) }, stage: end.stage, reply: end.reply?.mapLines(redact),
            replies: dialogue.replies.map { $0.mapLines(redact) }, bodyHandedOver: bodyHandedOver, connectionReused: !isFresh,
            connectionKept: isKept, tls: tls, reportsAsked: reportsAsked)
    }

    /// An attempt that ended before anything was said.
    package init(notStarted fault: CurlFault) {
        self.init(
            fault: fault, stage: .greeting, reply: nil, replies: [], bodyHandedOver: false, connectionReused: false, connectionKept: false)
    }

    /// The relay asked for the body (354).
    package var bodyAskedFor: Bool { stage >= .body }

    /// The reply to the message as a whole, after the final dot.
    package var finalReply: SMTPDialogue.Reply? { stage == .answered ? reply : nil }

    /// The reply by which the relay stopped the conversation before the body; nil: it didn't, or it said nothing.
    package var refusal: SMTPDialogue.Reply? { stage < .body ? reply : nil }

    /// A kept connection turned out to be closed or closing before anything of the message had left: no fault of message or
    /// relay (idle time-outs, a limit of messages a connection), and safe to try again at once.
    var hitStaleConnection: Bool {
        guard connectionReused, !bodyAskedFor else { return false }
        if let refusal { return refusal.code == 421 }
        return fault.map { [52, 55, 56].contains($0.code) } ?? false
    }
}
