import Council
import Foundation
import TestSupport
import Testing

@Suite struct EmailAddressTests {
    static let accepted: [(String, String)] = [
        ("e.legoff@agglo.example", "e.legoff@agglo.example"),
        ("jean-luc.o'neil+conseil@Mairie.Exemple.FR", "jean-luc.o'neil+conseil@mairie.exemple.fr"),
        ("MAIRE@VILLE.FR", "MAIRE@ville.fr"),
        ("a@b.co", "a@b.co"),
        ("clerk@localhost", "clerk@localhost"),
        ("elu@mairie-bœuf.fr", "elu@xn--mairie-buf-t5b.fr"),
        ("elu@mairie-boeuf.fr", "elu@mairie-boeuf.fr"),
        ("elu@montréal.fr", "elu@xn--montral-fya.fr"),
        ("elu@montre\u{301}al.fr", "elu@xn--montral-fya.fr"),
        ("elu@BÜCHER.example", "elu@xn--bcher-kva.example"),
        ("elu@пример.испытание", "elu@xn--e1afmkfd.xn--80akhbyknj4f"),
        ("elu@中国.example", "elu@xn--fiqs8s.example"),
        ("elu@xn--montral-fya.fr", "elu@xn--montral-fya.fr"),
        (String(repeating: "a", count: 64) + "@ville.fr", String(repeating: "a", count: 64) + "@ville.fr"),
        ("!#$%&'*+/=?^_`{|}~-@ville.fr", "!#$%&'*+/=?^_`{|}~-@ville.fr"),
    ]

    @Test(arguments: accepted)
    func `a usable address is kept, its domain in ASCII`(text: String, expected: String) throws {
        let address = try EmailAddress(parsing: text)
        #expect(address.description == expected)
        #expect(address.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(try JSONDecoder().decode(EmailAddress.self, from: JSONEncoder().encode(address)) == address)
    }

    static let refused: [(String, EmailAddressError)] = [
        ("", .empty),
        ("elu", .noAtSign),
        ("elu.ville.fr", .noAtSign),
        ("a@b@ville.fr", .severalAtSigns),
        ("@ville.fr", .noLocalPart),
        ("élu@mairie-bœuf.fr", .accentInLocalPart),
        ("e\u{301}lu@ville.fr", .accentInLocalPart),
        // What libcurl would pass on to the relay as another command.
        ("elu@ville.fr>\r\nRCPT TO:<x@evil.example", .forbiddenCharacter),
        ("elu@ville.fr\r\nDATA", .forbiddenCharacter),
        ("elu@ville.fr\n", .forbiddenCharacter),
        ("elu\r@ville.fr", .forbiddenCharacter),
        ("elu\u{0}@ville.fr", .forbiddenCharacter),
        ("elu@ville.fr\u{85}x", .forbiddenCharacter),
        ("elu@ville.fr\u{2028}", .forbiddenCharacter),
        ("elu\u{7F}@ville.fr", .forbiddenCharacter),
        ("elu>@ville.fr", .forbiddenCharacter),
        ("<elu@ville.fr>", .forbiddenCharacter),
        ("Élu <elu@ville.fr>", .forbiddenCharacter),
        ("elu@ville.fr, maire@ville.fr", .forbiddenCharacter),
        ("elu,maire@ville.fr", .forbiddenCharacter),
        ("\"elu\"@ville.fr", .forbiddenCharacter),
        ("e lu@ville.fr", .forbiddenCharacter),
        ("elu\u{A0}@ville.fr", .forbiddenCharacter),
        (".elu@ville.fr", .forbiddenCharacter),
        ("elu.@ville.fr", .forbiddenCharacter),
        ("e..lu@ville.fr", .forbiddenCharacter),
        ("e(lu)@ville.fr", .forbiddenCharacter),
        ("elu@ville", .badDomain("ville")),
        ("elu@", .badDomain("")),
        ("elu@ville..fr", .badDomain("ville..fr")),
        ("elu@.fr", .badDomain(".fr")),
        ("elu@ville.fr.", .badDomain("ville.fr.")),
        ("elu@-ville.fr", .badDomain("-ville.fr")),
        ("elu@ville-.fr", .badDomain("ville-.fr")),
        ("elu@vil_le.fr", .badDomain("vil_le.fr")),
        ("elu@ville.fr>", .badDomain("ville.fr>")),
        ("elu@[192.0.2.1]", .badDomain("[192.0.2.1]")),
        ("elu@vil\u{202E}le.fr", .badDomain("vil\u{202E}le.fr")),
        ("elu@vil\u{200B}le.fr", .badDomain("vil\u{200B}le.fr")),
        ("elu@😀.fr", .badDomain("😀.fr")),
        (String(repeating: "a", count: 65) + "@ville.fr", .tooLong),
        ("elu@" + String(repeating: "a", count: 64) + ".fr", .badDomain(String(repeating: "a", count: 64) + ".fr")),
        ("elu@" + String(repeating: "abcdefgh.", count: 30) + "fr", .tooLong),
    ]

    @Test(arguments: refused)
    func `what a relay could misread is refused, and the reason named`(text: String, expected: EmailAddressError) {
        #expect(throws: expected) { try EmailAddress(parsing: text) }
    }

    @Test func `what full-width or compatibility forms turn into is checked after the turning`() {
        // U+FF0E and U+3002 are dots to IDNA; U+2100 becomes "a/c".
        #expect((try? EmailAddress(parsing: "elu@ville．fr"))?.domain == "ville.fr")
        #expect(throws: EmailAddressError.self) { try EmailAddress(parsing: "elu@℀.fr") }
        #expect(throws: EmailAddressError.self) { try EmailAddress(parsing: "elu@ville.fr﹥x") }
        #expect(throws: EmailAddressError.self) { try EmailAddress(parsing: "elu＠ville.fr") }
    }

    @Test func `nothing that is accepted can carry a second command`() {
        var random = Seeded(seed: 7)
        let pool = Array("abz09.-_@@@<>\r\n\t \",;:()[]\\'é\u{301}œ😀\u{0}\u{202E}.．".unicodeScalars)
        var accepted = 0
        for _ in 0..<20_000 {
            var text = "e.legoff@mairie-bœuf.fr".unicodeScalars
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = text.index(text.startIndex, offsetBy: Int.random(in: 0..<text.count, using: &random))
                let scalar = pool[Int.random(in: 0..<pool.count, using: &random)]
                if Bool.random(using: &random) {
                    text.insert(scalar, at: place)
                } else {
                    text.replaceSubrange(place...place, with: [scalar])
                }
            }
            guard let address = try? EmailAddress(parsing: String(text)) else { continue }
            accepted += 1
            let bytes = Array(address.description.utf8)
            #expect(bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\",;:()[]\\".utf8.contains($0) }, "\(String(text).debugDescription)")
            #expect(bytes.filter { $0 == UInt8(ascii: "@") }.count == 1)
            #expect((try? EmailAddress(parsing: address.description)) == address)
        }
        #expect(accepted > 0)
    }

    @Test func `case doesn't make another mailbox`() throws {
        #expect(try EmailAddress(parsing: "E.LeGoff@Agglo.Example").key == EmailAddress(parsing: "e.legoff@agglo.example").key)
    }

    @Test func `every reason has a word of its own for the templates`() {
        let all: [EmailAddressError] = [
            .empty, .noAtSign, .severalAtSigns, .noLocalPart, .accentInLocalPart, .forbiddenCharacter, .tooLong, .badDomain("x"),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
    }
}

/// SplitMix64: the same numbers at each run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
