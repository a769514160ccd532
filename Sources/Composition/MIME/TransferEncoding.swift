/// RFC 4648 base64, and its lines of 76 in a body (RFC 2045 §6.8).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        append(bytes[...], to: &output)
        return output
    }

    /// What `count` bytes take in a body.
    static func bodySize(_ count: Int64) -> Int64 {
        let (lines, rest) = max(count, 0).quotientAndRemainder(dividingBy: 57)
        return lines * 78 + (rest > 0 ? (rest + 2) / 3 * 4 + 2 : 0)
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
            var start = 0
            while start < text.count {
                let end = text[start...].firstIndex(of: 0x0A) ?? text.count
                appendLine(UnsafeBufferPointer(rebasing: text[start..<end]), to: &output)
                output += MIMELine.end
                start = end + 1
            }
        }
    }

    /// Everything that needs no escape is copied in runs, which makes most of the speed. One column is kept for the `=` of a
    /// soft break, unless the line ends there.
    private static func appendLine(_ line: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var column = 0
        var index = 0
        while index < line.count {
            let isLast = index + 1 == line.count
            var count = 0
            if needsEscape(line, index, column: column) {
                if column + 3 <= MIMELine.limit - (isLast ? 0 : 1) {
                    appendEscape(line[index], to: &output)
                    (index, column) = (index + 1, column + 3)
                    continue
                }
            } else {
                var end = index + 1
                while end < line.count, isPlain(line[end]), !(isBlank(line[end]) && end + 1 == line.count) { end += 1 }
                let fits = end == line.count && end - index <= MIMELine.limit - column
                count = fits ? end - index : min(end - index, MIMELine.limit - 1 - column)
            }
            if count > 0 {
                output.append(contentsOf: UnsafeBufferPointer(rebasing: line[index..<index + count]))
                (index, column) = (index + count, column + count)
            } else {
                output.append(UInt8(ascii: "="))
                output += MIMELine.end
                column = 0
            }
        }
    }

    private static func needsEscape(_ line: UnsafeBufferPointer<UInt8>, _ index: Int, column: Int) -> Bool {
        let byte = line[index]
        let isLast = index + 1 == line.count
        if isBlank(byte) { return isLast }
        if column == 0, byte == 0x2E { return isLast }
        if column == 0, byte == 0x46 { return line[index...].starts(with: "From ".utf8) }
        return !isPlain(byte)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) && byte != 0x3D || byte == 0x09 }
}
