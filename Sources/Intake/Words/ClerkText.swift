import Foundation

/// Text as office programs write it: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252.
enum ClerkText {
    /// Nil when the bytes are no text at all (a workbook, a PDF, a damaged file).
    static func decode(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8(bytes.dropFirst(3)) }
        if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes.dropFirst(2), littleEndian: true) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes.dropFirst(2), littleEndian: false) }
        guard !bytes.contains(0), !isOfficeFile(bytes) else { return nil }
        return utf8(bytes[...]) ?? windows1252(bytes)
    }

    static func isOfficeFile(_ bytes: some Collection<UInt8>) -> Bool {
        [[0x50, 0x4B, 0x03, 0x04], [0xD0, 0xCF, 0x11, 0xE0], Array("%PDF".utf8)].contains { bytes.starts(with: $0) }
    }

    private static func utf8(_ bytes: ArraySlice<UInt8>) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, littleEndian: Bool) -> String? {
        guard bytes.count % 2 == 0 else { return nil }
        let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { index in
            littleEndian
                ? UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 : UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
        }
        return units.contains(0) ? nil : String(validating: units, as: UTF16.self)
    }

    /// The five bytes that Windows-1252 leaves undefined become the control characters of the same number, as in WHATWG's
    /// table; whoever reads the text finds them there.
    static func windows1252(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(0x80...0x9F ~= byte ? upper[Int(byte - 0x80)] : Unicode.Scalar(byte))
        }
        return String(text)
    }

    private static let upper: [Unicode.Scalar] = Array(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

    /// Without blanks at both ends, the invisible ones that come with copied text included.
    static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank = { (scalar: Unicode.Scalar) in
            scalar.properties.isWhitespace || scalar == "\u{200B}" || scalar == "\u{FEFF}" || scalar == "\u{2060}"
        }
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { !isBlank($0) }), let end = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(String.UnicodeScalarView(scalars[start...end])).precomposedStringWithCanonicalMapping
    }

    /// Whether this was written in another encoding than it was read in (old DOS and Macintosh tables, UTF-8 read as
    /// Windows-1252 and saved again), or carries characters that can't be seen.
    static func isGarbled(_ text: some StringProtocol) -> Bool {
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { before = scalar }
            if scalar == "\u{FFFD}" || (scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t") { return true }
            if isBidiControl(scalar) { return true }
            guard let previous = before else {
                // A mark with nothing to stand on: it would stick to the separator before.
                if scalar.properties.generalCategory == .nonspacingMark { return true }
                continue
            }
            if previous == "Ã" || previous == "Å", "©¨ª«§´®¯¹»¼¢¤€‰Š“”’".unicodeScalars.contains(scalar) { return true }
            if previous.properties.isAlphabetic, "‚ƒ„†‡ˆ‰‹•˜™›¢".unicodeScalars.contains(scalar) { return true }
            if "‚ƒ„†‡ˆ‰‹˜".unicodeScalars.contains(previous), scalar.properties.isAlphabetic { return true }
        }
        return false
    }

    static func isBidiControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
