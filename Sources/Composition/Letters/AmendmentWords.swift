import Council
import Foundation
import Templating

/// An amendment in the words of one language: what is new, for members and for the clerk who approves it.
struct AmendmentWords {
    let amendment: Amendment
    let language: Language

    init(_ amendment: Amendment, language: Language) {
        self.amendment = amendment
        self.language = language
    }

    private static let item: [String: TemplateField] = ["number": .text, "title": .text]
    private static let document: [String: TemplateField] = [
        "title": .text, "about": .text, "url": .text, "isReplacement": .flag, "former": .text,
    ]

    static let fields: [String: TemplateField] = [
        "newPlace": .flag, "hasFormerPlace": .flag, "formerPlace": .text, "newVideo": .flag, "newTitle": .flag, "hasNewItems": .flag,
        "newItems": .list(item), "hasRewordedItems": .flag, "rewordedItems": .list(item), "hasNewDocuments": .flag,
        "newDocuments": .list(document), "hasAmendmentUrgency": .flag, "amendmentUrgency": .text, "hasConvenedOn": .flag,
        "convenedOn": .text, "isMove": .flag, "hasCalendar": .flag, "sittingURL": .text, "linksUntil": .text,
    ]

    /// `convenedAt`: when the convocation left; nil: it has not, or nobody knows.
    func values(_ links: MessageLinks, convenedAt: Date?, _ zone: TimeZone) -> [String: TemplateValue] {
        let replaced = Dictionary(amendment.replaced.map { ($0.new.hash, $0.old) }) { first, _ in first }
        let documents = zip(amendment.newDocuments, links.documents).map { document, url in
            let old = replaced[document.hash]
            return [
                "title": TemplateValue.text(CleanText(document.title).line), "about": .text(FileWords.about(document, in: language)),
                "url": .text(url), "isReplacement": .flag(old != nil), "former": .text(CleanText(old?.title ?? "").line),
            ]
        }
        return [
            "newPlace": .flag(amendment.hasNewPlace), "hasFormerPlace": .flag(amendment.formerPlace != nil),
            "formerPlace": .text(CleanText(amendment.formerPlace ?? "").line), "newVideo": .flag(amendment.hasNewVideoLink),
            "newTitle": .flag(amendment.hasNewTitle),
            "hasNewItems": .flag(!amendment.addedItems.isEmpty), "newItems": items(amendment.addedItems),
            "hasRewordedItems": .flag(!amendment.rewordedItems.isEmpty), "rewordedItems": items(amendment.rewordedItems),
            "hasNewDocuments": .flag(!documents.isEmpty), "newDocuments": .list(documents),
            "hasAmendmentUrgency": .flag(amendment.urgencyReason != nil),
            "amendmentUrgency": .text(CleanText.lines(amendment.urgencyReason ?? "")),
            "isMove": .flag(amendment.movesSitting), "hasCalendar": .flag(amendment.changesCalendar),
            "hasConvenedOn": .flag(convenedAt != nil),
            "convenedOn": .text(convenedAt.map { CivilDate(of: $0, in: zone).words(in: language) } ?? ""),
            "sittingURL": .text(links.sitting), "linksUntil": .text(links.until.shortWords(in: language)),
        ]
    }

    private func items(_ items: [AgendaItem]) -> TemplateValue {
        .list(items.map { ["number": .text(String($0.number)), "title": .text(CleanText($0.title).line)] })
    }
}
