import Council
import Foundation
import GRDB
import Ledger

/// What the journal says of one sitting: its facts, taken in their order, make the rows that should be there.
/// Mirrors, and thereby checks, what `SQLiteStorage` does at each fact.
struct SittingReplay {
    struct ExpectedSitting {
        var seq: UInt64
        var state = SittingState.draft
        var revision: Int64?
        var draft: String?
        var receivedAt: Int64?
        var approvedAt: Int64?
        var cancelledAt: Int64?
        var convened: String?
        var copies: Int64?
        var replacedBy: String?
    }

    struct ExpectedAmendment {
        let seq: UInt64
        let content: String?
        let receivedAt: Int64?
        var state = AmendmentState.held
        var approvedAt: Int64?
    }

    struct ExpectedConvocation {
        var seq: UInt64
        /// As the last fact leaves it; nil: as it began (composing, or due on paper).
        var state: ConvocationState?
        var member: [UInt8]?
        var relayedAt: Int64?
        var paperOn: String?
        var paperHow: String?
        var message: String?
        var messageID: String?
        var recipient: String?
        var sender: String?
        /// The last attempt that the journal tells of.
        var attempt: Int64 = 0
        var linksHash: String?
        /// When its links were made void; nil: they are valid.
        var linksRevokedAt: Int64?
        /// A letter with links of its own came after they were made void.
        var hasLaterLinks = false
        /// When those were made void that came before the last such letter.
        var earlierRevocations: Set<Int64> = []
        var lastReply: String?
        /// The last relay that the journal tells of, and whether an outcome ever was unknown.
        var relay: String?
        var isInDoubt = false
        /// The message's own end: relayed or failed.
        var messageState: DeliveryState?
        /// Something withdrew what had not left.
        var isCancelled = false
    }

    struct ExpectedAccess {
        let seq: UInt64
        let convocation: Int64
        let link: String
        let document: String?
        let grade: String
        let at: Int64
        var downgraded: UInt64?
    }

    struct ExpectedReport {
        let convocation: Int64
        let digest: String?
        let action: String?
        let isSigned: Bool?
        let at: Int64?
        let reason: String?
        let status: String?
        let diagnostic: String?
        let reporter: String?
    }

    struct ExpectedDocument: Hashable {
        let hash: String
        let isPublic: Bool
    }

    private(set) var sitting: ExpectedSitting?
    private(set) var convocations: [Int64: ExpectedConvocation] = [:]
    private(set) var accesses: [UInt64: ExpectedAccess] = [:]
    private(set) var reports: [UInt64: ExpectedReport] = [:]
    /// By the message's number.
    private(set) var letters: [String: ExpectedLetter] = [:]
    /// By revision.
    private(set) var amendments: [Int64: ExpectedAmendment] = [:]
    private(set) var documents: [ExpectedDocument: UInt64] = [:]

    mutating func take(_ type: FactType, seq: UInt64, content: CanonicalObject) {
        let at = content.text("at").flatMap(UTC.milliseconds)
        switch type {
        case .rollImported, .memberErased, .keysAccepted, .clockChecked: break
        case .documentReceived:
            guard let hash = content.text("document") else { return }
            documents[ExpectedDocument(hash: hash, isPublic: content.flag("confidential") == false)] = seq
        case .sittingReceived:
            sitting = ExpectedSitting(
                seq: seq, revision: content.whole("revision"), draft: content.text("draft"), receivedAt: at)
        case .sittingApproved:
            sitting?.seq = seq
            sitting?.state = .approved
            sitting?.approvedAt = at
            sitting?.convened = content.text("convened")
            sitting?.copies = content.whole("copies")
        case .amendmentReceived:
            guard let revision = content.whole("revision") else { return }
            settleHeld(.replaced)
            amendments[revision] = ExpectedAmendment(seq: seq, content: content.text("content"), receivedAt: at)
        case .amendmentWithdrawn: settleHeld(.withdrawn)
        case .sittingAmended:
            sitting?.seq = seq
            sitting?.revision = content.whole("revision")
            sitting?.draft = content.text("draft")
            settleHeld(.approved, at: at)
        case .sittingCancelled:
            settleHeld(.withdrawn)
            sitting?.replacedBy = content.text("replacedBy")
            sitting?.seq = seq
            sitting?.state = .cancelled
            sitting?.cancelledAt = at
            for id in convocations.keys {
                convocations[id]?.isCancelled = true
                if [nil, .queued].contains(convocations[id]?.state) { convocations[id]?.state = .cancelled }
            }
        default: takeMembers(type, seq: seq, at: at, content: content)
        }
    }

