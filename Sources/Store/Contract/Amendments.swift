package import Council
package import Foundation

package enum AmendmentState: String, Hashable, Sendable, Codable {
    /// Waits for the clerk's approval: nobody is told.
    case held
    case approved
    /// A newer drop took its place before it was approved.
    case replaced
    /// The sitting was cancelled first, or what is in force was dropped again.
    case withdrawn
}

/// What was dropped for a sitting after its convocations had left.
package struct StoredAmendment: Hashable, Sendable {
    package let sitting: SittingID
    /// The sitting's, once it is approved; its number among what was dropped until then.
    package let revision: Int
    package let state: AmendmentState
    package let content: Amendment
    package let receivedAt: Date
    package let approvedAt: Date?

    package init(sitting: SittingID, revision: Int, state: AmendmentState, content: Amendment, receivedAt: Date, approvedAt: Date?) {
        self.sitting = sitting
        self.revision = revision
        self.state = state
        self.content = content
        self.receivedAt = receivedAt
        self.approvedAt = approvedAt
    }
}

extension StoredAmendment {
    /// The same with other words for what it changes.
    package func saying(_ content: Amendment) -> StoredAmendment {
        StoredAmendment(
            sitting: sitting, revision: revision, state: state, content: content, receivedAt: receivedAt, approvedAt: approvedAt)
    }
}

package enum AmendmentApproval: Hashable, Sendable {
    /// How many are told by mail, and how many have to be told otherwise.
    case approved(byMail: Int, otherwise: Int)
    case alreadyApproved(at: Date)
    /// The sitting has begun: nobody is told.
    case tooLate(start: Date)
}

package protocol AmendmentStorage: Sendable {
    /// Of one sitting, oldest first.
    func amendments(of id: SittingID) async throws -> [StoredAmendment]
    /// Makes the sitting what the amendment says, and wants one letter for each member who was convened by mail; journals
    /// `sitting.amended`. A draft that is to take the sitting's place gets a new revision, and a new preview. `revision` nil: the one that is held. `by`: as for a sitting's approval.
    /// Throws `noAmendment` where none waits, or for one that was withdrawn, `staleRevision` for one that a newer drop replaced.
    func approveAmendment(of id: SittingID, revision: Int?, by: String, at now: Date) async throws -> AmendmentApproval
    /// Whom the approval of an amendment wouldn't tell, or didn't, since no convocation reached them by mail.
    func untold(of id: SittingID) async throws -> [ConvocationStatus]
}

/// One mail a day that tells the clerk how all open sittings stand.
package protocol SummaryStorage: Sendable {
    /// Posts the day's notice, once for each day whoever asks and however often. Returns whether it was new.
    func postSummary(of day: CivilDate, at now: Date) async throws -> Bool
}
