import Foundation

/// A clerk's words as titles, places and reasons carry them on: composed, on one line, without what can't be seen or would
/// turn the line around, single spaces, at most 300 characters.
enum PlainLine {
    static let longest = 300

    static func of(_ text: some StringProtocol) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in String(text).precomposedStringWithCanonicalMapping.unicodeScalars {
            let isBreak =
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
                default: ClerkText.isBidiControl(scalar)
                }
            if isBreak || scalar == "\u{FEFF}" || scalar == "\u{200B}" { plain.append(" ") } else { plain.append(scalar) }
        }
        // Ordinary spaces only: an unbreakable one belongs to French typography and stays.
        let words = String(plain).split(separator: " ")
        return ClerkText.trimmed(String(words.joined(separator: " ").prefix(longest)))
    }
}
