import Foundation

/// An address that is safe to give to a relay: one mailbox, ASCII, no control character, bracket, space or comma.
///
/// Internationalised domains are converted to their ASCII form (RFC 3492); internationalised local parts are refused,
/// since few relays offer SMTPUTF8 (RFC 6531). Quoted local parts are refused. RFC 5321 §4.1.2 and §4.5.3.1.
package struct EmailAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    package let localPart: String
    /// Lower-case ASCII.
    package let domain: String

    package var description: String { "\(localPart)@\(domain)" }

    /// What makes two addresses the same mailbox in practice: no case.
    package var key: String { description.lowercased() }

    package init(parsing text: String) throws(EmailAddressError) {
        if let plain = Self.plain(text) {
            self = plain
            return
        }
        guard !text.isEmpty else { throw .empty }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace })
        else { throw .forbiddenCharacter }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw parts.count < 2 ? .noAtSign : .severalAtSigns }
        let local = String(parts[0])
        guard !local.isEmpty else { throw .noLocalPart }
        guard local.unicodeScalars.allSatisfy(\.isASCII) else { throw .accentInLocalPart }
        guard local.utf8.count <= 64 else { throw .tooLong }
        guard local.utf8.allSatisfy(Self.isAtomText),
            !local.hasPrefix("."), !local.hasSuffix("."), !local.contains("..")
        else { throw .forbiddenCharacter }
        let domain = try Self.asciiDomain(String(parts[1]))
        guard local.utf8.count + domain.utf8.count + 1 <= 254 else { throw .tooLong }
        self.localPart = local
        self.domain = domain
    }

    private init(localPart: String, domain: String) {
        self.localPart = localPart
        self.domain = domain
    }

    /// The common case by its bytes: letters, digits, dots, hyphens and underscores about one at sign. Nil: whatever needs the
    /// whole look, faults included.
    private static func plain(_ text: String) -> EmailAddress? {
        var domain: [UInt8] = []
        var local = 0
        var labels = 1
        // Before a byte of the local part or a label.
        var last = UInt8(ascii: ".")
        var isInDomain = false
        var label = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "@"):
                guard !isInDomain, (1...64).contains(local), last != UInt8(ascii: ".") else { return nil }
                isInDomain = true
                last = UInt8(ascii: ".")
                label = 0
                continue
            case UInt8(ascii: "."):
                guard last != UInt8(ascii: "."), !isInDomain || last != UInt8(ascii: "-") else { return nil }
                if isInDomain { labels += 1 }
                label = 0
            case UInt8(ascii: "-"), UInt8(ascii: "_"):
                if isInDomain { guard byte == UInt8(ascii: "-"), last != UInt8(ascii: ".") else { return nil } }
                label += 1
            case _ where isLetterOrDigit(byte): label += 1
            default: return nil
            }
            last = byte
            if isInDomain {
                guard label <= 63 else { return nil }
                domain.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
            } else {
                local += 1
            }
        }
        guard labels >= 2, last != UInt8(ascii: "."), last != UInt8(ascii: "-"), local + domain.count + 1 <= 254 else { return nil }
        return EmailAddress(localPart: String(text.utf8.prefix(local)) ?? "", domain: String(decoding: domain, as: UTF8.self))
    }

    private static func asciiDomain(_ text: String) throws(EmailAddressError) -> String {
        let labels = text.precomposedStringWithCompatibilityMapping.lowercased()
            .split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 || text.lowercased() == "localhost" else { throw .badDomain(text) }
        var ascii: [String] = []
        for label in labels {
            let encoded = label.unicodeScalars.allSatisfy(\.isASCII) ? String(label) : "xn--" + Punycode.encode(label)
            guard (1...63).contains(encoded.utf8.count), !encoded.hasPrefix("-"), !encoded.hasSuffix("-"),
                encoded.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
                label.unicodeScalars.allSatisfy({
                    $0.isASCII || $0.properties.isAlphabetic || $0.properties.numericType != nil
                        || $0.properties.generalCategory == .nonspacingMark
                })
            else { throw .badDomain(text) }
            ascii.append(encoded)
        }
        return ascii.joined(separator: ".")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }

    package init(from decoder: any Decoder) throws {
        self = try EmailAddress(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Why a text is not an address that can be used. The words that people read are in the templates, by `code`.
package enum EmailAddressError: Error, Hashable, Sendable {
    case empty
    case noAtSign
    case severalAtSigns
    case noLocalPart
    case accentInLocalPart
    case forbiddenCharacter
    case tooLong
    case badDomain(String)

    /// A stable word, the key of the explanation in the templates.
    package var code: String {
        switch self {
        case .empty: "empty"
        case .noAtSign: "noAtSign"
        case .severalAtSigns: "severalAtSigns"
        case .noLocalPart: "noLocalPart"
        case .accentInLocalPart: "accentInLocalPart"
        case .forbiddenCharacter: "forbiddenCharacter"
        case .tooLong: "tooLong"
        case .badDomain: "badDomain"
        }
    }
}

/// RFC 3492, the encoding direction only.
enum Punycode {
    static func encode(_ label: some StringProtocol) -> String {
        let scalars = label.unicodeScalars.map { Int($0.value) }
        var output = scalars.filter { $0 < 128 }.map { UInt8($0) }
        let basic = output.count
        var handled = basic
        var n = 128
        var delta = 0
        var bias = 72
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        while handled < scalars.count {
            let next = scalars.filter { $0 >= n }.min() ?? n
            delta += (next - n) * (handled + 1)
            n = next
            for scalar in scalars {
                if scalar < n { delta += 1 }
                guard scalar == n else { continue }
                var q = delta
                var k = 36
                while true {
                    let threshold = k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias)
                    if q < threshold { break }
                    output.append(digit(threshold + (q - threshold) % (36 - threshold)))
                    q = (q - threshold) / (36 - threshold)
                    k += 36
                }
                output.append(digit(q))
                bias = adapt(delta, handled + 1, first: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? value + 97 : value - 26 + 48) }

    private static func adapt(_ delta: Int, _ points: Int, first: Bool) -> Int {
        var delta = first ? delta / 700 : delta / 2
        delta += delta / points
        var k = 0
        while delta > 455 {
            delta /= 35
            k += 36
        }
        return k + 36 * delta / (delta + 38)
    }
}
