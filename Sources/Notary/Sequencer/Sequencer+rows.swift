import Ledger
import Store

/// Step 1: what the journal holds, checked before it is believed.
extension Sequencer {
    private var journal: JournalRows { JournalRows(storage: storage) }

    /// Rows for one pass, and whether more were waiting. It ends at a full bundle then.
    func rows(from start: UInt64) async throws -> (rows: [JournalRow], more: Bool) {
        let end = min(try await storage.journalSize(), start + UInt64(Self.entriesPerPass))
        var rows: [JournalRow] = []
        var bytes = 0
        while start + UInt64(rows.count) < end, bytes < Self.bytesPerPass {
            let next = start + UInt64(rows.count)
            let batch = try await journal.batch(from: next)
            rows += batch
            bytes += batch.reduce(0) { $0 + $1.leaf.count }
            guard (next + UInt64(batch.count)) % JournalRows.bundle == 0, !batch.isEmpty else { break }
        }
        if !rows.isEmpty { try afterStep(.rowsRead) }
        return (rows, rows.count >= Self.entriesPerPass || bytes >= Self.bytesPerPass)
    }

    func forEachRow(in range: Range<UInt64>, _ body: (JournalRow) throws -> Void) async throws {
        try await journal.forEach(in: range, body)
    }
}

/// The journal's rows, read a bundle at a time.
struct JournalRows: Sendable {
    let storage: any JournalStorage

    static let bundle: UInt64 = 256

    /// Rows `start..<end`, in batches, all of which must be there.
    func forEach(in range: Range<UInt64>, _ body: (JournalRow) throws -> Void) async throws {
        var next = range.lowerBound
        while next < range.upperBound {
            let batch = try await batch(from: next).prefix { $0.seq < range.upperBound }
            guard !batch.isEmpty else {
                throw SequencerRefusal.journalTooShort(stored: range.upperBound, journal: try await storage.journalSize())
            }
            for row in batch { try body(row) }
            next += UInt64(batch.count)
        }
    }

    /// The rows up to the end of a bundle: each at its place, its leaf still having the hash that was stored with it.
    func batch(from start: UInt64) async throws -> [JournalRow] {
        let rows = try await storage.journal(from: start, limit: Int(Self.bundle - start % Self.bundle))
        for (offset, row) in rows.enumerated() {
            let seq = start + UInt64(offset)
            guard row.seq == seq else {
                throw SequencerRefusal.entryDamaged(seq: seq, reason: "it is missing, though entry \(row.seq) is there")
            }
            guard (1...EntryBundle.maximumEntry).contains(row.leaf.count) else {
                throw SequencerRefusal.entryDamaged(seq: seq, reason: "it has \(row.leaf.count) bytes")
            }
            guard Merkle.leafHash(row.leaf) == row.leafHash else {
                throw SequencerRefusal.entryDamaged(seq: seq, reason: "its bytes don't have the hash that was stored with them")
            }
        }
        return rows
    }
}
