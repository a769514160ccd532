/// As much of PDF's objects (ISO 32000-2, 7.3) as a trailer and an encryption dictionary are made of.
indirect enum PDFObject: Hashable {
    case number(Int)
    case name(String)
    case string([UInt8])
    case dictionary([String: PDFObject])
    case array([PDFObject])
    case reference(Int, Int)
    /// `true`, `null`, an operator: nothing else than its word.
    case word(String)

    subscript(_ key: String) -> PDFObject? { if case .dictionary(let fields) = self { fields[key] } else { nil } }
    var number: Int? { if case .number(let value) = self { value } else { nil } }
    var string: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }
}

/// Reads one object after the other; nil where there is none.
struct PDFObjectReader {
    private let bytes: [UInt8]
    private var place: Int
    private var depth = 0

    init(_ bytes: [UInt8], at place: Int = 0) {
        self.bytes = bytes
        self.place = place
    }

    mutating func next() -> PDFObject? {
        skipBlanks()
        guard depth < 32, let byte = peek() else { return nil }
        depth += 1
        defer { depth -= 1 }
        switch byte {
        case UInt8(ascii: "/"): return .name(name())
        case UInt8(ascii: "("): return literal().map(PDFObject.string)
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "<"): return peek(1) == UInt8(ascii: "<") ? dictionary() : hexadecimal().map(PDFObject.string)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): return numberOrReference()
        default:
            let word = regular()
            return word.isEmpty ? nil : .word(word)
        }
    }

    private func peek(_ ahead: Int = 0) -> UInt8? { bytes.indices.contains(place + ahead) ? bytes[place + ahead] : nil }

    private static func isBlank(_ byte: UInt8) -> Bool { [0, 9, 10, 12, 13, 32].contains(byte) }
    private static func isDelimiter(_ byte: UInt8) -> Bool { "()<>[]{}/%".utf8.contains(byte) }

    private mutating func skipBlanks() {
        while let byte = peek() {
            if Self.isBlank(byte) {
                place += 1
            } else if byte == UInt8(ascii: "%") {
                while let byte = peek(), byte != 10, byte != 13 { place += 1 }
            } else {
                return
            }
        }
    }

    private mutating func regular() -> String {
        let start = place
        while let byte = peek(), !Self.isBlank(byte), !Self.isDelimiter(byte) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func name() -> String {
        place += 1
        return regular()
    }

    private mutating func numberOrReference() -> PDFObject? {
        let text = regular()
        guard let value = Int(text) else { return .word(text) }
        // `12 0 R`
        let after = place
        skipBlanks()
        if let generation = Int(regular()) {
            skipBlanks()
            if regular() == "R" { return .reference(value, generation) }
        }
        place = after
        return .number(value)
    }

    private mutating func array() -> PDFObject? {
        place += 1
        var items: [PDFObject] = []
        while true {
            skipBlanks()
            if peek() == UInt8(ascii: "]") {
                place += 1
                return .array(items)
            }
            guard let item = next() else { return nil }
            items.append(item)
        }
    }

    private mutating func dictionary() -> PDFObject? {
        place += 2
        var fields: [String: PDFObject] = [:]
        while true {
            skipBlanks()
            if peek() == UInt8(ascii: ">"), peek(1) == UInt8(ascii: ">") {
                place += 2
                return .dictionary(fields)
            }
            guard case .name(let key)? = next(), let value = next() else { return nil }
            fields[key] = value
        }
    }

    private mutating func hexadecimal() -> [UInt8]? {
        place += 1
        var digits: [UInt8] = []
        while let byte = peek() {
            place += 1
            if byte == UInt8(ascii: ">") {
                if digits.count % 2 == 1 { digits.append(0) }
                return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            }
            if let digit = Character(UnicodeScalar(byte)).hexDigitValue { digits.append(UInt8(digit)) }
        }
        return nil
    }

    private mutating func literal() -> [UInt8]? {
        place += 1
        var (text, open): ([UInt8], Int) = ([], 1)
        while let byte = peek() {
            place += 1
            switch byte {
            case UInt8(ascii: "("): open += 1
            case UInt8(ascii: ")"):
                open -= 1
                if open == 0 { return text }
            case UInt8(ascii: "\\"):
                if let escaped = escape() { text.append(escaped) }
                continue
            default: break
            }
            text.append(byte)
        }
        return nil
    }

    /// After a backslash. Nil: a line that goes on.
    private mutating func escape() -> UInt8? {
        guard let byte = peek() else { return nil }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case 13:
            if peek() == 10 { place += 1 }
            return nil
        case 10: return nil
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            var value = Int(byte) - 0x30
            for _ in 0..<2 {
                guard let digit = peek(), (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
                value = value * 8 + Int(digit) - 0x30
                place += 1
            }
            return UInt8(truncatingIfNeeded: value)
        default: return byte
        }
    }
}
