import Foundation

/// The tags and text of an HTML page, loosely: enough to find what a person sees and can press. Never fails.
enum HTMLToken: Hashable, Sendable {
    case open(name: String, attributes: [String: String], selfClosing: Bool)
    case close(name: String)
    /// Entities undone.
    case text(String)

    static func tokens(of html: String) -> [HTMLToken] {
        var tokens: [HTMLToken] = []
        var rest = html[...]
        while !rest.isEmpty {
            guard let bracket = rest.firstIndex(of: "<") else {
                tokens.append(.text(unescaped(rest)))
                break
            }
            if bracket > rest.startIndex { tokens.append(.text(unescaped(rest[..<bracket]))) }
            rest = rest[bracket...]
            if rest.hasPrefix("<!--") {
                rest = skip(rest, past: "-->")
            } else if rest.hasPrefix("<!") || rest.hasPrefix("<?") {
                rest = skip(rest, past: ">")
            } else if let (token, after) = tag(rest) {
                rest = after
                tokens.append(token)
                // Their content is not markup.
                if case .open(let name, _, _) = token, name == "script" || name == "style" {
                    rest = skip(rest, upTo: "</\(name)")
                }
            } else {
                tokens.append(.text("<"))
                rest = rest.dropFirst()
            }
        }
        return tokens
    }

    /// Character references that mail templates use: the five of XML, `&nbsp;`, and numeric ones.
    static func unescaped(_ text: some StringProtocol) -> String {
        var result = ""
        var rest = Substring(text)
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            rest = rest[ampersand...]
            let body = rest.dropFirst().prefix(12)
            if let end = body.firstIndex(of: ";"), let character = reference(body[..<end]) {
                result.unicodeScalars.append(character)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func reference(_ name: Substring) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return "\u{A0}"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let code = digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return code.flatMap(Unicode.Scalar.init)
        }
    }

    private static func skip(_ text: Substring, past end: String) -> Substring {
        text.range(of: end).map { text[$0.upperBound...] } ?? text[text.endIndex...]
    }

    private static func skip(_ text: Substring, upTo end: String) -> Substring {
        text.range(of: end, options: .caseInsensitive).map { text[$0.lowerBound...] } ?? text[text.endIndex...]
    }

    private static func tag(_ text: Substring) -> (HTMLToken, Substring)? {
        var rest = text.dropFirst()
        let closing = rest.first == "/"
        if closing { rest = rest.dropFirst() }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == ":" }
        guard name.first?.isLetter == true else { return nil }
        rest = rest[name.endIndex...]
        var attributes: [String: String] = [:]
        var selfClosing = false
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard let next = rest.first else { return nil }
            if next == ">" {
                rest = rest.dropFirst()
                break
            }
            if next == "/" {
                selfClosing = rest.dropFirst().first == ">"
                rest = rest.dropFirst()
                continue
            }
            let (key, value, after) = attribute(rest)
            guard after.startIndex > rest.startIndex else { return nil }
            if !key.isEmpty, attributes[key] == nil { attributes[key] = value }
            rest = after
        }
        let lowered = name.lowercased()
        return (closing ? .close(name: lowered) : .open(name: lowered, attributes: attributes, selfClosing: selfClosing), rest)
    }

    private static func attribute(_ text: Substring) -> (String, String, Substring) {
        let key = text.prefix { !$0.isWhitespace && $0 != "=" && $0 != ">" && $0 != "/" }
        var rest = text[key.endIndex...]
        if key.isEmpty { return ("", "", rest.dropFirst()) }
        let equals = rest.drop { $0.isWhitespace }
        guard equals.first == "=" else { return (key.lowercased(), "", rest) }
        rest = equals.dropFirst().drop { $0.isWhitespace }
        let value: Substring
        if let quote = rest.first, quote == "\"" || quote == "'" {
            value = rest.dropFirst().prefix { $0 != quote }
            rest = rest[value.endIndex...].dropFirst()
        } else {
            value = rest.prefix { !$0.isWhitespace && $0 != ">" }
            rest = rest[value.endIndex...]
        }
        return (key.lowercased(), unescaped(value), rest)
    }
}

/// A link as it stands in a page.
package struct PageLink: Hashable, Sendable {
    package let url: String
    package let words: String
    /// No person sees it (hidden by attribute or inline style, here or on an element around it).
    package let isHidden: Bool
}

/// A form with what it would send untouched.
struct PageForm: Hashable, Sendable {
    let action: String
    /// Upper case.
    let method: String
    let fields: [Field]

    struct Field: Hashable, Sendable {
        let name: String
        let value: String
    }
}

/// What can be pressed on a page.
struct PressablePage: Sendable {
    private(set) var links: [PageLink] = []
    private(set) var forms: [PageForm] = []

    private static let voids: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]

    init(html: String) {
        var around: [(name: String, hidden: Bool)] = []
        var anchor: (url: String, words: String, hidden: Bool)?
        var form: (action: String, method: String, fields: [PageForm.Field])?
        for token in HTMLToken.tokens(of: html) {
            switch token {
            case .text(let text): anchor?.words += text
            case .open(let name, let attributes, _):
                let hidden = (around.last?.hidden ?? false) || Self.hides(attributes)
                switch name {
                case "a":
                    if let url = attributes["href"] { anchor = (url, "", hidden) }
                case "form": form = (attributes["action"] ?? "", (attributes["method"] ?? "get").uppercased(), [])
                case "input", "button":
                    // A submit button sends its name only when it has one; boxes that are not ticked send nothing.
                    let unticked = ["checkbox", "radio"].contains(attributes["type"]?.lowercased()) && attributes["checked"] == nil
                    if let key = attributes["name"], !unticked {
                        form?.fields.append(PageForm.Field(name: key, value: attributes["value"] ?? ""))
                    }
                default: break
                }
                if !Self.voids.contains(name) { around.append((name, hidden)) }
            case .close(let name):
                if name == "a", let link = anchor {
                    let words = link.words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    links.append(PageLink(url: link.url, words: words, isHidden: link.hidden))
                    anchor = nil
                }
                if name == "form", let done = form {
                    forms.append(PageForm(action: done.action, method: done.method, fields: done.fields))
                    form = nil
                }
                if let match = around.lastIndex(where: { $0.name == name }) { around.removeSubrange(match...) }
            }
        }
    }

    private static func hides(_ attributes: [String: String]) -> Bool {
        if attributes["hidden"] != nil { return true }
        let style = (attributes["style"] ?? "").lowercased().filter { !$0.isWhitespace }
        return ["display:none", "visibility:hidden", "font-size:0", "opacity:0;", "max-height:0", "mso-hide:all"].contains {
            style.contains($0)
        }
    }
}
