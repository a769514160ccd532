import Foundation
import SwiftCSV

/// The cells of a roll with the line on which each record begins. SwiftCSV reads the cells of one record; which lines make
/// one is decided here, since it keeps no line numbers and takes an unclosed quote for the rest of the file.
struct RollTable {
    struct Record {
        /// From 1.
        let line: Int
        let cells: [String]
    }

    private(set) var records: [Record] = []
    private(set) var mistakes: [Mistake] = []

    /// A cell may hold line breaks, but a quote that is open for longer than this was forgotten.
    private static let longestRecord = 20

    init(_ text: String) {
        var lines = Self.lines(of: text)
        guard let first = lines.firstIndex(where: { !ClerkText.trimmed($0).isEmpty }) else { return }
        var delimiter = Self.delimiter(of: lines[first])
        // Excel's own way to say it, ahead of the header.
        if let declared = Self.declaredDelimiter(lines[first]) {
            delimiter = declared
            lines[first] = ""
        }
        var index = first
        while index < lines.count {
            let start = index
            index += 1
            if Self.isBlank(lines[start], delimiter) { continue }
            var record = lines[start]
            while !Self.isComplete(record), index < lines.count, index - start < Self.longestRecord {
                record += "\n" + lines[index]
                index += 1
            }
            guard Self.isComplete(record) else {
                mistakes.append(Mistake(.unclosedQuote, line: start + 1))
                index = start + 1
                continue
            }
            read(record, line: start + 1, delimiter)
        }
    }

    private mutating func read(_ record: String, line: Int, _ delimiter: Character) {
        // The cells before a line's end that SwiftCSV leaves away when empty don't matter: a missing cell is an empty one.
        guard let csv = try? EnumeratedCSV(string: record, delimiter: .character(delimiter), loadColumns: false), csv.rows.isEmpty
        else {  // Its only failure: a quote where none can be. The words are ours, with the line.
            mistakes.append(Mistake(.badQuote, line: line))
            return
        }
        records.append(Record(line: line, cells: csv.header.map { ClerkText.trimmed($0) }))
    }

    /// Lines end in CRLF, LF or CR. What SwiftCSV would also take for a line's end (vertical tab, form feed, NEL, LS, PS)
    /// becomes a space, so that it can't cut a record in two.
    private static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where before == "\r": break
            case "\n", "\r":
                lines.append(String(line))
                line = String.UnicodeScalarView()
            case "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}": line.append(" ")
            default: line.append(scalar)
            }
            before = scalar
        }
        lines.append(String(line))
        return lines
    }

    private static func isComplete(_ record: String) -> Bool {
        record.unicodeScalars.count { $0 == "\"" } % 2 == 0
    }

    /// Excel writes rows that were emptied as separators alone.
    private static func isBlank(_ line: String, _ delimiter: Character) -> Bool {
        line.unicodeScalars.allSatisfy { Character($0) == delimiter || $0.properties.isWhitespace || $0 == "\u{FEFF}" }
    }

    private static func declaredDelimiter(_ line: String) -> Character? {
        let text = line.lowercased()
        guard text.hasPrefix("sep="), let character = text.dropFirst(4).first, ";,\t".contains(character) else { return nil }
        return character
    }

    /// The separator that the header has most of, outside quotes.
    private static func delimiter(of header: String) -> Character {
        var counts: [Character: Int] = [:]
        var quoted = false
        for scalar in header.unicodeScalars {
            if scalar == "\"" { quoted.toggle() }
            if !quoted, ";,\t".unicodeScalars.contains(scalar) { counts[Character(scalar), default: 0] += 1 }
        }
        let candidates: [Character] = [";", ",", "\t"]
        return candidates.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? ";"
    }
}
