import Council
import Foundation
import Templating

/// Dates, hours and sizes as a language writes them. Sentences are in the templates.
struct Wording {
    let language: Language
    let zone: TimeZone

    /// `mardi 15 décembre 2026`, `Tuesday 15 December 2026`
    func day(_ date: CivilDate) -> String {
        let style = Date.FormatStyle(locale: locale, calendar: Calendar(identifier: .gregorian), timeZone: .gmt)
            .weekday(.wide).day().month(.wide).year()
        let instant = Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 43_200)
        let text = instant.formatted(style).replacing(",", with: "")
        // The first of a month is an ordinal in French.
        return language == .french && date.day == 1 ? text.replacing(" 1 ", with: " 1er ") : text
    }

    /// `18 h 30`, `18:30`
    func time(hour: Int, minute: Int) -> String {
        let minutes = minute < 10 ? "0\(minute)" : "\(minute)"
        return language == .french ? "\(hour) h \(minutes)" : "\(hour):\(minutes)"
    }

    func moment(_ when: CivilDateTime) -> TemplateValue {
        .object(["day": .text(day(when.date)), "time": .text(time(hour: when.hour, minute: when.minute))])
    }

    func moment(_ instant: Date) -> TemplateValue { moment(CivilDateTime(of: instant, in: zone)) }

    /// Short, for tables: `09/12/2026`, with its hour.
    func shortMoment(_ instant: Date) -> TemplateValue {
        let when = CivilDateTime(of: instant, in: zone)
        return .object(["day": .text(shortDay(when.date)), "time": .text(time(hour: when.hour, minute: when.minute))])
    }

    func shortDay(_ date: CivilDate) -> String {
        let parts = date.description.split(separator: "-")
        return parts.reversed().joined(separator: "/")
    }

    /// The last day on which something before `deadline` (the first instant too late) can be done.
    func lastDay(before deadline: Date) -> String { day(CivilDate(of: deadline.addingTimeInterval(-1), in: zone)) }

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
        let digits = unit > 0 && value < 9.95 ? 1 : 0
        return value.formatted(.number.precision(.fractionLength(digits)).locale(locale)) + "\u{A0}" + units[unit]
    }

    private var locale: Locale { Locale(identifier: language == .french ? "fr_FR" : "en_GB") }
}

extension TemplateValue {
    /// Something that may be missing: a list of none or one.
    static func optional(_ fields: [String: TemplateValue]?) -> TemplateValue { .list(fields.map { [$0] } ?? []) }

    static func optionalText(_ text: String?) -> TemplateValue {
        optional(text.flatMap { $0.isEmpty ? nil : ["text": .text($0)] })
    }
}
