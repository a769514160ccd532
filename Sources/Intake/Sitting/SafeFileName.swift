import Council
import Foundation

/// Names that every system can save a document under, and that no header, path or shell can misread: composed, without
/// control or bidirectional characters, separators, quotes, reserved names, dots at either end, at most 255 bytes.
package struct SafeFileNames: Sendable {
    /// Those given already, without case: Windows has one file where we'd have two.
    private var taken: Set<String> = []

    package init() {}

    package mutating func name(for written: String) -> String {
        let (stem, ending) = Self.split(Self.cleaned(written))
        var name = Self.fitted(stem, ending)
        var count = 1
        while !taken.insert(name.lowercased()).inserted {
            count += 1
            name = Self.fitted(stem, " (\(count))" + ending)
        }
        return name
    }

    private static func cleaned(_ text: String) -> String {
        let safe = text.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar -> Character in
            if "/\\:*?\"<>|".unicodeScalars.contains(scalar) || ClerkText.isBidiControl(scalar) { return "_" }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return "_"
            default: return Character(scalar)
            }
        }
        // Made of scalars again: a mark behind a character that was replaced has lost what it stood on.
        var name = String(safe).precomposedStringWithCanonicalMapping
        while let first = name.first, first == "." || first.isWhitespace { name.removeFirst() }
        while let last = name.last, last == "." || last.isWhitespace { name.removeLast() }
        if name.isEmpty { name = "document" }
        return isReserved(name) ? "_" + name : name
    }

    /// Device names of Windows, with or without an extension.
    private static func isReserved(_ name: String) -> Bool {
        let stem = name.lowercased().prefix { $0 != "." }
        if ["con", "prn", "aux", "nul"].contains(stem) { return true }
        return stem.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt")) && stem.last?.isNumber == true
    }

    /// Stem and extension with its dot; an extension is short, ASCII letters and digits.
    static func split(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        let ending = name[dot...]
        let letters = ending.dropFirst()
        guard (1...10).contains(letters.count), letters.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            return (name, "")
        }
        return (String(name[..<dot]), String(ending))
    }

    private static func fitted(_ stem: String, _ ending: String) -> String {
        var stem = stem
        while stem.utf8.count + ending.utf8.count > 255, !stem.isEmpty { stem.removeLast() }
        return stem + ending
    }
}
