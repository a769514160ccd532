/// The members of a JSON object that is certainly in canonical form (RFC 8785), found in one pass without building values: for
/// those who check a million leaves. It knows the plain part of the form: no escapes, whole numbers of at most 15 digits, ASCII
/// names. What goes beyond may be canonical all the same: then this says nothing, and `JSON` decides.
package struct CanonicalFields {
    private let bytes: [UInt8]
    private var members: [(name: Range<Int>, value: Range<Int>)] = []

    /// Nil: not certainly canonical, or not an object.
    package init?(scanning bytes: [UInt8]) {
        self.bytes = bytes
        members.reserveCapacity(16)
        var found: [(Range<Int>, Range<Int>)] = []
        found.reserveCapacity(16)
        let isPlain = bytes.withUnsafeBufferPointer { buffer in
            var scan = Scan(buffer: buffer)
            return scan.object(depth: 0, into: &found) && scan.place == buffer.count && (scan.isASCII || scan.isUTF8)
        }
        guard isPlain else { return nil }
        members = found.map { (name: $0.0, value: $0.1) }
    }

    /// The member's value as it is written; nil: there is none of this name.
    package func written(_ name: StaticString) -> ArraySlice<UInt8>? {
        name.withUTF8Buffer { name in
            for member in members where member.name.count == name.count && bytes[member.name].elementsEqual(name) {
                return bytes[member.value]
            }
            return nil
        }
    }

    /// A string's characters.
    package func text(_ name: StaticString) -> ArraySlice<UInt8>? {
        guard let written = written(name), written.first == UInt8(ascii: "\"") else { return nil }
        return written.dropFirst().dropLast()
    }

    /// Nil also for a value that is neither `true` nor `false`.
    package func flag(_ name: StaticString) -> Bool? {
        guard let written = written(name) else { return nil }
        return written.elementsEqual("true".utf8) ? true : written.elementsEqual("false".utf8) ? false : nil
    }

    package func string(_ name: StaticString) -> String? { text(name).map { String(decoding: $0, as: UTF8.self) } }

    package func whole(_ name: StaticString) -> Int64? {
        guard let written = written(name) else { return nil }
        var value: Int64 = 0
        var isNegative = false
        for byte in written {
            if byte == UInt8(ascii: "-") {
                isNegative = true
            } else if (0x30...0x39).contains(byte) {
                value = value * 10 + Int64(byte - 0x30)
            } else {
                return nil
            }
        }
        return isNegative ? -value : value
    }

    private struct Scan {
        let buffer: UnsafeBufferPointer<UInt8>
        var place = 0
        var isASCII = true

        var isUTF8: Bool { String(validating: buffer, as: UTF8.self) != nil }

        private static let deepest = 16

        private mutating func take(_ byte: UInt8) -> Bool {
            guard place < buffer.count, buffer[place] == byte else { return false }
            place += 1
            return true
        }

        /// The characters between the quotes.
        private mutating func string() -> Range<Int>? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = place
            while place < buffer.count {
                let byte = buffer[place]
                if byte == UInt8(ascii: "\"") {
                    place += 1
                    return start..<(place - 1)
                }
                if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
                if byte >= 0x80 { isASCII = false }
                place += 1
            }
            return nil
        }

        private mutating func literal(_ word: StaticString) -> Bool {
            word.withUTF8Buffer { word in
                guard place + word.count <= buffer.count else { return false }
                for offset in 0..<word.count where buffer[place + offset] != word[offset] { return false }
                place += word.count
                return true
            }
        }

        private mutating func number() -> Bool {
            let isNegative = take(UInt8(ascii: "-"))
            let start = place
            while place < buffer.count, (0x30...0x39).contains(buffer[place]) { place += 1 }
            let digits = place - start
            guard (1...15).contains(digits) else { return false }
            if buffer[start] == 0x30, digits > 1 || isNegative { return false }
            // A fraction or an exponent follows: not plain.
            return place == buffer.count || ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(buffer[place])
        }

        private mutating func value(depth: Int) -> Bool {
            guard place < buffer.count, depth < Self.deepest else { return false }
            switch buffer[place] {
            case UInt8(ascii: "\""): return string() != nil
            case UInt8(ascii: "{"):
                var ignored: [(Range<Int>, Range<Int>)] = []
                return object(depth: depth, into: &ignored)
            case UInt8(ascii: "["): return array(depth: depth)
            case UInt8(ascii: "t"): return literal("true")
            case UInt8(ascii: "f"): return literal("false")
            case UInt8(ascii: "n"): return literal("null")
            default: return number()
            }
        }

        private mutating func array(depth: Int) -> Bool {
            guard take(UInt8(ascii: "[")) else { return false }
            if take(UInt8(ascii: "]")) { return true }
            repeat {
                guard value(depth: depth + 1) else { return false }
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]"))
        }

        mutating func object(depth: Int, into members: inout [(Range<Int>, Range<Int>)]) -> Bool {
            guard take(UInt8(ascii: "{")) else { return false }
            if take(UInt8(ascii: "}")) { return true }
            var last: Range<Int>?
            repeat {
                guard let name = string(), take(UInt8(ascii: ":")), isAfter(name, last) else { return false }
                last = name
                let start = place
                guard value(depth: depth + 1) else { return false }
                if depth == 0 { members.append((name, start..<place)) }
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}"))
        }

        /// Names in ASCII are in the order of their bytes, each once.
        private func isAfter(_ name: Range<Int>, _ last: Range<Int>?) -> Bool {
            for place in name where buffer[place] >= 0x80 { return false }
            guard let last else { return true }
            let count = min(name.count, last.count)
            for offset in 0..<count {
                let (a, b) = (buffer[last.lowerBound + offset], buffer[name.lowerBound + offset])
                if a != b { return a < b }
            }
            return last.count < name.count
        }
    }
}
