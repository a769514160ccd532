/// Turns one template's pieces into nodes, checking each name against the scopes around it. Partials are read where they
/// stand, under the including template's names, so that a name is good or bad for each use of a partial.
struct TemplateCompiler {
    /// The text of a file of this language by its name; nil: none (a reading fault is reported by the loader itself).
    let source: (String) -> [UInt8]?
    /// Path prefix in reports: the language.
    let folder: String
    /// Every mistake, once.
    private(set) var mistakes: [TemplateMistake] = []
    private(set) var partials: Set<String> = []
    private var seen: Set<TemplateMistake> = []

    init(folder: String, source: @escaping (String) -> [UInt8]?) {
        self.folder = folder
        self.source = source
    }

    mutating func compile(_ schema: TemplateSchema, _ text: [UInt8]) -> CompiledTemplate {
        let shape = Shape(schema.fields)
        let nodes = compile(text, chain: [schema.name], scopes: [shape])
        return CompiledTemplate(name: schema.name, shape: shape, nodes: nodes, trimmed: schema.name.hasSuffix(".subject"))
    }

    private struct Section {
        enum Form {
            case root
            case each
            case within
            case when
            case unless
            /// Its name was wrong; its inside is still checked, under the same scopes.
            case broken
        }
        let form: Form
        let name: String
        let line: Int
        let place: Place
        var nodes: [Node] = []
        var opensScope: Bool { form == .each || form == .within }
    }

    private mutating func compile(_ text: [UInt8], chain: [String], scopes outer: [Shape]) -> [Node] {
        let file = chain.last ?? ""
        let scanned = TagScanner.scan(text)
        for (line, problem) in scanned.problems { report(file, line, problem) }
        var scopes = outer
        var open = [Section(form: .root, name: "", line: 1, place: Place(up: 0, path: []))]
        for piece in scanned.pieces {
            switch piece {
            case .text(let bytes): open[open.count - 1].nodes.append(.text(bytes))
            case .tag(let tag):
                switch tag.kind {
                case .value, .rawValue: value(tag, file, scopes, into: &open[open.count - 1].nodes)
                case .section, .inverted: begin(tag, file, &scopes, &open)
                case .closing: end(tag, file, &scopes, &open)
                case .partial(let indentation):
                    open[open.count - 1].nodes += partial(tag, indentation, chain, scopes)
                }
            }
        }
        while open.count > 1 { close(&scopes, &open, complaint: file) }
        return open[0].nodes
    }

    // MARK: Values

    private mutating func value(_ tag: Tag, _ file: String, _ scopes: [Shape], into nodes: inout [Node]) {
        guard let (place, field) = resolve(tag, file, scopes) else { return }
        let isHTML = file.hasSuffix(".html")
        switch (field, tag.kind) {
        case (.text, .rawValue) where isHTML:
            wrongUse(tag, file, "is text from outside: three braces or & would put it into the page unescaped; write {{\(tag.name)}}")
        case (.text, _): nodes.append(isHTML ? .escaped(place) : .value(place))
        case (.html, .rawValue) where isHTML: nodes.append(.value(place))
        case (.html, _) where isHTML: wrongUse(tag, file, "is ready markup; write {{{\(tag.name)}}}")
        case (.html, _): wrongUse(tag, file, "is HTML and can't stand in plain text")
        case (.flag, _): wrongUse(tag, file, "is a flag; write {{#\(tag.name)}}…{{/\(tag.name)}}")
        case (.list, _): wrongUse(tag, file, "is a list; write {{#\(tag.name)}}…{{/\(tag.name)}}")
        case (.object, _): wrongUse(tag, file, "is a group; name what is inside: {{\(tag.name).…}}")
        }
    }

    /// The nearest scope that has the name's first part decides, as in Mustache; the rest goes through groups.
    private mutating func resolve(_ tag: Tag, _ file: String, _ scopes: [Shape]) -> (Place, Shape.Field)? {
        let parts = tag.name == "." ? [] : tag.name.split(separator: ".")
        guard let first = parts.first else {
            report(file, tag.line, .wrongUse(".", advice: "can't be used: lists hold groups; name what is inside"))
            return nil
        }
        guard let level = scopes.lastIndex(where: { $0.place(of: first) != nil }), let place = scopes[level].place(of: first) else {
            report(file, tag.line, .unknownName(tag.name, known: Set(scopes.flatMap(\.names)).sorted()))
            return nil
        }
        var path = [place]
        var field = scopes[level].fields[place]
        for part in parts.dropFirst() {
            guard case .object(let inner) = field else {
                wrongUse(tag, file, "goes through something that has no names inside")
                return nil
            }
            guard let place = inner.place(of: part) else {
                report(file, tag.line, .unknownName(tag.name, known: inner.names))
                return nil
            }
            path.append(place)
            field = inner.fields[place]
        }
        return (Place(up: scopes.count - 1 - level, path: path), field)
    }

