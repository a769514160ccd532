import Yams

/// Keys that a YAML mapping has twice. The parser stops at them; here the file is read all the same, so that what else is
/// wrong in it is told too.
enum DoubledKeys {
    /// Stands before a key that comes again further down: a private-use character, which no key of ours has.
    private static let mark: Character = "\u{F8FE}"
    /// More doubled keys than this are no configuration.
    private static let most = 100

    static func compose(_ yaml: String) throws -> Node? {
        var text = yaml
        for number in 0..<most {
            do {
                return try Yams.compose(yaml: text)
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                // The context is the first occurrence of the first such key: it steps aside for the last one.
                guard let renamed = setAside(context.mark, number, in: text) else { throw YamlError.composerFault(context.mark, yaml) }
                text = renamed
            }
        }
        return try Yams.compose(yaml: text)
    }

    private static func setAside(_ place: Mark, _ number: Int, in text: String) -> String? {
        let scalars = text.unicodeScalars
        var line = 1
        var index = scalars.startIndex
        while line < place.line {
            guard let end = scalars[index...].firstIndex(where: { $0 == "\n" }) else { return nil }
            index = scalars.index(after: end)
            line += 1
        }
        guard var position = scalars.index(index, offsetBy: place.column - 1, limitedBy: scalars.endIndex), position < scalars.endIndex
        else { return nil }
        if scalars[position] == "\"" || scalars[position] == "'" { position = scalars.index(after: position) }
        var renamed = String(scalars[..<position])
        renamed += "\(mark)\(number)\(mark)"
        renamed += String(scalars[position...])
        return renamed
    }

    /// The mapping with each key once (groups of a doubled key joined, the last one first), and the doubled keys with their lines.
    static func merged(_ mapping: Node.Mapping) -> (Node.Mapping, [(key: String, lines: [Int])]) {
        var entries: [(Node, Node)] = []
        var aside: [(key: String, line: Int, value: Node)] = []
        for (key, value) in mapping {
            if let text = key.string, text.first == mark, let end = text.dropFirst().firstIndex(of: mark) {
                aside.append((String(text[text.index(after: end)...]), key.mark?.line ?? 0, value))
            } else {
                entries.append((key, value))
            }
        }
        guard !aside.isEmpty else { return (mapping, []) }
        var doubled: [(key: String, lines: [Int])] = []
        for index in entries.indices {
            let same = aside.filter { $0.key == entries[index].0.string }
            guard let first = same.first else { continue }
            doubled.append((first.key, same.map(\.line) + [entries[index].0.mark?.line].compactMap { $0 }))
            for other in same { entries[index].1 = joined(entries[index].1, other.value) }
        }
        return (Node.Mapping(entries, mapping.tag, mapping.style, mapping.mark), doubled)
    }

    private static func joined(_ last: Node, _ earlier: Node) -> Node {
        guard var mapping = last.mapping, let other = earlier.mapping else { return last }
        for (key, value) in other where mapping[key] == nil { mapping[key] = value }
        return .mapping(mapping)
    }
}

extension YamlError {
    fileprivate static func composerFault(_ mark: Mark, _ yaml: String) -> YamlError {
        .composer(context: nil, problem: "a key is written twice", mark, yaml: yaml)
    }
}
