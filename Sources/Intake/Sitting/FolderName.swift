package import Council
import Foundation

/// What a folder's name says of a sitting: `2026-12-15 18h30 Conseil communautaire`. Any part may be missing, since
/// `seance.yml` can give it.
package struct FolderName: Hashable, Sendable {
    package enum Day: Hashable, Sendable {
        case day(CivilDate)
        /// Written as a day, but there is none such: `2026-02-30`.
        case impossible(String)
    }

    package struct Hour: Hashable, Sendable {
        package let hour: Int
        package let minute: Int
    }

    package let day: Day?
    package let hour: Hour?
    /// The day of the week that was written before the day, 1 = Monday; nil: none.
    package let weekday: Int?
    /// What remains when day and hour are taken out; empty: nothing.
    package let body: String

    /// The real day of the week where another one was written: one of the two is a slip of the pen.
    package var contradiction: CivilDate? {
        guard case .day(let date) = day, let weekday, weekday != date.weekday else { return nil }
        return date
    }

    /// The number or the word that Windows and Linux put behind the name of a copy doesn't count.
    package init(parsing name: String) {
        let words = NameWords(CopyMark.removed(from: name))
        for start in words.list.indices {
            guard let (day, afterDay) = words.day(at: start) else { continue }
            let (hour, afterHour) = words.hour(at: words.skipping(["a", "at", "h", "-", "le"], from: afterDay)) ?? (nil, afterDay)
            if case .impossible(let folded) = day { self.day = .impossible(Self.written(folded, in: name)) } else { self.day = day }
            self.hour = hour
            weekday = start > 0 ? CalendarWords.weekday(words.list[start - 1].text) : nil
            let before = words.text(upTo: start, without: ["du", "le", "de", "seance", "the", "of"])
            let after = words.text(from: words.skipping(["-", "a", ","], from: afterHour))
            body = [before, after].filter { !$0.isEmpty }.joined(separator: " ")
            return
        }
        day = nil
        hour = nil
        weekday = nil
        body = words.text(from: 0)
    }
}

extension FolderName {
    /// The shortest part of `name` that reads `folded` when case, accents and separators don't count: people look for what they wrote.
    private static func written(_ folded: String, in name: String) -> String {
        let signs = Array(ClerkText.trimmed(name))
        for length in 1...max(1, signs.count) {
            for start in 0..<max(0, signs.count - length + 1) {
                let part = String(signs[start..<start + length])
                if Spelling.folded(part) == folded { return part }
            }
        }
        return folded
    }
}

/// `… (2)`, `… - Copie`, `… - Copie (3)`, `… - Copy`.
enum CopyMark {
    static func removed(from name: String) -> String {
        var text = ClerkText.trimmed(name)
        if text.hasSuffix(")"), let open = text.lastIndex(of: "(") {
            let number = text[text.index(after: open)...].dropLast()
            if !number.isEmpty, number.count <= 3, number.allSatisfy({ $0.isASCII && $0.isNumber }) {
                text = ClerkText.trimmed(text[..<open])
            }
        }
        for mark in [" - copie", " - copy", " – copie"] where text.lowercased().hasSuffix(mark) {
            text = ClerkText.trimmed(text.dropLast(mark.count))
        }
        return text
    }
}

/// A name as numbers and words, without accents, case and separators, each knowing its place.
struct NameWords {
    struct Word {
        let text: String
        let range: Range<String.Index>
        var number: Int? { text.count <= 8 ? Int(text) : nil }
    }

    private let folded: String
    let list: [Word]

    init(_ name: String) {
        folded = Spelling.folded(name)
        var words: [Word] = []
        var index = folded.startIndex
        while index < folded.endIndex {
            let kind = Self.kind(folded[index])
            var end = folded.index(after: index)
            while end < folded.endIndex, kind != nil, Self.kind(folded[end]) == kind { end = folded.index(after: end) }
            if kind != nil { words.append(Word(text: String(folded[index..<end]), range: index..<end)) }
            index = end
        }
        list = words
    }

    private enum Kind { case digit, letter }

    /// Nil: what only separates. Other signs (`°`, `&`, `+`) belong to words.
    private static func kind(_ character: Character) -> Kind? {
        if character == " " || ".:/,;()".contains(character) { return nil }
        return character.isASCII && character.isNumber ? .digit : .letter
    }

