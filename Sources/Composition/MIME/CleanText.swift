/// Text from outside (a title, a name, a place) that is safe wherever a message shows it: no control character, so nothing
/// that could end a header, a calendar property or a line; no character that turns the direction of what follows it.
package struct CleanText: Hashable, Sendable, CustomStringConvertible {
    /// One line, without white space around it.
    package let line: String

    package init(_ raw: String) { line = Self.clean(raw, keepingLines: false) }

    package var description: String { line }
    package var isEmpty: Bool { line.isEmpty }

    /// The same for text of several lines (a reason): line ends become `\n`.
    package static func lines(_ raw: String) -> String { clean(raw, keepingLines: true) }

    private static func clean(_ raw: String, keepingLines: Bool) -> String {
        var scalars = String.UnicodeScalarView()
        var pendingSpace = false
        var lastWasReturn = false
        for scalar in raw.unicodeScalars {
            defer { lastWasReturn = scalar == "\r" }
            if keepingLines, isLineEnd(scalar) {
                if !(scalar == "\n" && lastWasReturn) { scalars.append("\n") }
                pendingSpace = false
            } else if isSpace(scalar) {
                pendingSpace = !scalars.isEmpty && scalars.last != "\n"
            } else if !isHarmful(scalar) {
                if pendingSpace { scalars.append(" ") }
                pendingSpace = false
                scalars.append(scalar)
            }
        }
        while scalars.last == "\n" { scalars.removeLast() }
        return String(scalars)
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What becomes a single space. (No-break spaces stay what they are.)
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value) || isLineEnd(scalar)
    }

    /// Controls, noncharacters, and the embeddings and overrides of bidirectional text (Unicode TR 36 §2.5); its marks and
    /// isolates, which writers of Arabic and Hebrew use, stay.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0xFDD0...0xFDEF, 0xFEFF, 0xFFF9...0xFFFB: true
        default: scalar.value & 0xFFFE == 0xFFFE
        }
    }
}
