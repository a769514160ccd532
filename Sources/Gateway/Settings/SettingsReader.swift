import Council
import Foundation
import Yams

/// Walks a YAML mapping and collects every mistake instead of stopping at the first one. Each key that is read is
/// struck off; what is left at the end is unknown, and a mistake too.
final class SettingsReader {
    let path: String
    private let mapping: Node.Mapping
    private let mark: Int?
    private let sink: MistakeSink
    private var known: [String] = []
    private var children: [SettingsReader] = []

    init(_ node: Node?, path: String, line: Int?, sink: MistakeSink) {
        self.path = path
        self.mark = node?.mark?.line ?? line
        self.sink = sink
        if let node, let mapping = node.mapping {
            let (single, doubled) = DoubledKeys.merged(mapping)
            self.mapping = single
            for (key, lines) in doubled {
                let places = lines.map(String.init).joined(separator: ", ")
                sink.add(
                    lines.last, path.isEmpty ? key : "\(path).\(key)",
                    Bilingual("clé écrite \(lines.count) fois (lignes \(places))", "key written \(lines.count) times (lines \(places))"),
                    Bilingual("une seule fois chaque clé", "each key once"))
            }
        } else {
            if let node, !Self.isNull(node) {
                sink.add(
                    node.mark?.line, path, Bilingual("doit être une suite de clés", "must be a set of keys"),
                    Bilingual("des lignes « clé: valeur » en retrait", "indented “key: value” lines"))
            }
            self.mapping = Node.Mapping([])
        }
    }

    var keys: [String] { mapping.keys.compactMap(\.string) }

    func section(_ key: String, required: Bool = true) -> SettingsReader {
        let node = take(key)
        if node == nil && required { missing(key, Bilingual("une section « \(key): »", "a “\(key):” section")) }
        let child = SettingsReader(node, path: full(key), line: mark, sink: sink)
        children.append(child)
        return child
    }

    func isPresent(_ key: String) -> Bool { mapping[Node(key)].map { !Self.isNull($0) } ?? false }

    /// A scalar's text, nil when it is absent; an absent required one is a mistake.
    func text(_ key: String, required: Bool = true, example: String) -> String? {
        guard let node = take(key), !Self.isNull(node) else {
            if required { missing(key, Bilingual("\(key): \(example)", "\(key): \(example)")) }
            return nil
        }
        guard let text = node.scalar?.string, !text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
            wrong(key, Bilingual("doit être un texte", "must be a text"), "\(key): \(example)")
            return nil
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let invisible = trimmed.unicodeScalars.first(where: Self.isInvisible) {
            let code = "U+" + String(invisible.value, radix: 16, uppercase: true)
            wrong(
                key,
                Bilingual(
                    "« \(trimmed.printable) » contient un caractère invisible (\(code))",
                    "“\(trimmed.printable)” has an invisible character (\(code))"),
                Bilingual("le même texte, tapé de nouveau sur une ligne", "the same text, typed again on one line"))
            return nil
        }
        return trimmed
    }

