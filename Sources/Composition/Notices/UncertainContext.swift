import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-uncertain.*`: of whose convocation nobody knows whether it left, and what the clerk can do.
struct UncertainContext {
    let words: SittingWords
    let settings: CompositionSettings
    let held: [ConvocationStatus]
    let now: Date

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "several": .flag, "count": .text, "lawful": .flag, "lastLawfulDay": .text, "followURL": .text,
            "members": .list(AlarmPerson.fields),
        ]
    ) { $1 }

    func values(follow: String) -> [String: TemplateValue] {
        words.brief(authority: CleanText(settings.authority.name)).merging([
            "several": .flag(held.count > 1),
            "count": .text(String(held.count)),
            "lawful": .flag(now < words.sitting.draft.deadline),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: words.language)),
            "followURL": .text(follow),
            "members": .list(held.map(AlarmPerson.values)),
        ]) { $1 }
    }
}
