import Council
import Foundation
import Intake
import Testing

@Suite struct RollParserTests {
    static let rows = #"""
        civilité;nom;prénom;courriel;instances;mode;langue
        Mme;LE GOFF;Éloïse;e.legoff@agglo.example;Conseil communautaire, Bureau;électronique;fr

        M.;"O'Neil; dit ""Jo""";Noël;;conseil;papier;
        Mme;Smith;Jane;jane.smith@Agglo.example;Bureau;;anglais
        ;;;;;;
        M.;Bœuf;Anaïs-Zoé;anais@mairie-bœuf.example;"Commission eau/énergie, climat + bureau";mail;français

        """#

    static func expected() throws -> [RollEntry] {
        let (council, bureau, water) = (BodyID(rawValue: "conseil"), BodyID(rawValue: "bureau"), BodyID(rawValue: "eau"))
        return [
            RollEntry(
                civility: "Mme", familyName: "LE GOFF", givenName: "Éloïse", email: try EmailAddress(parsing: "e.legoff@agglo.example"),
                bodies: [council, bureau], service: .electronic, language: .french),
            RollEntry(
                civility: "M.", familyName: "O'Neil; dit \"Jo\"", givenName: "Noël", email: nil, bodies: [council], service: .paper,
                language: .french),
            RollEntry(
                civility: "Mme", familyName: "Smith", givenName: "Jane", email: try EmailAddress(parsing: "jane.smith@agglo.example"),
                bodies: [bureau], service: .electronic, language: .english),
            RollEntry(
                civility: "M.", familyName: "Bœuf", givenName: "Anaïs-Zoé", email: try EmailAddress(parsing: "anais@mairie-bœuf.example"),
                bodies: [water, bureau], service: .electronic, language: .french),
        ]
    }

    static func utf16(_ text: String, little: Bool) -> [UInt8] {
        [UInt16](("\u{FEFF}" + text).utf16).flatMap { unit in
            little ? [UInt8(unit & 255), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 255)]
        }
    }

    static func windows(_ text: String) -> [UInt8] {
        text.precomposedStringWithCanonicalMapping.unicodeScalars.map {
            $0 == "œ" ? 0x9C : $0 == "Œ" ? 0x8C : $0 == "’" ? 0x92 : UInt8($0.value)
        }
    }

    static let encodings: [(String, [UInt8])] = [
        ("UTF-8", Array(rows.utf8)), ("UTF-8 with mark", [0xEF, 0xBB, 0xBF] + Array(rows.utf8)),
        ("CRLF", Array(rows.replacing("\n", with: "\r\n").utf8)), ("CR", Array(rows.replacing("\n", with: "\r").utf8)),
        ("NFD", Array(rows.decomposedStringWithCanonicalMapping.utf8)), ("Windows-1252", windows(rows)),
        ("UTF-16 LE", utf16(rows, little: true)), ("UTF-16 BE", utf16(rows, little: false)),
        ("sep=", Array(("sep=;\r\n" + rows).utf8)), ("blank lines first", Array(("\n  \n;;;\n" + rows).utf8)),
    ]

    @Test(arguments: encodings)
    func `a roll is read as office programs write it`(name: String, bytes: [UInt8]) throws {
        #expect(try RollParser.parse(bytes, authority: agglo) == Self.expected(), "\(name)")
    }

    @Test(arguments: [",", "\t"])
    func `commas and tabs separate as well`(separator: String) throws {
        let lines = [
            ["E-Mail", "PRENOM", "Nom", "Instance"], ["e.legoff@agglo.example", "Éloïse", "LE GOFF", "\"Conseil communautaire|Bureau\""],
        ]
        let text = lines.map { $0.joined(separator: separator) }.joined(separator: "\r\n")
        let roll = try RollParser.parse(Array(text.utf8), authority: agglo)
        #expect(roll.map(\.fullName) == ["Éloïse LE GOFF"])
        #expect(roll[0].bodies.map(\.rawValue) == ["conseil", "bureau"] && roll[0].service == .electronic && roll[0].civility.isEmpty)
    }

    @Test(arguments: ["courriel", "Email", "E-MAIL", "mail", "Adresse électronique", "adresse e-mail", "Mél", " Courriel "])
    func `a header with other spelling is understood`(header: String) throws {
        let text = "Prenom;NOM;\(header);Instances\nA;B;a@b.fr;bureau"
        #expect(try RollParser.parse(Array(text.utf8), authority: agglo).count == 1)
    }

    private func found(_ text: String) -> [Mistake] {
        mistakes { () throws(Mistakes) in try RollParser.parse(Array(text.utf8), authority: agglo) }
    }

    @Test func `a mistyped header names the near one`() {
        let list = found("nom;prénom;couriel;instances;téléphone\nA;B;a@b.fr;bureau;02")
        #expect(list.map(\.code) == [.unknownColumn, .unknownColumn, .missingColumn])
        #expect(list[0].name == "couriel" && list[0].near == "courriel" && list[0].line == 1)
        #expect(list[1].name == "téléphone" && list[1].near == nil)
        #expect(list[2].name == "courriel")
    }

    @Test func `every mistake is told, each with its line`() {
        let list = found(
            """
            nom;prénom;courriel;instances;mode;langue
            LE GOFF;Éloïse;e.legoff@agglo.example;conseil;;
            Smith;Jane;jane.smith;conseil;;
            Martin;Paul;;conseil;;
            le goff;ELOISE;autre@agglo.example;conseil;;
            Durand;Anne;E.LeGoff@AGGLO.example;conseil;;
            Petit;Luc;luc@agglo.example;Conseil municipal;;
            Roux;Léa;lea@agglo.example;conseil;pigeon;
            Blanc;Ali;ali@agglo.example;conseil;;breton
            ;Zoé;zoe@agglo.example;;;
            Noir;;noir@agglo.example;conseil;;
            Vert;Max;max@agglo.example;conseil;;fr;trop
            "Gris";"Tom"x;tom@agglo.example;conseil
            Brun;Eve;élu@agglo.example;conseil
            Bleu;Guy;guy@agglo.example,guy@ville.example;conseil
            """)
        #expect(
            list.map { [$0.code.rawValue, String($0.line ?? 0)] } == [
                ["addressNoAtSign", "3"], ["missingAddress", "4"], ["duplicatePerson", "5"], ["duplicateAddress", "6"],
                ["unknownInstance", "7"], ["unknownMode", "8"], ["unknownLanguage", "9"], ["missingFamilyName", "10"],
                ["noInstance", "10"],
                ["missingGivenName", "11"], ["extraCells", "12"], ["badQuote", "13"], ["addressAccent", "14"],
                ["addressSeveralAtSigns", "15"],
            ])
        #expect(list[2].count == 2 && list[3].count == 2)
        #expect(list[4].near == "Conseil communautaire" || list[4].known.contains("Conseil communautaire"))
    }

    @Test func `a forgotten quote doesn't swallow the members behind it`() {
        let lines = (1...40).map { "Nom\($0);P\($0);p\($0)@agglo.example;bureau" }
        var broken = lines
        broken[4] = "\"Nom5;P5;p5@agglo.example;bureau"
        #expect(found("nom;prénom;courriel;instances\n" + broken.joined(separator: "\n")).map(\.line) == [6])
        // Two of them: the lines between would look like one long cell.
        broken[8] = "Nom9;P9;p9@agglo.example;\"bureau"
        #expect(!found("nom;prénom;courriel;instances\n" + broken.joined(separator: "\n")).isEmpty)
        broken[8] = "\"Nom9\";P9;p9@agglo.example;bureau"
        #expect(!found("nom;prénom;courriel;instances\n" + broken.joined(separator: "\n")).isEmpty)
    }

    @Test func `text of another encoding is refused rather than sent out garbled`() {
        let header = "nom;prénom;courriel;instances\n"
        #expect(found(header + "Ã‰loÃ¯se;A;a@b.fr;bureau").first?.code == .garbled)
        #expect(found(header + "Fran\u{FFFD}ois;A;a@b.fr;bureau").first?.code == .garbled)
        #expect(found(header + "Paul\u{202E};A;a@b.fr;bureau").first?.code == .garbled)
        // Code page 850 (Excel's “CSV MS-DOS”): é is 0x82.
        let dos = Array("nom;pr".utf8) + [0x82] + Array("nom;courriel;instances\nLef".utf8) + [0x8A] + Array("vre;A;a@b.fr;bureau".utf8)
        #expect(mistakes { () throws(Mistakes) in try RollParser.parse(dos, authority: agglo) }.map(\.code).contains(.garbled))
    }

    @Test func `what is no text at all is told as such`() {
        func code(_ bytes: [UInt8]) -> [Mistake.Code] {
            mistakes { () throws(Mistakes) in try RollParser.parse(bytes, authority: agglo) }.map(\.code)
        }
        #expect(code([0x50, 0x4B, 0x03, 0x04] + [UInt8](repeating: 65, count: 100)) == [.rollNotText])
        #expect(code([0xD0, 0xCF, 0x11, 0xE0, 0xA1]) == [.rollNotText])
        #expect(code(Array("nom\u{0};x".utf8)) == [.rollNotText])
        #expect(code([0xFF, 0xFE, 0x41]) == [.rollNotText])
        #expect(code([]) == [.rollEmpty])
        #expect(code(Array("\r\n\r\n;;;\r\n".utf8)) == [.rollEmpty])
        #expect(code(Array("nom;prénom;courriel;instances\n".utf8)) == [.noMember])
        #expect(code([UInt8](repeating: 65, count: RollParser.longestFile + 1)) == [.rollTooLong])
    }

    @Test func `a separator and a mark that sticks to it lose no cell silently`() {
        let list = found("nom;prénom;courriel;instances;mode\nA;B;a@b.fr;bureau;\u{301}papier")
        #expect(!list.isEmpty)
    }

    @Test func `a damaged roll never crashes the reader and is never half accepted`() throws {
        let original = Array(Self.rows.utf8)
        let whole = try Self.expected()
        var random = Seeded(seed: 3)
        let pool: [UInt8] = Array(";,\t\"\r\n @.\u{0}é".utf8) + [0xFF, 0xC3, 0x80, 0x85, 0xEF, 0xBB, 0xBF, 0xCC, 0x81]
        var (accepted, refused) = (0, 0)
        for _ in 0..<3_000 {
            var bytes = original
            var removed = false
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] = random.pick(pool)
                case 1: bytes.insert(random.pick(pool), at: place)
                case 2: bytes.remove(at: place)
                default:
                    bytes.removeSubrange(place..<min(bytes.count, place + 30))
                    removed = true
                }
            }
            do throws(Mistakes) {
                let roll = try RollParser.parse(bytes, authority: agglo)
                accepted += 1
                // As many members as lines that carry something: none can vanish.
                let lines = bytes.split { $0 == 10 || $0 == 13 }.filter { $0.contains { !" ;,\t\"".utf8.contains($0) } }
                #expect(roll.count <= whole.count + 1 && roll.count >= min(lines.count - 1, 1))
                for entry in roll {
                    #expect(!entry.familyName.isEmpty && !entry.givenName.isEmpty && !entry.bodies.isEmpty)
                    #expect(entry.service == .paper || entry.email != nil)
                    #expect(!entry.familyName.contains("\n") && !entry.givenName.contains("\n"))
                }
                #expect(Set(roll.map(\.nameKey)).count == roll.count)
                // Bytes that were changed, added or lost one by one make no member vanish.
                #expect(removed || roll.count >= whole.count, "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                refused += 1
                #expect(!error.list.isEmpty)
            }
        }
        #expect(accepted > 50 && refused > 50, "\(accepted) accepted, \(refused) refused")
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(!mistakes { () throws(Mistakes) in try RollParser.parse(bytes, authority: agglo) }.isEmpty)
        }
    }
}
