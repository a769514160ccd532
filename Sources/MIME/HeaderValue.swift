import Foundation

/// A header's value with parameters: `multipart/report; report-type="delivery-status"`, continued and encoded ones included
/// (RFC 2045 §5.1, RFC 2231).
package struct HeaderValue {
    /// Lower case.
    package let value: String
    private let parameters: [String: String]

    package init(_ text: String) {
        let fields = Self.fields(text)
        value = fields.first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? ""
        var plain: [String: String] = [:]
        var pieces: [String: [Int: (text: String, isEncoded: Bool)]] = [:]
        for field in fields.dropFirst().prefix(64) {
            guard let equals = field.firstIndex(of: "=") else { continue }
            let name = field[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            let value = Self.unquoted(field[field.index(after: equals)...].trimmingCharacters(in: .whitespaces))
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            if parts.count == 1 {
                plain[name] = plain[name] ?? value
            } else {
                let isEncoded = name.hasSuffix("*")
                pieces[String(parts[0]), default: [:]][Int(parts[1]) ?? 0] = (value, isEncoded)
            }
        }
        for (name, numbered) in pieces {
            var charset: String?
            var bytes: [UInt8] = []
            for (place, piece) in numbered.sorted(by: { $0.key < $1.key }) {
                guard piece.isEncoded else {
                    bytes += piece.text.utf8
                    continue
                }
                var text = piece.text[...]
                let marks = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
                if place == 0, marks.count == 3 {
                    charset = String(marks[0])
                    text = marks[2]
                }
                bytes += TransferDecoding.percent(text)
            }
            plain[name] = Charset.text(bytes, charset)
        }
        parameters = plain
    }

    package subscript(name: String) -> String? { parameters[name] }

    /// Parted by semicolons that stand outside quotes; comments in brackets are left out.
    private static func fields(_ text: String) -> [String] {
        var fields = [""]
        var (isQuoted, isEscaped, depth) = (false, false, 0)
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if character == "\\", isQuoted || depth > 0 {
                isEscaped = true
            } else if depth > 0 {
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
                continue
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character == "(" {
                depth = 1
                continue
            } else if !isQuoted, character == ";" {
                fields.append("")
                continue
            }
            if depth == 0 { fields[fields.count - 1].append(character) }
        }
        return fields
    }

    private static func unquoted(_ text: String) -> String {
        guard text.first == "\"" else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst() {
            if isEscaped {
                plain.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                break
            } else {
                plain.append(character)
            }
        }
        return plain
    }
}
