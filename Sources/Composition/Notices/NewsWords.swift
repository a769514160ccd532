import Council
import Templating

/// What an amendment says that members don't know, line by line, so that it can be told by telephone.
enum NewsWords {
    static let fields: [String: TemplateField] = Dictionary(
        uniqueKeysWithValues: kinds.map { ($0, TemplateField.flag) }
    ).merging(["text": .text]) { $1 }

    private static let kinds = ["isTitle", "isPlace", "isVideo", "isItem", "isReworded", "isAdded", "isReplaced"]

    static func values(_ amendment: Amendment) -> [[String: TemplateValue]] {
        let draft = amendment.draft
        func item(_ item: AgendaItem) -> String { "\(item.number). \(item.title)" }
        var found: [(String, String)] = []
        if amendment.hasNewTitle { found.append(("isTitle", draft.title)) }
        if amendment.hasNewPlace, let place = draft.place { found.append(("isPlace", place)) }
        if amendment.hasNewVideoLink, let link = draft.videoLink { found.append(("isVideo", link)) }
        found += amendment.addedItems.map { ("isItem", item($0)) } + amendment.rewordedItems.map { ("isReworded", item($0)) }
        found += amendment.added.map { ("isAdded", $0.fileName) } + amendment.replaced.map { ("isReplaced", $0.new.fileName) }
        return found.map { kind, text in
            Dictionary(uniqueKeysWithValues: kinds.map { ($0, TemplateValue.flag($0 == kind)) }).merging([
                "text": .text(CleanText(text).line)
            ]) { $1 }
        }
    }
}