    // MARK: Sections

    private mutating func begin(_ tag: Tag, _ file: String, _ scopes: inout [Shape], _ open: inout [Section]) {
        var form = Section.Form.broken
        var place = Place(up: 0, path: [])
        if let found = resolve(tag, file, scopes) {
            place = found.0
            switch (found.1, tag.kind) {
            case (.flag, .section): form = .when
            case (.flag, _), (.list, .inverted): form = .unless
            case (.list(let inner), _):
                form = .each
                scopes.append(inner)
            case (.object(let inner), .section):
                form = .within
                scopes.append(inner)
            case (.object, _): wrongUse(tag, file, "is a group that is always there: {{^\(tag.name)}} would never show")
            case (.text, _), (.html, _):
                wrongUse(tag, file, "is text: a section needs a flag, a list or a group")
            }
        }
        open.append(Section(form: form, name: tag.name, line: tag.line, place: place))
    }

    private mutating func end(_ tag: Tag, _ file: String, _ scopes: inout [Shape], _ open: inout [Section]) {
        guard let match = open.lastIndex(where: { $0.form != .root && $0.name == tag.name }) else {
            let last = open.last.flatMap { $0.form == .root ? nil : $0.name }
            return report(file, tag.line, .strayClosing(tag.name, open: last))
        }
        while open.count - 1 > match { close(&scopes, &open, complaint: file) }
        close(&scopes, &open, complaint: nil)
    }

    private mutating func close(_ scopes: inout [Shape], _ open: inout [Section], complaint file: String?) {
        let section = open.removeLast()
        if let file { report(file, section.line, .unclosedSection(section.name)) }
        if section.opensScope { scopes.removeLast() }
        let node: Node? =
            switch section.form {
            case .each: .each(section.place, section.nodes)
            case .within: .within(section.place, section.nodes)
            case .when: .when(section.place, section.nodes)
            case .unless: .unless(section.place, section.nodes)
            case .root, .broken: nil
            }
        if let node { open[open.count - 1].nodes.append(node) }
    }

    // MARK: Partials

    private mutating func partial(_ tag: Tag, _ indentation: [UInt8], _ chain: [String], _ scopes: [Shape]) -> [Node] {
        let file = chain.last ?? ""
        let name = tag.name
        guard TemplateSet.isSafe(name) else {
            report(file, tag.line, .badPartial(name, advice: "must be a path inside the language's folder"))
            return []
        }
        guard !chain.contains(name) else {
            report(file, tag.line, .recursivePartial(chain: chain + [name]))
            return []
        }
        guard name.hasSuffix(".html") == file.hasSuffix(".html") else {
            report(file, tag.line, .badPartial(name, advice: "has another kind of text: HTML includes HTML, plain text plain text"))
            return []
        }
        partials.insert(name)
        guard let text = source(name) else {
            report(file, tag.line, .missingPartial(name))
            return []
        }
        return compile(Self.indent(text, by: indentation), chain: chain + [name], scopes: scopes)
    }

    private static func indent(_ text: [UInt8], by indentation: [UInt8]) -> [UInt8] {
        guard !indentation.isEmpty else { return text }
        var result: [UInt8] = []
        var atLineStart = true
        for byte in text {
            if atLineStart, byte != UInt8(ascii: "\n") { result += indentation }
            result.append(byte)
            atLineStart = byte == UInt8(ascii: "\n")
        }
        return result
    }

    // MARK: Reports

    private mutating func wrongUse(_ tag: Tag, _ file: String, _ advice: String) {
        report(file, tag.line, .wrongUse(tag.name, advice: advice))
    }

    private mutating func report(_ file: String, _ line: Int?, _ problem: TemplateMistake.Problem) {
        let mistake = TemplateMistake(file: "\(folder)/\(file)", line: line, problem: problem)
        if seen.insert(mistake).inserted { mistakes.append(mistake) }
    }
}
