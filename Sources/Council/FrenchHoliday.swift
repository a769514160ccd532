/// The public holidays of metropolitan France (Code du travail, L3133-1). They count as clear days like any other day;
/// whether a court would follow was never settled for a notice that needs one, hence the warning that uses this.
package enum FrenchHoliday: String, Hashable, Sendable, CaseIterable {
    case newYear
    case easterMonday
    case labourDay
    case victory1945
    case ascension
    case whitMonday
    case bastilleDay
    case assumption
    case allSaints
    case armistice1918
    case christmas

    package static func on(_ date: CivilDate) -> FrenchHoliday? {
        switch (date.month, date.day) {
        case (1, 1): return .newYear
        case (5, 1): return .labourDay
        case (5, 8): return .victory1945
        case (7, 14): return .bastilleDay
        case (8, 15): return .assumption
        case (11, 1): return .allSaints
        case (11, 11): return .armistice1918
        case (12, 25): return .christmas
        default: break
        }
        switch date.dayNumber - easter(date.year) {
        case 1: return .easterMonday
        case 39: return .ascension
        case 50: return .whitMonday
        default: return nil
        }
    }

    /// Easter Sunday's day number (the Gregorian computus in the form of Meeus, Jones and Butcher).
    static func easter(_ year: Int) -> Int {
        let a = year % 19
        let (b, c) = (year / 100, year % 100)
        let g = (8 * b + 13) / 25
        let h = (19 * a + b - b / 4 - g + 15) % 30
        let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
        let m = (a + 11 * h + 19 * l) / 433
        let month = (h + l - 7 * m + 90) / 25
        let day = (h + l - 7 * m + 33 * month + 19) % 32
        return CivilDate(year: year, month: month, day: day)?.dayNumber ?? 0
    }
}
