import Council
import Foundation
import Store
import Templating

/// Turns what the register knows into the values of its templates. The one place where it is decided what the public reads:
/// no member, no confidential document, no reason, no video link goes through here.
struct PageFields: Sendable {
    let settings: RegisterSettings
    let language: Language

    private var zone: TimeZone { settings.authority.timeZone }

    func frame(other path: String) -> [String: TemplateValue] {
        [
            "authority": .text(settings.authority.name), "languageLink": .list([["url": .text(path)]]),
            "home": .text(PublicPath.register(language)), "verifyURL": .text(PublicPath.verify(language)),
        ]
    }

    func sitting(_ sitting: PublicSitting, isPast: Bool, isMoved: Bool) -> [String: TemplateValue] {
        let draft = sitting.sitting.draft
        let confidential = sitting.confidentialDocuments.count
        let fields: [String: TemplateValue] = [
            "name": .text(draft.title), "body": .text(draft.bodyName),
            "bodyDiffers": .flag(Spelling.folded(draft.title) != Spelling.folded(draft.bodyName)),
            "isoWhen": .text(draft.start.ISO8601Format()),
            "place": .list(draft.place.map { [["text": .text($0)]] } ?? []),
            "isCancelled": .flag(sitting.sitting.state == .cancelled), "isUrgent": .flag(draft.urgencyReason != nil),
            "isPast": .flag(isPast), "isMoved": .flag(isMoved),
            "convened": number(sitting.convened), "hasPaper": .flag(sitting.onPaper > 0), "onPaper": number(sitting.onPaper),
            "hasServedOnPaper": .flag(sitting.servedOnPaper > 0), "servedOnPaper": number(sitting.servedOnPaper),
            "served": number(sitting.served), "acknowledged": number(sitting.acknowledged),
            "convenedIsSingular": .flag(isSingular(sitting.convened)), "servedIsSingular": .flag(isSingular(sitting.served)),
            "acknowledgedIsSingular": .flag(isSingular(sitting.acknowledged)),
            "documentCount": number(draft.documents.count),
            "confidential": .list(confidential > 0 ? [["count": number(confidential)]] : []),
            "documents": documents(sitting.publicDocuments, of: sitting),
        ]
        return fields.merging(link(to: sitting)) { $1 }
    }

    func documents(_ documents: [Document], of sitting: PublicSitting) -> TemplateValue {
        .list(
            documents.map { document in
                [
                    "label": .text(document.label), "name": .text(document.title), "hash": .text(document.hash.hex),
                    "leaf": .list(sitting.leaves[document.hash].map { [["index": number($0)]] } ?? []),
                ]
            })
    }

    /// What leads to a sitting.
    func link(to sitting: PublicSitting) -> [String: TemplateValue] {
        ["url": .text(PublicPath.sitting(sitting.sitting.id, language)), "when": .text(words(sitting.sitting.draft.when))]
    }

    func replacement(_ sitting: PublicSitting) -> [String: TemplateValue] {
        link(to: sitting).merging(["stands": .flag(sitting.sitting.state != .cancelled)]) { $1 }
    }

    /// What was told to the members after their convocations: the day, never the hour; what is confidential by now, not at all.
    func changes(_ amendments: [StoredAmendment], of sitting: PublicSitting) -> TemplateValue {
        let shown = Set((sitting.publicDocuments + sitting.formerDocuments).map(\.hash))
        func named(_ documents: [Document]) -> TemplateValue {
            .list(documents.filter { shown.contains($0.hash) }.map { ["label": .text($0.label), "name": .text($0.title)] })
        }
        return .list(
            amendments.map { amendment in
                let content = amendment.content
                let day = amendment.approvedAt.map { CivilDateTime(of: $0, in: zone).date.words(in: language) }
                return [
                    "day": .text(day ?? ""),
                    "place": .list(
                        content.hasNewPlace
                            ? [
                                [
                                    "text": .text(content.draft.place ?? ""),
                                    "former": .list(content.formerPlace.map { [["text": .text($0)]] } ?? []),
                                ]
                            ] : []),
                    "hasNewVideoLink": .flag(content.hasNewVideoLink), "hasNewTitle": .flag(content.hasNewTitle),
                    "items": items(content.addedItems, of: sitting), "reworded": items(content.rewordedItems, of: sitting),
                    "added": named(content.added), "replaced": named(content.replaced.map(\.new)),
                ]
            })
    }

