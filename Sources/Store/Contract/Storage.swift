package import Council
package import Foundation

/// All that the product remembers, as the stages use it. No SQL leaves this module; any backend that passes the
/// conformance suite (`StoreTests/Conformance`) can stand behind it.
///
/// Promises of every conforming type:
/// - each call that changes something is one transaction: state and journal entry together, or neither;
/// - when such a call returns, what it did is durable (synced): a crash right after loses nothing;
/// - calls from many tasks at once may share one transaction (group commit); their order is the journal's order;
/// - times come in as arguments, never from a clock; they are kept to the millisecond.
package protocol Storage: RollStorage, SittingStorage, ComposingStorage, QueueStorage, LetterStorage, ReportStorage, LinkStorage,
    JournalStorage,
    AnchorStorage, RegisterStorage, AuditStorage, ErasureStorage, RelayTroubleStorage, RefusedMailStorage, LinkKeyStorage, AmendmentStorage,
    SummaryStorage,
    CopyStorage, ClockStorage
{
    /// Suspends until work of this kind may have appeared, or `timeout` has passed. A wake-up promises nothing: look.
    func awaitWork(_ kind: Work, timeout: Duration) async
}

/// What a stage can wait for.
package enum Work: Hashable, Sendable, CaseIterable {
    /// Convocations or notices to compose.
    case composition
    /// Messages ready to be sent.
    case delivery
    /// Journal entries not yet under a checkpoint.
    case journal
    /// A new checkpoint to anchor.
    case anchoring
}

/// Failures that callers can act upon. Anything else (disk full, I/O) is thrown as it comes.
package enum StorageError: Error, Hashable, Sendable {
    case noSuchSitting(SittingID)
    case noSuchMember(MemberID)
    case noSuchConvocation(ConvocationID)
    /// No member's link has this number.
    case noSuchLink(UInt64)
    /// The sitting's state doesn't allow it.
    case wrongState(SittingID, SittingState)
    /// The preview that was approved has been replaced by a newer drop.
    case staleRevision(current: Int)
    /// The sitting was convened and has begun; the folder can't change it any more.
    case alreadyApproved(SittingID)
    /// Nothing that was dropped for this sitting waits for approval.
    case noAmendment(SittingID)
    /// The person is on the roll: take them off it first.
    case stillListed(MemberID)
    /// Their data was erased before.
    case alreadyErased(MemberID)
    /// Their last sitting is too recent for them to be erased.
    case retained(MemberID, lastSitting: Date)
    /// Nobody who gets copies has this number.
    case noSuchCopyRecipient(Int64)
    /// Whoever it is still gets copies: take them off `copies.csv` first.
    case stillCopied(Int64)
    /// The sitting whose place another is to take (the first) stands no more: cancelled, or replaced by the second.
    case replacedBefore(SittingID, by: SittingID?)
    /// The sitting whose place another is to take is another body's.
    case replacesOtherBody(SittingID)
    /// The body has no active member.
    case nobodyToConvene(BodyID)
    /// The clock is behind the journal's newest entry: deadlines would be reckoned wrongly.
    case clockBehind(newest: Date)
    /// A clock that somebody said was checked is behind a timestamp by more than five minutes.
    case clockDisproved(KnownTimestamp)
    /// Paper service can't have been on this day: it is from the approval's day to today, and not after the sitting's.
    case paperDayOutOfRange(CivilDate, lawful: ClosedRange<CivilDate>)
    /// Another paper service of this member is recorded, and a correction was not asked for.
    case paperServiceRecorded(PaperService)
}

package protocol RollStorage: Sendable {
    /// Makes the roll equal to `entries`: a person is recognised by name (`nameKey`), else by address; people no longer
    /// listed become inactive (never deleted: they may have been served). Journals `roll.imported` when anything changed.
    func replaceRoll(with entries: [RollEntry], source: ContentHash, at now: Date) async throws -> RollChange
    /// Active members, by family name; of one body or all.
    func members(of body: BodyID?) async throws -> [Member]
}

package struct RollChange: Hashable, Sendable {
    package let added: [RollEntry]
    package let changed: [RollEntry]
    package let removed: [RollEntry]
    package let total: Int

    package init(added: [RollEntry], changed: [RollEntry], removed: [RollEntry], total: Int) {
        self.added = added
        self.changed = changed
        self.removed = removed
        self.total = total
    }
}

