package import Council
package import Foundation

/// What the journal can say. The raw value is the leaf's `type`.
package enum FactType: String, Hashable, Sendable, Codable, CaseIterable {
    case rollImported = "roll.imported"
    case documentReceived = "document.received"
    case sittingReceived = "sitting.received"
    case sittingApproved = "sitting.approved"
    case sittingCancelled = "sitting.cancelled"
    /// Something was dropped for a sitting whose convocations had left: it waits for approval.
    case amendmentReceived = "amendment.received"
    /// What is in force was dropped again: what waited for approval is withdrawn, and nobody was told of it.
    case amendmentWithdrawn = "amendment.withdrawn"
    /// An amendment was approved: the sitting is what it says, and the members are told.
    case sittingAmended = "sitting.amended"
    case convocationIssued = "convocation.issued"
    case convocationRelayed = "convocation.relayed"
    case convocationDeferred = "convocation.deferred"
    case convocationRepeated = "convocation.repeated"
    case convocationFailed = "convocation.failed"
    case convocationPaper = "convocation.paper"
    /// A server reported, to the message's signed address, that it could not be delivered.
    case convocationBounced = "convocation.bounced"
    /// A server reported that it is in the mailbox.
    case convocationDelivered = "convocation.delivered"
    /// A server reported that it still tries.
    case convocationDelayed = "convocation.delayed"
    /// A server reported that it handed it on, to one that reports no further or to several.
    case convocationPassedOn = "convocation.passedOn"
    /// An unsigned mail says that it was not delivered: nothing rests on it.
    case convocationReported = "convocation.reported"
    case receiptOpened = "receipt.opened"
    case receiptConfirmed = "receipt.confirmed"
    case receiptDowngraded = "receipt.downgraded"
    case accessRobot = "access.robot"
    /// A member's letter (cancellation, reminder) was made; its SHA-256 is in the opening.
    case letterIssued = "letter.issued"
    case letterRelayed = "letter.relayed"
    case letterRepeated = "letter.repeated"
    case letterFailed = "letter.failed"
    /// A server reported, to the letter's signed address, that it could not be delivered.
    case letterBounced = "letter.bounced"
    /// A letter that had not left doesn't go (again): a newer one tells what it told, or nobody needs it any more.
    case letterWithdrawn = "letter.withdrawn"
    /// A convocation's links were made void.
    case linksRevoked = "links.revoked"
    /// A person's data was erased after the legal retention: which entries can't be opened any more, never whose they were.
    case memberErased = "member.erased"
    /// The link keys that are there count from now on, whatever was signed before.
    case keysAccepted = "keys.accepted"
    /// Somebody has checked the machine's clock, though entries are dated later than it says.
    case clockChecked = "clock.checked"

    /// The event of ETSI EN 319 522-1 that it corresponds to, in the leaf's `event`; nil: none fits.
    /// A receipt over a document's link is `ContentAccessTracking`; over the sitting's page `NotificationAccessTracking`
    /// (`event(for:)` decides).
    package func event(documentOpened: Bool = false) -> String? {
        let name: String? =
            switch self {
            case .convocationIssued: "SubmissionAcceptance"
            case .convocationRelayed: "RelayToNonERDS"
            case .convocationFailed, .convocationBounced: "RelayToNonERDSFailure"
            case .convocationDelivered: "NotificationDelivered"
            case .receiptOpened: documentOpened ? "ContentAccessTracking" : "NotificationAccessTracking"
            case .receiptConfirmed: "ContentHandover"
            default: nil
            }
        return name.map { "http://uri.etsi.org/19522/Event/" + $0 }
    }

    /// Concerns one member: the leaf's `at` is cut to the hour, and all else is inside the commitment.
    package var concernsMember: Bool {
        switch self {
        case .rollImported, .documentReceived, .sittingReceived, .sittingApproved, .sittingCancelled, .amendmentReceived,
            .amendmentWithdrawn, .sittingAmended, .memberErased, .keysAccepted, .clockChecked:
            false
        default: true
        }
    }
}

