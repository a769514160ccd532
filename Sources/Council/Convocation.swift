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
    case failed
    case bounced
    case cancelled

    package func canBecome(_ next: DeliveryState) -> Bool {
        switch (self, next) {
        case (.ready, .leased), (.deferred, .leased), (.leased, .relayed), (.leased, .deferred), (.leased, .failed),
            (.leased, .ready), (.relayed, .bounced), (.ready, .failed), (.deferred, .failed), (.ready, .cancelled),
            (.deferred, .cancelled):
            true
        default: false
        }
    }
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
