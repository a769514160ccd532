import Council
import Foundation

/// The VTIMEZONE of a zone (RFC 5545 §3.6.5), made from the system's own rules, so that a calendar program that doesn't know
/// the zone by name still finds the right hour.
///
/// A zone that changes its clocks on the same weekday of the same month each year (Europe/Paris) gets two observances with a
/// yearly rule. One whose changes follow no such rule gets each change of the years around the event. One that never
/// changes gets a single observance.
struct CalendarZone {
    let zone: TimeZone
    let around: Date

    /// A change of the clocks.
    private struct Change {
        let at: Date
        let before: Int
        let after: Int
        /// The day on the clock before the change.
        let date: CivilDate
        let rule: String

        var isDaylight: Bool { after > before }
        var localTime: String { CalendarZone.local(at, offset: before) }
    }

    func append(to lines: inout CalendarLines) {
        lines.line("BEGIN:VTIMEZONE")
        lines.line("TZID:\(zone.identifier)")
        let year = CivilDate(of: around, in: zone).year
        let changes = changes(from: year - 1, through: year + 6)
        if changes.isEmpty {
            let offset = zone.secondsFromGMT(for: around)
            observance("STANDARD", start: "19700101T000000", before: offset, after: offset, rule: nil, &lines)
        } else if let pair = yearly(changes, first: year - 1) {
            for change in pair { observance(change, rule: change.rule, &lines) }
        } else {
            // The offset before the first listed change: an observance of its own, or earlier times had none.
            let offset = changes[0].before
            observance("STANDARD", start: "19700101T000000", before: offset, after: offset, rule: nil, &lines)
            for change in changes { observance(change, rule: nil, &lines) }
        }
        lines.line("END:VTIMEZONE")
    }

    private func observance(_ change: Change, rule: String?, _ lines: inout CalendarLines) {
        let kind = change.isDaylight ? "DAYLIGHT" : "STANDARD"
        observance(kind, start: change.localTime, before: change.before, after: change.after, rule: rule, &lines)
    }

    private func observance(_ kind: String, start: String, before: Int, after: Int, rule: String?, _ lines: inout CalendarLines) {
        lines.line("BEGIN:\(kind)")
        lines.line("DTSTART:\(start)")
        lines.line("TZOFFSETFROM:\(Self.offset(before))")
        lines.line("TZOFFSETTO:\(Self.offset(after))")
        if let rule { lines.line("RRULE:\(rule)") }
        lines.line("END:\(kind)")
    }

    private func changes(from first: Int, through last: Int) -> [Change] {
        guard let start = CivilDate(year: first, month: 1, day: 1)?.start(in: zone),
            let end = CivilDate(year: last + 1, month: 1, day: 1)?.start(in: zone)
        else { return [] }
        var changes: [Change] = []
        var cursor = start
        while let next = zone.nextDaylightSavingTimeTransition(after: cursor), next > cursor, next < end {
            let before = zone.secondsFromGMT(for: next.addingTimeInterval(-1))
            let after = zone.secondsFromGMT(for: next)
            let date = CivilDate(dayNumber: Self.dayNumber(next, offset: before))
            if before != after { changes.append(Change(at: next, before: before, after: after, date: date, rule: Self.rule(date))) }
            cursor = next
        }
        return changes
    }

    /// The first year's two changes, when every year has the same two.
    private func yearly(_ changes: [Change], first: Int) -> [Change]? {
        let years = Dictionary(grouping: changes) { $0.date.year }
        guard let pair = years[first], pair.count == 2, pair[0].isDaylight != pair[1].isDaylight else { return nil }
        let regular = years.values.allSatisfy { year in
            year.count == 2
                && zip(year, pair).allSatisfy { change, model in
                    change.rule == model.rule && change.before == model.before && change.after == model.after
                        && change.localTime.suffix(6) == model.localTime.suffix(6)
                }
        }
        return regular && years.count == 8 ? pair : nil
    }

    /// `FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU`. A day in the month's last week is read as the last; where that is wrong, the years
    /// don't agree with each other.
    private static func rule(_ date: CivilDate) -> String {
        let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        let isLast = date.adding(days: 7).month != date.month
        let position = isLast ? "-1" : String((date.day - 1) / 7 + 1)
        return "FREQ=YEARLY;BYMONTH=\(date.month);BYDAY=\(position)\(days[date.weekday - 1])"
    }

    private static func offset(_ seconds: Int) -> String {
        let total = abs(seconds)
        let text = "\(seconds < 0 ? "-" : "+")\(MessageDate.two(total / 3600))\(MessageDate.two(total / 60 % 60))"
        return total % 60 == 0 ? text : text + MessageDate.two(total % 60)
    }

    private static func dayNumber(_ instant: Date, offset: Int) -> Int {
        Int(((instant.timeIntervalSince1970 + Double(offset)) / 86_400).rounded(.down))
    }

    static func local(_ instant: Date, in zone: TimeZone) -> String { local(instant, offset: zone.secondsFromGMT(for: instant)) }

    /// `20261215T183000` on a clock that is `offset` seconds ahead of UTC.
    static func local(_ instant: Date, offset: Int) -> String {
        let day = dayNumber(instant, offset: offset)
        let date = CivilDate(dayNumber: day)
        let second = Int(instant.timeIntervalSince1970.rounded(.down)) + offset - day * 86_400
        let two = MessageDate.two
        return "\(date.year)\(two(date.month))\(two(date.day))T\(two(second / 3600))\(two(second / 60 % 60))\(two(second % 60))"
    }
}
