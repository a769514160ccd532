/// Text for a person, twice: plain and HTML, UTF-8 with `\n` line ends.
struct MessageText {
    let plain: [UInt8]
    let html: [UInt8]
}

/// A finished MIME entity: its header lines, an empty line, its body.
struct Entity {
    let bytes: [UInt8]

    static func text(_ subtype: String, _ content: [UInt8]) -> Entity {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count * 5 / 4 + 128)
        appendText("text/\(subtype); charset=utf-8", content, to: &bytes)
        return Entity(bytes: bytes)
    }

    /// The calendar beside text and HTML: what a mail program offers to put into the agenda. Its `method` must be the
    /// calendar's own, or Outlook refuses it (RFC 6047 §2.4).
    static func calendar(_ calendar: [UInt8], _ method: SittingCalendar.Method) -> Entity {
        var bytes = Array(
            "Content-Type: text/calendar; charset=utf-8; method=\(method.rawValue)\r\nContent-Transfer-Encoding: base64\r\n\r\n".utf8)
        Base64.appendBody(calendar, to: &bytes)
        return Entity(bytes: bytes)
    }

    /// The same calendar as a file, for programs that don't show the former.
    static func calendarFile(_ calendar: [UInt8], name: CleanText) -> Entity {
        var bytes = Array("Content-Type: application/ics".utf8)
        Parameter.append("name", name, to: &bytes)
        bytes += "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment".utf8
        Parameter.append("filename", name, to: &bytes)
        bytes += "\r\n\r\n".utf8
        Base64.appendBody(calendar, to: &bytes)
        return Entity(bytes: bytes)
    }

    /// `boundary` has characters that no body of ours can contain together: `=_`.
    static func appendMultipart(_ subtype: String, boundary: String, to output: inout [UInt8], _ parts: [(inout [UInt8]) -> Void]) {
        output += "Content-Type: multipart/\(subtype);\r\n boundary=\"\(boundary)\"\r\n\r\n".utf8
        for part in parts {
            output += "--\(boundary)\r\n".utf8
            part(&output)
            output += MIMELine.end
        }
        output += "--\(boundary)--\r\n".utf8
    }

    /// Quoted-printable where most of the text is ASCII, base64 where it would be mostly escapes (Arabic, Hebrew, Greek).
    static func appendText(_ type: String, _ content: [UInt8], to output: inout [UInt8]) {
        let foreign = content.reduce(into: 0) { if $1 >= 0x80 { $0 += 1 } }
        let quoted = foreign * 6 <= content.count
        output += "Content-Type: \(type)\r\nContent-Transfer-Encoding: \(quoted ? "quoted-printable" : "base64")\r\n\r\n".utf8
        if quoted {
            QuotedPrintable.appendBody(content, to: &output)
        } else {
            Base64.appendBody(withCRLF(content), to: &output)
        }
    }

    private static func withCRLF(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count + text.count / 40)
        for byte in text {
            if byte == 0x0A { output.append(0x0D) }
            output.append(byte)
        }
        return output
    }
}
