import Foundation

/// One part of a message as a stranger wrote it (RFC 5322, 2045, 2046). Reading never fails: what is malformed is read as far as it
/// goes, and what is too much (bytes, header, parts, depth) is left out, so that no mail can hold up the others.
package struct MIMEPart: Sendable {
    package enum Limit {
        package static let bytes = 1 << 20
        static let header = 1 << 16
        static let parts = 64
        static let depth = 8
    }

    /// In their order; names as they are written, values unfolded.
    package let headers: [(name: String, value: String)]
    private let body: ArraySlice<UInt8>
    /// Of a multipart.
    package let children: [MIMEPart]
    package let type: HeaderValue

    /// `limit`: in bytes; what is beyond is left out.
    package init(_ bytes: [UInt8], limit: Int = Limit.bytes) {
        var left = Limit.parts
        self.init(bytes[...].prefix(limit), depth: 0, left: &left)
    }

    /// Its headers alone.
    package init(headersOf bytes: [UInt8]) {
        var none = 0
        self.init(bytes[...], depth: Limit.depth, left: &none)
    }

    private init(_ bytes: ArraySlice<UInt8>, depth: Int, left: inout Int) {
        let (fields, body) = Self.split(bytes)
        headers = fields
        self.body = body
        type = HeaderValue(Self.value("content-type", in: fields) ?? "text/plain")
        var children: [MIMEPart] = []
        if type.value.hasPrefix("multipart/"), depth < Limit.depth, let boundary = type["boundary"], !boundary.isEmpty {
            for piece in Self.pieces(of: body, boundary) {
                guard left > 0 else { break }
                left -= 1
                children.append(MIMEPart(piece, depth: depth + 1, left: &left))
            }
        }
        self.children = children
    }

    /// `name`: in lower case.
    package func all(_ name: String) -> [String] { headers.filter { $0.name.lowercased() == name }.map(\.value) }

    package func first(_ name: String) -> String? { Self.value(name, in: headers) }

    private static func value(_ name: String, in headers: [(name: String, value: String)]) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// With encoded words read (RFC 2047).
    package func words(_ name: String) -> String { first(name).map(EncodedWords.decode) ?? "" }

    /// The bytes under the transfer encoding.
    package var content: [UInt8] {
        switch HeaderValue(first("content-transfer-encoding") ?? "").value {
        case "base64": TransferDecoding.base64(body)
        case "quoted-printable": TransferDecoding.quotedPrintable(body)
        default: Array(body)
        }
    }

    package var text: String { Charset.text(content, type["charset"]) }

    /// This one and all within it, in reading order; a message inside it counts as one part.
    package var everything: [MIMEPart] { [self] + children.flatMap(\.everything) }

    // MARK: - Splitting

    private static func split(_ bytes: ArraySlice<UInt8>) -> (headers: [(name: String, value: String)], body: ArraySlice<UInt8>) {
        var fields: [(name: String, value: String)] = []
        var rest = bytes
        var size = 0
        while let line = rest.firstLine {
            size += line.count
            let content = line.withoutEnd
            if content.isEmpty {
                rest = rest.dropFirst(line.count)
                break
            }
            // A line that is no header ends them, as if the empty line had been forgotten.
            let isContinuation = content.first == 0x20 || content.first == 0x09
            let colon = content.firstIndex(of: UInt8(ascii: ":"))
            guard isContinuation && !fields.isEmpty || colon != nil else { break }
            rest = rest.dropFirst(line.count)
            guard size <= Limit.header else { continue }
            if isContinuation, !fields.isEmpty {
                fields[fields.count - 1].value += " " + Charset.text(Array(content), nil).trimmingCharacters(in: .whitespaces)
            } else if let colon {
                let name = Charset.text(Array(content[..<colon]), nil).trimmingCharacters(in: .whitespaces)
                let value = Charset.text(Array(content[(colon + 1)...]), nil).trimmingCharacters(in: .whitespaces)
                fields.append((name, value))
            }
        }
        return (fields, rest)
    }

    /// Between the lines `--boundary`, up to `--boundary--` or the end (RFC 2046 §5.1.1).
    private static func pieces(of body: ArraySlice<UInt8>, _ boundary: String) -> [ArraySlice<UInt8>] {
        let mark = Array("--\(boundary)".utf8)
        var pieces: [ArraySlice<UInt8>] = []
        var start: Int?
        var rest = body
        while let line = rest.firstLine {
            if line.starts(with: mark) {
                let tail = line.dropFirst(mark.count).withoutEnd
                let isLast = tail.starts(with: "--".utf8)
                if isLast || tail.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                    if let start { pieces.append(body[start..<line.startIndex].withoutEnd) }
                    start = isLast ? nil : line.endIndex
                    if isLast || pieces.count > Limit.parts { return pieces }
                }
            }
            rest = rest.dropFirst(line.count)
        }
        if let start { pieces.append(body[start...]) }
        return pieces
    }
}

extension ArraySlice<UInt8> {
    /// With its end; nil: nothing is left.
    var firstLine: ArraySlice<UInt8>? {
        guard !isEmpty else { return nil }
        guard let end = firstIndex(of: 0x0A) else { return self }
        return self[startIndex...end]
    }

    /// Without one CRLF or LF at its end.
    var withoutEnd: ArraySlice<UInt8> {
        guard last == 0x0A else { return self }
        let cut = dropLast()
        return cut.last == 0x0D ? cut.dropLast() : cut
    }
}
