package import Council
package import Foundation

package struct LetterID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// What a member is told by mail after the convocation itself. It never changes where the convocation stands.
package enum LetterKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The sitting is cancelled.
    case cancellation
    /// The convocation has left, and nobody has acknowledged it.
    case reminder
    /// Documents or items of the agenda were added or replaced.
    case supplement
    /// Another place or video link, and perhaps documents too.
    case changedPlace = "changed-place"

    package init(telling amendment: Amendment) { self = amendment.movesSitting ? .changedPlace : .supplement }

    /// It tells of an amendment, with links of its own.
    package var isAmendment: Bool { self == .supplement || self == .changedPlace }

    package var messageKind: MessageKind {
        switch self {
        case .cancellation: .cancellation
        case .reminder: .reminder
        case .supplement: .supplement
        case .changedPlace: .changedPlace
        }
    }
}

package struct LetterToCompose: Hashable, Sendable {
    package let id: LetterID
    package let kind: LetterKind
    package let convocation: ConvocationID
    package let member: Member
    package let sitting: Sitting
    /// Nil: the sitting stands.
    package let cancelledAt: Date?
    /// When the relay took the convocation; nil: nobody knows whether it did.
    package let relayedAt: Date?
    /// The convocation's link to the sitting's page, where it still opens something.
    package let link: Link?
    /// The member has acknowledged the convocation.
    package let isAcknowledged: Bool
    /// What it tells of, what older letters would have told that it replaced included; nil for a cancellation or a reminder.
    package let amendment: StoredAmendment?
    /// The amendments that are in it, oldest first, each as it was approved.
    package let parts: [StoredAmendment]

    package init(
        id: LetterID, kind: LetterKind, convocation: ConvocationID, member: Member, sitting: Sitting, cancelledAt: Date?, relayedAt: Date?,
        link: Link?, isAcknowledged: Bool = false, amendment: StoredAmendment? = nil, parts: [StoredAmendment]? = nil
    ) {
        self.isAcknowledged = isAcknowledged
        self.parts = parts ?? amendment.map { [$0] } ?? []
        self.amendment = amendment
        self.id = id
        self.kind = kind
        self.convocation = convocation
        self.member = member
        self.sitting = sitting
        self.cancelledAt = cancelledAt
        self.relayedAt = relayedAt
        self.link = link
    }
}

package struct ComposedLetter: Hashable, Sendable {
    package let id: LetterID
    package let message: OutgoingMessage
    /// Its own: opening one acknowledges the letter.
    package let links: [Link]

    package init(id: LetterID, message: OutgoingMessage, links: [Link] = []) {
        self.links = links
        self.id = id
        self.message = message
    }
}

/// How far a letter has come.
package struct LetterStatus: Hashable, Sendable {
    /// Nil: its message is not made yet.
    package let state: DeliveryState?
    package let relayedAt: Date?
    package let lastReply: String?
    /// When a link of its own was first opened, so that it counts.
    package let receiptAt: Date?
    /// It has no message and gets none: what it follows doesn't reach the member by mail, or its time is over.
    package let isWithdrawn: Bool
    /// Of what tells of an amendment: its revision.
    package let serial: Int
    package let createdAt: Date?
    /// The relay took it after the last moment for what it tells.
    package let isLate: Bool
    /// It tells of another place or video link.
    package let movesSitting: Bool
    /// Serials of older letters that had not left, whose changes it tells, too. Only of what has not arrived.
    package let replaced: [Int]
    /// Some attempt's outcome is unknown, and none has succeeded: it may have arrived all the same.
    package let mayHaveArrived: Bool
    /// Where the sitting is has been told by a letter of its own, when there was no time left for the rest. Only of what has not arrived.
    package let placeIsTold: Bool

    package init(
        state: DeliveryState?, relayedAt: Date?, lastReply: String?, receiptAt: Date? = nil, isWithdrawn: Bool = false, serial: Int = 0,
        createdAt: Date? = nil, isLate: Bool = false, movesSitting: Bool = false, replaced: [Int] = [],
        mayHaveArrived: Bool = false, placeIsTold: Bool = false
    ) {
        self.placeIsTold = placeIsTold
        self.isLate = isLate
        self.movesSitting = movesSitting
        self.replaced = replaced
        self.mayHaveArrived = mayHaveArrived
        self.receiptAt = receiptAt
        self.isWithdrawn = isWithdrawn
        self.serial = serial
        self.createdAt = createdAt
        self.state = state
        self.relayedAt = relayedAt
        self.lastReply = lastReply
    }
}