package protocol SittingStorage: Sendable {
    /// Commits a dropped sitting whose documents are already in the document store. Journals `document.received` for each
    /// document not yet journalled for this sitting, then `sitting.received`, and posts a `preview` notice.
    /// Same key and equal draft as the current revision: `.unchanged`, nothing written. Same key, still a draft, other
    /// content: `.replaced`, revision + 1. Cancelled earlier: a new sitting with the next suffix.
    /// Approved, with something new: `.amended`, held until it is approved; journals its documents and `amendment.received`, and posts a
    /// `previewAmendment` notice. Approved, and what is in force, while something is held: `.takenBack`; that is withdrawn, with its
    /// notice, and `amendment.withdrawn` journalled (the same answer again until something else is dropped). Throws `alreadyApproved` once an approved sitting has begun.
    func submit(_ draft: SittingDraft, at now: Date) async throws -> Submission
    func sitting(_ id: SittingID) async throws -> Sitting?
    /// Newest sitting date first.
    func sittings() async throws -> [Sitting]
    /// Convenes: one convocation per active member of the body, electronic ones `composing`, paper ones `paperDue`;
    /// journals `sitting.approved`. Too late (`now >= draft.deadline`): changes nothing, answers `.tooLate` and posts a
    /// `tooLate` notice (once a revision). Approving twice: `.alreadyApproved`, nothing written.
    /// `revision` nil: whatever is current. `by`: what approved it (`link`, `cli`, `ENVOYER.txt`), journalled.
    func approve(_ id: SittingID, revision: Int?, by: String, at now: Date) async throws -> Approval
    /// Cancels; what has not left the queue is cancelled too; links that approve are void. Journals `sitting.cancelled`. Wants a
    /// letter for each member of whom the relay took a convocation or a letter about the sitting, or may have (for one that is just being
    /// sent: once it has), and posts an `unwarned` notice of the others who may know of the sitting. So with the sittings that it took
    /// the place of, for those whom its convocation has not reached.
    /// Cancelling twice writes nothing, and answers nil. What is held for approval is withdrawn.
    @discardableResult
    func cancel(_ id: SittingID, by: String, at now: Date) async throws -> Cancellation?
    /// The sitting that stands in this one's place: it changed date, once or several times. Where the last of them was cancelled itself,
    /// that one. Nil: nothing took its place.
    func successor(of id: SittingID) async throws -> Sitting?
    /// Each convocation of the sitting with its delivery and receipts, by family name.
    func status(of id: SittingID) async throws -> [ConvocationStatus]
    func convocation(_ id: ConvocationID) async throws -> ConvocationStatus?
    /// The clerk's word on a convocation of unknown outcome: it goes again at once, journalled as `convocation.repeated`. False: its
    /// outcome is not unknown (any more).
    func sendAgain(_ id: ConvocationID, by: String, at now: Date) async throws -> Bool
    /// Wants a reminder for each member whom the relay took the convocation for, who has not acknowledged, and for whom none was wanted
    /// within the last hour. Returns how many. Throws `wrongState` unless the sitting is approved and yet to come.
    func remind(_ id: SittingID, at now: Date) async throws -> Int
    /// Records paper service as the clerk states it, also for an electronic member whose delivery failed or is still open (a queued
    /// message is then left to its course). Journals `convocation.paper`. Days are those of `zone`, the authority's.
    ///
    /// What is recorded already is never recorded twice: equal, `.unchanged` and nothing written; other, `paperServiceRecorded`,
    /// unless `correcting`: then journalled as a correction that names the earlier day and manner. Throws `paperDayOutOfRange` for
    /// a day on which it can't have been, `wrongState` when the sitting isn't approved (any more).
    func recordPaperService(
        _ service: PaperService, of member: MemberID, in sitting: SittingID, correcting: Bool, zone: TimeZone, at now: Date
    ) async throws -> PaperRecording
    /// Posts a notice to the clerk (composed and sent by the Composition stage).
    func post(_ notice: NoticeContent, at now: Date) async throws
}

package enum Submission: Hashable, Sendable {
    case created(Sitting)
    case replaced(Sitting)
    case unchanged(Sitting)
    case amended(Sitting, StoredAmendment)
    /// The sitting stays as it is: what waited for approval is withdrawn.
    case takenBack(Sitting, StoredAmendment)

    package var sitting: Sitting {
        switch self {
        case .created(let sitting), .replaced(let sitting), .unchanged(let sitting), .amended(let sitting, _),
            .takenBack(let sitting, _):
            sitting
        }
    }
}

package enum Approval: Hashable, Sendable {
    case approved(electronic: Int, paper: Int)
    case alreadyApproved(at: Date)
    case tooLate(deadline: Date)
}

