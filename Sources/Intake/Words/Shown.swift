import Foundation

/// Text from outside as reports and logs may show it: on one line, with what can't be seen or would turn the line around
/// written out as `‹U+202E›`, and cut when very long.
package enum Shown {
    package static func text(_ text: some StringProtocol) -> String {
        var shown = ""
        for scalar in String(text).precomposedStringWithCanonicalMapping.unicodeScalars.prefix(300) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                shown += "‹U+" + hex(scalar.value) + "›"
            case .nonspacingMark where shown.isEmpty: shown += "‹U+" + hex(scalar.value) + "›"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > 300 ? shown + "…" : shown
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
