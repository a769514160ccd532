package import Council
package import Foundation

package struct CopyID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
}

/// What somebody who isn't convened is told of a sitting.
package enum CopyKind: String, Hashable, Sendable {
    /// That it takes place, with its agenda.
    case information
    /// That it is cancelled; only to those whom the relay took the first for, or may have.
    case cancellation
}

package struct CopyRecipient: Hashable, Sendable, Identifiable {
    package let id: Int64
    package let entry: CopyEntry

    package init(id: Int64, entry: CopyEntry) {
        self.id = id
        self.entry = entry
    }
}

package struct CopiesChange: Hashable, Sendable {
    package let added: [CopyEntry]
    package let changed: [CopyEntry]
    package let removed: [CopyEntry]
    /// Also on the roll, by name or address: no copy of a sitting that they are convened to.
    package let convened: [CopyEntry]

    package init(added: [CopyEntry], changed: [CopyEntry], removed: [CopyEntry], convened: [CopyEntry]) {
        self.added = added
        self.changed = changed
        self.removed = removed
        self.convened = convened
    }
}

package struct CopyToCompose: Hashable, Sendable {
    package let id: CopyID
    package let kind: CopyKind
    package let recipient: CopyEntry
    package let sitting: Sitting

    package init(id: CopyID, kind: CopyKind, recipient: CopyEntry, sitting: Sitting) {
        self.id = id
        self.kind = kind
        self.recipient = recipient
        self.sitting = sitting
    }
}

package struct ComposedCopy: Hashable, Sendable {
    package let id: CopyID
    package let message: OutgoingMessage

    package init(id: CopyID, message: OutgoingMessage) {
        self.id = id
        self.message = message
    }
}

/// How far a sitting's copies have come: those that say that it takes place.
package struct CopyCounts: Hashable, Sendable {
    package let total: Int
    package let relayed: Int
    package let waiting: Int
    package let failed: Int

    package init(total: Int, relayed: Int, waiting: Int, failed: Int) {
        self.total = total
        self.relayed = relayed
        self.waiting = waiting
        self.failed = failed
    }
}

package protocol CopyListStorage: Sendable {
    /// Makes the list equal to `entries`. Who is no longer listed and never had a copy is deleted; of the others the line stays, for
    /// `eraseCopyRecipient`.
    func replaceCopies(with entries: [CopyEntry], at now: Date) async throws -> CopiesChange
}

package protocol CopyCountStorage: Sendable {
    /// Who would get a copy of the body's next sitting, by family name: the listed but those who would be convened. Nil: all listed.
    func copyRecipients(of body: BodyID?) async throws -> [CopyRecipient]
    func copyCounts(of sitting: SittingID) async throws -> CopyCounts
}

/// Copies for information. Who gets one is in no table of members, so nothing that counts the convened, served or acknowledged can
/// count them; a copy has no link, and nothing of it is journalled but, with the approval, how many there are.
package protocol CopyStorage: CopyListStorage, CopyCountStorage {
    /// No longer listed, by number.
    func formerCopyRecipients() async throws -> [CopyRecipient]
    /// Wanted copies, oldest first; those that say that a sitting takes place once none of its convocations is on its way any more.
    func copiesToCompose(limit: Int) async throws -> [CopyToCompose]
    /// In one transaction: stores and queues the messages. A copy that is no longer wanted is skipped; one whose message could not
    /// leave in time any more is withdrawn.
    func store(_ copies: [ComposedCopy], at now: Date) async throws
    /// Erases somebody who is no longer listed: their line, and their messages' rows and bytes; the copies stay as numbers. Leaves no
    /// byte of it in the storage's files. Returns how many copies were theirs.
    /// Throws `noSuchCopyRecipient`, `stillCopied`.
    func eraseCopyRecipient(_ id: Int64, at now: Date) async throws -> Int
}