extension LetterStatus {
    /// What it tells, of the sitting's amendments, and what is still so: a place that has changed again since is told by another letter.
    package func amendments(among all: [StoredAmendment]) -> [StoredAmendment] {
        let told = all.filter { $0.revision == serial || replaced.contains($0.revision) }.sorted { $0.revision < $1.revision }
        return told.map { amendment in
            let later = all.filter { $0.revision > amendment.revision && $0.state == .approved }.map(\.content)
            return amendment.saying(
                amendment.content.telling(
                    place: !placeIsTold && !later.contains(where: \.hasNewPlace),
                    videoLink: !placeIsTold && !later.contains(where: \.hasNewVideoLink),
                    title: !later.contains(where: \.hasNewTitle)))
        }
    }

    /// It doesn't reach the member.
    package var isLost: Bool { isWithdrawn || state == .failed || state == .bounced }
    /// It is still to leave.
    package var isOpen: Bool {
        switch state {
        case nil: !isWithdrawn
        case .ready, .leased, .deferred, .unknown: true
        case .relayed, .failed, .bounced, .cancelled: false
        }
    }
}

/// Who learns of a cancellation, and how.
package struct Cancellation: Hashable, Sendable {
    /// Their convocation has left, or may have: they get a letter.
    package let byMail: Int
    /// Their convocation is just being sent: if it leaves, they get a letter.
    package let underWay: Int
    /// Convened on paper, or not to be reached by mail: the clerk gets a notice that names them.
    package let otherwise: Int
    /// The sitting's hour had come: nobody is told.
    package let isPast: Bool

    package init(byMail: Int, underWay: Int, otherwise: Int, isPast: Bool) {
        self.byMail = byMail
        self.underWay = underWay
        self.otherwise = otherwise
        self.isPast = isPast
    }
}

/// Letters are wanted, in one transaction with what makes them so, long before they are made: a crash in between loses none, and a
/// letter is made once.
package protocol LetterStorage: Sendable {
    /// Wanted letters, oldest first, with the member's present address. What tells of an amendment is not offered until the relay has
    /// taken the convocation; no letter while an older one may still leave, but a cancellation waits only for what is being sent.
    func lettersToCompose(limit: Int) async throws -> [LetterToCompose]
    /// In one transaction: stores and queues the messages, journals `letter.issued` for each. A letter that is no longer wanted is
    /// skipped; one whose message could not leave in time any more is withdrawn, and the clerk is told.
    func store(_ letters: [ComposedLetter], at now: Date) async throws
    /// Withdraws wanted letters that have become pointless: those about an amendment whose convocation doesn't reach the member by mail,
    /// and all once the sitting has begun. Tells the clerk of these, and once of each letter that has not left: that was wanted by
    /// `limit`, or has waited half as long as is left until its deadline (the sitting at the latest), or was refused once and has less
    /// left than twice the time since `limit`. An `untold` notice a sitting, or an `unwarned` one of cancellations. Returns how many letters it told of.
    func settleLetters(overdueSince limit: Date?, at now: Date) async throws -> Int
    /// For each convocation of the sitting, every letter about an amendment that doesn't reach the member or has not left, oldest first.
    func lettersNotReceived(of id: SittingID) async throws -> [ConvocationID: [LetterStatus]]
    /// As `remind`, for every approved sitting that begins within one of these hours: once for each hour and convocation. Of several
    /// hours that have come, the last only. Who was convened after that moment is not reminded. Returns how many.
    func remindDue(hoursBefore: [Int], at now: Date) async throws -> Int
}
