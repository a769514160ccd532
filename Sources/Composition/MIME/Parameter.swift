/// A parameter of a MIME header (`; name=value`), on a line of its own. RFC 2045 §5.1; RFC 2231 §3 and §4 for what is long or
/// not ASCII.
enum Parameter {
    static func append(_ name: String, _ value: CleanText, to output: inout [UInt8]) {
        let bytes = Array(value.line.utf8)
        let simple = bytes.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if simple, name.utf8.count + bytes.count + 5 <= MIMELine.limit {
            start(name, &output)
            output += "=\"".utf8 + bytes + "\"".utf8
            return
        }
        let pieces = split(value.line, room: MIMELine.limit - name.utf8.count - 8 - "utf-8''".utf8.count)
        for (index, piece) in pieces.enumerated() {
            start(pieces.count == 1 ? name + "*" : "\(name)*\(index)*", &output)
            output += index == 0 ? "=utf-8''".utf8 : "=".utf8
            output += piece
        }
    }

    private static func start(_ name: String, _ output: inout [UInt8]) {
        output += ";".utf8
        output += MIMELine.fold
        output += name.utf8
    }

    /// Percent-encoded, cut between characters.
    private static func split(_ text: String, room: Int) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        for scalar in text.unicodeScalars {
            var encoded: [UInt8] = []
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                if isAttributeCharacter(byte) {
                    encoded.append(byte)
                } else {
                    QuotedPrintable.appendEscape(byte, to: &encoded)
                    encoded[encoded.count - 3] = UInt8(ascii: "%")
                }
            }
            if piece.count + encoded.count > room, !piece.isEmpty {
                pieces.append(piece)
                piece = []
            }
            piece += encoded
        }
        return pieces + [piece]
    }

    private static func isAttributeCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$&+-.^_`{|}~".utf8.contains(byte)
        }
    }
}
