/// Why bytes are not the JSON that we take. `offset` counts bytes from the start.
package enum JSONError: Error, Hashable, Sendable {
    case unexpected(offset: Int)
    case endsTooSoon
    case trailingBytes(offset: Int)
    case duplicateKey(String, offset: Int)
    /// A `\u` escape of half a surrogate pair, or bytes that aren't UTF-8.
    case notUnicode(offset: Int)
    /// Too large for a double.
    case numberTooLarge(offset: Int)
    case tooDeep(offset: Int)
}

extension JSON {
    /// Arrays and objects may lie this deep in each other: the parser recurses, and what it reads may be hostile.
    package static let maximumDepth = 64

    /// Reads exactly one value (RFC 8259, with I-JSON's rules: no duplicate key, no lone surrogate, no byte order mark). A whole
    /// number up to ±(2^53 − 1) becomes `.integer`, any other `.number`. `JSON(parsing: b).canonical == b` tells whether `b`
    /// was canonical.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
        parser.skipSpace()
        self = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.atEnd else { throw .trailingBytes(offset: parser.position) }
    }
}

struct JSONParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var wrong: JSONError { atEnd ? .endsTooSoon : .unexpected(offset: position) }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        for byte in text.utf8 {
            guard next == byte else { throw wrong }
            position += 1
        }
        return value
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= JSON.maximumDepth else { throw .tooDeep(offset: position) }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", true)
        case UInt8(ascii: "f"): return try word("false", false)
        case UInt8(ascii: "n"): return try word("null", nil)
        default: return try number()
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        skipSpace()
        if take("]") { return [] }
        var items: [JSON] = []
        while true {
            skipSpace()
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw wrong }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        skipSpace()
        if take("}") { return [:] }
        var fields: [String: JSON] = [:]
        while true {
            skipSpace()
            let offset = position
            guard next == UInt8(ascii: "\"") else { throw wrong }
            let key = try string()
            skipSpace()
            guard take(":") else { throw wrong }
            skipSpace()
            guard fields.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw .duplicateKey(key, offset: offset)
            }
            skipSpace()
            if take("}") { return .object(fields) }
            guard take(",") else { throw wrong }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        // Where the bytes since the last escape begin: they are taken as they stand.
        var plain = position
        var text: [UInt8] = []
        while true {
            guard let byte = next else { throw .endsTooSoon }
            switch byte {
            case UInt8(ascii: "\""):
                let string =
                    text.isEmpty
                    ? String(validating: bytes[plain..<position], as: UTF8.self)
                    : String(validating: text + bytes[plain..<position], as: UTF8.self)
                guard let string else { throw .notUnicode(offset: start) }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                text += bytes[plain..<position]
                text += try escape()
                plain = position
            case 0..<0x20: throw wrong
            default: position += 1
            }
        }
    }

    /// One escape, as UTF-8.
    private mutating func escape() throws(JSONError) -> [UInt8] {
        let start = position
        position += 1
        guard let kind = next else { throw .endsTooSoon }
        position += 1
        switch kind {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [kind]
        case UInt8(ascii: "u"): break
        default: throw .unexpected(offset: start)
        }
        var code = try unit()
        if (0xD800..<0xDC00).contains(code) {
            guard take("\\"), take("u") else { throw .notUnicode(offset: start) }
            let low = try unit()
            guard (0xDC00..<0xE000).contains(low) else { throw .notUnicode(offset: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        // Half a pair is no scalar.
        guard let scalar = Unicode.Scalar(code) else { throw .notUnicode(offset: start) }
        return Array(String(scalar).utf8)
    }

    private mutating func unit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw wrong }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        var whole = true
        if take(".") {
            whole = false
            try digits()
        }
        if take("e") || take("E") {
            whole = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let value = Int64(text), value.magnitude < 1 << 53 { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .numberTooLarge(offset: start) }
        return .number(value)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw wrong }
    }
}
