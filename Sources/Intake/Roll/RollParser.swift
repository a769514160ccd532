package import Council
import Foundation

/// Reads `membres.csv`. Pure: bytes in, a whole roll or every mistake out.
package enum RollParser {
    /// A council of 200 members fits 300 times.
    package static let longestFile = 4 << 20

    package static func parse(_ bytes: [UInt8], authority: Authority) throws(Mistakes) -> [RollEntry] {
        let reader = try read(bytes, .roll, authority)
        guard !reader.lines.isEmpty else { throw Mistakes([Mistake(.noMember)]) }
        return reader.lines.map(\.entry)
    }

    /// Reads `copies.csv`. A list without a line is how copies are given up.
    package static func parseCopies(_ bytes: [UInt8], authority: Authority) throws(Mistakes) -> [CopyEntry] {
        try read(bytes, .copies, authority).copies
    }

    private static func read(_ bytes: [UInt8], _ layout: RollLayout, _ authority: Authority) throws(Mistakes) -> RollReader {
        guard bytes.count <= longestFile else { throw Mistakes([Mistake(.rollTooLong, count: longestFile)]) }
        guard let text = ClerkText.decode(bytes) else { throw Mistakes([Mistake(.rollNotText)]) }
        let table = RollTable(text)
        guard let header = table.records.first else {
            throw Mistakes(table.mistakes.isEmpty ? [Mistake(.rollEmpty)] : table.mistakes)
        }
        var mistakes = table.mistakes
        let columns = RollHeader(header, layout, mistakes: &mistakes)
        // Without its columns, a line says nothing: more messages would only hide the first.
        guard columns.isWhole else { throw Mistakes(mistakes) }

        var reader = RollReader(columns: columns, authority: authority)
        for record in table.records.dropFirst() { reader.read(record) }
        mistakes += reader.mistakes
        guard mistakes.isEmpty else { throw Mistakes(mistakes.sorted { ($0.line ?? 0) < ($1.line ?? 0) }) }
        return reader
    }
}

/// Which cell belongs to which column.
struct RollHeader {
    private(set) var places: [RollColumn: Int] = [:]
    private var headed: Set<Int> = []
    let width: Int
    let layout: RollLayout

    var isWhole: Bool { layout.required.allSatisfy { places[$0] != nil } }

    init(_ record: RollTable.Record, _ layout: RollLayout, mistakes: inout [Mistake]) {
        self.layout = layout
        width = record.cells.count
        var names: [RollColumn: String] = [:]
        for (place, cell) in record.cells.enumerated() where !cell.isEmpty {
            headed.insert(place)
            guard let column = RollColumn.named(cell, among: layout.columns) else {
                mistakes.append(
                    Mistake(
                        ClerkText.isGarbled(cell) ? .garbled : .unknownColumn, line: record.line, name: Shown.text(cell),
                        known: layout.columns.map(\.title), near: RollColumn.near(cell, among: layout.columns)))
                continue
            }
            if let first = names[column] {
                mistakes.append(Mistake(.repeatedColumn, line: record.line, name: first, other: Shown.text(cell)))
                continue
            }
            names[column] = Shown.text(cell)
            places[column] = place
        }
        for column in layout.columns where layout.required.contains(column) && places[column] == nil {
            mistakes.append(Mistake(.missingColumn, line: record.line, name: column.title, known: record.cells.map(Shown.text)))
        }
    }

    func cell(_ column: RollColumn, of record: RollTable.Record) -> String {
        guard let place = places[column], place < record.cells.count else { return "" }
        return record.cells[place]
    }

    /// Something stands in a cell that has no header.
    func hasExtraCells(_ record: RollTable.Record) -> Bool {
        record.cells.enumerated().contains { place, cell in !cell.isEmpty && !headed.contains(place) }
    }
}
