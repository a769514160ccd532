package import Foundation

/// What a clerk dropped: one meeting of a body, before it has an identity in the store.
package struct SittingDraft: Hashable, Sendable, Codable {
    package let body: BodyID
    package let bodyName: String
    /// On the clock of the authority's zone.
    package let when: CivilDateTime
    package let start: Date
    /// The first instant at which sending would be too late (`NoticeRule.deadline`).
    package let deadline: Date
    package let requiredClearDays: Int
    package let title: String
    package let place: String?
    package let videoLink: String?
    /// The written reason of an urgent convocation; nil: not urgent.
    package let urgencyReason: String?
    package let agenda: [AgendaItem]
    /// Every document in reading order: note, then items and their annexes, then what has no number.
    package let documents: [Document]
    /// The folder's name as dropped, NFC.
    package let folderName: String
    /// The sitting that this one takes the place of; nil: none.
    package let replaces: ReplacedSitting?
    /// What was sent with the convocation or a supplement and replaced since: its links still open. Nil: nothing.
    private let earlier: [Document]?

    package init(
        body: BodyID, bodyName: String, when: CivilDateTime, start: Date, deadline: Date, requiredClearDays: Int,
        title: String, place: String?, videoLink: String?, urgencyReason: String?, agenda: [AgendaItem],
        documents: [Document], folderName: String, replaces: ReplacedSitting? = nil, superseded: [Document] = []
    ) {
        self.replaces = replaces
        earlier = superseded.isEmpty ? nil : superseded
        self.body = body
        self.bodyName = bodyName
        self.when = when
        self.start = start
        self.deadline = deadline
        self.requiredClearDays = requiredClearDays
        self.title = title
        self.place = place
        self.videoLink = videoLink
        self.urgencyReason = urgencyReason
        self.agenda = agenda
        self.documents = documents
        self.folderName = folderName
    }

    /// Documents that a member may hold a link to, though another took their place.
    package var superseded: [Document] { earlier ?? [] }

    /// The document with these bytes, whether it still stands or was replaced.
    package func document(_ hash: ContentHash) -> Document? {
        documents.first { $0.hash == hash } ?? superseded.first { $0.hash == hash }
    }

    /// `2026-12-15-18h30-conseil`: what makes two drops the same sitting.
    package var key: String {
        "\(when.date)-\(pad(when.hour, 2))h\(pad(when.minute, 2))-\(Spelling.slug(body.rawValue))"
    }
}

/// A sitting that was convened and takes place at another time: for the law, the other one is a new sitting.
package struct ReplacedSitting: Hashable, Sendable, Codable {
    package let id: SittingID
    package let when: CivilDateTime
    /// The first of the sittings that replaced one another: what calendars and threads know them all by.
    package let family: SittingID
    /// How many were replaced before this one: 1, 2…
    package let generation: Int

    package init(_ sitting: Sitting) {
        id = sitting.id
        when = sitting.draft.when
        family = sitting.family
        generation = (sitting.draft.replaces?.generation ?? 0) + 1
    }
}

package struct AgendaItem: Hashable, Sendable, Codable {
    /// `1`, `2`… as on the clerk's files; may have gaps.
    package let number: Int
    package let title: String

    package init(number: Int, title: String) {
        self.number = number
        self.title = title
    }
}

extension Collection<AgendaItem> {
    /// What a reader would miss between 1 and the last number: the first twenty, and how many in all.
    package var missingNumbers: (first: [Int], count: Int) {
        let numbers = Set(map(\.number))
        guard let last = numbers.max(), last >= 1 else { return ([], 0) }
        return (Array((1...last).lazy.filter { !numbers.contains($0) }.prefix(20)), last - numbers.count { $0 >= 1 })
    }
}

/// One file of a sitting, whose bytes are in the document store under their hash.
package struct Document: Hashable, Sendable, Codable {
    package enum Role: String, Hashable, Sendable, Codable {
        /// Note de synthèse (number 00).
        case note
        /// The document of an agenda item (`01 …`).
        case item
        /// An annex of an item (`01.1 …`).
        case annex
        /// A file without a number.
        case other
    }

    package let hash: ContentHash
    /// Bytes.
    package let size: Int64
    /// As dropped, NFC, with its extension, safe as a file name.
    package let fileName: String
    /// Without number and extension: `Budget primitif 2027`.
    package let title: String
    package let mediaType: String
    package let role: Role
    /// Agenda item it belongs to (`item`, `annex`).
    package let item: Int?
    /// The number as written: `01.1`; empty without one.
    package let label: String
    /// Never named nor hashed in public (in `seance.yml`: `confidentiel`).
    package let confidential: Bool

    package init(
        hash: ContentHash, size: Int64, fileName: String, title: String, mediaType: String, role: Role, item: Int?,
        label: String, confidential: Bool
    ) {
        self.hash = hash
        self.size = size
        self.fileName = fileName
        self.title = title
        self.mediaType = mediaType
        self.role = role
        self.item = item
        self.label = label
        self.confidential = confidential
    }
}

/// A sitting in the store.
package struct Sitting: Hashable, Sendable, Identifiable {
    package let id: SittingID
    package let draft: SittingDraft
    package let state: SittingState
    /// Counts the drops that replaced the draft before approval; links to approve an older one are void.
    package let revision: Int
    package let receivedAt: Date
    package let approvedAt: Date?

    package init(id: SittingID, draft: SittingDraft, state: SittingState, revision: Int, receivedAt: Date, approvedAt: Date?) {
        self.id = id
        self.draft = draft
        self.state = state
        self.revision = revision
        self.receivedAt = receivedAt
        self.approvedAt = approvedAt
    }

    /// What calendars and threads know the sitting by, also after its date was changed.
    package var family: SittingID { draft.replaces?.family ?? id }

    /// The calendar's `SEQUENCE`: rises with each revision, and above all of a sitting that this one replaces.
    package var calendarSequence: Int { 1000 * (draft.replaces?.generation ?? 0) + revision }
}

/// `SittingDraft.key`, with `-2`, `-3`… when an earlier one of the same key was cancelled. Part of public addresses.
package struct SittingID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
    package static func < (a: SittingID, b: SittingID) -> Bool { a.rawValue < b.rawValue }
}

package enum SittingState: String, Hashable, Sendable, Codable {
    /// The clerk has not approved the preview; nothing has left.
    case draft
    /// Convocations are composed, queued, sent.
    case approved
    case cancelled

    package func canBecome(_ next: SittingState) -> Bool {
        switch (self, next) {
        case (.draft, .approved), (.draft, .cancelled), (.approved, .cancelled): true
        default: false
        }
    }
}
