package import Council
package import Foundation

/// Whether a sitting can still be convened, and what a clerk should know of its notice.
package struct NoticeJudge {
    let authority: Authority
    let language: Language
    let now: Date

    package init(authority: Authority, language: Language, now: Date) {
        self.authority = authority
        self.language = language
        self.now = now
    }

    /// Further ahead than this, a year was likely mistyped.
    static let furthestDays = 548

    private var today: CivilDate { CivilDate(of: now, in: authority.timeZone) }

    /// Nil: in time.
    package func mistake(_ plan: SittingPlan) -> Mistake? {
        let zone = authority.timeZone
        let rule = plan.body.notice
        let sitting = plan.when.words(in: language)
        guard plan.when.instant(in: zone) > now else {
            return Mistake(.past, name: sitting, value: CivilDateTime(of: now, in: zone).words(in: language))
        }
        guard plan.when.date.dayNumber - today.dayNumber <= Self.furthestDays else { return Mistake(.tooFar, name: sitting) }
        guard now >= rule.deadline(for: plan.when.date, urgent: plan.isUrgent, in: zone) else { return nil }
        // The first day for which sending today is in time, should the number of days change on the way.
        var earliest = today.adding(days: 1)
        while now >= rule.deadline(for: earliest, urgent: false, in: zone) { earliest = earliest.adding(days: 1) }
        let urgencyHelps = !plan.isUrgent && now < rule.deadline(for: plan.when.date, urgent: true, in: zone)
        return Mistake(
            urgencyHelps ? .tooLate : .tooLateEvenUrgent, name: sitting, other: earliest.words(in: language),
            value: rule.lastLawfulDay(for: plan.when.date, urgent: plan.isUrgent).words(in: language),
            count: rule.clearDays(on: plan.when.date, urgent: plan.isUrgent))
    }

    package func warnings(_ plan: SittingPlan) -> [Warning] {
        var warnings: [Warning] = []
        let required = plan.body.notice.clearDays(on: plan.when.date, urgent: plan.isUrgent)
        let ordinary = plan.body.notice.clearDays(on: plan.when.date, urgent: false)
        // CGCT L2121-12 asks for the note where it asks for five days.
        if ordinary >= 5, !plan.files.contains(where: { $0.role == .note }) { warnings.append(Warning(.noNote)) }
        if plan.isUrgent { warnings.append(Warning(.urgent, value: plan.urgencyReason ?? "", count: required)) }
        let clear = NoticeRule.clearDays(from: today, to: plan.when.date)
        guard clear >= required, clear > 0, clear < required + 15 else { return warnings }
        let days = (1...clear).map { today.adding(days: $0) }
        let holidays = days.filter { FrenchHoliday.on($0) != nil }
        if !holidays.isEmpty, clear - holidays.count < required {
            let names = holidays.map { $0.words(in: language) }.joined(separator: ", ")
            warnings.append(Warning(.holidayNeeded, value: names, count: required))
        }
        let weekend = days.filter { $0.weekday >= 6 }
        if !weekend.isEmpty, clear - weekend.count < required { warnings.append(Warning(.weekendNeeded, count: required)) }
        return warnings
    }
}
