package struct ConvocationID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
    package static func < (a: ConvocationID, b: ConvocationID) -> Bool { a.rawValue < b.rawValue }
}

/// Where one member's convocation stands, as the clerk sees it.
package enum ConvocationState: String, Hashable, Sendable, Codable {
    /// Approved; its message is not made yet.
    case composing
    /// In the queue, being sent, or waiting for another attempt.
    case queued
    /// The relay took it: served.
    case relayed
    /// Refused for good, bounced, or out of time: the clerk must serve it otherwise.
    case failed
    /// To be served on paper; not recorded yet.
    case paperDue
    /// Posted or handed over, as the clerk recorded.
    case paperServed
    case cancelled
}

/// States of one message in the delivery queue.
package enum DeliveryState: String, Hashable, Sendable, Codable {
    case ready
    /// An attempt is under way; after a crash it is the mark of an unknown outcome.
    case leased
    case relayed
    case deferred
    /// It may have left: the body went out and no reply came, or the process that was sending it died. `UnknownPolicy` says
    /// whether it goes again by itself.
    case unknown
    case failed
    case bounced
    case cancelled

    package func canBecome(_ next: DeliveryState) -> Bool {
        switch (self, next) {
        case (.ready, .leased), (.deferred, .leased), (.unknown, .leased), (.leased, .relayed), (.leased, .deferred),
            (.leased, .unknown), (.leased, .failed), (.leased, .ready), (.relayed, .bounced), (.ready, .failed),
            (.deferred, .failed), (.unknown, .failed), (.unknown, .ready), (.ready, .cancelled), (.deferred, .cancelled),
            (.unknown, .cancelled):
            true
        default: false
        }
    }
}

/// What becomes of a message of which nobody knows whether the relay has it.
package enum UnknownPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// It goes again, with the same Message-ID and bytes, and the journal says that it may arrive twice. A member convened twice
    /// is convened; one who isn't voids the sitting.
    case resend
    /// It waits for the clerk, who is told at once.
    case hold
}

/// How an access to a link is judged.
package enum Grade: String, Hashable, Sendable, Codable {
    /// Likely a person.
    case person
    /// Likely a mail gateway or another robot: no receipt.
    case robot
    /// A person pressed the button: the strongest.
    case confirmed
}

package enum ReceiptPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case direct
    case adaptive
    case confirm
}