/// One entry of the journal = one leaf of the ledger.
package struct JournalRow: Hashable, Sendable {
    /// The leaf's index: 0, 1, 2… without gaps.
    package let seq: UInt64
    /// Canonical JSON, at most 65,535 bytes.
    package let leaf: [UInt8]
    /// RFC 9162 leaf hash, as stored when the row was written: re-check it against `leaf` before signing.
    package let leafHash: [UInt8]

    package init(seq: UInt64, leaf: [UInt8], leafHash: [UInt8]) {
        self.seq = seq
        self.leaf = leaf
        self.leafHash = leafHash
    }
}

/// What opens a leaf's commitment: private.
package struct Opening: Hashable, Sendable {
    package let seq: UInt64
    /// 32 bytes, the HMAC key.
    package let key: [UInt8]
    /// Canonical JSON that was committed.
    package let content: [UInt8]

    package init(seq: UInt64, key: [UInt8], content: [UInt8]) {
        self.seq = seq
        self.key = key
        self.content = content
    }
}

/// The checkpoint of record: what was signed last. Bytes are the signed note.
package struct StoredCheckpoint: Hashable, Sendable {
    package let size: UInt64
    package let note: [UInt8]

    package init(size: UInt64, note: [UInt8]) {
        self.size = size
        self.note = note
    }
}

/// Which entries to find; every given condition must hold.
package struct JournalQuery: Hashable, Sendable {
    package var types: Set<FactType> = []
    package var sitting: SittingID?
    package var convocation: ConvocationID?
    package var document: ContentHash?

    package init(types: Set<FactType> = [], sitting: SittingID? = nil, convocation: ConvocationID? = nil, document: ContentHash? = nil) {
        self.types = types
        self.sitting = sitting
        self.convocation = convocation
        self.document = document
    }
}

package protocol JournalStorage: Sendable {
    /// Number of entries committed.
    func journalSize() async throws -> UInt64
    /// Rows `from..<from+limit` that exist, in order.
    func journal(from: UInt64, limit: Int) async throws -> [JournalRow]
    func journal(matching query: JournalQuery) async throws -> [JournalRow]
    /// Openings that are still there (an erased one is missing).
    func openings(of seqs: [UInt64]) async throws -> [Opening]
    func checkpoint() async throws -> StoredCheckpoint?
    /// Compare-and-swap: true when the stored checkpoint's bytes were `old` (nil: none) and are now `new`.
    func replaceCheckpoint(_ old: StoredCheckpoint?, with new: StoredCheckpoint) async throws -> Bool
    /// Why all of the journal must be compared with what was published before anything more is signed; nil: nothing says so.
    func doubt() async throws -> String?
    /// Nil: there is none any more.
    func setDoubt(_ reason: String?) async throws
}

/// Outside evidence for one checkpoint.
package struct AnchorRecord: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable, Codable {
        case rfc3161
        case openTimestamps
        /// A transaction of one's own on a Bitcoin network, sent by one's own node.
        case chainNode
    }
    package enum State: String, Hashable, Sendable, Codable {
        /// Not obtained yet; tried again at `nextTry`.
        case wanted
        /// OpenTimestamps: calendars have it, no block yet. A node: the transaction is signed and kept, and may have been sent.
        case pending
        case complete
    }

    package let size: UInt64
    package let method: Method
    /// The configured authority's name.
    package let authority: String
    package let state: State
    /// The token (`.tsr` bytes) or proof (`.ots` bytes) so far.
    package let bytes: [UInt8]
    package let attempts: Int
    package let nextTry: Date?
    /// The last fault, in words; nil: none.
    package let fault: String?
    /// What a node was paid for; it stays once it is there. Nil for other methods, and before one is signed.
    package let transaction: ChainTransaction?

    /// `nextTry` of what isn't asked for any more.
    package static let never = Date.distantFuture

    /// More than anything waits for its next try.
    package static let longestWait: TimeInterval = 6 * 3600

    package init(
        size: UInt64, method: Method, authority: String, state: State, bytes: [UInt8], attempts: Int, nextTry: Date?, fault: String?,
        transaction: ChainTransaction? = nil
    ) {
        self.size = size
        self.method = method
        self.authority = authority
        self.state = state
        self.bytes = bytes
        self.attempts = attempts
        self.nextTry = nextTry
        self.fault = fault
        self.transaction = transaction
    }
}

