/// A JSON value whose text form is unique: RFC 8785 (JCS) over I-JSON (RFC 7493). What a leaf and a commitment are made of.
package enum JSON: Sendable {
    case null
    case bool(Bool)
    /// Written with its exact digits. Beyond ±(2^53 − 1) other readers of JSON would round it (RFC 8785 §3.2.2.3): put such
    /// numbers in strings.
    case integer(Int64)
    /// Written as ECMAScript does. A value that is not finite has no form in JSON and is written `null`, as ECMAScript does.
    case number(Double)
    case string(String)
    case array([JSON])
    /// Two keys that Unicode holds to be the same text (é composed or not) are one key.
    case object([String: JSON])
}

extension JSON {
    /// RFC 8785: no space, keys in the order of their UTF-16 code units, the shortest escapes, UTF-8.
    package var canonical: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += ECMAScriptNumber.text(of: value).utf8
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let fields): Self.write(Array(fields), to: &bytes)
        }
    }

    /// An object of these members, each name once, in canonical form: what `object` writes, without making one of it first.
    package static func canonical(of members: [(key: String, value: JSON)]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 * members.count)
        write(members, to: &bytes)
        return bytes
    }

    private static func write(_ members: [(key: String, value: JSON)], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, place) in order(of: members).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(members[place].key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            members[place].value.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// The places of the members in the order of their names. Two numbers hold a name's first sixteen bytes, which tell nearly all
    /// names apart; numbers are sorted without touching a string.
    private static func order(of members: [(key: String, value: JSON)]) -> [Int] {
        var hasLateBytes = false
        var order: [(first: UInt64, second: UInt64, place: Int)] = []
        order.reserveCapacity(members.count)
        for (place, member) in members.enumerated() {
            var key = member.key
            var words: (UInt64, UInt64) = (0, 0)
            key.withUTF8 { utf8 in
                for byte in utf8 where byte >= 0xEE { hasLateBytes = true }
                withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: utf8.prefix(16)) }
            }
            order.append((UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), place))
        }
        order.sort { a, b in
            if !hasLateBytes {
                if a.first != b.first { return a.first < b.first }
                if a.second != b.second { return a.second < b.second }
            }
            let (a, b) = (members[a.place].key, members[b.place].key)
            precondition(a != b, "two members of one name")
            return precedes(a, b)
        }
        return order.map(\.place)
    }

    /// RFC 8785 §3.2.3: by UTF-16 code units. UTF-8 gives the same order, faster, but where a character beyond U+FFFF meets
    /// one from U+E000 on, whose UTF-8 begins with 0xEE or more.
    private static func precedes(_ a: String, _ b: String) -> Bool {
        for (x, y) in zip(a.utf8, b.utf8) where x != y {
            return x >= 0xEE || y >= 0xEE ? a.utf16.lexicographicallyPrecedes(b.utf16) : x < y
        }
        return a.utf8.count < b.utf8.count
    }

    /// RFC 8785 §3.2.2.2.
    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        // Nearly all texts are written as they are, in one piece.
        var text = text
        let isPlain = text.withUTF8 { utf8 in
            for byte in utf8 where byte < 0x20 || byte == 0x22 || byte == 0x5C { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        if isPlain { return }
        for byte in text.utf8 {
            switch byte {
            case 0x08: bytes += #"\b"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case 0x0A: bytes += #"\n"#.utf8
            case 0x0C: bytes += #"\f"#.utf8
            case 0x0D: bytes += #"\r"#.utf8
            case 0x22: bytes += #"\""#.utf8
            case 0x5C: bytes += #"\\"#.utf8
            case 0x00..<0x20:
                bytes += #"\u00"#.utf8
                bytes += [byte >> 4, byte & 15].map { $0 < 10 ? $0 + 0x30 : $0 + 0x57 }
            default: bytes.append(byte)
            }
        }
    }
}

/// Two values are equal when their canonical bytes are: what is hashed is what is compared.
extension JSON: Hashable {
    package static func == (a: JSON, b: JSON) -> Bool { a.canonical == b.canonical }
    package func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension JSON {
    /// A field of an object; nil: no such field, or not an object.
    package subscript(_ key: String) -> JSON? { fields?[key] }
    package var fields: [String: JSON]? { if case .object(let fields) = self { fields } else { nil } }
    package var items: [JSON]? { if case .array(let items) = self { items } else { nil } }
    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var whole: Int64? { if case .integer(let value) = self { value } else { nil } }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}
