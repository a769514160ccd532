package import Foundation
package import Ledger
package import Store

/// Compares every published entry with the journal's row, and the tree over the rows with the signed root. The start looks at the last
/// bundle only, so that it takes no longer for a million entries than for ten; this is the rest of it, done beside the running
/// service. It reads, and holds nothing: a bundle at a time, each in a read of its own, with pauses after each.
///
/// An actor for its executor's sake: it reads files for as long as it runs.
package actor JournalCheck {
    package struct Outcome: Hashable, Sendable {
        package let entries: UInt64
        /// Public files that are something else than the journal gives; the journal's rows are the ones that were signed.
        package internal(set) var damaged: [String] = []

        package init(entries: UInt64) { self.entries = entries }
    }

    private let rows: JournalRows
    private let publisher: TilePublisher
    private let pause: @Sendable (Duration) async throws -> Void
    private let executor = BlockingExecutor(label: "appariteur.check")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// `pause`: told after each bundle how long it took.
    package init(storage: any JournalStorage, publicFolder: URL, pause: @escaping @Sendable (Duration) async throws -> Void = { _ in }) {
        rows = JournalRows(storage: storage)
        publisher = TilePublisher(folder: publicFolder, afterStep: { _ in })
        self.pause = pause
    }

    /// Throws `SequencerRefusal` when the rows don't lead to the root that was signed: an entry was altered, or is gone.
    package func compare(upTo published: VerifiedCheckpoint) async throws -> Outcome {
        var outcome = Outcome(entries: published.size)
        var edge = HashEdge()
        // The first row that isn't the published one; only the root tells which of the two was altered.
        var differing: UInt64?
        var index: UInt64 = 0
        while index * JournalRows.bundle < published.size {
            let began = ContinuousClock.now
            let range = index * JournalRows.bundle..<min((index + 1) * JournalRows.bundle, published.size)
            var (hashes, bundle): ([UInt8], [UInt8]) = ([], [])
            do {
                try await rows.forEach(in: range) { row in
                    hashes += row.leafHash
                    bundle += try EntryBundle.encode(row.leaf)
                }
            } catch SequencerRefusal.entryDamaged(let seq, _) {
                // What is below the checkpoint was whole when it was signed.
                throw SequencerRefusal.entryAltered(seq: seq)
            }
            let present = leaves(index, range.count)
            if present != hashes {
                outcome.damaged.append(Tile.covering(.hashes(level: 0), index: index, treeSize: published.size)?.path ?? "tile/0")
                if differing == nil { differing = Self.firstDifference(hashes, present).map { range.lowerBound + UInt64($0) } }
            }
            if range.count == Tile.fullWidth {
                compare(.entries, index, bundle, &outcome)
                for file in edge.append(fullTile: hashes) where file.tile.content != .hashes(level: 0) {
                    compare(file.tile.content, file.tile.index, file.bytes, &outcome)
                }
            } else {
                for place in 0..<range.count {
                    _ = edge.append(leafHash: Array(hashes[(place * Merkle.hashSize)..<((place + 1) * Merkle.hashSize)]))
                }
            }
            index += 1
            try await pause(ContinuousClock.now - began)
        }
        guard edge.root == published.root else {
            throw differing.map { SequencerRefusal.entryAltered(seq: $0) } ?? .journalDiffers(size: published.size, published: true)
        }
        return outcome
    }

    /// The hashes of a bundle's leaves as they are published; nil: they can't be read. A partial tile may have been replaced by a wider one.
    private func leaves(_ index: UInt64, _ width: Int) -> [UInt8]? {
        for tile in [Tile(.hashes(level: 0), index: index, width: width), Tile(.hashes(level: 0), index: index)].compactMap({ $0 }) {
            // What can't be read is as good as missing.
            if let bytes = try? publisher.read(tile), bytes.count >= width * Merkle.hashSize {
                return Array(bytes.prefix(width * Merkle.hashSize))
            }
        }
        return nil
    }

    private func compare(_ content: Tile.Content, _ index: UInt64, _ bytes: [UInt8], _ outcome: inout Outcome) {
        guard let tile = Tile(content, index: index) else { return }
        // What can't be read is as good as missing.
        if (try? publisher.read(tile)) != bytes { outcome.damaged.append(tile.path) }
    }

    private static func firstDifference(_ hashes: [UInt8], _ present: [UInt8]?) -> Int? {
        guard let present else { return nil }
        return zip(hashes, present).enumerated().first { $0.element.0 != $0.element.1 }.map { $0.offset / Merkle.hashSize }
    }
}

/// That the journal was found to be another one than was published: kept beside the public folder and in the database, so that the next
/// start compares all of it before it signs anything, also where one of the two is taken away. Gone once that holds.
struct JournalDoubt: Sendable {
    let file: String
    let storage: any JournalStorage

    init(publicFolder: String, storage: any JournalStorage) {
        file = publicFolder + ".doubt"
        self.storage = storage
    }

    func isThere() async throws -> Bool {
        if FileManager.default.fileExists(atPath: file) { return true }
        return try await storage.doubt() != nil
    }

    /// A crash before it is durable: the check finds the same again.
    func raise(_ refusal: SequencerRefusal) async throws {
        // The file first: a damaged database may refuse.
        try Data("\(refusal)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        try await storage.setDoubt("\(refusal)")
    }

    /// A crash in between leaves one of the two: the next start compares once more.
    func settle() async throws {
        try await storage.setDoubt(nil)
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
    }
}