/// The one transaction that carries a checkpoint into a chain.
package struct ChainTransaction: Hashable, Sendable {
    /// As the configuration names it: `bitcoin`, `testnet`, `regtest`…
    package let network: String
    /// As explorers write it: 64 hexadecimal digits.
    package let id: String
    /// Signed and complete: these bytes, and no others, are sent as often as needed.
    package let bytes: [UInt8]
    package let signedAt: Date
    /// The block that holds it, deep enough to stay; nil: not yet.
    package let block: Block?

    package struct Block: Hashable, Sendable {
        package let height: UInt64
        /// As explorers write it.
        package let hash: String

        package init(height: UInt64, hash: String) {
            self.height = height
            self.hash = hash
        }
    }

    package init(network: String, id: String, bytes: [UInt8], signedAt: Date, block: Block? = nil) {
        self.network = network
        self.id = id
        self.bytes = bytes
        self.signedAt = signedAt
        self.block = block
    }
}

package protocol AnchorStorage: Sendable {
    /// Keyed by (size, method, authority); inserts or replaces. Throws rather than let a transaction of record go or change, or
    /// give a checkpoint a second one. A size that is new is told by the journal's next entry, whatever that is about: its opening has
    /// `anchored`, a list of sizes. A proof that has come, or is complete, is committed in the same way: `proofs`, a list of objects with
    /// `size`, `method`, `authority`, `state` and, once complete, the `hash` (SHA-256) of its bytes. (An entry of its own would be a new state, to be anchored in turn, without end.)
    func save(_ anchors: [AnchorRecord]) async throws
    /// Not complete and due, oldest first. One that should wait longer than `AnchorRecord.longestWait` was put off by a clock that
    /// was ahead and has been set back: it is due.
    func anchorsDue(at now: Date) async throws -> [AnchorRecord]
    /// Of one checkpoint, or all (nil), by size.
    func anchors(of size: UInt64?) async throws -> [AnchorRecord]
    /// Sizes that the journal doesn't tell of yet.
    func untoldAnchors() async throws -> [UInt64]
    /// The node's for the largest checkpoint that has one.
    func newestChainAnchor() async throws -> AnchorRecord?
}

/// What the public may see of a sitting: counts, never who or when.
package struct PublicSitting: Hashable, Sendable {
    package let sitting: Sitting
    package let convened: Int
    /// Of the convened: who is convened on paper, or was served on paper after all.
    package let onPaper: Int
    package let served: Int
    /// Of the served.
    package let servedOnPaper: Int
    package let acknowledged: Int
    /// Leaf index of each public document's `document.received`.
    package let leaves: [ContentHash: UInt64]

    package init(
        sitting: Sitting, convened: Int, onPaper: Int, served: Int, servedOnPaper: Int, acknowledged: Int,
        leaves: [ContentHash: UInt64]
    ) {
        self.sitting = sitting
        self.convened = convened
        self.onPaper = onPaper
        self.served = served
        self.servedOnPaper = servedOnPaper
        self.acknowledged = acknowledged
        self.leaves = leaves
    }
}

package protocol RegisterStorage: Sendable {
    /// Approved and cancelled-after-approval sittings (never drafts), newest sitting date first.
    func publicSittings() async throws -> [PublicSitting]
    func publicSitting(_ id: SittingID) async throws -> PublicSitting?
}
