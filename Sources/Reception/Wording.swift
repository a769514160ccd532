import Council
import Foundation
import Templating

/// Dates, hours and sizes as a language writes them. Sentences are in the templates.
struct Wording {
    let language: Language
    let zone: TimeZone

    func day(_ date: CivilDate) -> String { date.words(in: language) }

    /// Day and hour apart: the word between them is the template's.
    func moment(_ when: CivilDateTime) -> TemplateValue {
        .object(["day": .text(day(when.date)), "time": .text(when.timeWords(in: language))])
    }

    func moment(_ instant: Date) -> TemplateValue { moment(CivilDateTime(of: instant, in: zone)) }

    /// Short, for tables: `09/12/2026`, with its hour.
    func shortMoment(_ instant: Date) -> TemplateValue {
        let when = CivilDateTime(of: instant, in: zone)
        return .object(["day": .text(shortDay(when.date)), "time": .text(when.timeWords(in: language))])
    }

    func shortDay(_ date: CivilDate) -> String {
        let parts = date.description.split(separator: "-")
        return parts.reversed().joined(separator: "/")
    }

    /// The last day on which something before `deadline` (the first instant too late) can be done.
    func lastDay(before deadline: Date) -> String { day(CivilDate(of: deadline.addingTimeInterval(-1), in: zone)) }

    /// In French nought is singular too.
    func isSingular(_ count: Int) -> Bool { language == .french ? count < 2 : count == 1 }

    /// Decimal units, one decimal below ten: `1,2 Mo`.
    func size(_ bytes: Int64) -> String {
        let units = language == .french ? ["o", "ko", "Mo", "Go", "To"] : ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        // 999.5 would be rounded up to 1000.
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        // Tenths below ten, rounded half up; "1,0" is "1".
        let tenths = unit > 0 && value < 9.95 ? Int((value * 10).rounded()) : Int(value.rounded()) * 10
        let fraction = tenths % 10 == 0 ? "" : (language == .french ? "," : ".") + "\(tenths % 10)"
        return "\(tenths / 10)\(fraction)\u{A0}\(units[unit])"
    }
}

extension TemplateValue {
    /// Something that may be missing: a list of none or one.
    static func optional(_ fields: [String: TemplateValue]?) -> TemplateValue { .list(fields.map { [$0] } ?? []) }

    static func optionalText(_ text: String?) -> TemplateValue {
        optional(text.flatMap { $0.isEmpty ? nil : ["text": .text($0)] })
    }
}
