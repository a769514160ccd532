import Council
import Foundation
import Store
import Templating

/// What came of a dropped sitting.
struct SittingOutcome {
    enum Kind { case created, replaced, unchanged, amended, takenBack, cancelledMeanwhile }

    let kind: Kind
    let sitting: Sitting
    /// What `ENVOYER.txt` did; nil: there was none, or it couldn't be obeyed.
    var approval: Approval?
    var electronic: Int
    var paper: Int
    var warnings: [Warning]
    /// What the drop changes of a sitting that was convened; nil: it is no such drop.
    var amendment: StoredAmendment?
    /// What waited for approval, and is withdrawn by the drop.
    var takenBack: StoredAmendment?
    /// What `ENVOYER.txt` did with it; nil: it waits for approval.
    var amendmentApproval: AmendmentApproval?
}

extension Reports {
    func sitting(_ outcome: SittingOutcome, at now: Date) throws -> [UInt8] {
        let draft = outcome.amendment?.content.draft ?? outcome.sitting.draft
        let lastDay = CivilDate(of: draft.deadline, in: authority.timeZone).adding(days: -1)
        return try html(
            "report/sitting.html",
            [
                "body": .text(draft.bodyName), "title": .text(draft.title), "when": .text(draft.when.words(in: language)),
                "place": optional(draft.place), "video": optional(draft.videoLink), "urgency": optional(draft.urgencyReason),
                "outcome": .object(fields(outcome)), "sitting": .text(outcome.sitting.id.rawValue),
                "revision": .text(String(outcome.amendment?.revision ?? outcome.sitting.revision)),
                "received": .text(clock(outcome.sitting.receivedAt)),
                "deadline": .text(lastDay.words(in: language)), "clearDays": .text(String(draft.requiredClearDays)),
                "several": .flag(draft.requiredClearDays > 1),
                "electronic": .text(String(outcome.electronic)), "paper": .text(String(outcome.paper)),
                "agenda": .list(draft.agenda.map { ["number": .text(String($0.number)), "title": .text($0.title)] }),
                "documents": .list(draft.documents.map(fields)),
                "warnings": .list(try outcome.warnings.map { ["text": .text(try words($0))] }),
            ])
    }

    private func optional(_ text: String?) -> TemplateValue { .list(text.map { [["text": .text($0)]] } ?? []) }

    private func fields(_ outcome: SittingOutcome) -> [String: TemplateValue] {
        var (sent, before) = (TemplateValue.list([]), TemplateValue.list([]))
        switch outcome.approval {
        case .approved(let electronic, let paper):
            sent = .list([["electronic": .text(String(electronic)), "paper": .text(String(paper))]])
        case .alreadyApproved(let at): before = .list([["at": .text(clock(at))]])
        case .tooLate, nil:
            if let at = outcome.sitting.approvedAt { before = .list([["at": .text(clock(at))]]) }
        }
        let amended = TemplateValue.list(outcome.amendment.map { [fields($0.content)] } ?? [])
        var told = TemplateValue.list([])
        if case .approved(let byMail, let otherwise) = outcome.amendmentApproval {
            told = .list([["byMail": .text(String(byMail)), "otherwise": .text(String(otherwise))]])
        }
        let takenBack = outcome.takenBack.map { withdrawn in
            fields(withdrawn.content).merging(["at": .text(clock(withdrawn.receivedAt))]) { $1 }
        }
        let isOpen = outcome.amendment == nil && sent == .list([]) && before == .list([]) && outcome.kind != .cancelledMeanwhile
        return [
            "created": .flag(outcome.kind == .created), "replaced": .flag(outcome.kind == .replaced),
            "unchanged": .flag(outcome.kind == .unchanged), "cancelledMeanwhile": .flag(outcome.kind == .cancelledMeanwhile),
            "sent": sent, "sentBefore": before, "awaitsApproval": .flag(isOpen),
            "takenBack": .list(takenBack.map { [$0] } ?? []), "amended": amended,
            "amendmentWaits": .flag(outcome.amendment?.state == .held && told == .list([])), "amendmentTold": told,
        ]
    }

    private func fields(_ amendment: Amendment) -> [String: TemplateValue] {
        let titles = { (documents: [Document]) in TemplateValue.list(documents.map { ["name": .text($0.fileName)] }) }
        return [
            "hasNewPlace": .flag(amendment.hasNewPlace), "hasNewVideo": .flag(amendment.hasNewVideoLink),
            "added": titles(amendment.added), "replaced": titles(amendment.replaced.map(\.new)),
            "items": .list(amendment.addedItems.map { ["number": .text(String($0.number)), "title": .text($0.title)] }),
        ]
    }

    private func fields(_ document: Document) -> [String: TemplateValue] {
        [
            "fileName": .text(document.fileName), "title": .text(document.title), "label": .text(document.label),
            "size": .text(ByteSize.words(document.size, language)), "hash": .text(document.hash.hex),
            "confidential": .flag(document.confidential), "isNote": .flag(document.role == .note), "isItem": .flag(document.role == .item),
            "isAnnex": .flag(document.role == .annex), "isOther": .flag(document.role == .other),
        ]
    }
}

/// `340 octets`-like sizes in decimal units: `2,4 Mo`, `2.4 MB`.
enum ByteSize {
    static func words(_ bytes: Int64, _ language: Language) -> String {
        let units = language == .french ? ["o", "ko", "Mo", "Go", "To"] : ["B", "kB", "MB", "GB", "TB"]
        var (tenths, unit) = (bytes * 10, 0)
        while tenths >= 10_000, unit + 1 < units.count {
            tenths /= 1000
            unit += 1
        }
        let mark = language == .french ? "," : "."
        let number = unit == 0 || tenths % 10 == 0 || tenths >= 1000 ? String(tenths / 10) : "\(tenths / 10)\(mark)\(tenths % 10)"
        return "\(number)\u{A0}\(units[unit])"
    }
}
