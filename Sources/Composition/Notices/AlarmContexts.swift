import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-late.*`: approval came too late; the last lawful moment, and the two ways out.
struct LateContext {
    let words: SittingWords
    let settings: CompositionSettings
    let now: Date

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "folderName": .text, "requiredClearDays": .text, "severalRequired": .flag, "lastLawfulDay": .text, "canBeUrgent": .flag,
            "urgentLastDay": .text, "earliestDay": .text, "followURL": .text, "cancelURL": .text,
        ]
    ) { $1 }

    func values(follow: String, cancel: String) -> [String: TemplateValue] {
        let draft = words.sitting.draft
        let today = CivilDate(of: now, in: words.zone)
        let rule = settings.authority.body(draft.body)?.notice
        let urgentDay = rule?.lastLawfulDay(for: draft.when.date, urgent: true)
        let earliest = earliestDay(from: today, rule)
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "folderName": .text(CleanText(draft.folderName).line),
            "requiredClearDays": .text(String(draft.requiredClearDays)),
            "severalRequired": .flag(draft.requiredClearDays > 1),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: words.language)),
            "canBeUrgent": .flag(draft.urgencyReason == nil && (urgentDay.map { today <= $0 } ?? false)),
            "urgentLastDay": .text(urgentDay?.words(in: words.language) ?? ""),
            "earliestDay": .text(earliest.words(in: words.language)),
            "followURL": .text(follow),
            "cancelURL": .text(cancel),
        ]) { $1 }
    }

    /// The first day for which convocations sent today would be in time, at the ordinary notice.
    private func earliestDay(from today: CivilDate, _ rule: NoticeRule?) -> CivilDate {
        let own = words.sitting.draft.requiredClearDays
        let days = (1...60).first { days in
            let day = today.adding(days: days)
            return NoticeRule.clearDays(from: today, to: day) >= rule?.clearDays(on: day, urgent: false) ?? own
        }
        return today.adding(days: days ?? own + 1)
    }
}

/// The values of `mail/alarm-rejected.*`: a folder or roll that was refused, in the words of its report.
struct RejectedContext {
    static let fields: [String: TemplateField] = ["authority": .text, "name": .text, "reason": .text]

    static func values(_ settings: CompositionSettings, name: String, reason: String) -> [String: TemplateValue] {
        [
            "authority": .text(CleanText(settings.authority.name).line), "name": .text(CleanText(name).line),
            "reason": .text(CleanText.lines(reason)),
        ]
    }
}
