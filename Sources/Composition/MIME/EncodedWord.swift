/// Header text as RFC 2047 wants it: printable ASCII as it stands, everything else as encoded words of at most 75
/// characters on lines of at most 76, cut between characters, never inside one.
enum EncodedWord {
    /// The body of an unstructured header (`Subject`) whose name, with colon and space, took `used` columns.
    static func unstructured(_ text: CleanText, after used: Int) -> [UInt8] {
        let bytes = Array(text.line.utf8)
        return bytes.count + used <= MIMELine.limit && isPlain(bytes) ? bytes : words(text.line, after: used)
    }

    /// A display name before an address (RFC 5322 §3.2.5): atoms, a quoted string, or encoded words.
    static func phrase(_ text: CleanText, after used: Int) -> [UInt8] {
        let bytes = Array(text.line.utf8)
        guard isPlain(bytes), bytes.count + used + 2 <= MIMELine.limit else { return words(text.line, after: used) }
        if bytes.allSatisfy({ isAtomText($0) || $0 == 0x20 }) { return bytes }
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "\""))
        return quoted.count + used <= MIMELine.limit ? quoted : words(text.line, after: used)
    }

    /// Printable ASCII that no reader takes for an encoded word.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        var last: UInt8 = 0
        for byte in bytes {
            guard (0x20...0x7E).contains(byte), !(last == UInt8(ascii: "=") && byte == UInt8(ascii: "?")) else { return false }
            last = byte
        }
        return true
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        isSafe(byte) || "#$%&'=?^_`{|}~".utf8.contains(byte)
    }

    /// What an encoded word in a phrase may carry as it is (RFC 2047 §5 (3)); used everywhere.
    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!*+-/".utf8.contains(byte)
        }
    }

    private static func words(_ text: String, after used: Int) -> [UInt8] {
        let escaped = text.utf8.reduce(0) { $0 + (isSafe($1) || $1 == 0x20 ? 1 : 3) }
        let quoted = escaped <= (text.utf8.count + 2) / 3 * 4
        let frame = "=?utf-8?Q??=".utf8.count
        var output: [UInt8] = []
        var word: [UInt8] = []
        var cost = 0
        // Where the header's name leaves little room, the first word goes to the next line.
        var room = MIMELine.limit - used - frame
        if room < 12 {
            output += MIMELine.fold
            room = MIMELine.limit - 1 - frame
        }
        var isFirst = true
        let flush = {
            if !isFirst { output += MIMELine.fold }
            isFirst = false
            output += quoted ? "=?utf-8?Q?".utf8 : "=?utf-8?B?".utf8
            output += quoted ? quote(word) : Base64.encode(word)
            output += "?=".utf8
            word = []
            cost = 0
            room = MIMELine.limit - 1 - frame
        }
        for scalar in text.unicodeScalars {
            let bytes = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            let next =
                quoted
                ? cost + bytes.reduce(0) { $0 + (isSafe($1) || $1 == 0x20 ? 1 : 3) }
                : (word.count + bytes.count + 2) / 3 * 4
            if next > room, !word.isEmpty { flush() }
            word += bytes
            cost += quoted ? bytes.reduce(0) { $0 + (isSafe($1) || $1 == 0x20 ? 1 : 3) } : 0
        }
        if !word.isEmpty { flush() }
        return output
    }

    private static func quote(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for byte in bytes {
            if byte == 0x20 {
                output.append(UInt8(ascii: "_"))
            } else if isSafe(byte) {
                output.append(byte)
            } else {
                QuotedPrintable.appendEscape(byte, to: &output)
            }
        }
        return output
    }
}

enum MIMELine {
    /// Columns of a line (RFC 5322 §2.1.1: should; 998 is the must).
    static let limit = 76
    static let end: [UInt8] = [0x0D, 0x0A]
    static let fold: [UInt8] = [0x0D, 0x0A, 0x20]
}
