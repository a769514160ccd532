import Council
import Foundation
import Intake
import Testing

@Suite struct FileNameTests {
    @Test(arguments: [
        ("00 Note de synthèse", [0], "00", "Note de synthèse"), ("01 Budget primitif 2027", [1], "01", "Budget primitif 2027"),
        ("1 - Budget", [1], "1", "Budget"), ("01_Budget_primitif", [1], "01", "Budget primitif"), ("1) Budget", [1], "1", "Budget"),
        ("1. Budget", [1], "1", "Budget"), ("01.Budget", [1], "01", "Budget"),
        ("01.1 Annexe financière", [1, 1], "01.1", "Annexe financière"),
        ("01-1 Annexe", [1, 1], "01-1", "Annexe"), ("01_02_Annexe", [1, 2], "01_02", "Annexe"), ("1.2.3 Plan", [1, 2, 3], "1.2.3", "Plan"),
        ("01-2027 Budget", [1], "01", "2027 Budget"), ("n° 4 Tarifs", [4], "4", "Tarifs"), ("N°4 - Tarifs", [4], "4", "Tarifs"),
        ("Point 12 Tarifs", [12], "12", "Tarifs"), ("01", [1], "01", ""), ("  02   Eau ", [2], "02", "Eau"),
        ("00.1 Compte rendu", [0, 1], "00.1", "Compte rendu"),
        ("01 – Budget — suite", [1], "01", "Budget — suite"), ("100 Vœux", [100], "100", "Vœux"),
    ])
    func `a number gives the place`(stem: String, levels: [Int], label: String, title: String) {
        let (number, rest) = FileNumber.split(stem)
        #expect(number?.levels == levels)
        #expect(number?.label == label)
        #expect(rest == title)
    }

    @Test(arguments: [
        "1er avenant", "2026 bilan", "2026-12-15 convocation", "3D", "Budget 01", "Annexe", "", "2e rapport", "01a Annexe", "１ Budget",
        "-1 Budget",
    ])
    func `what only looks like a number is none`(stem: String) {
        #expect(FileNumber.split(stem).number == nil)
    }

    @Test(arguments: [
        ("01 Budget.pdf", "01 Budget.pdf"), ("01 Re\u{301}gie.pdf", "01 Régie.pdf"), ("01 a\nb.pdf", "01 a_b.pdf"), ("..", "document"),
        ("...pdf", "pdf"), ("../../etc/passwd", "_.._etc_passwd"), ("01 \"citation\".pdf", "01 _citation_.pdf"),
        ("01 l'eau.pdf", "01 l'eau.pdf"),
        ("01 fdp\u{202E}.exe.pdf", "01 fdp_.exe.pdf"), ("CON.pdf", "_CON.pdf"), ("com1", "_com1"), ("a.", "a"), (" a ", "a"),
        (".cache", "cache"),
        ("01 C:\\x.pdf", "01 C__x.pdf"), ("", "document"), ("\u{301}", "\u{301}"), ("01 日本 🎉.pdf", "01 日本 🎉.pdf"),
        ("01 سلام.pdf", "01 سلام.pdf"),
    ])
    func `a file's name becomes a safe one`(written: String, expected: String) {
        var names = SafeFileNames()
        let name = names.name(for: written)
        #expect(Array(name.utf8) == Array(expected.utf8))
        #expect(isSafe(name))
    }

    @Test func `a name of 255 bytes keeps its extension, and no two are the same`() {
        let long = String(repeating: "é", count: 125) + ".pdf"
        var names = SafeFileNames()
        let first = names.name(for: long)
        #expect(first == long)
        let second = names.name(for: long.uppercased().replacing(".PDF", with: ".pdf"))
        #expect(second.hasSuffix(" (2).pdf") && second.utf8.count <= 255)
        #expect(names.name(for: "a.pdf") == "a.pdf")
        #expect(names.name(for: "A.PDF") == "A (2).PDF")
        #expect(names.name(for: "a:pdf") == "a_pdf")
        #expect(names.name(for: "a?pdf") == "a_pdf (2)")
    }

    @Test func `what can't be seen is written out in reports`() {
        #expect(Shown.text("a\nb\u{202E}c") == "a‹U+000A›b‹U+202E›c")
        #expect(Shown.text("e\u{301}") == "é")
        #expect(Shown.text("\u{301}x") == "‹U+0301›x")
        #expect(Shown.text(String(repeating: "a", count: 400)).count == 301)
    }
}
