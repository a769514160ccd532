import Council
import Foundation
import Templating

/// Where a message's links lead: addresses, already signed.
struct MessageLinks {
    /// One for each of the draft's documents, in their order.
    let documents: [String]
    let sitting: String
    /// The last day on which they open.
    let until: CivilDate
}

/// The values of `mail/convocation.txt` and `.html`: those of the sitting, made once, and those of one member.
struct ConvocationContext {
    let words: SittingWords
    private let shared: [String: TemplateValue]
    private let rows: [[String: TemplateValue]]
    private let agenda: [(row: [String: TemplateValue], documents: [Int])]
    private let notes: [Int]
    private let others: [Int]

    static let documentFields: [String: TemplateField] = ["title": .text, "about": .text, "url": .text, "attached": .flag]

    static let fields: [String: TemplateField] = SittingWords.full.merging(
        [
            "madam": .flag, "sir": .flag, "otherCivility": .flag, "civility": .text, "fullName": .text,
            "agenda": .list(["number": .text, "title": .text, "hasFiles": .flag, "documents": .list(documentFields)]),
            "notes": .list(documentFields), "others": .list(documentFields), "sittingURL": .text, "linksUntil": .text,
            "clerkName": .text, "clerkAddress": .text, "hasSignatory": .flag, "signatoryOffice": .text, "signatoryName": .text,
            "hasLegalArticles": .flag, "legalArticles": .text, "hasAttached": .flag,
        ]
    ) { $1 }

    init(_ words: SittingWords, settings: CompositionSettings) {
        self.words = words
        let attached = Set(AttachmentPlan(words.sitting.draft, upTo: settings.attachUpTo).indexes)
        let signatory = settings.signatory
        shared = words.full(authority: CleanText(settings.authority.name)).merging([
            "clerkName": .text(settings.clerk.name.line),
            "clerkAddress": .text(settings.clerk.address.description),
            "hasSignatory": .flag(signatory != nil),
            "signatoryOffice": .text(signatory?.office.line ?? ""),
            "signatoryName": .text(signatory?.name.line ?? ""),
            "hasAttached": .flag(!attached.isEmpty),
            "hasLegalArticles": .flag(settings.legalArticles != nil),
            "legalArticles": .text(CleanText(settings.legalArticles ?? "").line),
        ]) { $1 }
        notes = words.notes
        others = words.others
        agenda = words.sitting.draft.agenda.map { item in
            let documents = words.documents(of: item)
            return (
                [
                    "number": .text(String(item.number)), "title": .text(CleanText(item.title).line),
                    "hasFiles": .flag(!documents.isEmpty),
                ], documents
            )
        }
        rows = words.sitting.draft.documents.enumerated().map { index, document in
            [
                "attached": .flag(attached.contains(index)),
                "title": .text(CleanText(document.title).line),
                "about": .text(FileWords.about(document, in: words.language)),
            ]
        }
    }

    func values(for member: RollEntry, links: MessageLinks) -> [String: TemplateValue] {
        var rows = rows
        for index in rows.indices { rows[index]["url"] = .text(links.documents[index]) }
        let pick = { (indexes: [Int]) in TemplateValue.list(indexes.map { rows[$0] }) }
        var values = shared
        values["agenda"] = .list(
            agenda.map { item in
                var row = item.row
                row["documents"] = pick(item.documents)
                return row
            })
        values["notes"] = pick(notes)
        values["others"] = pick(others)
        values["sittingURL"] = .text(links.sitting)
        values["linksUntil"] = .text(links.until.shortWords(in: words.language))
        return values.merging(Civility.values(of: member)) { $1 }
    }
}

/// How a letter to the person begins.
enum Civility {
    case madam
    case sir
    case other
    case none

    init(_ text: String) {
        switch Spelling.folded(text).filter({ $0 != "." }) {
        case "": self = .none
        case "mme", "madame", "mlle", "mrs", "ms", "madam": self = .madam
        case "m", "mr", "monsieur": self = .sir
        default: self = .other
        }
    }

    /// The names that a salutation uses.
    static func values(of member: RollEntry) -> [String: TemplateValue] {
        let civility = CleanText(member.civility)
        let form = Civility(civility.line)
        return [
            "madam": .flag(form == .madam), "sir": .flag(form == .sir), "otherCivility": .flag(form == .other),
            "civility": .text(civility.line), "fullName": .text(CleanText(member.fullName).line),
        ]
    }
}
