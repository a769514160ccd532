/// RFC 4648 base64, and its lines of 76 in a body (RFC 2045 §6.8).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        append(bytes[...], to: &output)
        return output
    }

    static func appendBody(_ bytes: [UInt8], to output: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = min(start + 57, bytes.count)
            append(bytes[start..<end], to: &output)
            output += MIMELine.end
            start = end
        }
    }

    private static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let count = min(3, bytes.endIndex - index)
            let a = bytes[index]
            let b = count > 1 ? bytes[index + 1] : 0
            let c = count > 2 ? bytes[index + 2] : 0
            output.append(alphabet[Int(a >> 2)])
            output.append(alphabet[Int((a & 3) << 4 | b >> 4)])
            output.append(count > 1 ? alphabet[Int((b & 15) << 2 | c >> 6)] : UInt8(ascii: "="))
            output.append(count > 2 ? alphabet[Int(c & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }
}

/// RFC 2045 §6.7: text bodies that stay legible, 7-bit, in lines of at most 76.
enum QuotedPrintable {
    private static let hex = Array("0123456789ABCDEF".utf8)

    static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "="))
        output.append(hex[Int(byte >> 4)])
        output.append(hex[Int(byte & 15)])
    }

    /// Encodes text whose lines end with `\n`; ends with a line end. White space before a line end is escaped, and so are a
    /// lone dot and `From ` at a line's start, which old relays change.
    static func appendBody(_ text: [UInt8], to output: inout [UInt8]) {
        text.withUnsafeBufferPointer { text in
            var column = 0
            var index = 0
            while index < text.count {
                let byte = text[index]
                index += 1
                if byte == 0x0A {
                    output.append(0x0D)
                    output.append(0x0A)
                    column = 0
                    continue
                }
                let endsLine = index == text.count || text[index] == 0x0A
                let needsEscape =
                    switch byte {
                    case 0x3D: true
                    case 0x20, 0x09: endsLine
                    case 0x2E: column == 0 && endsLine
                    case 0x46: column == 0 && startsWithFrom(text, index - 1)
                    case 0x21...0x7E: false
                    default: true
                    }
                let width = needsEscape ? 3 : 1
                // One column is kept for the `=` of a soft break, unless the line ends here.
                if column + width > (endsLine ? MIMELine.limit : MIMELine.limit - 1) {
                    output.append(UInt8(ascii: "="))
                    output.append(0x0D)
                    output.append(0x0A)
                    column = 0
                    if byte == 0x46, startsWithFrom(text, index - 1) {
                        appendEscape(byte, to: &output)
                        column = 3
                        continue
                    }
                    if byte == 0x2E, endsLine {
                        appendEscape(byte, to: &output)
                        column = 3
                        continue
                    }
                }
                if needsEscape { appendEscape(byte, to: &output) } else { output.append(byte) }
                column += width
            }
            if column > 0 { output += MIMELine.end }
        }
    }

    private static func startsWithFrom(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        index + 4 < text.count && text[index + 1] == 0x72 && text[index + 2] == 0x6F && text[index + 3] == 0x6D && text[index + 4] == 0x20
    }
}
