import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-undelivered.*`: who will not get the convocation by e-mail, and why; and of whom a server says so though
/// they are served by all that is known; and whose convocation the relay took too late.
struct UndeliveredContext {
    let words: SittingWords
    let settings: CompositionSettings
    let convocations: [ConvocationStatus]
    /// Who still expects a sitting that this one replaces.
    let expecting: [MemberID: SittingDraft]
    let now: Date

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "hasLost": .flag, "several": .flag, "count": .text, "lawful": .flag, "held": .flag, "lastLawfulDay": .text, "followURL": .text,
            "members": .list(person),
            "isUnsure": .flag, "hasUnsure": .flag, "hasWrongAddress": .flag,
            "hasDoubtful": .flag,
            "doubtful": .list([
                "name": .text, "address": .text, "isAcknowledged": .flag, "isDelivered": .flag, "isUnsigned": .flag, "isReminder": .flag,
                "bounce": .list(bounce),
            ]),
            "hasLate": .flag, "late": .list(AlarmPerson.fields.merging(["at": .text]) { $1 }),
            "hasWaiting": .flag, "severalWaiting": .flag,
            "waiting": .list(person),
        ]
    ) { $1 }

    private static let person = AlarmPerson.fields.merging([
        "hasReply": .flag, "reply": .text, "mayHaveArrived": .flag, "expecting": .list(["when": .text]), "bounce": .list(bounce),
    ]) { $1 }

    private static let bounce: [String: TemplateField] = ["reason": .text, "hasDiagnostic": .flag, "diagnostic": .text]

    func values(follow: String) -> [String: TemplateValue] {
        let parts = Dictionary(grouping: convocations, by: part)
        let (lost, waiting) = (parts[.lost] ?? [], parts[.waiting] ?? [])
        let (doubtful, late) = (parts[.doubtful] ?? [], parts[.late] ?? [])
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "hasLost": .flag(!lost.isEmpty),
            "isUnsure": .flag(!lost.isEmpty && lost.allSatisfy(mayHaveArrived)), "hasUnsure": .flag(lost.contains(where: mayHaveArrived)),
            "hasWrongAddress": .flag(lost.contains(where: hasWrongAddress)),
            "several": .flag(lost.count > 1),
            "count": .text(String(lost.count)),
            "lawful": .flag(now < words.sitting.draft.deadline),
            "held": .flag(now >= words.sitting.draft.start),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: words.language)),
            "followURL": .text(follow),
            "members": .list(lost.map(row)),
            "hasDoubtful": .flag(!doubtful.isEmpty),
            "doubtful": .list(doubtful.map(doubt)),
            "hasWaiting": .flag(!waiting.isEmpty), "severalWaiting": .flag(waiting.count > 1), "waiting": .list(waiting.map(row)),
            "hasLate": .flag(!late.isEmpty),
            "late": .list(
                late.map { status in
                    let at = status.relayedAt.flatMap { CivilDateTime(of: $0, in: words.zone) }
                    return AlarmPerson.values(status).merging(["at": .text(at?.words(in: words.language) ?? "")]) { $1 }
                }),
        ]) { $1 }
    }

    private func row(_ status: ConvocationStatus) -> [String: TemplateValue] {
        // The relay's reply was good where the message came back later; of what may have arrived, there is none to its end.
        let reply = CleanText(status.bounce == nil ? ServerReply.of(status.lastReply) ?? "" : "")
        return AlarmPerson.values(status).merging([
            "expecting": .list(expecting[status.member.id].map { [["when": .text($0.when.words(in: words.language))]] } ?? []),
            "mayHaveArrived": .flag(mayHaveArrived(status)), "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line),
            "bounce": bounce(status.bounce),
        ]) { $1 }
    }

    private enum Part { case lost, waiting, doubtful, late }

    /// Under which of the mail's headings it is told of.
    private func part(_ status: ConvocationStatus) -> Part {
        if status.state == .relayed, (status.bounce ?? status.reminderBounce) != nil { return .doubtful }
        if status.state == .relayed, status.isLate { return .late }
        // It is still being sent, and there is time.
        if status.state == .queued, !status.isHeld, now < words.sitting.draft.deadline { return .waiting }
        return .lost
    }

    private func mayHaveArrived(_ status: ConvocationStatus) -> Bool { status.mayHaveArrived && status.bounce == nil }

    private func hasWrongAddress(_ status: ConvocationStatus) -> Bool {
        guard let bounce = status.bounce else { return ServerReply.blamesAddress(status.lastReply) }
        return bounce.status?.hasPrefix("5.1.") ?? [.addressUnknown, .domainUnknown].contains(bounce.reason)
    }

    private func doubt(_ status: ConvocationStatus) -> [String: TemplateValue] {
        [
            "name": .text(CleanText(status.member.entry.fullName).line),
            "address": .text(status.member.entry.email?.description ?? ""),
            "isAcknowledged": .flag(status.receiptAt != nil),
            "isDelivered": .flag(status.receiptAt == nil && status.deliveredAt != nil),
            "isUnsigned": .flag(status.bounce?.isSigned == false),
            "isReminder": .flag(status.bounce == nil && status.reminderBounce != nil),
            "bounce": bounce(status.bounce ?? status.reminderBounce),
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
