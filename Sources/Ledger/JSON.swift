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
        case .object(let fields):
            bytes.append(UInt8(ascii: "{"))
            let ordered = fields.sorted { Self.precedes($0.key, $1.key) }
            for (index, field) in ordered.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(field.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                field.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
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
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
            bytes += text.utf8
            return
        }
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
