import Council
import Foundation
import Yams

/// Reads the nodes of `seance.yml`, collecting every mistake with its line.
struct DescriptionReader {
    private(set) var description = SittingDescription()
    private(set) var mistakes: [Mistake] = []

    /// Nil, or a null: an empty file says nothing, which is no mistake.
    mutating func read(_ root: Node?) {
        guard let root, !Self.isNull(root) else { return }
        guard let mapping = root.mapping else {
            mistakes.append(Mistake(.descriptionShape, line: root.mark?.line))
            return
        }
        var seen: Set<DescriptionKey> = []
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line
            let name = Shown.text(keyNode.scalar?.string ?? "?")
            guard let key = DescriptionKey.named(name) else {
                let known = DescriptionKey.allCases.map(\.rawValue)
                mistakes.append(Mistake(.unknownKey, line: line, name: name, known: known, near: DescriptionKey.near(name)))
                continue
            }
            // `lieu` and `Lieu` are two keys to YAML and one to us.
            guard seen.insert(key).inserted else {
                mistakes.append(Mistake(.repeatedKey, line: line, name: name))
                continue
            }
            if !Self.isNull(value) { read(key, value) }
        }
    }

    private mutating func read(_ key: DescriptionKey, _ node: Node) {
        switch key {
        case .titre: description.title = text(key, node)
        case .lieu: description.place = text(key, node)
        case .date: description.date = date(key, node)
        case .heure: description.hour = hour(key, node)
        case .instance:
            description.body = text(key, node).map { SittingDescription.Written(text: $0, line: node.mark?.line ?? 0) }
        case .visio: description.videoLink = videoLink(key, node)
        case .urgence: description.urgencyReason = urgency(key, node)
        case .agenda: description.agenda = agenda(key, node)
        case .remplace:
            description.replaces = text(key, node).map { SittingDescription.Written(text: $0, line: node.mark?.line ?? 0) }
        case .confidentiel: description.confidential = list(key, node)
        }
    }

    private mutating func text(_ key: DescriptionKey, _ node: Node) -> String? {
        guard let text = node.scalar?.string, !PlainLine.of(text).isEmpty else {
            mistakes.append(Mistake(.textExpected, line: node.mark?.line, name: key.rawValue))
            return nil
        }
        return PlainLine.of(text)
    }

    private mutating func date(_ key: DescriptionKey, _ node: Node) -> CivilDate? {
        guard let text = text(key, node) else { return nil }
        let name = FolderName(parsing: text)
        guard case .day(let date) = name.day, name.hour == nil, name.body.isEmpty, name.contradiction == nil else {
            mistakes.append(Mistake(.badDate, line: node.mark?.line, value: Shown.text(text)))
            return nil
        }
        return date
    }

    private mutating func hour(_ key: DescriptionKey, _ node: Node) -> FolderName.Hour? {
        guard let text = text(key, node) else { return nil }
        let words = NameWords(text)
        guard let (hour, end) = words.hour(at: words.skipping(["a", "at"], from: 0)), end == words.list.count else {
            mistakes.append(Mistake(.badHour, line: node.mark?.line, value: Shown.text(text)))
            return nil
        }
        return hour
    }

    private mutating func videoLink(_ key: DescriptionKey, _ node: Node) -> String? {
        guard let text = text(key, node) else { return nil }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\"\\^`{|}".utf8.contains($0) }
        guard isClean, let url = URLComponents(string: text), url.scheme?.lowercased() == "https", url.host?.isEmpty == false,
            url.user == nil
        else {
            mistakes.append(Mistake(.badVideoLink, line: node.mark?.line, value: Shown.text(text)))
            return nil
        }
        return text
    }

    /// The law wants a written reason: yes or no isn't one.
    private mutating func urgency(_ key: DescriptionKey, _ node: Node) -> String? {
        guard let text = text(key, node) else { return nil }
        let folded = Spelling.folded(text)
        if ["non", "no", "false", "faux"].contains(folded) { return nil }
        guard folded.count(where: \.isLetter) >= 10 else {
            mistakes.append(Mistake(.urgencyWithoutReason, line: node.mark?.line, value: Shown.text(text)))
            return nil
        }
        return text
    }

    private mutating func list(_ key: DescriptionKey, _ node: Node) -> [SittingDescription.Written] {
        if let text = node.scalar?.string { return [SittingDescription.Written(text: text, line: node.mark?.line ?? 0)] }
        guard let sequence = node.sequence else {
            mistakes.append(Mistake(.listExpected, line: node.mark?.line, name: key.rawValue))
            return []
        }
        return sequence.compactMap { item in
            guard let text = item.scalar?.string, !Self.isNull(item) else {
                mistakes.append(Mistake(.textExpected, line: item.mark?.line, name: key.rawValue))
                return nil
            }
            return SittingDescription.Written(text: text, line: item.mark?.line ?? 0)
        }
    }

    /// A list of titles (numbered from 1), a list of `number: title`, or a mapping of numbers to titles.
    private mutating func agenda(_ key: DescriptionKey, _ node: Node) -> [AgendaItem]? {
        var items: [AgendaItem] = []
        if let mapping = node.mapping {
            for (number, title) in mapping { add(number, title, to: &items) }
        } else if let sequence = node.sequence {
            for (index, item) in sequence.enumerated() {
                if let mapping = item.mapping {
                    for (number, title) in mapping { add(number, title, to: &items) }
                } else if let title = text(key, item) {
                    add(index + 1, title, line: item.mark?.line, to: &items)
                }
            }
        } else {
            mistakes.append(Mistake(.listExpected, line: node.mark?.line, name: key.rawValue))
        }
        return items.isEmpty ? nil : items.sorted { $0.number < $1.number }
    }

    private mutating func add(_ number: Node, _ title: Node, to items: inout [AgendaItem]) {
        let written = number.scalar?.string ?? ""
        guard let value = Int(written), (1...999).contains(value), written.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            mistakes.append(Mistake(.badAgendaNumber, line: number.mark?.line, value: Shown.text(written)))
            return
        }
        if let title = text(.agenda, title) { add(value, title, line: number.mark?.line, to: &items) }
    }

    private mutating func add(_ number: Int, _ title: String, line: Int?, to items: inout [AgendaItem]) {
        guard !items.contains(where: { $0.number == number }) else {
            mistakes.append(Mistake(.sameAgendaNumber, line: line, value: String(number)))
            return
        }
        items.append(AgendaItem(number: number, title: title))
    }

    private static func isNull(_ node: Node) -> Bool { node.null != nil && node.scalar?.style == .plain }
}
