import Foundation

/// Another sitting so near in time that nobody can attend both, where that concerns somebody: members of both bodies, or one place.
package struct Clash: Hashable, Sendable {
    package let sitting: Sitting
    /// How many sit in both bodies.
    package let commonMembers: Int
    package let isSamePlace: Bool

    /// Nil: the two don't get in each other's way.
    package init?(of draft: SittingDraft, with sitting: Sitting, commonMembers: Int) {
        self.sitting = sitting
        self.commonMembers = commonMembers
        let places = [draft.place, sitting.draft.place].map { Spelling.folded($0 ?? "") }
        isSamePlace = !places[0].isEmpty && places[0] == places[1]
        guard commonMembers > 0 || isSamePlace else { return nil }
    }
}

extension SittingDraft {
    /// Those of `sittings` that stand and begin less than an hour before or after this one. Neither this sitting itself, nor one that it
    /// takes the place of, or that takes its.
    package func neighbours(among sittings: [Sitting], besides own: SittingID? = nil) -> [Sitting] {
        sittings.filter { other in
            other.state != .cancelled && other.id != own && other.draft.key != key && other.id != replaces?.id
                && (own == nil || other.draft.replaces?.id != own) && abs(other.draft.start.timeIntervalSince(start)) < 3600
        }
    }
}
