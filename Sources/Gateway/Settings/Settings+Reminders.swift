import Council

extension SettingsParts {
    /// `[48h, 24h]`, `[2d]`: hours before a sitting, the longest first. Nil: with a mistake.
    func readReminders() -> [Int]? {
        var hours: [Int] = []
        var isWhole = true
        for (text, line) in root.list("reminders") {
            guard let value = Self.hours(text) else {
                root.wrong(
                    "reminders",
                    Bilingual(
                        "« \(text) » n'est pas un nombre d'heures ou de jours avant la séance, de 1h à 30d",
                        "“\(text)” is not a number of hours or days before the sitting, from 1h to 30d"), "reminders: [48h, 24h]",
                    line: line)
                isWhole = false
                continue
            }
            if hours.contains(value) {
                root.wrong(
                    "reminders", Bilingual("« \(text) » est écrit deux fois", "“\(text)” is written twice"), "reminders: [48h, 24h]",
                    line: line)
                isWhole = false
            }
            hours.append(value)
        }
        return isWhole ? hours.sorted(by: >) : nil
    }

    private static func hours(_ text: String) -> Int? {
        let units = ["h": 1, "d": 24, "j": 24]
        guard let unit = text.last.flatMap({ units[String($0)] }), text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int(text.dropLast()), (1...720).contains(count), count * unit <= 720
        else { return nil }
        return count * unit
    }
}
