package import Council

/// What speaks for a robot. The raw value is what the journal keeps.
package enum Signal: String, Hashable, Sendable, CaseIterable {
    /// Several links of one message at once.
    case burst
    /// HEAD: no browser opens a page with it.
    case head
    /// The link that no person sees was opened from this message, shortly before or after.
    case honeypot
    case noAgent = "no-agent"
    /// No Accept-Language: every browser sends one.
    case noLanguage = "no-language"
    /// The browser itself says that this is not a person going to a page (Sec-Fetch-*).
    case notNavigation = "not-navigation"
    case prefetch
    case scanner
    /// Faster than a person can have got and read the message.
    case tooSoon = "too-soon"

    /// Says by itself that no person is at work, even behind a pressed button.
    var isCertain: Bool {
        switch self {
        case .prefetch, .scanner, .noAgent: true
        default: false
        }
    }
}

/// How an access is judged and answered: the table of the receipt policies, and nothing else.
package enum GradePolicy {
    package struct Decision: Hashable, Sendable {
        package enum Answer: Hashable, Sendable {
            case redirect
            /// The page with one button.
            case page
        }

        package let answer: Answer
        /// What is journalled before the answer leaves; nil: nothing.
        package let recorded: Grade?
    }

    /// One signal is enough: being wrong about a person costs them a press of a button; being wrong about a robot makes
    /// a receipt that nobody gave.
    package static func grade(_ signals: Set<Signal>) -> Grade {
        signals.isEmpty ? .person : .robot
    }

    package static func decide(_ policy: ReceiptPolicy, _ grade: Grade) -> Decision {
        switch (policy, grade) {
        case (_, .confirmed): Decision(answer: .redirect, recorded: .confirmed)
        case (.direct, .person), (.adaptive, .person): Decision(answer: .redirect, recorded: .person)
        case (.direct, .robot): Decision(answer: .redirect, recorded: .robot)
        case (.adaptive, .robot), (.confirm, .robot): Decision(answer: .page, recorded: .robot)
        // The press of the button will be the receipt; that the page was shown proves nothing.
        case (.confirm, .person): Decision(answer: .page, recorded: nil)
        }
    }
}
