import Composition
import Council

/// What `summary:` says; no time: no daily summary.
struct SummarySettings {
    let time: SummaryTime?
}

extension SettingsParts {
    /// `summary: {at: "07:30", evenIfEmpty: false}`. Nil: with a mistake.
    func readSummary() -> SummarySettings? {
        guard root.isPresent("summary") else { return SummarySettings(time: nil) }
        let section = root.section("summary")
        let at = section.value(
            "at", example: "\"07:30\"",
            problem: Bilingual("n'est pas une heure de 00:00 à 23:59", "is not a time from 00:00 to 23:59"), Self.time)
        let evenIfEmpty = section.value(
            "evenIfEmpty", default: false, example: "false", problem: Bilingual("n'est ni true ni false", "is neither true nor false")
        ) { ["true": true, "false": false, "oui": true, "non": false][$0.lowercased()] }
        guard let at, let evenIfEmpty else { return nil }
        return SummarySettings(time: SummaryTime(hour: at.hour, minute: at.minute, evenIfEmpty: evenIfEmpty))
    }

    private static func time(_ text: String) -> (hour: Int, minute: Int)? {
        let parts = text.replacing("h", with: ":").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return (hour, minute)
    }
}
