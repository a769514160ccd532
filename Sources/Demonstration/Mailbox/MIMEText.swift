import Foundation

/// Bytes to text, by the charset that a message names.
enum Charset {
    static func decode(_ bytes: [UInt8], _ charset: String?) -> String {
        switch charset?.lowercased() {
        case "iso-8859-1", "latin1", "windows-1252", "cp1252":
            String(bytes: bytes, encoding: .windowsCP1252) ?? String(bytes: bytes, encoding: .isoLatin1) ?? ""
        case "iso-8859-15":
            String(String.UnicodeScalarView(bytes.map { $0 == 0xA4 ? "€" : Unicode.Scalar($0) }))
        default:
            String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// RFC 2045 §6.
enum TransferEncoding {
    /// Characters outside the alphabet are skipped, as the RFC asks; an incomplete end is dropped.
    static func base64(_ text: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): return bytes
            default: continue
            }
            group = (group << 6 | UInt32(value)) & 0xFF_FFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bytes
    }

    /// A `=` that begins no escape is kept as it is.
    static func quotedPrintable(_ text: some Sequence<UInt8>) -> [UInt8] {
        let text = Array(text)
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "=") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            if let end = softBreak(text, after: index) {
                index = end
            } else if index + 2 < text.count, let high = digit(text[index + 1]), let low = digit(text[index + 2]) {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
        return bytes
    }

    /// `=` with optional blanks at the end of a line: where the next line begins.
    private static func softBreak(_ text: [UInt8], after index: Int) -> Int? {
        var next = index + 1
        while next < text.count, text[next] == 0x20 || text[next] == 0x09 || text[next] == 0x0D { next += 1 }
        guard next < text.count else { return next }
        return text[next] == 0x0A ? next + 1 : nil
    }

    static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x37
        case 0x61...0x66: character - 0x57
        default: nil
        }
    }
}

/// `=?utf-8?Q?…?=` in headers, RFC 2047. White space between two encoded words falls away; words of one charset that
/// stand side by side are joined before decoding, since some senders cut a character in two.
enum EncodedWords {
    static func decode(_ text: String) -> String {
        var result = ""
        var pending: (charset: String, bytes: [UInt8])?
        var blank = ""
        func flush() {
            if let word = pending { result += Charset.decode(word.bytes, word.charset) }
            pending = nil
        }
        for token in tokens(text) {
            if let word = parse(token) {
                if let current = pending, current.charset == word.charset {
                    pending = (word.charset, current.bytes + word.bytes)
                } else {
                    if pending == nil { result += blank }
                    flush()
                    pending = word
                }
                blank = ""
            } else if token.allSatisfy(\.isWhitespace) {
                blank += token
            } else {
                flush()
                result += blank + token
                blank = ""
            }
        }
        flush()
        return result + blank
    }

    /// Runs of white space, encoded words, and runs of anything else.
    private static func tokens(_ text: String) -> [Substring] {
        var tokens: [Substring] = []
        var rest = text[...]
        while let first = rest.first {
            let token: Substring
            if first.isWhitespace {
                token = rest.prefix(while: \.isWhitespace)
            } else if rest.hasPrefix("=?"), let word = rest.prefixMatch(of: #/=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=/#)?.output {
                token = word
            } else {
                // An encoded word may also begin after an opening quote or bracket.
                let body = rest.dropFirst()
                let end = body.indices.first { body[$0].isWhitespace || body[$0...].hasPrefix("=?") } ?? rest.endIndex
                token = rest[..<end]
            }
            tokens.append(token)
            rest = rest[token.endIndex...]
        }
        return tokens
    }

    private static func parse(_ token: Substring) -> (charset: String, bytes: [UInt8])? {
        guard token.hasPrefix("=?"), token.hasSuffix("?=") else { return nil }
        let fields = token.dropFirst(2).dropLast(2).split(separator: "?", omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        // RFC 2231 §5: a language may follow the charset.
        let charset = fields[0].prefix { $0 != "*" }.lowercased()
        switch fields[1].lowercased() {
        case "b": return (charset, TransferEncoding.base64(fields[2].utf8))
        case "q": return (charset, TransferEncoding.quotedPrintable(fields[2].utf8.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }))
        default: return nil
        }
    }
}

/// `text/plain; charset=utf-8; name*0*=utf-8''…`: the value in lower case, the parameters by lower-case name, with
/// continuations joined and percent-encoding undone (RFC 2231).
struct HeaderParameters {
    let value: String
    let parameters: [String: String]

    init(parsing text: String) {
        var fields = Self.fields(text)
        value = fields.isEmpty ? "" : fields.removeFirst().trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        var plain: [String: String] = [:]
        var pieces: [String: [(order: Int, text: String, encoded: Bool)]] = [:]
        for field in fields {
            guard let equals = field.firstIndex(of: "=") else { continue }
            let name = field[..<equals].trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
            let text = Self.unquoted(field[field.index(after: equals)...].trimmingCharacters(in: .whitespacesAndNewlines))
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            if parts.count == 1 {
                plain[name] = text
            } else {
                let order = parts.dropFirst().lazy.compactMap { Int($0) }.first ?? 0
                pieces[String(parts[0]), default: []].append((order, text, name.hasSuffix("*")))
            }
        }
        for (name, list) in pieces { plain[name] = Self.joined(list.sorted { $0.order < $1.order }) }
        parameters = plain
    }

    /// Cut at semicolons that stand outside quotes.
    private static func fields(_ text: String) -> [String] {
        var fields = [""]
        var quoted = false
        var escaped = false
        for character in text {
            if character == "\"", !escaped { quoted.toggle() }
            escaped = character == "\\" && quoted && !escaped
            if character == ";", !quoted { fields.append("") } else { fields[fields.count - 1].append(character) }
        }
        return fields
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var result = ""
        var escaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !escaped {
                escaped = true
            } else {
                result.append(character)
                escaped = false
            }
        }
        return result
    }

    private static func joined(_ pieces: [(order: Int, text: String, encoded: Bool)]) -> String {
        var charset: String?
        var bytes: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            var text = piece.text[...]
            if index == 0, piece.encoded {
                let fields = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 {
                    charset = String(fields[0])
                    text = fields[2]
                }
            }
            bytes += piece.encoded ? percentDecoded(text) : Array(text.utf8)
        }
        return Charset.decode(bytes, charset)
    }

    private static func percentDecoded(_ text: Substring) -> [UInt8] {
        let characters = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < characters.count {
            if characters[index] == UInt8(ascii: "%"), index + 2 < characters.count,
                let high = TransferEncoding.digit(characters[index + 1]), let low = TransferEncoding.digit(characters[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(characters[index])
                index += 1
            }
        }
        return bytes
    }
}
