/// A message taken apart enough to be shown: headers, and the leaf parts with their transfer encoding undone.
/// RFC 5322, 2045–2047, 2231. Whatever is malformed is shown as text: a reader of mail refuses nothing.
struct MIMEMessage: Sendable {
    struct Header: Hashable, Sendable {
        let name: String
        /// Unfolded, not decoded.
        let value: String
    }

    struct Part: Hashable, Sendable {
        /// Lower case: `text/html`.
        let mediaType: String
        let charset: String?
        let fileName: String?
        let isAttachment: Bool
        /// Transfer encoding undone.
        let bytes: [UInt8]

        var text: String { Charset.decode(bytes, charset) }
    }

    let headers: [Header]
    let parts: [Part]

    init(parsing bytes: [UInt8]) {
        let (headers, body) = Self.split(bytes[...])
        self.headers = headers
        parts = Self.parts(headers, body, depth: 0)
    }

    /// Its headers alone, for lists.
    init(headersOf bytes: [UInt8]) {
        headers = Self.split(bytes[...]).0
        parts = []
    }

    /// The first header of that name, decoded for people.
    func decoded(_ name: String) -> String? { Self.value(headers, name).map(EncodedWords.decode) }

    /// What a mail program would show first: the HTML part, and the plain text.
    var html: String? { parts.first { $0.mediaType == "text/html" && !$0.isAttachment }?.text }
    var text: String? { parts.first { $0.mediaType == "text/plain" && !$0.isAttachment }?.text }

    /// Parts offered as files: attachments, and whatever is neither shown as HTML nor as text.
    var attachments: [(index: Int, part: Part)] {
        parts.enumerated().filter { $1.isAttachment || !["text/html", "text/plain"].contains($1.mediaType) }.map { ($0, $1) }
    }

    // MARK: Structure

    private static func value(_ headers: [Header], _ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Headers up to the first blank line, and what follows it.
    private static func split(_ bytes: ArraySlice<UInt8>) -> ([Header], ArraySlice<UInt8>) {
        var headers: [Header] = []
        var rest = bytes
        while let (line, after) = nextLine(rest) {
            rest = after
            if line.isEmpty { return (headers, rest) }
            let text = String(decoding: line, as: UTF8.self)
            if line.first == 0x20 || line.first == 0x09, let last = headers.popLast() {
                headers.append(Header(name: last.name, value: last.value + text))
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                headers.append(Header(name: String(text[..<colon]), value: String(value)))
            }
        }
        return (headers, rest)
    }

    /// The next line without its end, and the bytes after it; nil at the end.
    private static func nextLine(_ bytes: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard !bytes.isEmpty else { return nil }
        guard let feed = bytes.firstIndex(of: 0x0A) else { return (bytes, bytes[bytes.endIndex...]) }
        let end = feed > bytes.startIndex && bytes[feed - 1] == 0x0D ? feed - 1 : feed
        return (bytes[bytes.startIndex..<end], bytes[(feed + 1)...])
    }

    private static func parts(_ headers: [Header], _ body: ArraySlice<UInt8>, depth: Int) -> [Part] {
        let type = HeaderParameters(parsing: value(headers, "Content-Type") ?? "text/plain")
        if type.value.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty, depth < 20 {
            return sections(body, boundary: Array(boundary.utf8)).flatMap { section in
                let (headers, body) = split(section)
                return parts(headers, body, depth: depth + 1)
            }
        }
        let disposition = HeaderParameters(parsing: value(headers, "Content-Disposition") ?? "inline")
        let encoding = (value(headers, "Content-Transfer-Encoding") ?? "7bit").lowercased().filter { !$0.isWhitespace }
        let bytes: [UInt8]
        switch encoding {
        case "base64": bytes = TransferEncoding.base64(body)
        case "quoted-printable": bytes = TransferEncoding.quotedPrintable(body)
        default: bytes = Array(body)
        }
        let name = disposition.parameters["filename"] ?? type.parameters["name"]
        return [
            Part(
                mediaType: type.value.isEmpty ? "text/plain" : type.value, charset: type.parameters["charset"],
                fileName: name.map(EncodedWords.decode), isAttachment: disposition.value == "attachment", bytes: bytes)
        ]
    }

    /// What lies between the delimiter lines of a multipart body; preamble and epilogue are left out.
    private static func sections(_ body: ArraySlice<UInt8>, boundary: [UInt8]) -> [ArraySlice<UInt8>] {
        let delimiter = [0x2D, 0x2D] + boundary
        var sections: [ArraySlice<UInt8>] = []
        var start: Int?
        var rest = body
        while let (line, after) = nextLine(rest) {
            if line.starts(with: delimiter) {
                let tail = line.dropFirst(delimiter.count)
                let closes = tail.starts(with: [0x2D, 0x2D])
                if closes || tail.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                    if let start { sections.append(body[start..<max(start, lineEnd(before: rest.startIndex, in: body))]) }
                    start = closes ? nil : after.startIndex
                    if closes { return sections }
                }
            }
            rest = after
        }
        // A truncated message: its last part ends where the bytes end.
        if let start { sections.append(body[start...]) }
        return sections
    }

    /// The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    private static func lineEnd(before index: Int, in body: ArraySlice<UInt8>) -> Int {
        var end = index
        if end > body.startIndex, body[end - 1] == 0x0A { end -= 1 }
        if end > body.startIndex, body[end - 1] == 0x0D { end -= 1 }
        return end
    }
}
