import Council
import Foundation
import Templating

/// A sitting in the words of one language: the values that every template about it shares.
struct SittingWords {
    let sitting: Sitting
    let language: Language
    let zone: TimeZone

    private var draft: SittingDraft { sitting.draft }

    var bodyName: CleanText { CleanText(draft.bodyName) }
    var title: CleanText { CleanText(draft.title) }
    var hasOwnTitle: Bool { !title.isEmpty && Spelling.folded(title.line) != Spelling.folded(bodyName.line) }
    var place: CleanText? { draft.place.map(CleanText.init).flatMap { $0.isEmpty ? nil : $0 } }
    var videoLink: CleanText? { draft.videoLink.map(CleanText.init).flatMap { $0.isEmpty ? nil : $0 } }
    /// What follows a video link is opened only when it is a web address.
    var webVideoLink: CleanText? { videoLink.flatMap { Self.isWebAddress($0.line) ? $0 : nil } }

    /// What a subject calls the sitting: its title, its body, or both where the one doesn't say the other.
    var headline: String {
        if !hasOwnTitle { return bodyName.line }
        return Spelling.folded(title.line).contains(Spelling.folded(bodyName.line)) ? title.line : "\(title), \(bodyName)"
    }

    /// In French nought is singular too.
    func isPlural(_ count: Int) -> Bool { language == .french ? count > 1 : count != 1 }

    /// The names that subjects use.
    static let brief: [String: TemplateField] = [
        "authority": .text, "bodyName": .text, "ofBody": .text, "title": .text, "hasOwnTitle": .flag, "headline": .text, "when": .text,
        "date": .text, "time": .text, "urgent": .flag, "isChangedDate": .flag, "formerWhen": .text,
    ]

    func brief(authority: CleanText) -> [String: TemplateValue] {
        [
            "authority": .text(authority.line),
            "bodyName": .text(bodyName.line),
            "ofBody": .text(BodyPhrase.of(bodyName.line, in: language)),
            "title": .text(title.line),
            "hasOwnTitle": .flag(hasOwnTitle),
            "headline": .text(headline),
            "when": .text(draft.when.words(in: language)),
            "date": .text(draft.when.date.words(in: language)),
            "time": .text(draft.when.timeWords(in: language)),
            "urgent": .flag(draft.urgencyReason != nil),
            "isChangedDate": .flag(draft.replaces != nil),
            "formerWhen": .text(draft.replaces?.when.words(in: language) ?? ""),
        ]
    }

    /// The names that the convocation adds, but for its links and its member.
    static let full: [String: TemplateField] = brief.merging(
        [
            "hasPlace": .flag, "place": .text, "hasVideo": .flag, "videoLink": .text, "videoIsLink": .flag, "urgencyReason": .text,
            "clearDays": .text, "severalClearDays": .flag, "hasAgenda": .flag, "hasNotes": .flag, "hasOthers": .flag, "hasDocuments": .flag,
        ]
    ) { $1 }

    func full(authority: CleanText) -> [String: TemplateValue] {
        brief(authority: authority).merging([
            "hasPlace": .flag(place != nil),
            "place": .text(place?.line ?? ""),
            "hasVideo": .flag(videoLink != nil),
            "videoLink": .text(videoLink?.line ?? ""),
            "videoIsLink": .flag(webVideoLink != nil),
            "urgencyReason": .text(CleanText.lines(draft.urgencyReason ?? "")),
            "clearDays": .text(String(draft.requiredClearDays)),
            "severalClearDays": .flag(draft.requiredClearDays > 1),
            "hasAgenda": .flag(!draft.agenda.isEmpty),
            "hasNotes": .flag(draft.documents.contains { $0.role == .note }),
            "hasOthers": .flag(!others.isEmpty),
            "hasDocuments": .flag(!draft.documents.isEmpty),
        ]) { $1 }
    }

    /// Indexes in `draft.documents` of what belongs to no item of the agenda and is no note.
    var others: [Int] {
        let items = Set(draft.agenda.map(\.number))
        return draft.documents.indices.filter { index in
            let document = draft.documents[index]
            return document.role != .note && !(document.item.map(items.contains) ?? false)
        }
    }

    var notes: [Int] { draft.documents.indices.filter { draft.documents[$0].role == .note } }

    func documents(of item: AgendaItem) -> [Int] {
        draft.documents.indices.filter { draft.documents[$0].role != .note && draft.documents[$0].item == item.number }
    }

    /// The last day on which sending is lawful.
    var lastLawfulDay: CivilDate { CivilDate(of: draft.deadline.addingTimeInterval(-1), in: zone) }

    static func isWebAddress(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"'<>\\^`{|}".utf8.contains($0) }
    }
}

/// « du Conseil communautaire », « de la Commission des finances », « de l’Assemblée ».
enum BodyPhrase {
    static func of(_ name: String, in language: Language) -> String {
        switch language {
        case .english: "of “\(name)”"
        case .french:
            switch Spelling.folded(name).split(separator: " ").first.map(String.init) {
            case .some(let noun) where masculine.contains(noun): "du \(name)"
            case .some(let noun) where feminine.contains(noun): "de la \(name)"
            case .some(let noun) where elided.contains(noun): "de l’\(name)"
            default: "de l’instance « \(name) »"
            }
        }
    }

    private static let masculine: Set<String> = [
        "bureau", "centre", "college", "comite", "conseil", "directoire", "groupe", "jury", "pole", "syndicat",
    ]
    private static let feminine: Set<String> = ["cellule", "commission", "conference", "delegation", "formation", "mission", "section"]
    private static let elided: Set<String> = ["assemblee", "atelier", "equipe", "executif", "instance", "observatoire"]
}

/// « PDF, 1,2 Mo ».
enum FileWords {
    static func about(_ document: Document, in language: Language) -> String {
        let parts = document.fileName.split(separator: ".")
        let kind = parts.count > 1 ? CleanText(String(parts[parts.count - 1])).line.uppercased() : ""
        let isKind = (1...5).contains(kind.utf8.count)
        return (isKind ? kind + ", " : "") + size(document.size, in: language)
    }

    /// Decimal units, as file managers show them.
    static func size(_ bytes: Int64, in language: Language) -> String {
        let (byte, point) = language == .french ? ("o", ",") : ("B", ".")
        let space = "\u{A0}"
        if bytes < 1_000 { return "\(bytes)\(space)\(language == .french ? "octets" : "bytes")" }
        if bytes < 1_000_000 { return "\((bytes + 500) / 1_000)\(space)k\(byte)" }
        let (unit, name): (Int64, String) = bytes < 1_000_000_000 ? (1_000_000, "M") : (1_000_000_000, "G")
        let tenths = (bytes * 10 + unit / 2) / unit
        return "\(tenths / 10)\(point)\(tenths % 10)\(space)\(name)\(byte)"
    }
}
