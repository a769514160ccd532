import Council
import Foundation
import TestSupport
import Testing

@Suite struct NoticeRuleTests {
    /// Sitting, days required, urgent, last lawful day.
    static let table: [(CivilDate, Int, Bool, CivilDate)] = [
        (date(2026, 12, 15), 5, false, date(2026, 12, 9)),
        (date(2026, 12, 28), 5, false, date(2026, 12, 22)),
        (date(2026, 12, 15), 3, false, date(2026, 12, 11)),
        (date(2026, 12, 15), 5, true, date(2026, 12, 13)),
        (date(2026, 12, 15), 3, true, date(2026, 12, 13)),
        // Across the year's end and a leap day.
        (date(2027, 1, 4), 5, false, date(2026, 12, 29)),
        (date(2027, 1, 1), 12, false, date(2026, 12, 19)),
        (date(2028, 3, 3), 5, false, date(2028, 2, 26)),
        (date(2027, 3, 3), 5, false, date(2027, 2, 25)),
        // Across both changes of clocks (29 March and 25 October 2026).
        (date(2026, 3, 31), 5, false, date(2026, 3, 25)),
        (date(2026, 10, 27), 5, false, date(2026, 10, 21)),
        // The facts of CE 141677: sent on 21 December 1989 for the 26th, three required.
        (date(1989, 12, 26), 3, false, date(1989, 12, 22)),
    ]

    @Test(arguments: table)
    func `the last lawful day passes to its end and the next one fails from its beginning`(
        sitting: CivilDate, days: Int, urgent: Bool, last: CivilDate
    ) {
        let rule = NoticeRule(clearDays: days)
        for name in ["Europe/Paris", "Pacific/Noumea", "America/Cayenne", "Indian/Reunion", "America/Guadeloupe", "Pacific/Marquesas"] {
            let zone = zone(name)
            #expect(rule.lastLawfulDay(for: sitting, urgent: urgent) == last)
            let deadline = rule.deadline(for: sitting, urgent: urgent, in: zone)
            #expect(CivilDateTime(of: deadline, in: zone).description == "\(last.adding(days: 1)) 00:00", "\(name)")

            let before = rule.judge(sittingOn: sitting, sentAt: deadline.addingTimeInterval(-1), urgent: urgent, in: zone)
            #expect(before.isLawful && before.actual == before.required && before.lastLawfulDay == last, "\(name)")
            let after = rule.judge(sittingOn: sitting, sentAt: deadline, urgent: urgent, in: zone)
            #expect(!after.isLawful && after.actual == after.required - 1 && after.deadline == deadline, "\(name)")
        }
    }

    @Test func `the same instant is lawful in one zone and too late in another`() {
        let rule = NoticeRule(clearDays: 5)
        let instant = utc("2026-12-09T20:00:00Z")
        func lawful(_ name: String) -> Bool {
            rule.judge(sittingOn: date(2026, 12, 15), sentAt: instant, urgent: false, in: zone(name)).isLawful
        }
        #expect(lawful("Europe/Paris") && lawful("America/Cayenne"))
        #expect(!lawful("Pacific/Noumea") && !lawful("Indian/Reunion"))
    }

    @Test func `a notice that spans a change of clocks is counted in days, not hours`() {
        let paris = zone("Europe/Paris")
        let rule = NoticeRule(clearDays: 5)
        // Spring: five clear days last 119 hours; the deadline is midnight of the clock all the same.
        #expect(rule.deadline(for: date(2026, 3, 31), urgent: false, in: paris) == utc("2026-03-25T23:00:00Z"))
        #expect(rule.deadline(for: date(2026, 10, 27), urgent: false, in: paris) == utc("2026-10-21T22:00:00Z"))
    }

    @Test func `the number of days is that in force on the day of the sitting`() {
        let reform = NoticeRule(periods: [.init(from: date(2027, 1, 1), clearDays: 7), .init(clearDays: 5)])
        #expect(reform.clearDays(on: date(2026, 12, 31), urgent: false) == 5)
        #expect(reform.clearDays(on: date(2027, 1, 1), urgent: false) == 7)
        #expect(reform.lastLawfulDay(for: date(2027, 1, 1), urgent: false) == date(2026, 12, 24))
        #expect(reform.lastLawfulDay(for: date(2026, 12, 31), urgent: false) == date(2026, 12, 25))
        // A sitting before the first period that is known follows that one.
        let later = NoticeRule(periods: [.init(from: date(2027, 1, 1), clearDays: 7)])
        #expect(later.clearDays(on: date(2026, 6, 1), urgent: false) == 7)
    }

    @Test func `urgency never asks for more days than the ordinary rule`() {
        #expect(NoticeRule(clearDays: 5).clearDays(on: date(2026, 1, 1), urgent: true) == 1)
        #expect(NoticeRule(clearDays: 0, urgentClearDays: 1).clearDays(on: date(2026, 1, 1), urgent: true) == 0)
        #expect(NoticeRule(clearDays: 12, urgentClearDays: 3).clearDays(on: date(2026, 1, 1), urgent: true) == 3)
    }

    @Test func `clear days leave out both ends`() {
        #expect(NoticeRule.clearDays(from: date(2026, 12, 9), to: date(2026, 12, 15)) == 5)
        #expect(NoticeRule.clearDays(from: date(2026, 12, 14), to: date(2026, 12, 15)) == 0)
        #expect(NoticeRule.clearDays(from: date(2026, 12, 15), to: date(2026, 12, 15)) == -1)
        #expect(NoticeRule.clearDays(from: date(1989, 12, 21), to: date(1989, 12, 26)) == 4)
    }
}
