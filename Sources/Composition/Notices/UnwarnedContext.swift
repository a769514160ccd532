import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-unwarned.*`: who knows of a sitting that is cancelled, and doesn't learn of it by mail.
struct UnwarnedContext {
    let words: SittingWords
    let settings: CompositionSettings
    let convocations: [ConvocationStatus]

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "several": .flag, "count": .text, "followURL": .text,
            "members": .list(
                AlarmPerson.fields.merging([
                    "onPaper": .list(["day": .text]), "isPaperDue": .flag, "isUnserved": .flag, "isRefused": .flag,
                    "returned": .list(["reason": .text]), "isOpen": .flag,
                    "since": .text,
                    "hasReply": .flag,
                    "reply": .text,
                ]) { $1 }),
        ]
    ) { $1 }

    func values(follow: String) -> [String: TemplateValue] {
        words.brief(authority: CleanText(settings.authority.name)).merging([
            "several": .flag(convocations.count > 1), "count": .text(String(convocations.count)), "followURL": .text(follow),
            "members": .list(convocations.map(row)),
        ]) { $1 }
    }

    private func row(_ status: ConvocationStatus) -> [String: TemplateValue] {
        let isOpen = status.cancellation?.isOpen ?? false
        let isReturned = status.cancellation?.state == .bounced
        let isRefused = status.cancellation != nil && !isOpen && !isReturned
        let reason = status.cancellationBounce?.reason ?? .other
        let reply = CleanText(isReturned ? "" : ServerReply.of(status.cancellation?.lastReply) ?? "")
        let isPaperDue = status.cancellation == nil && status.paperService == nil && status.member.entry.service == .paper
        return AlarmPerson.values(status).merging([
            "onPaper": .list(status.paperService.map { [["day": .text($0.day.words(in: words.language))]] } ?? []),
            "isPaperDue": .flag(isPaperDue),
            "isUnserved": .flag(status.cancellation == nil && status.paperService == nil && !isPaperDue),
            "isRefused": .flag(isRefused),
            "returned": .list(
                isReturned ? [["reason": .text(words.language == .french ? reason.words.french : reason.words.english)]] : []),
            "isOpen": .flag(isOpen),
            "since": .text(status.cancellation.map(words.since) ?? ""), "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line),
        ]) { $1 }
    }
}
