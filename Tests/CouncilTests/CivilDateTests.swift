import Council
import Foundation
import TestSupport
import Testing

@Suite struct CivilDateTests {
    @Test func `every day of three centuries survives the way to its number and back`() {
        var day = date(1900, 1, 1)
        var count = 0
        var weekday = 1
        while day.year < 2200 {
            #expect(CivilDate(year: day.year, month: day.month, day: day.day) == day)
            #expect(CivilDate(dayNumber: day.dayNumber) == day)
            #expect(CivilDate(iso: day.description) == day)
            #expect(day.weekday == weekday)
            let next = day.adding(days: 1)
            #expect(next > day && next.dayNumber == day.dayNumber + 1)
            if next.month != day.month { #expect(CivilDate(year: day.year, month: day.month, day: day.day + 1) == nil) }
            day = next
            weekday = weekday % 7 + 1
            count += 1
        }
        #expect(count == 109_573)
        #expect(date(1970, 1, 1).dayNumber == 0)
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31", "1899-12-31", "2200-01-01", "26-12-15", "2026-12-1",
        "2026-1-15", "2026/12/15", " 2026-12-15", "2026-12-15 ", "2026-12-15T00:00", "２０２６-12-15", "+202-12-15", "", "2026-12",
    ])
    func `a text that is no ISO day is refused`(text: String) {
        #expect(CivilDate(iso: text) == nil)
    }

    @Test func `a leap day is a day`() {
        #expect(CivilDate(iso: "2028-02-29")?.dayNumber == date(2028, 2, 28).dayNumber + 1)
        #expect(CivilDate(year: 2000, month: 2, day: 29) != nil)
        #expect(CivilDate(year: 2100, month: 2, day: 29) == nil)
    }

    @Test func `the day of an instant is that of the zone`() {
        let instant = Date(timeIntervalSince1970: 1_797_289_200)  // 2026-12-14T23:00:00Z
        #expect(CivilDate(of: instant, in: zone("Europe/Paris")) == date(2026, 12, 15))
        #expect(CivilDate(of: instant, in: zone("America/Cayenne")) == date(2026, 12, 14))
        #expect(CivilDate(of: instant, in: zone("Pacific/Noumea")) == date(2026, 12, 15))
        #expect(CivilDateTime(of: instant, in: zone("Pacific/Noumea")) == time(2026, 12, 15, 10, 0))
    }

    @Test func `a clock's hour becomes its instant, also around a change of clocks`() {
        let paris = zone("Europe/Paris")
        #expect(time(2026, 12, 15, 18, 30).instant(in: paris) == utc("2026-12-15T17:30:00Z"))
        #expect(time(2026, 7, 1, 18, 30).instant(in: paris) == utc("2026-07-01T16:30:00Z"))
        // The night of 28 to 29 March 2026 has no 2:30; the clock's next such hour is 3:30.
        #expect(time(2026, 3, 29, 2, 30).instant(in: paris) == utc("2026-03-29T01:30:00Z"))
        // The night of 24 to 25 October 2026 has two; the first one counts.
        #expect(time(2026, 10, 25, 2, 30).instant(in: paris) == utc("2026-10-25T00:30:00Z"))
    }

    @Test func `a day begins where its zone says, even when clocks change at midnight`() {
        #expect(date(2026, 12, 15).start(in: zone("Europe/Paris")) == utc("2026-12-14T23:00:00Z"))
        #expect(date(2026, 7, 1).start(in: zone("Europe/Paris")) == utc("2026-06-30T22:00:00Z"))
        // Cairo skipped from 00:00 to 01:00 on 26 April 2024.
        #expect(date(2024, 4, 26).start(in: zone("Africa/Cairo")) == utc("2024-04-25T22:00:00Z"))
    }

    @Test func `hours outside the clock are refused`() {
        #expect(CivilDateTime(date: date(2026, 1, 1), hour: 24, minute: 0) == nil)
        #expect(CivilDateTime(date: date(2026, 1, 1), hour: 18, minute: 60) == nil)
        #expect(CivilDateTime(date: date(2026, 1, 1), hour: -1, minute: 0) == nil)
        #expect(time(2026, 1, 1, 9, 5).description == "2026-01-01 09:05")
    }

    @Test func `days and hours are written as in letters`() {
        #expect(time(2026, 12, 15, 18, 30).words(in: .french) == "mardi 15 décembre 2026 à 18 h 30")
        #expect(time(2027, 1, 1, 18, 0).words(in: .french) == "vendredi 1er janvier 2027 à 18 h")
        #expect(time(2026, 8, 3, 9, 5).words(in: .french) == "lundi 3 août 2026 à 9 h 05")
        #expect(time(2026, 2, 22, 0, 0).words(in: .french) == "dimanche 22 février 2026 à 0 h")
        #expect(time(2026, 12, 15, 18, 30).words(in: .english) == "Tuesday 15 December 2026 at 18:30")
        #expect(time(2027, 1, 1, 9, 5).words(in: .english) == "Friday 1 January 2027 at 09:05")
        #expect(date(2027, 3, 1).shortWords(in: .french) == "1er mars 2027")
    }

    @Test func `public holidays are found, Easter's among them`() {
        #expect(FrenchHoliday.on(date(2026, 4, 6)) == .easterMonday)
        #expect(FrenchHoliday.on(date(2026, 5, 14)) == .ascension)
        #expect(FrenchHoliday.on(date(2026, 5, 25)) == .whitMonday)
        #expect(FrenchHoliday.on(date(2024, 4, 1)) == .easterMonday)
        #expect(FrenchHoliday.on(date(2038, 4, 26)) == .easterMonday)
        #expect(FrenchHoliday.on(date(2026, 12, 25)) == .christmas)
        #expect(FrenchHoliday.on(date(2026, 12, 24)) == nil)
        for year in 1900...2199 {
            var day = date(year, 1, 1)
            var found: Set<FrenchHoliday> = []
            while day.year == year {
                if let holiday = FrenchHoliday.on(day) { found.insert(holiday) }
                day = day.adding(days: 1)
            }
            // Ascension falls on 1 or 8 May in some years, and is then found under the other's name.
            #expect(found.count >= 10, "\(year)")
        }
    }
}

func date(_ year: Int, _ month: Int, _ day: Int) -> CivilDate {
    guard let date = CivilDate(year: year, month: month, day: day) else { preconditionFailure("no such day") }
    return date
}

func time(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> CivilDateTime {
    guard let time = CivilDateTime(date: date(year, month, day), hour: hour, minute: minute) else {
        preconditionFailure("no such hour")
    }
    return time
}

func zone(_ name: String) -> TimeZone {
    guard let zone = TimeZone(identifier: name) else { preconditionFailure("no such zone") }
    return zone
}

func utc(_ text: String) -> Date {
    guard let date = ISO8601DateFormatter().date(from: text) else { preconditionFailure("no such instant") }
    return date
}
