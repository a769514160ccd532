/// Days and hours as people write them, without the system's locale data: the words of a legal act must not change with it.
extension CivilDate {
    /// `mardi 15 décembre 2026`, `vendredi 1er janvier 2027`; `Tuesday 15 December 2026`.
    package func words(in language: Language) -> String { "\(weekdayName(in: language)) \(shortWords(in: language))" }

    /// Without the day of the week: `15 décembre 2026`, `1er janvier 2027`; `15 December 2026`.
    package func shortWords(in language: Language) -> String {
        let number = language == .french && day == 1 ? "1er" : String(day)
        return "\(number) \(monthName(in: language)) \(year)"
    }

    package func weekdayName(in language: Language) -> String { CalendarWords.weekdays(language)[weekday - 1] }

    package func monthName(in language: Language) -> String { CalendarWords.months(language)[month - 1] }
}

extension CivilDateTime {
    /// `mardi 15 décembre 2026 à 18 h 30`, `… à 18 h`; `Tuesday 15 December 2026 at 18:30`.
    package func words(in language: Language) -> String {
        let joined = language == .french ? "à" : "at"
        return "\(date.words(in: language)) \(joined) \(timeWords(in: language))"
    }

    /// `18 h 30`, `9 h 05`, `18 h`; `18:30`, `09:05`.
    package func timeWords(in language: Language) -> String {
        switch language {
        case .french: minute == 0 ? "\(hour) h" : "\(hour) h \(pad(minute, 2))"
        case .english: "\(pad(hour, 2)):\(pad(minute, 2))"
        }
    }
}

/// Names of days (Monday first) and months (January first).
package enum CalendarWords {
    package static func weekdays(_ language: Language) -> [String] {
        switch language {
        case .french: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
        case .english: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        }
    }

    package static func months(_ language: Language) -> [String] {
        switch language {
        case .french:
            [
                "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
                "décembre",
            ]
        case .english:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                "December",
            ]
        }
    }
}
