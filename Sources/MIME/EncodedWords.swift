import Foundation

/// `=?utf-8?Q?Non_remis_=3A?=` (RFC 2047). White space between two encoded words is not there; words of one charset that stand side
/// by side are joined before they are read, since some senders cut a character in two.
package enum EncodedWords {
    package static func decode(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        var result = ""
        var pending: (charset: String?, bytes: [UInt8])?
        func flush() {
            if let word = pending { result += Charset.text(word.bytes, word.charset) }
            pending = nil
        }
        var rest = text[...]
        while let open = rest.range(of: "=?") {
            let before = rest[..<open.lowerBound]
            let fields = rest[open.upperBound...].split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, fields[3].first == "=", let word = decode(fields) else {
                flush()
                result += rest[..<open.upperBound]
                rest = rest[open.upperBound...]
                continue
            }
            if let current = pending, before.allSatisfy(\.isWhitespace) {
                if current.charset == word.charset {
                    pending = (word.charset, current.bytes + word.bytes)
                } else {
                    flush()
                    pending = word
                }
            } else {
                flush()
                result += before
                pending = word
            }
            rest = fields[3].dropFirst()
        }
        flush()
        return result + rest
    }

    private static func decode(_ fields: [Substring]) -> (charset: String?, bytes: [UInt8])? {
        // RFC 2231 §5: a language may follow the charset.
        let charset = fields[0].split(separator: "*").first.map { $0.lowercased() }
        switch fields[1].lowercased() {
        case "b": return (charset, TransferDecoding.base64(Array(fields[2].utf8)[...]))
        case "q":
            let text = fields[2].replacing("_", with: "=20")
            return (charset, TransferDecoding.quotedPrintable(Array(text.utf8)[...]))
        default: return nil
        }
    }
}
