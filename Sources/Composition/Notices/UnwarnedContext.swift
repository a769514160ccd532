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
                    "isOpen": .flag,
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
        let isOpen = cancellation?.isOpen ?? false && !isUnlisted && !isUnserved
        let isRefused = cancellation.map { !$0.isOpen } ?? false && !isUnlisted && !isUnserved
        let reply = CleanText(isOpen || isRefused ? cancellation?.lastReply ?? "" : "")
        let isPaperDue = status.cancellation == nil && status.paperService == nil && status.member.entry.service == .paper
        return AlarmPerson.values(status).merging([
            "onPaper": .list(status.paperService.map { [["day": .text($0.day.words(in: words.language))]] } ?? []),
            "isPaperDue": .flag(isPaperDue),
            "isUnlisted": .flag(isUnlisted),
            "isUnserved": .flag(isUnserved || cancellation == nil && status.paperService == nil && !isPaperDue && !isUnlisted),
            "isRefused": .flag(isRefused), "isOpen": .flag(isOpen), "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line),
        ]) { $1 }
    }
}
