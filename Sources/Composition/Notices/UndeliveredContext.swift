import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-undelivered.*`: who will not get the convocation by e-mail, and why; and of whom a server says so though
/// they are served by all that is known.
struct UndeliveredContext {
    let words: SittingWords
    let settings: CompositionSettings
    let convocations: [ConvocationStatus]
    let now: Date

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "hasLost": .flag, "several": .flag, "count": .text, "lawful": .flag, "held": .flag, "lastLawfulDay": .text, "followURL": .text,
            "members": .list(
                AlarmPerson.fields.merging(["hasReply": .flag, "reply": .text, "bounce": .list(bounce)]) { $1 }),
            "hasDoubtful": .flag,
            "doubtful": .list([
                "name": .text, "address": .text, "isAcknowledged": .flag, "isDelivered": .flag, "isUnsigned": .flag, "isReminder": .flag,
                "isAmendment": .flag, "hasReply": .flag, "reply": .text,
                "bounce": .list(bounce),
            ]),
        ]
    ) { $1 }

    private static let bounce: [String: TemplateField] = ["reason": .text, "hasDiagnostic": .flag, "diagnostic": .text]

    func values(follow: String) -> [String: TemplateValue] {
        let doubtful = convocations.filter { $0.state == .relayed && (($0.bounce ?? $0.reminderBounce) != nil || $0.isAmendmentLost) }
        let lost = convocations.filter { !doubtful.contains($0) }
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "hasLost": .flag(!lost.isEmpty),
            "several": .flag(lost.count > 1),
            "count": .text(String(lost.count)),
            "lawful": .flag(now < words.sitting.draft.deadline),
            "held": .flag(now >= words.sitting.draft.start),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: words.language)),
            "followURL": .text(follow),
            "members": .list(lost.map(row)),
            "hasDoubtful": .flag(!doubtful.isEmpty),
            "doubtful": .list(doubtful.map(doubt)),
        ]) { $1 }
    }

    private func row(_ status: ConvocationStatus) -> [String: TemplateValue] {
        // The relay's reply was good where the message came back later.
        let reply = CleanText(status.bounce == nil ? status.lastReply ?? "" : "")
        return AlarmPerson.values(status).merging([
            "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line), "bounce": bounce(status.bounce),
        ]) { $1 }
    }

    private func doubt(_ status: ConvocationStatus) -> [String: TemplateValue] {
        let isRefused = status.bounce == nil && status.isAmendmentLost && status.amendmentBounce == nil
        let reply = CleanText(status.amendment?.lastReply ?? "")
        return [
            "name": .text(CleanText(status.member.entry.fullName).line),
            "address": .text(status.member.entry.email?.description ?? ""),
            "isAcknowledged": .flag(status.receiptAt != nil),
            "isDelivered": .flag(status.receiptAt == nil && status.deliveredAt != nil),
            "isUnsigned": .flag(status.bounce?.isSigned == false),
            "isReminder": .flag(status.bounce == nil && !status.isAmendmentLost && status.reminderBounce != nil),
            "isAmendment": .flag(status.bounce == nil && status.isAmendmentLost),
            "hasReply": .flag(isRefused && !reply.isEmpty), "reply": .text(reply.line),
            "bounce": bounce(status.bounce ?? (status.isAmendmentLost ? status.amendmentBounce : status.reminderBounce)),
        ]
    }

    private func bounce(_ bounce: Bounce?) -> TemplateValue {
        .list(
            bounce.map { bounce in
                let reason = words.language == .french ? bounce.reason.words.french : bounce.reason.words.english
                let diagnostic = CleanText(bounce.diagnostic ?? "")
                return [["reason": .text(reason), "hasDiagnostic": .flag(!diagnostic.isEmpty), "diagnostic": .text(diagnostic.line)]]
            } ?? [])
    }
}

extension ConvocationStatus {
    /// A supplement or a change didn't reach them by mail, whose convocation did.
    fileprivate var isAmendmentLost: Bool {
        amendmentBounce != nil || amendment.map { $0.state == .failed || $0.state == nil } ?? false
    }
}
