/// Lines of an iCalendar file (RFC 5545 §3.1): CRLF, folded at 75 octets, never inside a character.
struct CalendarLines {
    private(set) var bytes: [UInt8] = []

    /// A line whose value needs no escaping.
    mutating func line(_ text: String) {
        var column = 0
        for scalar in text.unicodeScalars {
            let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            if column + encoded.count > 75 {
                bytes += MIMELine.fold
                column = 1
            }
            bytes += encoded
            column += encoded.count
        }
        bytes += MIMELine.end
    }

    /// A property of type TEXT (§3.3.11).
    mutating func text(_ name: String, _ value: String) {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case ";": escaped += "\\;"
            case ",": escaped += "\\,"
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        line("\(name):\(escaped)")
    }

    /// A parameter's value in quotes (§3.2), which can't hold a quote itself.
    static func quoted(_ value: CleanText) -> String { "\"" + value.line.replacing("\"", with: "'") + "\"" }
}
