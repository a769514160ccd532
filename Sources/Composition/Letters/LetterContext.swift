import Council
import Foundation
import Store
import Templating

/// The values of `mail/cancellation.*` and `mail/reminder.*`: those of the sitting, made once, and those of one member.
struct LetterContext {
    private let shared: [String: TemplateValue]
    private let language: Language
    private let zone: TimeZone

    private static let both: [String: TemplateField] = SittingWords.full.merging(
        [
            "madam": .flag, "sir": .flag, "otherCivility": .flag, "civility": .text, "fullName": .text, "clerkName": .text,
            "clerkAddress": .text, "hasSignatory": .flag, "signatoryOffice": .text, "signatoryName": .text,
        ]
    ) { $1 }

    static func fields(_ kind: LetterKind) -> [String: TemplateField] {
        switch kind {
        case .cancellation: both
        case .reminder: both.merging(["sittingURL": .text, "convenedOn": .text, "linksUntil": .text]) { $1 }
        }
    }

    init(_ words: SittingWords, settings: CompositionSettings) {
        language = words.language
        zone = words.zone
        let signatory = settings.signatory
        shared = words.full(authority: CleanText(settings.authority.name)).merging([
            "clerkName": .text(settings.clerk.name.line),
            "clerkAddress": .text(settings.clerk.address.description),
            "hasSignatory": .flag(signatory != nil),
            "signatoryOffice": .text(signatory?.office.line ?? ""),
            "signatoryName": .text(signatory?.name.line ?? ""),
        ]) { $1 }
    }

    func values(for member: RollEntry, _ reminder: ReminderLink?) -> [String: TemplateValue] {
        var values = shared.merging(Civility.values(of: member)) { $1 }
        if let reminder {
            values["sittingURL"] = .text(reminder.address)
            values["convenedOn"] = .text(CivilDate(of: reminder.convenedAt, in: zone).words(in: language))
            values["linksUntil"] = .text(reminder.until.shortWords(in: language))
        }
        return values
    }
}

/// What a reminder adds: where the member's own page is, and since when they have its address.
struct ReminderLink {
    let address: String
    let convenedAt: Date
    let until: CivilDate
}
