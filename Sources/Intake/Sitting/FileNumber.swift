import Council
import Foundation

/// The place that a clerk's number gives a file: `00` the note, `01` an item, `01.1` an annex of it.
package struct FileNumber: Hashable, Sendable, Comparable {
    /// `[1]`, `[1, 1]`; at most three levels.
    package let levels: [Int]
    /// As written: `01.1`.
    package let label: String

    package var item: Int { levels[0] }
    package var isNote: Bool { levels[0] == 0 }
    package var isAnnex: Bool { levels.count > 1 }

    package static func == (a: FileNumber, b: FileNumber) -> Bool { a.levels == b.levels }
    package func hash(into hasher: inout Hasher) { hasher.combine(levels) }
    package static func < (a: FileNumber, b: FileNumber) -> Bool { a.levels.lexicographicallyPrecedes(b.levels) }

    /// The number as a whole text: `01`, `1.2`.
    package init?(_ text: String) {
        guard let (number, rest) = Self.read(Array(text)), rest.isEmpty else { return nil }
        self = number
    }

    init(levels: [Int], label: String) {
        self.levels = levels
        self.label = label
    }

    /// A file name's number and what stands behind it, without the extension. A number stands alone: `1er avenant`,
    /// `2026 bilan` and `3D.pdf` have none.
    package static func split(_ stem: String) -> (number: FileNumber?, title: String) {
        var characters = Array(ClerkText.trimmed(stem))
        let folded = Spelling.folded(String(characters.prefix(8)))
        for word in ["n° ", "n°", "no ", "point ", "point n°"] where folded.hasPrefix(word) {
            let rest = characters.drop { !($0.isASCII && $0.isNumber) }
            if characters.count - rest.count <= 9, read(Array(rest)) != nil { characters = Array(rest) }
        }
        guard let (number, rest) = read(characters) else { return (nil, title(characters)) }
        return (number, title(rest))
    }

    private static func read(_ characters: [Character]) -> (FileNumber, [Character])? {
        var (levels, end) = ([Int](), 0)
        var index = 0
        while levels.count < 3 {
            var digits = ""
            while index < characters.count, characters[index].isASCII, characters[index].isNumber, digits.count < 4 {
                digits.append(characters[index])
                index += 1
            }
            guard let value = Int(digits), digits.count <= (levels.isEmpty ? 3 : 2), isEnd(characters, index) else { break }
            levels.append(value)
            end = index
            guard index + 1 < characters.count, ".-_".contains(characters[index]), characters[index + 1].isNumber else { break }
            index += 1
        }
        guard !levels.isEmpty else { return nil }
        return (FileNumber(levels: levels, label: String(characters[..<end])), Array(characters[end...]))
    }

    private static func isEnd(_ characters: [Character], _ index: Int) -> Bool {
        index == characters.count || characters[index] == " " || "._-–—)°:,".contains(characters[index]) || characters[index].isWhitespace
    }

    /// Without the separators behind the number; underscores become spaces where there is no other.
    private static func title(_ characters: [Character]) -> String {
        let rest = characters.drop { $0.isWhitespace || "._-–—)°:,".contains($0) }
        let text = ClerkText.trimmed(String(rest))
        return text.contains(" ") ? text : ClerkText.trimmed(text.replacingOccurrences(of: "_", with: " "))
    }
}
