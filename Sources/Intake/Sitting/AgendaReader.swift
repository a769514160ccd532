import Council
import Foundation

/// The agenda from the files' numbers, or from `ordre_du_jour` with the files put under its items.
struct AgendaReader {
    private struct Numbered {
        let source: Int
        let name: String
        let number: FileNumber?
        let title: String
        let ending: String
    }

    private(set) var items: [AgendaItem] = []
    private(set) var files: [SittingPlan.File] = []
    private(set) var mistakes: [Mistake] = []
    private(set) var warnings: [Warning] = []

    private let convened: SittingDraft?

    /// `convened`: what the files may leave out, since it was sent before.
    init(names: [String], description: SittingDescription, convened: SittingDraft? = nil) {
        self.convened = convened
        let all = names.enumerated().map { source, name in
            let (stem, ending) = SafeFileNames.split(name)
            let (number, title) = FileNumber.split(stem)
            return Numbered(source: source, name: name, number: number, title: PlainLine.of(title), ending: ending)
        }.sorted(by: Self.comesFirst)
        findDoubles(all)
        if let agenda = description.agenda { place(all, under: agenda) } else { number(all) }
        let hidden = confidential(all, description.confidential)
        list(all, hidden)
        warn(all)
    }

    /// Note, items with their annexes, then what has no number, by name.
    private static func comesFirst(_ a: Numbered, _ b: Numbered) -> Bool {
        switch (a.number, b.number) {
        case (let x?, let y?) where x != y: x < y
        case (_?, nil): true
        case (nil, _?): false
        default: (Spelling.folded(a.name), a.source) < (Spelling.folded(b.name), b.source)
        }
    }

    private mutating func findDoubles(_ all: [Numbered]) {
        for (a, b) in zip(all, all.dropFirst()) {
            if let number = b.number, a.number == number {
                mistakes.append(Mistake(.sameNumber, name: Shown.text(a.name), other: Shown.text(b.name), value: number.label))
            }
        }
    }

    private mutating func number(_ all: [Numbered]) {
        for file in all {
            guard let number = file.number, !number.isNote, !number.isAnnex else { continue }
            if file.title.isEmpty { mistakes.append(Mistake(.emptyTitle, name: Shown.text(file.name), value: number.label)) }
            if !items.contains(where: { $0.number == number.item }) { items.append(AgendaItem(number: number.item, title: file.title)) }
        }
        for file in all {
            guard let number = file.number, number.isAnnex, !number.isNote, !items.contains(where: { $0.number == number.item }),
                !isKnown(number.item)
            else { continue }
            mistakes.append(Mistake(.annexWithoutItem, name: Shown.text(file.name), value: String(number.item)))
        }
        guard items.isEmpty, mistakes.isEmpty, !all.isEmpty, convened == nil else { return }
        let code: Mistake.Code = all.contains { $0.number != nil } ? .noAgenda : .noNumber
        mistakes.append(Mistake(code, known: all.prefix(20).map { Shown.text($0.name) }))
    }

    private mutating func place(_ all: [Numbered], under agenda: [AgendaItem]) {
        items = agenda
        for file in all {
            guard let number = file.number, !number.isNote, !agenda.contains(where: { $0.number == number.item }), !isKnown(number.item)
            else { continue }
            mistakes.append(Mistake(.numberNotInAgenda, name: Shown.text(file.name), value: String(number.item)))
        }
    }

    /// Sources of the files that `confidentiel` names. An item's number hides its annexes too: of two readings, the one
    /// that shows less.
    private mutating func confidential(_ all: [Numbered], _ written: [SittingDescription.Written]) -> Set<Int> {
        var hidden: Set<Int> = []
        for entry in written {
            let number = FileNumber(ClerkText.trimmed(entry.text))
            let found = all.filter { file in
                if let number, let own = file.number { return own.levels.starts(with: number.levels) }
                let wanted = Spelling.folded(entry.text)
                return Spelling.folded(file.name) == wanted || Spelling.folded(SafeFileNames.split(file.name).stem) == wanted
            }
            if found.isEmpty, !isKnown(entry.text, number) {
                mistakes.append(
                    Mistake(
                        .unknownConfidential, line: entry.line, value: Shown.text(entry.text),
                        known: all.prefix(20).map { Shown.text($0.name) },
                        near: Likeness.nearest(to: entry.text, among: all.map(\.name)).map(Shown.text)))
            }
            hidden.formUnion(found.map(\.source))
        }
        return hidden
    }

    private func isKnown(_ item: Int) -> Bool { convened?.agenda.contains { $0.number == item } ?? false }

    private func isKnown(_ written: String, _ number: FileNumber?) -> Bool {
        let wanted = Spelling.folded(written)
        return convened?.documents.contains { document in
            if let number, let own = FileNumber(document.label) { return own.levels.starts(with: number.levels) }
            return Spelling.folded(document.fileName) == wanted || Spelling.folded(SafeFileNames.split(document.fileName).stem) == wanted
        } ?? false
    }

    private mutating func list(_ all: [Numbered], _ hidden: Set<Int>) {
        var safe = SafeFileNames()
        for file in all {
            let name = safe.name(for: file.name)
            if name != file.name.precomposedStringWithCanonicalMapping {
                warnings.append(Warning(.renamed, name: Shown.text(file.name), value: name))
            }
            let isItem = file.number.map { !$0.isNote } ?? false
            files.append(
                SittingPlan.File(
                    source: file.source, fileName: name, title: title(file), mediaType: MediaType.named(file.ending) ?? MediaType.unknown,
                    role: role(file.number), item: isItem ? file.number?.item : nil, label: file.number?.label ?? "",
                    confidential: hidden.contains(file.source)))
        }
    }

    private func role(_ number: FileNumber?) -> Document.Role {
        guard let number else { return .other }
        if number.isNote { return .note }
        return number.isAnnex ? .annex : .item
    }

    private func title(_ file: Numbered) -> String {
        if !file.title.isEmpty { return file.title }
        let agendaTitle = file.number.flatMap { number in items.first { $0.number == number.item }?.title }
        return agendaTitle ?? PlainLine.of(SafeFileNames.split(file.name).stem)
    }

    private mutating func warn(_ all: [Numbered]) {
        let loose = all.filter { $0.number == nil }.map { Shown.text($0.name) }
        if !loose.isEmpty { warnings.append(Warning(.withoutNumber, name: loose.joined(separator: ", "), count: loose.count)) }
        guard convened == nil else { return }
        let used = Set(files.compactMap { $0.role == .item || $0.role == .annex ? $0.item : nil })
        for item in items where !used.contains(item.number) {
            warnings.append(Warning(.itemWithoutDocument, name: item.title, count: item.number))
        }
        let missing = items.missingNumbers
        if missing.count > 0 {
            warnings.append(Warning(.gap, value: missing.first.map(String.init).joined(separator: ", "), count: missing.count))
        }
    }
}
