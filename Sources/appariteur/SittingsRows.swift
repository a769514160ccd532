import Council
import Foundation
import Store

/// What `--json` shows of a sitting.
struct SittingRow: Encodable {
    let id: String
    let state: String
    let revision: Int
    let start: Date
    let deadline: Date
    let approvedAt: Date?
    let title: String
    let agenda: [AgendaItem]
    let documents: [Document]

    init(_ sitting: Sitting) {
        id = sitting.id.rawValue
        state = sitting.state.rawValue
        revision = sitting.revision
        start = sitting.draft.start
        deadline = sitting.draft.deadline
        approvedAt = sitting.approvedAt
        title = sitting.draft.title
        agenda = sitting.draft.agenda
        documents = sitting.draft.documents
    }
}

/// What `--json` shows of a convocation.
struct ConvocationRow: Encodable {
    let id: Int64
    let member: Int64
    let name: String
    let email: String?
    let state: String
    let attempts: Int
    let relayedAt: Date?
    let lastReply: String?
    let receiptAt: Date?
    let receiptGrade: String?
    let paperServedOn: String?
    let paperServedHow: String?
    let receiptWithdrawn: Bool
    let paperCorrected: Bool
    let deliveredAt: Date?
    let passedOnAt: Date?
    let delayedAt: Date?
    let bouncedAt: Date?
    let bounceReason: String?
    let bounceStatus: String?
    let bounceDiagnostic: String?
    let bounceSigned: Bool?
    let remindedAt: Date?
    /// `composing`, `withdrawn`, or the message's state; nil: there is none.
    let cancellation: String?
    let cancellationRelayedAt: Date?
    /// The last letter about a supplement or a change that has not left, else the last one, likewise.
    let amendment: String?
    let amendmentRelayedAt: Date?
    let amendmentOpenedAt: Date?
    /// The last reminder, likewise.
    let reminder: String?
    /// The relay took the convocation after the last lawful moment.
    let late: Bool

    init(_ row: ConvocationStatus) {
        id = row.id.rawValue
        member = row.member.id.rawValue
        name = row.member.entry.fullName
        email = row.member.entry.email?.description
        state = row.state.rawValue
        attempts = row.attempts
        relayedAt = row.relayedAt
        lastReply = row.lastReply
        receiptAt = row.receiptAt
        receiptGrade = row.receiptGrade?.rawValue
        paperServedOn = row.paperService?.day.description
        paperServedHow = row.paperService?.how
        receiptWithdrawn = row.receiptWithdrawn
        paperCorrected = row.paperCorrected
        deliveredAt = row.deliveredAt
        passedOnAt = row.passedOnAt
        delayedAt = row.delayedAt
        bouncedAt = row.bounce?.at
        bounceReason = row.bounce?.reason.rawValue
        bounceStatus = row.bounce?.status
        bounceDiagnostic = row.bounce?.diagnostic
        bounceSigned = row.bounce?.isSigned
        remindedAt = row.remindedAt
        cancellation = row.cancellation.map(Self.name)
        cancellationRelayedAt = row.cancellation?.relayedAt
        amendment = row.amendment.map(Self.name)
        amendmentRelayedAt = row.amendment?.relayedAt
        amendmentOpenedAt = row.amendment?.receiptAt
        reminder = row.reminder.map(Self.name)
        late = row.isLate
    }

    private static func name(_ letter: LetterStatus) -> String {
        letter.isWithdrawn ? "withdrawn" : letter.state?.rawValue ?? "composing"
    }
}
