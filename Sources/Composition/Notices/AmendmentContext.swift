import Council
import Foundation
import Store
import Templating

/// The values of `mail/preview-amendment.*`: what was added to a sitting after its convocations, whether the law still allows it, and
/// who will learn of it.
struct AmendmentContext {
    let words: SittingWords
    let settings: CompositionSettings
    let amendment: StoredAmendment
    /// Of the sitting.
    let convocations: [ConvocationStatus]
    /// Of them, whom no mail reaches.
    let untold: [ConvocationStatus]
    /// Of the body, as the roll is now.
    let members: [Member]
    let now: Date

    static let warningNames =
        [
            "lateItem", "lateItemUrgent", "lateItemTooLate", "lateDocuments", "latePlace", "lastDay", "confidential", "omitted",
            "newAddress", "left", "joined",
        ] + ReadingTrouble.allCases.map(\.rawValue)

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "awaiting": .flag, "byMail": .text, "severalByMail": .flag, "hasUntold": .flag, "untold": .list(["name": .text]),
            "requiredClearDays": .text, "severalRequired": .flag, "actualClearDays": .text, "severalActual": .flag, "lastLawfulDay": .text,
            "hasWarnings": .flag,
            "warnings": .list(
                Dictionary(uniqueKeysWithValues: warningNames.map { ($0, TemplateField.flag) }).merging(["detail": .text]) { $1 }),
            "isMove": .flag, "subject": .text, "sample": .object(LetterContext.fields(.supplement)), "approveURL": .text,
            "followURL": .text,
        ]
    ) { $1 }

    struct Addresses {
        let approve: String
        let follow: String
        let documents: [String]
    }

    func values(subject: CleanText, _ addresses: Addresses) -> [String: TemplateValue] {
        let draft = words.sitting.draft
        let language = words.language
        let actual = max(clearDays, 0)
        let readers = convocations.filter { status in !untold.contains { $0.id == status.id } }
        let example = (readers.first { $0.member.entry.language == language } ?? readers.first)?.member.entry ?? ConvocationComposer.sample
        let links = MessageLinks(documents: addresses.documents, sitting: addresses.follow, until: settings.linkTerm(of: words.sitting).0)
        let news = AmendmentWords(amendment.content, language: language).values(
            links, convenedAt: words.sitting.approvedAt, words.zone)
        let warnings = warnings()
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "awaiting": .flag(amendment.state == .held),
            "byMail": .text(String(readers.count)), "severalByMail": .flag(words.isPlural(readers.count)),
            "hasUntold": .flag(!untold.isEmpty),
            "untold": .list(untold.map { ["name": .text(CleanText($0.member.entry.fullName).line)] }),
            "requiredClearDays": .text(String(draft.requiredClearDays)), "severalRequired": .flag(words.isPlural(draft.requiredClearDays)),
            "actualClearDays": .text(String(actual)), "severalActual": .flag(words.isPlural(actual)),
            "lastLawfulDay": .text(words.lastLawfulDay.words(in: language)),
            "hasWarnings": .flag(!warnings.isEmpty), "warnings": .list(warnings),
            "isMove": .flag(amendment.content.movesSitting), "subject": .text(subject.line),
            "sample": .object(LetterContext(words, settings: settings).values(for: example, news)),
            "approveURL": .text(addresses.approve), "followURL": .text(addresses.follow),
        ]) { $1 }
    }

    private var clearDays: Int { NoticeRule.clearDays(from: CivilDate(of: now, in: words.zone), to: words.sitting.draft.when.date) }

    /// An item that joins the agenda has to reach the members as early as the convocation itself (CGCT L2121-10 to L2121-12);
    /// documents of items that they know, and a place, have no such rule, and a judge who asks whether members could prepare.
    private func warnings() -> [[String: TemplateValue]] {
        let content = amendment.content
        let draft = words.sitting.draft
        var found: [(String, String)] = []
        let isLate = now >= draft.deadline
        let items = content.addedItems.map { "\($0.number). \(CleanText($0.title).line)" }.joined(separator: ", ")
        if isLate, !items.isEmpty {
            let rule = settings.authority.body(draft.body)?.notice ?? NoticeRule(clearDays: draft.requiredClearDays)
            let urgentDeadline = rule.deadline(for: draft.when.date, urgent: true, in: words.zone)
            if now >= urgentDeadline {
                found.append(("lateItemTooLate", items))
            } else {
                found.append((content.urgencyReason == nil ? "lateItem" : "lateItemUrgent", items))
            }
        }
        if isLate, !content.newDocuments.isEmpty { found.append(("lateDocuments", "")) }
        if isLate, content.movesSitting { found.append(("latePlace", "")) }
        if !isLate, CivilDate(of: now, in: words.zone) == words.lastLawfulDay { found.append(("lastDay", "")) }
        let confidential = content.newDocuments.filter(\.confidential).map { CleanText($0.title).line }
        if !confidential.isEmpty { found.append(("confidential", confidential.joined(separator: ", "))) }
        for document in content.newDocuments {
            if let trouble = document.readingTrouble { found.append((trouble.rawValue, CleanText(document.fileName).line)) }
        }
        let omitted = content.omittedItems.map { "\($0.number). \(CleanText($0.title).line)" }
        if !omitted.isEmpty { found.append(("omitted", omitted.joined(separator: ", "))) }
        return (found + rollChanges()).map { name, detail in
            var row: [String: TemplateValue] = ["detail": .text(detail)]
            for known in Self.warningNames { row[known] = .flag(known == name) }
            return row
        }
    }

    /// What the roll says otherwise than when the members were convened: letters go to the present address, and to nobody else.
    private func rollChanges() -> [(String, String)] {
        func name(_ member: Member) -> String { CleanText(member.entry.fullName).line }
        let convened = Dictionary(convocations.map { ($0.member.id, $0) }) { first, _ in first }
        let present = Dictionary(members.map { ($0.id, $0) }) { first, _ in first }
        let moved = convocations.compactMap { status -> String? in
            guard let old = status.member.entry.email, let member = present[status.member.id], let new = member.entry.email,
                new.key != old.key
            else { return nil }
            return "\(name(member)) (\(old) → \(new))"
        }
        let left = convocations.filter { present[$0.member.id] == nil && $0.state != .cancelled }.map { name($0.member) }
        let joined = members.filter { convened[$0.id] == nil }.map(name)
        return [("newAddress", moved), ("left", left), ("joined", joined)].filter { !$1.isEmpty }
            .map { ($0, $1.joined(separator: ", ")) }
    }
}
