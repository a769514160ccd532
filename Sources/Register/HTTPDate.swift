import Council
import Foundation

/// `Tue, 15 Dec 2026 17:30:00 GMT`: the one form of date that HTTP's senders use (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func text(of instant: Date) -> String {
        let seconds = Int(instant.timeIntervalSince1970.rounded(.down))
        let date = CivilDate(dayNumber: Int((Double(seconds) / 86_400).rounded(.down)))
        let time = seconds - date.dayNumber * 86_400
        let clock = [time / 3600, time / 60 % 60, time % 60].map(pair).joined(separator: ":")
        return "\(days[date.weekday - 1]), \(pair(date.day)) \(months[date.month - 1]) \(date.year) \(clock) GMT"
    }

    /// Nil for anything else, also for the two obsolete forms, which no current client sends.
    static func parse(_ text: some StringProtocol) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", days.contains(where: { words[0] == $0 + "," }),
            let day = Int(words[1]), let month = months.firstIndex(where: { $0 == words[2] }), let year = Int(words[3]),
            let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]) else { return nil }
        return Date(timeIntervalSince1970: Double(date.dayNumber * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]))
    }

    private static func pair(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