    /// Line breaks and other controls, and those that turn the direction of what follows: they would go into mails and pages.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default:
            [0x200E, 0x200F, 0x061C].contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
                || (0x2066...0x2069).contains(scalar.value)
        }
    }

    /// A scalar turned into a checked value by `parse`, which answers nil for what can't be.
    func value<T>(_ key: String, default fallback: T? = nil, example: String, problem: Bilingual, _ parse: (String) -> T?) -> T? {
        guard let text = text(key, required: fallback == nil, example: example) else { return fallback }
        guard let value = parse(text) else {
            wrong(key, Bilingual("« \(text) » \(problem.french)", "“\(text)” \(problem.english)"), "\(key): \(example)")
            return nil
        }
        return value
    }

    func integer(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>, example: String) -> Int? {
        value(
            key, default: fallback, example: example,
            problem: Bilingual(
                "n'est pas un nombre entier de \(range.lowerBound) à \(range.upperBound)",
                "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// `10s`, `5m`, `2h`.
    func duration(_ key: String, default fallback: Duration, in range: ClosedRange<Duration>, example: String) -> Duration? {
        value(
            key, default: fallback, example: example,
            problem: Bilingual(
                "n'est pas une durée entre \(Self.words(range.lowerBound)) et \(Self.words(range.upperBound))",
                "is not a duration from \(Self.words(range.lowerBound)) to \(Self.words(range.upperBound))")
        ) { text in
            let units: [(String, Int)] = [("min", 60), ("s", 1), ("m", 60), ("h", 3600)]
            for (suffix, seconds) in units where text.hasSuffix(suffix) {
                let digits = text.dropLast(suffix.count).trimmingCharacters(in: .whitespaces)
                guard let count = Int(digits), count >= 0, count <= 1_000_000 else { return nil }
                let duration = Duration.seconds(count * seconds)
                return range.contains(duration) ? duration : nil
            }
            return nil
        }
    }

    func list(_ key: String) -> [(text: String, line: Int?)] {
        guard let node = take(key), !Self.isNull(node) else { return [] }
        guard let sequence = node.sequence else {
            wrong(key, Bilingual("doit être une liste", "must be a list"), "\(key): [ … ]")
            return []
        }
        return sequence.compactMap { item in
            guard let text = item.scalar?.string else {
                wrong(key, Bilingual("chaque élément doit être un texte", "each item must be a text"), "- …", line: item.mark?.line)
                return nil
            }
            return (text, item.mark?.line)
        }
    }

    func sections(_ key: String) -> [SettingsReader] {
        guard let node = take(key), !Self.isNull(node) else { return [] }
        guard let sequence = node.sequence else {
            wrong(key, Bilingual("doit être une liste", "must be a list"), "\(key):\n      - name: …")
            return []
        }
        let items = sequence.enumerated().map { index, item in
            SettingsReader(item, path: full(key) + "[\(index + 1)]", line: item.mark?.line, sink: sink)
        }
        children += items
        return items
    }

    func node(_ key: String) -> Node? { take(key) }

    func wrong(_ key: String, _ problem: Bilingual, _ remedy: String, line: Int? = nil) {
        wrong(key, problem, Bilingual(remedy, remedy), line: line)
    }

    func wrong(_ key: String, _ problem: Bilingual, _ remedy: Bilingual, line: Int? = nil) {
        sink.add(line ?? mapping[Node(key)]?.mark?.line ?? mark, full(key), problem, remedy)
    }

    private func missing(_ key: String, _ remedy: Bilingual) {
        sink.add(
            mark, full(key), Bilingual("manque", "is missing"),
            path.isEmpty ? remedy : Bilingual("\(remedy.french)  (sous « \(path): »)", "\(remedy.english)  (under “\(path):”)"))
    }

    /// To call once everything has been read.
    func finish() {
        for (key, _) in mapping {
            let name = key.string ?? "?"
            guard !known.contains(name) else { continue }
            // A password is never written here, however near the spelling.
            let near = known.filter { !["password", "passphrase"].contains($0) }.map { ($0, Self.distance($0, name)) }.filter { $0.1 <= 2 }
                .min { $0.1 < $1.1 }?.0
            let expected = known.joined(separator: ", ")
            sink.add(
                key.mark?.line, full(name), Bilingual("clé inconnue", "unknown key"),
                near.map { Bilingual("\($0):", "\($0):") }
                    ?? Bilingual("l'une de ces clés : \(expected)", "one of these keys: \(expected)"))
        }
        children.forEach { $0.finish() }
    }

    private func take(_ key: String) -> Node? {
        if !known.contains(key) { known.append(key) }
        return mapping[Node(key)]
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private static func isNull(_ node: Node) -> Bool { node.null != nil && node.scalar?.style == .plain }

    private static func words(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds % 3600 == 0 && seconds > 0
            ? "\(seconds / 3600)h" : seconds % 60 == 0 && seconds > 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }

    /// Edits between two words (Levenshtein).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.lowercased()), b = Array(b.lowercased())
        var row = Array(0...b.count)
        for i in a.indices {
            var previous = row[0]
            row[0] = i + 1
            for j in b.indices {
                let substituted = previous + (a[i] == b[j] ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}

/// Where the readers of one file put what they find.
final class MistakeSink {
    private(set) var mistakes: [SettingsMistake] = []

    func add(_ line: Int?, _ key: String, _ problem: Bilingual, _ remedy: Bilingual) {
        // Both may quote what the file holds.
        let quoting = Bilingual(problem.french.printable, problem.english.printable)
        mistakes.append(SettingsMistake(line: line, key: key.printable, problem: quoting, remedy: remedy))
    }
}
