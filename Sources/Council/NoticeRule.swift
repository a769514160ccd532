package import Foundation

/// How many clear days (jours francs) must lie between the sending of a convocation and the sitting.
///
/// The day of sending and the day of the sitting don't count; weekends and holidays do; nothing rolls over.
/// Sources: CGCT L2121-11 (3 days, communes under 3,500), L2121-12 (5 days), L5211-1 (EPCI), L3121-19 and L4132-18
/// (12 days); counting as in CE, 141677. A number of days is valid from a date, since the law changes.
package struct NoticeRule: Hashable, Sendable, Codable {
    package struct Period: Hashable, Sendable, Codable {
        /// First sitting date to which it applies; nil: always.
        package let from: CivilDate?
        package let clearDays: Int

        package init(from: CivilDate? = nil, clearDays: Int) {
            self.from = from
            self.clearDays = clearDays
        }
    }

    /// In order of `from`; the last one that has begun applies.
    package let periods: [Period]
    /// Clear days of an urgent convocation, which must carry a written reason.
    package let urgentClearDays: Int

    package init(clearDays: Int, urgentClearDays: Int = 1) {
        self.init(periods: [Period(clearDays: clearDays)], urgentClearDays: urgentClearDays)
    }

    package init(periods: [Period], urgentClearDays: Int = 1) {
        self.periods = periods.sorted { ($0.from?.dayNumber ?? .min) < ($1.from?.dayNumber ?? .min) }
        self.urgentClearDays = urgentClearDays
    }

    /// Clear days required for a sitting on `date`.
    package func clearDays(on date: CivilDate, urgent: Bool) -> Int {
        let ordinary = periods.last { ($0.from ?? date) <= date }?.clearDays ?? periods.first?.clearDays ?? 0
        return urgent ? min(urgentClearDays, ordinary) : ordinary
    }

    /// Clear days between two days: negative when `sent` is not before `sitting`.
    package static func clearDays(from sent: CivilDate, to sitting: CivilDate) -> Int {
        sitting.dayNumber - sent.dayNumber - 1
    }

    /// The last day on which a convocation can lawfully be sent.
    package func lastLawfulDay(for date: CivilDate, urgent: Bool) -> CivilDate {
        date.adding(days: -(clearDays(on: date, urgent: urgent) + 1))
    }

    /// The first instant that is too late: the end of the last lawful day in `zone`.
    package func deadline(for date: CivilDate, urgent: Bool, in zone: TimeZone) -> Date {
        lastLawfulDay(for: date, urgent: urgent).adding(days: 1).start(in: zone)
    }

    /// Whether a convocation sent at `instant` is in time for a sitting on `date`.
    package func judge(sittingOn date: CivilDate, sentAt instant: Date, urgent: Bool, in zone: TimeZone) -> NoticeVerdict {
        NoticeVerdict(
            required: clearDays(on: date, urgent: urgent),
            actual: Self.clearDays(from: CivilDate(of: instant, in: zone), to: date),
            lastLawfulDay: lastLawfulDay(for: date, urgent: urgent),
            deadline: deadline(for: date, urgent: urgent, in: zone)
        )
    }
}

package struct NoticeVerdict: Hashable, Sendable {
    package let required: Int
    package let actual: Int
    package let lastLawfulDay: CivilDate
    /// The first instant that is too late.
    package let deadline: Date

    package var isLawful: Bool { actual >= required }
}
