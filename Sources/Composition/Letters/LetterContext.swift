import Council
import Foundation
import Store
import Templating

/// The values of the letters' templates: those of the sitting, made once, and those of one member.
struct LetterContext {
    private let shared: [String: TemplateValue]

    private static let both: [String: TemplateField] = SittingWords.full.merging(
        [
            "madam": .flag, "sir": .flag, "otherCivility": .flag, "civility": .text, "fullName": .text, "clerkName": .text,
            "clerkAddress": .text, "hasSignatory": .flag, "signatoryOffice": .text, "signatoryName": .text,
        ]
    ) { $1 }

    static func fields(_ kind: LetterKind) -> [String: TemplateField] {
        switch kind {
        case .cancellation: both
        case .reminder: both.merging(["sittingURL": .text, "convenedOn": .text, "linksUntil": .text, "acknowledged": .flag]) { $1 }
        case .supplement, .changedPlace: both.merging(AmendmentWords.fields) { $1 }
        }
    }

    static func subjectFields(_ kind: LetterKind) -> [String: TemplateField] {
        kind.isAmendment ? SittingWords.brief.merging(["newPlace": .flag, "hasMore": .flag]) { $1 } : SittingWords.brief
    }

    init(_ words: SittingWords, settings: CompositionSettings) {
        let signatory = settings.signatory
        shared = words.full(authority: CleanText(settings.authority.name)).merging([
            "clerkName": .text(settings.clerk.name.line),
            "clerkAddress": .text(settings.clerk.address.description),
            "hasSignatory": .flag(signatory != nil),
            "signatoryOffice": .text(signatory?.office.line ?? ""),
            "signatoryName": .text(signatory?.name.line ?? ""),
        ]) { $1 }
    }

    func values(for member: RollEntry, _ details: [String: TemplateValue]) -> [String: TemplateValue] {
        shared.merging(Civility.values(of: member)) { $1 }.merging(details) { $1 }
    }

    /// What a reminder adds: where the member's own page is, and since when they have its address.
    static func reminder(
        _ address: String, convenedAt: Date, isAcknowledged: Bool = false, until: CivilDate, _ language: Language, _ zone: TimeZone
    ) -> [String: TemplateValue] {
        [
            "sittingURL": .text(address), "convenedOn": .text(CivilDate(of: convenedAt, in: zone).words(in: language)),
            "linksUntil": .text(until.shortWords(in: language)), "acknowledged": .flag(isAcknowledged),
        ]
    }
}
