import Council
import Foundation
import Intake
import Testing

@Suite struct FolderNameTests {
    @Test(arguments: [
        "2026-12-15 18h30 Conseil communautaire", "2026-12-15 18H30 Conseil communautaire", "2026-12-15 18.30 Conseil communautaire",
        "2026-12-15 18-30 Conseil communautaire", "2026-12-15 18:30 Conseil communautaire", "2026-12-15 18 h 30 Conseil communautaire",
        "2026-12-15_18h30_Conseil_communautaire", "2026-12-15 - 18h30 - Conseil communautaire", "2026.12.15 18h30 Conseil communautaire",
        "  2026-12-15   18h30   Conseil   communautaire  ", "15-12-2026 18h30 Conseil communautaire",
        "15.12.2026 18h30 CONSEIL COMMUNAUTAIRE",
        "15 12 2026 18h30 Conseil communautaire", "20261215 18h30 Conseil communautaire", "15 décembre 2026 18h30 Conseil communautaire",
        "15 de\u{301}cembre 2026 à 18h30 Conseil communautaire", "mardi 15 décembre 2026 à 18 h 30 Conseil communautaire",
        "15 déc. 2026 18h30 Conseil communautaire", "Conseil communautaire 2026-12-15 18h30",
        "Conseil communautaire du mardi 15 décembre 2026 à 18h30", "Séance du 15 décembre 2026 à 18h30 - Conseil communautaire",
        "2026-12-15 18h30 Conseil communautaire (2)", "2026-12-15 18h30 Conseil communautaire - Copie",
        "2026-12-15 18h30 Conseil communautaire - Copie (3)", "2026-12-15 à 18 heures 30 Conseil communautaire",
        "15 December 2026 at 18:30 Conseil communautaire", "2026-12-15\u{A0}18h30\u{A0}Conseil communautaire",
    ])
    func `spellings of one sitting are one sitting`(text: String) {
        let name = FolderName(parsing: text)
        #expect(name.day == .day(day("2026-12-15")))
        #expect(name.hour?.hour == 18 && name.hour?.minute == 30)
        #expect(name.body == "conseil communautaire")
    }

    @Test(arguments: [
        ("2026-12-15 18h Bureau", 18, 0, "bureau"), ("2026-12-15 9h Bureau", 9, 0, "bureau"), ("2026-12-15 09h05 Bureau", 9, 5, "bureau"),
        ("2026-12-15 0h Bureau", 0, 0, "bureau"), ("2026-12-15 18h30 Commission 3", 18, 30, "commission 3"),
        ("2026-12-15 18h30 Commission n° 3", 18, 30, "commission n° 3"), ("2026-12-15 18h30 Commission n°3", 18, 30, "commission n°3"),
        ("2026-12-15 18h 3e commission", 18, 0, "3e commission"), ("2026-12-15 18h30 Eau & énergie", 18, 30, "eau & energie"),
    ])
    func `hour and body are told apart`(text: String, hour: Int, minute: Int, body: String) {
        let name = FolderName(parsing: text)
        #expect(name.day == .day(day("2026-12-15")))
        #expect(name.hour?.hour == hour && name.hour?.minute == minute)
        #expect(name.body == body)
    }

    @Test func `the first day of a month is written with er`() {
        #expect(FolderName(parsing: "1er janvier 2027 18h Bureau").day == .day(day("2027-01-01")))
        #expect(FolderName(parsing: "vendredi 1er janvier 2027 18h Bureau").body == "bureau")
    }

    @Test func `a day of the week that doesn't fit is noticed`() {
        #expect(FolderName(parsing: "lundi 15 décembre 2026 18h30 Bureau").contradiction == day("2026-12-15"))
        #expect(FolderName(parsing: "mardi 15 décembre 2026 18h30 Bureau").contradiction == nil)
        #expect(FolderName(parsing: "Tuesday 15 December 2026 18h30 Bureau").contradiction == nil)
        #expect(FolderName(parsing: "15 décembre 2026 18h30 Bureau").contradiction == nil)
    }

    @Test func `a day that doesn't exist is named, not moved`() {
        #expect(FolderName(parsing: "2026-02-30 18h Bureau").day == .impossible("2026-02-30"))
        #expect(FolderName(parsing: "31 novembre 2026 18h Bureau").day == .impossible("31 novembre 2026"))
        #expect(FolderName(parsing: "12-15-2026 18h Bureau").day == .impossible("12-15-2026"))
        #expect(FolderName(parsing: "Séance du 30 Février 2026 à 18h Bureau (2)").day == .impossible("30 Février 2026"))
        #expect(FolderName(parsing: "Conseil_2026_02_30_18h").day == .impossible("2026_02_30"))
        #expect(FolderName(parsing: "20261301 18h Bureau").day == .impossible("20261301"))
    }

    @Test(arguments: ["Nouveau dossier", "Conseil communautaire", "2026 Conseil", "décembre 2026 Conseil", "", "18h30", "15 décembre"])
    func `a name without a day has none`(text: String) {
        #expect(FolderName(parsing: text).day == nil)
    }

    @Test(arguments: [
        "2026-12-15 Conseil", "2026-12-15 18 Conseil", "2026-12-15 25h30 Conseil",
        "2026-12-15 18h61 Conseil".replacing("18h61", with: "30h61"),
    ])
    func `a name without an hour has none`(text: String) {
        #expect(FolderName(parsing: text).hour == nil)
    }

    @Test func `any name is read without a crash, and a day that is read was written`() {
        var random = Seeded(seed: 2)
        let pieces = [
            "2026", "-", "12", "15", " ", "18", "h", "30", "H", "à", "décembre", "e\u{301}", "(", ")", "2", "_", ".", ":", "/", "\n",
            "\u{0}",
            "Conseil", "\u{202E}", "99999999999999999999", "１２", "٣", "1er", "mardi", "Copie", " - ", "°", "😀", "\u{FFFD}", "00",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in random.pick(pieces) }.joined()
            let name = FolderName(parsing: text)
            if case .day(let date) = name.day {
                #expect(text.contains(String(date.year % 100)) || text.contains("1"), "\(text.debugDescription) → \(date)")
                #expect((1900...2199).contains(date.year))
            }
            if let hour = name.hour { #expect((0...23).contains(hour.hour) && (0...59).contains(hour.minute)) }
            _ = FileNumber.split(text)
            var safe = SafeFileNames()
            let file = safe.name(for: text)
            #expect(isSafe(file), "\(text.debugDescription) → \(file.debugDescription)")
            #expect(!Shown.text(text).unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }
}

func isSafe(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.hasSuffix(" ")
        && !name.unicodeScalars.contains {
            "/\\:*?\"<>|\u{202E}\u{2066}".unicodeScalars.contains($0) || $0.properties.generalCategory == .control
        }
        && Array(name.utf8) == Array(name.precomposedStringWithCanonicalMapping.utf8)
}
