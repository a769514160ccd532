/// Where a value is: `up` scopes outwards, then through the places of `path`.
struct Place: Sendable {
    let up: Int
    let path: [Int]
}

enum Node: Sendable {
    case text([UInt8])
    case value(Place)
    case escaped(Place)
    case each(Place, [Node])
    case within(Place, [Node])
    case when(Place, [Node])
    case unless(Place, [Node])
}

/// A template whose names are all resolved and whose partials are in place: rendering can't fail.
struct CompiledTemplate: Sendable {
    let name: String
    let shape: Shape
    let nodes: [Node]
    let trimmed: Bool

    func render(_ context: [String: TemplateValue]) throws(TemplateError) -> [UInt8] {
        var stack = [try shape.bind(context, template: name)]
        var output: [UInt8] = []
        output.reserveCapacity(8_192)
        Self.write(nodes, &stack, to: &output)
        return trimmed ? Self.trim(output) : output
    }

    private static func write(_ nodes: [Node], _ stack: inout [[Bound]], to output: inout [UInt8]) {
        for node in nodes {
            switch node {
            case .text(let bytes): output.append(contentsOf: bytes)
            case .value(let place): withText(place, stack) { output.append(contentsOf: $0.utf8) }
            case .escaped(let place): withText(place, stack) { HTMLText.append($0, to: &output) }
            case .each(let place, let inner):
                guard case .list(let rows) = find(place, stack) else { continue }
                for row in rows { write(inner, under: row, &stack, to: &output) }
            case .within(let place, let inner):
                guard case .object(let object) = find(place, stack) else { continue }
                write(inner, under: object, &stack, to: &output)
            case .when(let place, let inner):
                if holds(find(place, stack)) { write(inner, &stack, to: &output) }
            case .unless(let place, let inner):
                if !holds(find(place, stack)) { write(inner, &stack, to: &output) }
            }
        }
    }

    private static func write(_ nodes: [Node], under frame: [Bound], _ stack: inout [[Bound]], to output: inout [UInt8]) {
        stack.append(frame)
        write(nodes, &stack, to: &output)
        stack.removeLast()
    }

    private static func find(_ place: Place, _ stack: [[Bound]]) -> Bound {
        let frame = stack[stack.count - 1 - place.up]
        if place.path.count == 1 { return frame[place.path[0]] }
        var found = Bound.object(frame)
        for index in place.path {
            if case .object(let inner) = found { found = inner[index] }
        }
        return found
    }

    private static func withText(_ place: Place, _ stack: [[Bound]], _ use: (String) -> Void) {
        switch find(place, stack) {
        case .text(let text), .html(let text): use(text)
        default: break
        }
    }

    private static func holds(_ value: Bound) -> Bool {
        switch value {
        case .flag(let flag): flag
        case .list(let rows): !rows.isEmpty
        default: true
        }
    }

    private static func trim(_ bytes: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let start = bytes.firstIndex(where: { !isBlank($0) }), let end = bytes.lastIndex(where: { !isBlank($0) }) else { return [] }
        return Array(bytes[start...end])
    }
}

/// Text inside HTML: the five characters that could end an element's text or a quoted attribute. Byte by byte: a character
/// followed by a combining mark is one `Character` to Swift and two to a browser, and must be escaped all the same.
enum HTMLText {
    static func append(_ text: String, to output: inout [UInt8]) {
        // Contiguous UTF-8 is what every native string has; the copy serves the others.
        if text.utf8.withContiguousStorageIfAvailable({ append($0, to: &output) }) == nil {
            Array(text.utf8).withUnsafeBufferPointer { append($0, to: &output) }
        }
    }

    /// Copies what needs no escape in runs.
    private static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var start = 0
        for index in bytes.indices {
            guard let escape = escape(bytes[index]) else { continue }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
            output.append(contentsOf: escape.utf8)
            start = index + 1
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
    }

    private static func escape(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
