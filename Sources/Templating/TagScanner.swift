/// One tag of a Mustache template, as written.
struct Tag {
    enum Kind: Equatable {
        case value
        case rawValue
        case section
        case inverted
        case closing
        /// `indentation`: what stood before it when it is alone on its line; every line of the partial gets it.
        case partial(indentation: [UInt8])
    }

    let kind: Kind
    let name: String
    let line: Int
}

enum Piece {
    case text([UInt8])
    case tag(Tag)
}

/// Reads Mustache source (the language of mustache(5), without delimiter changes, inheritance, functions and lambdas)
/// into pieces. A section, closing, comment or partial alone on its line takes the whole line with it.
/// Faults are collected; reading goes on behind each, so that an author sees all of them at once.
struct TagScanner {
    private let source: [UInt8]
    private var position = 0
    private var line = 1
    private var pieces: [Piece] = []
    private var problems: [(line: Int, problem: TemplateMistake.Problem)] = []

    private init(_ source: [UInt8]) { self.source = source }

    static func scan(_ source: [UInt8]) -> (pieces: [Piece], problems: [(line: Int, problem: TemplateMistake.Problem)]) {
        var scanner = TagScanner(source)
        scanner.run()
        return (scanner.pieces, scanner.problems)
    }

    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")
    private static let newline = UInt8(ascii: "\n")

    private mutating func run() {
        var textStart = 0
        while let start = find(Self.open, Self.open, from: position) {
            let triple = start + 2 < source.count && source[start + 2] == Self.open
            let inside = start + (triple ? 3 : 2)
            guard let end = find(Self.close, Self.close, from: inside) else {
                advance(to: start)
                problems.append((line, .unclosedTag))
                break
            }
            advance(to: start)
            let tagLine = line
            let after = triple ? end + 3 : end + 2
            guard !triple || (end + 2 < source.count && source[end + 2] == Self.close) else {
                problems.append((tagLine, .unclosedTag))
                advance(to: end + 2)
                emit(textStart..<start)
                textStart = position
                continue
            }
            let content = Array(source[inside..<end])
            let whole = Self.canStandAlone(content, triple: triple) ? lineAround(start, after) : nil
            emit(textStart..<(whole?.lowerBound ?? start))
            let indentation = whole.map { Array(source[$0.lowerBound..<start]) } ?? []
            read(content, triple: triple, line: tagLine, indentation: indentation)
            textStart = whole?.upperBound ?? after
            advance(to: textStart)
        }
        emit(textStart..<source.count)
    }

    private mutating func emit(_ range: Range<Int>) {
        if !range.isEmpty { pieces.append(.text(Array(source[range]))) }
    }

    private mutating func advance(to target: Int) {
        while position < target {
            if source[position] == Self.newline { line += 1 }
            position += 1
        }
    }

    private func find(_ first: UInt8, _ second: UInt8, from start: Int) -> Int? {
        var index = start
        while index + 1 < source.count {
            if source[index] == first, source[index + 1] == second { return index }
            index += 1
        }
        return nil
    }

    /// The line from its first byte to behind its newline, when nothing but blanks stands beside the tag.
    private func lineAround(_ start: Int, _ end: Int) -> Range<Int>? {
        var low = start
        while low > 0, Self.isBlank(source[low - 1]) { low -= 1 }
        guard low == 0 || source[low - 1] == Self.newline else { return nil }
        var high = end
        while high < source.count, Self.isBlank(source[high]) { high += 1 }
        if high == source.count { return low..<high }
        return source[high] == Self.newline ? low..<(high + 1) : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func canStandAlone(_ content: [UInt8], triple: Bool) -> Bool {
        guard !triple, let first = content.first else { return false }
        return "#^/!>".utf8.contains(first)
    }

    private mutating func read(_ content: [UInt8], triple: Bool, line: Int, indentation: [UInt8]) {
        let text = String(decoding: content, as: UTF8.self)
        let sigil = triple ? nil : text.first
        let rest = Self.trimmed(text.dropFirst())
        switch sigil {
        case "!": return
        case "#": add(.section, rest, line)
        case "^": add(.inverted, rest, line)
        case "/": add(.closing, rest, line)
        case "&": add(.rawValue, rest, line)
        case ">":
            if rest.hasPrefix("*") {
                problems.append((line, .unsupportedTag("a partial named by a value ({{>*…}})")))
            } else {
                add(.partial(indentation: indentation), rest, line)
            }
        case "=": problems.append((line, .unsupportedTag("a change of delimiters ({{=…=}})")))
        case "%": problems.append((line, .unsupportedTag("a pragma ({{%…}}); the file's extension decides the escaping")))
        case "<", "$": problems.append((line, .unsupportedTag("inheritance ({{<…}}, {{$…}}); use a partial ({{>…}})")))
        default: add(triple ? .rawValue : .value, Self.trimmed(text[...]), line)
        }
    }

    private mutating func add(_ kind: Tag.Kind, _ name: String, _ line: Int) {
        guard !name.isEmpty else { return problems.append((line, .emptyTag)) }
        if case .partial = kind {
            pieces.append(.tag(Tag(kind: kind, name: name, line: line)))
        } else if name.contains("(") {
            problems.append((line, .unsupportedTag("a function ({{\(name)}})")))
        } else if name == "." || Self.isName(name) {
            pieces.append(.tag(Tag(kind: kind, name: name, line: line)))
        } else {
            problems.append((line, .badName(name)))
        }
    }

    private static func isName(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank = { (character: Character) in character.isWhitespace }
        guard let start = text.firstIndex(where: { !blank($0) }), let end = text.lastIndex(where: { !blank($0) }) else { return "" }
        return String(text[start...end])
    }
}
