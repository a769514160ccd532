import Council
import Foundation
import Store
import Templating

/// The values of `mail/preview.*`: all that a clerk should know before saying yes.
struct PreviewContext {
    let words: SittingWords
    let settings: CompositionSettings
    let members: [Member]
    /// How many are told without being convened.
    let copies: Int
    let exposures: PreviewExposures
    let clashes: [Clash]
    /// The sitting that this one takes the place of; nil: none.
    let replaced: SittingDraft?
    let now: Date

    static let warningNames =
        [
            "tooLate", "lastDay", "holidays", "urgency", "nobody", "sharedAddress", "noAgenda", "noDocuments", "noNote", "noPlace",
            "confidential", "gap", "exposedHere", "exposedElsewhere", "exposesElsewhere", "exposedBefore", "lacksItems", "lacksDocuments",
            "sharedMembers", "sharedPlace",
        ] + ReadingTrouble.allCases.map(\.rawValue)

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "awaiting": .flag, "folderName": .text, "electronic": .text, "paper": .text, "total": .text, "hasPaper": .flag,
            "paperMembers": .list(["name": .text]), "hasCopies": .flag, "copies": .text,
            "severalCopies": .flag, "requiredClearDays": .text, "actualClearDays": .text, "severalRequired": .flag,
            "lawful": .flag, "lastLawfulDay": .text, "documentCount": .text, "severalDocuments": .flag, "documentSize": .text,
            "hasWarnings": .flag,
            "warnings": .list(
                Dictionary(uniqueKeysWithValues: warningNames.map { ($0, TemplateField.flag) }).merging([
                    "detail": .text, "other": .text, "count": .text, "several": .flag,
                ]) { $1 }),
            "subject": .text, "invented": .flag, "sample": .object(ConvocationContext.fields), "approveURL": .text, "followURL": .text,
            "cancelURL": .text,
        ]
    ) { $1 }

    struct Addresses {
        let approve: String
        let follow: String
        let cancel: String
        let message: MessageLinks
    }

    func values(subject: CleanText, _ addresses: Addresses) -> [String: TemplateValue] {
        let draft = words.sitting.draft
        let language = words.language
        let paper = members.filter { $0.entry.service == .paper }
        let electronic = members.filter { $0.entry.service == .electronic }
        let actual = NoticeRule.clearDays(from: CivilDate(of: now, in: words.zone), to: draft.when.date)
        let sample = (electronic.first { $0.entry.language == language } ?? electronic.first)?.entry ?? ConvocationComposer.sample
        let warnings = warnings(electronic: electronic, actual: actual)
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "awaiting": .flag(words.sitting.state == .draft),
            "folderName": .text(CleanText(draft.folderName).line),
            "electronic": .text(String(electronic.count)),
            "paper": .text(String(paper.count)),
            "total": .text(String(members.count)),
            "hasPaper": .flag(!paper.isEmpty),
            "paperMembers": .list(paper.map { ["name": .text(CleanText($0.entry.fullName).line)] }),
            "hasCopies": .flag(copies > 0),
            "copies": .text(String(copies)),
            "severalCopies": .flag(words.isPlural(copies)),
            "requiredClearDays": .text(String(draft.requiredClearDays)),
            "actualClearDays": .text(String(max(actual, 0))),
            "severalRequired": .flag(draft.requiredClearDays > 1),
            "lawful": .flag(now < draft.deadline),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: language)),
            "documentCount": .text(String(draft.documents.count)),
            "severalDocuments": .flag(words.isPlural(draft.documents.count)),
            "documentSize": .text(FileWords.size(draft.documents.reduce(0) { $0 + $1.size }, in: language)),
            "hasWarnings": .flag(!warnings.isEmpty),
            "warnings": .list(warnings),
            "subject": .text(subject.line),
            "invented": .flag(electronic.isEmpty),
            "sample": .object(ConvocationContext(words, settings: settings).values(for: sample, links: addresses.message)),
            "approveURL": .text(addresses.approve),
            "followURL": .text(addresses.follow),
            "cancelURL": .text(addresses.cancel),
        ]) { $1 }
    }

    // MARK: Warnings

    private func warnings(electronic: [Member], actual: Int) -> [[String: TemplateValue]] {
        let draft = words.sitting.draft
        let required = draft.requiredClearDays
        let today = CivilDate(of: now, in: words.zone)
        var found: [(String, String)] = []
        if now >= draft.deadline {
            found.append(("tooLate", ""))
        } else if today == words.lastLawfulDay {
            found.append(("lastDay", ""))
        }
        let holidays = holidays(after: today, before: draft.when.date)
        if now < draft.deadline, actual - holidays.count < required, !holidays.isEmpty {
            found.append(("holidays", holidays.map { $0.words(in: words.language) }.joined(separator: ", ")))
        }
        if draft.urgencyReason != nil { found.append(("urgency", "")) }
        if members.isEmpty { found.append(("nobody", "")) }
        for names in sharedAddresses(electronic) { found.append(("sharedAddress", names)) }
        if draft.agenda.isEmpty { found.append(("noAgenda", "")) }
        if draft.documents.isEmpty {
            found.append(("noDocuments", ""))
        } else if !draft.documents.contains(where: { $0.role == .note }) {
            found.append(("noNote", ""))
        }
        if words.place == nil, words.videoLink == nil { found.append(("noPlace", "")) }
        let confidential = draft.documents.filter(\.confidential).map { CleanText($0.title).line }
        if !confidential.isEmpty { found.append(("confidential", confidential.joined(separator: ", "))) }
        let missing = draft.agenda.missingNumbers
        if missing.count > 0 { found.append(("gap", missing.first.map(String.init).joined(separator: ", "))) }
        if let replaced {
            let left = LeftOut(of: replaced, by: draft)
            if !left.items.isEmpty { found.append(("lacksItems", left.items.map { CleanText($0.title).line }.joined(separator: ", "))) }
            if !left.documents.isEmpty {
                found.append(("lacksDocuments", left.documents.map { CleanText($0.fileName).line }.joined(separator: ", ")))
            }
        }
        let rows =
            found.map { Remark($0, about: $1, count: $0 == "gap" ? missing.count : 0) }
            + draft.documents.compactMap { document in
                document.readingTrouble.map { Remark($0.rawValue, about: CleanText(document.fileName).line) }
            } + exposures.rows(words).map { Remark($0, about: $1, besides: $2) } + clashes.flatMap { remarks($0) }
        return rows.map { remark in
            var row: [String: TemplateValue] = [
                "detail": .text(remark.detail), "other": .text(remark.other), "count": .text(String(remark.count)),
                "several": .flag(remark.count > 1),
            ]
            for known in Self.warningNames { row[known] = .flag(known == remark.name) }
            return row
        }
    }

    /// One of `warningNames`, and what it tells of.
    private struct Remark {
        let name: String
        let detail: String
        let other: String
        let count: Int

        init(_ name: String, about detail: String, besides other: String = "", count: Int = 0) {
            (self.name, self.detail, self.other, self.count) = (name, detail, other, count)
        }
    }

    private func remarks(_ clash: Clash) -> [Remark] {
        let other = SittingWords(sitting: clash.sitting, language: words.language, zone: words.zone)
        let title = other.title.isEmpty ? other.bodyName.line : other.title.line
        let facts = [clash.sitting.draft.when.words(in: words.language)] + [other.place?.line].compactMap(\.self)
        let place = facts.joined(separator: ", ")
        let shared = clash.commonMembers > 0 ? [Remark("sharedMembers", about: title, besides: place, count: clash.commonMembers)] : []
        return shared + (clash.isSamePlace ? [Remark("sharedPlace", about: title, besides: place)] : [])
    }

    private func holidays(after first: CivilDate, before last: CivilDate) -> [CivilDate] {
        guard first.dayNumber + 1 < last.dayNumber, last.dayNumber - first.dayNumber < 400 else { return [] }
        return (first.dayNumber + 1..<last.dayNumber).map(CivilDate.init(dayNumber:)).filter { FrenchHoliday.on($0) != nil }
    }

    /// Members whose receipts can't be told apart.
    private func sharedAddresses(_ electronic: [Member]) -> [String] {
        let byAddress = Dictionary(grouping: electronic.filter { $0.entry.email != nil }) { $0.entry.email?.key ?? "" }
        return byAddress.values.filter { $0.count > 1 }
            .map { $0.map { CleanText($0.entry.fullName).line }.sorted().joined(separator: ", ") }.sorted()
    }
}
