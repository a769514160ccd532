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
                    "onPaper": .list(["day": .text]), "isPaperDue": .flag, "isUnlisted": .flag, "isUnserved": .flag, "isRefused": .flag,
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

    /// No mail is sure to reach them, also where one was taken.
    static func isUnreachable(_ status: ConvocationStatus) -> Bool {
        status.paperService == nil && (status.state == .failed || status.hasNoAddress)
    }

    private func row(_ status: ConvocationStatus) -> [String: TemplateValue] {
        let cancellation = status.cancellation
        // A mail goes, or went, to an address that is dead or no longer listed: it counts for nothing.
        let isUnlisted = Self.isUnreachable(status) && status.hasNoAddress
        let isUnserved = Self.isUnreachable(status) && !isUnlisted
        let isReachable = !isUnlisted && !isUnserved
        let isOpen = isReachable && cancellation?.isOpen ?? false
        let isReturned = isReachable && cancellation?.state == .bounced
        let isRefused = isReachable && cancellation != nil && !isOpen && !isReturned
        let reason = status.cancellationBounce?.reason ?? .other
        let reply = CleanText(isOpen || isRefused ? ServerReply.of(cancellation?.lastReply) ?? "" : "")
        let isPaperDue = status.cancellation == nil && status.paperService == nil && status.member.entry.service == .paper
        return AlarmPerson.values(status).merging([
            "onPaper": .list(status.paperService.map { [["day": .text($0.day.words(in: words.language))]] } ?? []),
            "isPaperDue": .flag(isPaperDue),
            "isUnlisted": .flag(isUnlisted),
            "isUnserved": .flag(isUnserved || cancellation == nil && status.paperService == nil && !isPaperDue && !isUnlisted),
            "isRefused": .flag(isRefused),
            "returned": .list(
                isReturned ? [["reason": .text(words.language == .french ? reason.words.french : reason.words.english)]] : []),
            "isOpen": .flag(isOpen),
            "since": .text(cancellation.map(words.since) ?? ""), "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line),
        ]) { $1 }
    }
}