/// When and how a convocation was served on paper, as the clerk states it.
package struct PaperService: Hashable, Sendable {
    package let day: CivilDate
    /// `posted`, `handed over`, or a clerk's own word.
    package let how: String

    package init(day: CivilDate, how: String) {
        self.day = day
        self.how = how
    }
}

package enum PaperRecording: Hashable, Sendable {
    case recorded
    case corrected(earlier: PaperService)
    case unchanged
}

package struct ConvocationStatus: Hashable, Sendable, Identifiable {
    package let id: ConvocationID
    package let sitting: SittingID
    /// As at approval time.
    package let member: Member
    package let state: ConvocationState
    package let attempts: Int
    /// When the relay took it.
    package let relayedAt: Date?
    /// The relay's last reply, or the last fault.
    package let lastReply: String?
    /// Nobody knows whether it left, and it waits for the clerk's word (`sendAgain`).
    package let isHeld: Bool
    /// First access that counts as a receipt: by a person, not downgraded, and before a cancellation of the sitting.
    package let receiptAt: Date?
    package let receiptGrade: Grade?
    /// A receipt was there, and a later signal said that a robot had made it.
    package let receiptWithdrawn: Bool
    package let paperService: PaperService?
    /// Paper service was recorded otherwise before.
    package let paperCorrected: Bool
    /// When the first report that it is in the mailbox was read.
    package let deliveredAt: Date?
    /// When the first report that it was handed on to another server was read.
    package let passedOnAt: Date?
    /// When the last report that a server still tries was read; nil also once it says how it ended.
    package let delayedAt: Date?
    package let bounce: Bounce?
    /// The letter that tells of the sitting's cancellation; nil: none.
    package let cancellation: LetterStatus?
    /// The last report that it came back.
    package let cancellationBounce: Bounce?
    /// When the relay took the last reminder; nil: none has left.
    package let remindedAt: Date?
    /// The last report that a reminder came back.
    package let reminderBounce: Bounce?
    /// The last letter that tells of an amendment and doesn't reach the member, or too late; else the last that has not left; else the
    /// last one that has. Nil: none.
    package let amendment: LetterStatus?
    /// The last report that such a letter came back.
    package let amendmentBounce: Bounce?
    /// The last reminder; nil: none.
    package let reminder: LetterStatus?
    /// The relay took the convocation after the last lawful moment, and nothing was served on paper.
    package let isLate: Bool
    /// They were convened by mail, and the roll gives them no address any more.
    package let hasNoAddress: Bool
    /// Some attempt's outcome is unknown, and none has succeeded: it may have arrived all the same.
    package let mayHaveArrived: Bool

    package init(
        id: ConvocationID, sitting: SittingID, member: Member, state: ConvocationState, attempts: Int, relayedAt: Date?,
        lastReply: String?, isHeld: Bool = false, receiptAt: Date?, receiptGrade: Grade?, receiptWithdrawn: Bool,
        paperService: PaperService?, paperCorrected: Bool, deliveredAt: Date? = nil, passedOnAt: Date? = nil, delayedAt: Date? = nil,
        bounce: Bounce? = nil, cancellation: LetterStatus? = nil, remindedAt: Date? = nil, reminderBounce: Bounce? = nil,
        amendment: LetterStatus? = nil, amendmentBounce: Bounce? = nil, reminder: LetterStatus? = nil, isLate: Bool = false,
        hasNoAddress: Bool = false, mayHaveArrived: Bool = false, cancellationBounce: Bounce? = nil
    ) {
        self.cancellationBounce = cancellationBounce
        self.mayHaveArrived = mayHaveArrived
        self.reminder = reminder
        self.isLate = isLate
        self.hasNoAddress = hasNoAddress && member.entry.email != nil
        self.amendment = amendment
        self.amendmentBounce = amendmentBounce
        self.reminderBounce = reminderBounce
        self.id = id
        self.sitting = sitting
        self.member = member
        self.state = state
        self.attempts = attempts
        self.relayedAt = relayedAt
        self.lastReply = lastReply
        self.isHeld = isHeld
        self.receiptAt = receiptAt
        self.receiptGrade = receiptGrade
        self.receiptWithdrawn = receiptWithdrawn
        self.paperService = paperService
        self.paperCorrected = paperCorrected
        self.deliveredAt = deliveredAt
        self.passedOnAt = passedOnAt
        self.delayedAt = delayedAt
        self.bounce = bounce
        self.cancellation = cancellation
        self.remindedAt = remindedAt
    }
}