    func skipping(_ words: Set<String>, from start: Int) -> Int {
        var index = start
        while index < list.count, words.contains(list[index].text) { index += 1 }
        return index
    }

    /// The text behind the words before `start`, folded.
    func text(from start: Int) -> String {
        start < list.count ? Self.clean(folded[list[start].range.lowerBound...]) : ""
    }

    /// The text before word `end`, without these words at its own end.
    func text(upTo end: Int, without fillers: Set<String>) -> String {
        var end = end
        while end > 0, fillers.contains(list[end - 1].text) || CalendarWords.weekday(list[end - 1].text) != nil { end -= 1 }
        return end > 0 ? Self.clean(folded[..<list[end - 1].range.upperBound]) : ""
    }

    private static func clean(_ text: Substring) -> String { text.trimmingCharacters(in: CharacterSet(charactersIn: " .,:;/")) }

    /// The day written at word `start`, and the word behind it.
    func day(at start: Int) -> (FolderName.Day, Int)? {
        if let compact = compactDay(list[start].text) { return (compact, start + 1) }
        guard let first = list[start].number, list[start].text.count <= 4 else { return nil }
        var index = start + 1
        if list[start].text == "1", index < list.count, list[index].text == "er" { index += 1 }
        guard index + 1 < list.count else { return nil }
        let last = list[index + 1]
        if let month = CalendarWords.month(list[index].text) {
            guard let year = last.number, last.text.count == 4 else { return nil }
            return (day(year, month, first, written: start...(index + 1)), index + 2)
        }
        guard let second = list[index].number, list[index].text.count <= 2, let third = last.number else { return nil }
        if list[start].text.count == 4, last.text.count <= 2 { return (day(first, second, third, written: start...(index + 1)), index + 2) }
        if list[start].text.count <= 2, last.text.count == 4 { return (day(third, second, first, written: start...(index + 1)), index + 2) }
        return nil
    }

    /// `20261215`
    private func compactDay(_ text: String) -> FolderName.Day? {
        guard text.count == 8, text.hasPrefix("20"), let number = Int(text) else { return nil }
        return CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100).map { .day($0) } ?? .impossible(text)
    }

    private func day(_ year: Int, _ month: Int, _ day: Int, written: ClosedRange<Int>) -> FolderName.Day {
        if let date = CivilDate(year: year, month: month, day: day) { return .day(date) }
        return .impossible(String(folded[list[written.lowerBound].range.lowerBound..<list[written.upperBound].range.upperBound]))
    }

    /// `18h30`, `18 h 30`, `18h`, `18.30`, `18-30`, `18 heures 30`; behind it, the word's place.
    func hour(at start: Int) -> (FolderName.Hour?, Int)? {
        guard start < list.count, let hour = list[start].number, list[start].text.count <= 2, (0...23).contains(hour) else { return nil }
        var index = start + 1
        let marked = index < list.count && ["h", "heure", "heures", "hr", "hrs"].contains(list[index].text)
        if marked { index += 1 }
        if index < list.count, list[index].text.count == 2, let minute = list[index].number, (0...59).contains(minute) {
            index += 1
            return (FolderName.Hour(hour: hour, minute: minute), skipping(["min", "mn", "minutes"], from: index))
        }
        return marked ? (FolderName.Hour(hour: hour, minute: 0), index) : nil
    }
}

extension CalendarWords {
    static func weekday(_ folded: String) -> Int? {
        Language.allCases.compactMap { weekdays($0).firstIndex { Spelling.folded($0) == folded } }.first.map { $0 + 1 }
    }

    /// A month's name or its beginning (three letters at least: `déc`, `janv`, `juil`); nil also when two months share it.
    static func month(_ folded: String) -> Int? {
        guard folded.count >= 3 else { return nil }
        for language in Language.allCases {
            let names = months(language).map { Spelling.folded($0) }
            if let whole = names.firstIndex(of: folded) { return whole + 1 }
            let found = names.indices.filter { names[$0].hasPrefix(folded) }
            if found.count == 1 { return found[0] + 1 }
        }
        return nil
    }
}
