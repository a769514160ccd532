/// What one pass came to, by verdict.
package struct DeliveryTally: Hashable, Sendable {
    package var accepted = 0
    package var deferred = 0
    package var refused = 0
    package var unknown = 0

    package init() {}

    package var total: Int { accepted + deferred + refused + unknown }

    mutating func count(_ verdict: CourierAnswer.Verdict) {
        switch verdict {
        case .accepted: accepted += 1
        case .deferred: deferred += 1
        case .refused: refused += 1
        case .unknown: unknown += 1
        }
    }
}