    private mutating func settleHeld(_ state: AmendmentState, at: Int64? = nil) {
        for (revision, amendment) in amendments where amendment.state == .held {
            amendments[revision]?.state = state
            amendments[revision]?.approvedAt = at
        }
    }

    private mutating func takeMembers(_ type: FactType, seq: UInt64, at: Int64?, content: CanonicalObject) {
        guard let id = content.whole("convocation") else { return }
        var convocation = convocations[id] ?? ExpectedConvocation(seq: seq)
        switch type {
        case .receiptOpened, .receiptConfirmed, .accessRobot:
            guard let link = content.text("link"), let grade = content.text("grade"), let at else { return }
            // From the sitting's page: which document. A document's own link says it itself.
            let document = content.text("target") == "document" ? nil : content.text("document")
            accesses[seq] = ExpectedAccess(seq: seq, convocation: id, link: link, document: document, grade: grade, at: at)
            return
        case .linksRevoked:
            if let earlier = convocations[id]?.linksRevokedAt { convocations[id]?.earlierRevocations.insert(earlier) }
            convocations[id]?.linksRevokedAt = at
            convocations[id]?.hasLaterLinks = false
            return
        case .letterIssued:
            if let name = content.text("messageID") { letters[name] = ExpectedLetter(seq: seq, convocation: id, content) }
            if let hash = content.text("linksHash") {
                convocations[id]?.linksHash = hash
                let isRevoked = convocations[id]?.linksRevokedAt != nil
                convocations[id]?.hasLaterLinks = isRevoked
            }
            return
        case .letterRelayed, .letterRepeated, .letterFailed, .letterBounced, .letterWithdrawn:
            if let name = content.text("messageID") { letters[name]?.take(type, at: at, content) }
            return
        case .receiptDowngraded:
            if let receipt = content.whole("receipt") { accesses[UInt64(receipt)]?.downgraded = seq }
            return
        case .convocationIssued:
            convocation.state = .queued
            convocation.message = content.text("message")
            convocation.messageID = content.text("messageID")
            convocation.recipient = content.text("recipient")
            convocation.linksHash = content.text("linksHash")
            convocation.sender = content.text("sender")
        case .convocationRelayed:
            convocation.relayedAt = convocation.relayedAt ?? at
            convocation.state = convocation.state == .paperServed ? .paperServed : .relayed
            convocation.messageState = .relayed
            convocation.lastReply = content.text("reply")
        case .convocationDeferred, .convocationRepeated:
            // A restart's entry has no reply of a relay: the row has our own words then.
            convocation.lastReply = content.text("reply")
        case .convocationFailed:
            if convocation.state == .queued { convocation.state = .failed }
            convocation.messageState = .failed
            if !content.has("cause") { convocation.lastReply = content.text("reply") }
        case .convocationBounced, .convocationReported, .convocationDelivered, .convocationDelayed, .convocationPassedOn:
            takeReport(type, seq: seq, at: at, id, content: content)
            return
        case .convocationPaper:
            convocation.state = convocation.state == .relayed ? .relayed : .paperServed
            convocation.paperOn = content.text("day")
            convocation.paperHow = content.text("how")
        default: break
        }
        convocation.relay = content.text("relay") ?? convocation.relay
        if content.text("outcome") == "unknown" { convocation.isInDoubt = true }
        convocation.attempt = max(convocation.attempt, content.whole("attempt") ?? 0)
        convocation.seq = seq
        convocation.member = content.written("member")
        convocations[id] = convocation
    }

    /// A report that nothing rests on leaves the convocation as it is.
    private mutating func takeReport(_ type: FactType, seq: UInt64, at: Int64?, _ id: Int64, content: CanonicalObject) {
        reports[seq] = ExpectedReport(
            convocation: id, digest: content.text("report"), action: content.text("action"), isSigned: content.flag("signed"), at: at,
            reason: content.text("reason"), status: content.text("status"), diagnostic: content.text("diagnostic"),
            reporter: content.text("reporter"))
        guard type == .convocationBounced, let effect = content.text("effect").flatMap(BounceEffect.init(rawValue:)) else { return }
        if effect != .kept, convocations[id]?.messageState == .relayed { convocations[id]?.messageState = .bounced }
        if effect == .undelivered, convocations[id]?.state == .relayed { convocations[id]?.state = .failed }
        convocations[id]?.seq = seq
    }
}