    /// One that is confidential has its number alone.
    func items(_ items: [AgendaItem], of sitting: PublicSitting) -> TemplateValue {
        .list(
            items.map { item in
                let hidden = sitting.isConfidential(item)
                return ["number": number(item.number), "name": .text(hidden ? "" : item.title), "isConfidential": .flag(hidden)]
            })
    }

    func checkpoint(_ head: RegisterSnapshot.Head?) -> TemplateValue {
        .list(head.map { [["size": number($0.size), "root": .text($0.root), "hour": hour($0.publishedAt)]] } ?? [])
    }

    func anchor(_ anchor: AnchorSummary.Checkpoint?, _ more: [String: TemplateValue] = [:]) -> TemplateValue {
        guard let anchor else { return .list([]) }
        let fields: [String: TemplateValue] = [
            "size": number(anchor.size), "isSingle": .flag(anchor.size == 1),
            "tokens": .list(anchor.tokens.map { ["name": .text($0.authority), "hour": hour($0.time)] }),
            "proofs": .list(
                anchor.proofs.map {
                    [
                        "name": .text($0.calendar), "isConfirmed": .flag($0.isConfirmed), "isSeen": .flag($0.isSeen),
                        "payment": .list($0.transaction.map { [["transaction": .text($0)]] } ?? []),
                    ]
                }),
            "files": .list(anchor.files.map { ["name": .text($0), "url": .text("/ledger/anchors/\(anchor.size)/\($0)")] }),
        ]
        return .list([fields.merging(more) { $1 }])
    }

    /// The leaves of each kind, as ranges: `12–20, 25`.
    func entries(_ leaves: [FactType: [UInt64]]) -> TemplateValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: FactType.allCases.map { type in
                    let indices = leaves[type] ?? []
                    let group: [String: TemplateValue] = ["count": number(indices.count), "indices": .text(Self.ranges(indices))]
                    return ("\(type)", .list(indices.isEmpty ? [] : [group]))
                }))
    }

    static func ranges(_ indices: [UInt64]) -> String {
        var runs: [ClosedRange<UInt64>] = []
        for index in indices.sorted() {
            if let last = runs.last, last.upperBound + 1 == index {
                runs[runs.count - 1] = last.lowerBound...index
            } else {
                runs.append(index...index)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }.joined(separator: ", ")
    }

    /// In French nought is singular too.
    private func isSingular(_ count: Int) -> Bool { language == .french ? count < 2 : count == 1 }

    /// As on the authority's clock, without a line break inside the hour.
    func words(_ when: CivilDateTime) -> String {
        let time = when.timeWords(in: language)
        return when.words(in: language).replacing(time, with: time.replacing(" ", with: "\u{A0}"))
    }

    func number(_ value: some BinaryInteger) -> TemplateValue { .text(String(value)) }

    /// The day, and the hour within which it was: what is signed and stamped follows a member's act within seconds.
    private func hour(_ instant: Date?) -> TemplateValue {
        guard let instant else { return .list([]) }
        let when = CivilDateTime(of: instant, in: zone)
        func clock(_ hour: Int) -> TemplateValue {
            let time = CivilDateTime(date: when.date, hour: hour % 24, minute: 0) ?? when
            return .text(time.timeWords(in: language).replacing(" ", with: "\u{A0}"))
        }
        return .list([["day": .text(when.date.words(in: language)), "from": clock(when.hour), "to": clock(when.hour + 1)]])
    }
}

/// The public addresses.
enum PublicPath {
    static func register(_ language: Language) -> String { language == .french ? "/" : "/en" }
    static func verify(_ language: Language) -> String { language == .french ? "/verifier" : "/en/verify" }
    static func sittings(_ language: Language) -> String { SittingID.publicFolder(language) }
    static func sitting(_ id: SittingID, _ language: Language) -> String { id.publicPath(language) }
}

extension Language {
    var other: Language { self == .french ? .english : .french }
}
