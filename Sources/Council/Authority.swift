package import Foundation

/// The local authority that convenes (collectivité).
package struct Authority: Hashable, Sendable {
    package let name: String
    /// Nine digits.
    package let siren: String
    package let timeZone: TimeZone
    package let bodies: [Body]

    package init(name: String, siren: String, timeZone: TimeZone, bodies: [Body]) {
        self.name = name
        self.siren = siren
        self.timeZone = timeZone
        self.bodies = bodies
    }

    package func body(_ id: BodyID) -> Body? { bodies.first { $0.id == id } }

    /// The body that a person named in a folder name or in the roll, whatever its accents, case and spaces.
    package func body(named text: String) -> Body? {
        let wanted = Spelling.folded(text)
        return bodies.first { body in
            Spelling.folded(body.id.rawValue) == wanted || Spelling.folded(body.name) == wanted
                || body.aliases.contains { Spelling.folded($0) == wanted }
        }
    }
}

/// Who is convened together (instance): council, bureau, a commission.
package struct Body: Hashable, Sendable {
    package let id: BodyID
    package let name: String
    /// Other spellings that clerks use.
    package let aliases: [String]
    package let notice: NoticeRule

    package init(id: BodyID, name: String, aliases: [String] = [], notice: NoticeRule) {
        self.id = id
        self.name = name
        self.aliases = aliases
        self.notice = notice
    }
}

/// Lower-case letters, digits and hyphens, chosen in the configuration: `conseil`, `bureau`.
package struct BodyID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
    package static func < (a: BodyID, b: BodyID) -> Bool { a.rawValue < b.rawValue }
}

/// How people's spellings are compared and turned into identifiers.
package enum Spelling {
    /// Without accents, case, repeated or unusual spaces and apostrophes: `« Civilité »` and `CIVILITE` are the same.
    package static func folded(_ text: String) -> String {
        if let folded = foldedASCII(text) { return folded }
        var folded = String.UnicodeScalarView()
        for scalar in text.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
            switch scalar {
            case "’", "ʼ": folded.append("'")
            case "œ": folded += "oe".unicodeScalars
            case "æ": folded += "ae".unicodeScalars
            case "_", "-", "‐", "–": folded.append(" ")
            case _ where scalar.properties.generalCategory == .nonspacingMark: continue
            case _ where scalar.properties.isWhitespace: folded.append(" ")
            default: folded.append(scalar)
            }
        }
        return folded.split(separator: " ").map { String($0) }.joined(separator: " ")
    }

    /// The same for text that is ASCII alone, as most is; nil for any other.
    private static func foldedASCII(_ text: String) -> String? {
        var folded: [UInt8] = []
        folded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x41...0x5A: folded.append(byte + 0x20)
            case 0x09...0x0D, 0x20, UInt8(ascii: "_"), UInt8(ascii: "-"):
                if folded.last.map({ $0 != 0x20 }) ?? false { folded.append(0x20) }
            case 0x80...: return nil
            default: folded.append(byte)
            }
        }
        if folded.last == 0x20 { folded.removeLast() }
        return String(decoding: folded, as: UTF8.self)
    }

    /// Lower-case ASCII letters, digits and single hyphens.
    package static func slug(_ text: String) -> String {
        let words = folded(text).split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return words.joined(separator: "-")
    }
}
