package import Foundation

/// A day of the Gregorian calendar, without hour or zone: what the law counts in.
package struct CivilDate: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil when no such day exists (2026-02-30, month 13) or the year is outside 1900...2199.
    package init?(year: Int, month: Int, day: Int) {
        guard (1900...2199).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.length(ofMonth: month, year: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `AAAA-MM-JJ` (ISO 8601), nothing else.
    package init?(iso text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day that `instant` falls on in `zone`.
    package init(of instant: Date, in zone: TimeZone) {
        let parts = Self.calendar(zone).dateComponents([.year, .month, .day], from: instant)
        self.init(unchecked: parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
    }

    /// `count` days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
    package init(dayNumber count: Int) {
        let z = count + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        self.init(unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private init(unchecked year: Int, _ month: Int, _ day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1970-01-01; the difference of two is a number of calendar days (`days_from_civil`).
    package var dayNumber: Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 1 = Monday … 7 = Sunday (ISO 8601).
    package var weekday: Int { (((dayNumber + 3) % 7) + 7) % 7 + 1 }

    package func adding(days: Int) -> CivilDate { CivilDate(dayNumber: dayNumber + days) }

    /// The first instant of this day in `zone` (not always 00:00: some zones change their clocks at midnight).
    package func start(in zone: TimeZone) -> Date {
        let calendar = Self.calendar(zone)
        let noon = calendar.date(from: DateComponents(year: year, month: month, day: day, hour: 12))
        return noon.map(calendar.startOfDay(for:)) ?? Date(timeIntervalSince1970: Double(dayNumber) * 86_400)
    }

    package var description: String { "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))" }

    package static func < (a: CivilDate, b: CivilDate) -> Bool { a.dayNumber < b.dayNumber }

    static func calendar(_ zone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A day and an hour on the clock of the authority's zone.
package struct CivilDateTime: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let date: CivilDate
    package let hour: Int
    package let minute: Int

    package init?(date: CivilDate, hour: Int, minute: Int) {
        guard (0...23).contains(hour), (0...59).contains(minute) else { return nil }
        self.date = date
        self.hour = hour
        self.minute = minute
    }

    package init(of instant: Date, in zone: TimeZone) {
        let parts = CivilDate.calendar(zone).dateComponents([.hour, .minute], from: instant)
        date = CivilDate(of: instant, in: zone)
        hour = parts.hour ?? 0
        minute = parts.minute ?? 0
    }

    /// The instant in `zone`. In the hour that daylight saving skips, the clock's next hour; in the hour that it
    /// repeats, the first one.
    package func instant(in zone: TimeZone) -> Date {
        let components = DateComponents(year: date.year, month: date.month, day: date.day, hour: hour, minute: minute)
        return CivilDate.calendar(zone).date(from: components) ?? date.start(in: zone)
    }

    /// `2026-12-15 18:30`
    package var description: String { "\(date) \(pad(hour, 2)):\(pad(minute, 2))" }

    package static func < (a: CivilDateTime, b: CivilDateTime) -> Bool {
        (a.date, a.hour, a.minute) < (b.date, b.hour, b.minute)
    }
}

func pad(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
