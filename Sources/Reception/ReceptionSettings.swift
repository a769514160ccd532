package import Council
package import Foundation

/// What an authority decides about the reception of clicks.
package struct ReceptionSettings: Sendable {
    package var policy: ReceiptPolicy
    /// The authority's zone: pages show its clock.
    package var timeZone: TimeZone
    package var authorityName: String
    /// Whom members and clerks are told to write to when a link no longer serves.
    package var contact: EmailAddress
    /// How long the address of a document, to which an opened link leads, can be reloaded. Seconds.
    package var fetchLifetime: TimeInterval
    /// How long a form can wait for its button. Seconds.
    package var formLifetime: TimeInterval
    package var grading: GradingSettings

    package init(
        policy: ReceiptPolicy, timeZone: TimeZone, authorityName: String, contact: EmailAddress,
        fetchLifetime: TimeInterval = 12 * 3600, formLifetime: TimeInterval = 12 * 3600, grading: GradingSettings = GradingSettings()
    ) {
        self.policy = policy
        self.timeZone = timeZone
        self.authorityName = authorityName
        self.contact = contact
        self.fetchLifetime = fetchLifetime
        self.formLifetime = formLifetime
        self.grading = grading
    }
}

/// The measures of what robots do and people don't. Times in seconds.
package struct GradingSettings: Hashable, Sendable {
    /// An access sooner than this after the relay took the message (or before its answer is recorded: gateways look into a
    /// message before they take it) is a robot's. Zero: not judged.
    package var tooSoon: TimeInterval
    /// So many different links of one message…
    package var burstLinks: Int
    /// …or so many documents of the sitting's page, where a person may well open several at once…
    package var burstDocuments: Int
    /// …within this time are a robot's.
    package var burstWindow: TimeInterval
    /// Accesses this long before and after the link that no person sees are a robot's.
    package var honeypotWindow: TimeInterval
    /// How far back the honeypot contradicts receipts. Short: who fetches all links of a message does it at once, and a gateway that
    /// comes minutes after a person must not take their receipt away.
    package var honeypotReach: TimeInterval

    package init(
        tooSoon: TimeInterval = 5, burstLinks: Int = 3, burstDocuments: Int = 6, burstWindow: TimeInterval = 3,
        honeypotWindow: TimeInterval = 600, honeypotReach: TimeInterval = 30
    ) {
        self.tooSoon = tooSoon
        self.burstLinks = burstLinks
        self.burstDocuments = burstDocuments
        self.burstWindow = burstWindow
        self.honeypotWindow = honeypotWindow
        self.honeypotReach = honeypotReach
    }
}
