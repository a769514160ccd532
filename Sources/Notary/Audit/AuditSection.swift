import Council
import Ledger
import Store

/// Bundles that lie one after the other, checked by themselves: sections are worked on side by side, and what they found is put
/// together in order.
struct AuditSection: Sendable {
    /// Bundles in one section.
    static let width: UInt64 = 16

    let files: AuditFiles
    let storage: (any Storage)?
    let treeSize: UInt64
    /// Its number: bundles `number * width ..< (number + 1) * width` that the tree has.
    let number: UInt64

    struct Bundle: Sendable {
        let tile: Tile
        let hashTile: Tile
        /// Hashes as published, as computed from the published entries, and from the database's rows; nil: they can't be used.
        let published: [UInt8]?
        let computed: [UInt8]?
        let rows: [UInt8]?
    }

    struct Result: Sendable {
        let number: UInt64
        var report = AuditReport()
        var bundles: [Bundle] = []
        var leaves = LeafCheck.Result()
    }

    func run() async throws -> Result {
        var result = Result(number: number)
        let indexes = number * Self.width..<min((number + 1) * Self.width, (treeSize + 255) / 256)
        let end = min(indexes.upperBound * 256, treeSize)
        let first = indexes.lowerBound * 256
        let rows = try await storage?.journal(from: first, limit: Int(end - first)).filter { $0.seq < end } ?? []
        let openings = storage == nil ? [] : try await storage?.openings(of: Array(first..<end)) ?? []
        var check = LeafCheck(openings: openings)
        var next = rows[...]
        for index in indexes {
            try Task.checkCancellation()
            guard let tile = Tile.covering(.entries, index: index, treeSize: treeSize),
                let hashTile = Tile.covering(.hashes(level: 0), index: index, treeSize: treeSize)
            else { continue }
            let entries = files.entries(of: tile, &result.report)
            let published = files.hashes(of: hashTile, &result.report)
            let limit = index * 256 + UInt64(tile.width)
            let own = next.prefix { $0.seq < limit }
            next = next.dropFirst(own.count)
            let whole = storage == nil ? nil : Self.compare(own, with: entries, published, in: tile, &result.report)
            if let leaves = Self.leaves(entries, whole, published) {
                check.check(leaves, first: index * 256, compared: whole != nil, &result.report)
            }
            result.bundles.append(
                Bundle(
                    tile: tile, hashTile: hashTile, published: published, computed: entries.map(Self.hashes),
                    rows: whole.map { $0.flatMap(\.leafHash) }))
        }
        result.leaves = check.result
        return result
    }

    private static func hashes(_ entries: [[UInt8]]) -> [UInt8] {
        var hashes: [UInt8] = []
        hashes.reserveCapacity(entries.count * Merkle.hashSize)
        for entry in entries { hashes += Merkle.leafHash(entry) }
        return hashes
    }

    /// What is looked at as leaves: the published entries, but for one whose hash isn't the leaf's where the row's is.
    private static func leaves(_ entries: [[UInt8]]?, _ rows: [JournalRow]?, _ published: [UInt8]?) -> [[UInt8]]? {
        guard let entries, let rows else { return entries ?? rows?.map(\.leaf) }
        return zip(entries, rows).enumerated().map { place, pair in
            pair.0 != pair.1.leaf && isLeaf(pair.1, at: place, published) ? pair.1.leaf : pair.0
        }
    }

    /// Whether the row has the hash that the published tile has in its place: then it is the bundle that differs, and the tree tells.
    private static func isLeaf(_ row: JournalRow, at place: Int, _ published: [UInt8]?) -> Bool {
        guard let published, published.count >= (place + 1) * Merkle.hashSize, Merkle.leafHash(row.leaf) == row.leafHash else {
            return false
        }
        return published[(place * Merkle.hashSize)..<((place + 1) * Merkle.hashSize)].elementsEqual(row.leafHash)
    }

    /// Compares the rows of one bundle; returns them when all are there and each has the hash that is stored with it.
    private static func compare(
        _ rows: ArraySlice<JournalRow>, with published: [[UInt8]]?, _ hashes: [UInt8]?, in tile: Tile, _ report: inout AuditReport
    ) -> [JournalRow]? {
        let first = tile.index * 256
        let areSound = check(rows, from: first, &report)
        for row in rows {
            let place = Int(row.seq - first)
            if let published, published[place] != row.leaf, !isLeaf(row, at: place, hashes) {
                report.add(
                    "journal", seq: row.seq, "la ligne n'est pas l'entrée publiée, octet pour octet",
                    "the row is not the published entry, byte for byte")
            }
        }
        let isWhole = rows.count == tile.width
        if !isWhole, rows.enumerated().allSatisfy({ $1.seq == first + UInt64($0) }) {
            report.add(
                "journal", seq: first + UInt64(rows.count), "la ligne manque, alors que son entrée est publiée",
                "the row is missing, though its entry is published")
        }
        return isWhole && areSound ? Array(rows) : nil
    }

    /// What rows must be whether published or not. False: a row's bytes don't have its hash.
    @discardableResult
    static func check(_ rows: some Sequence<JournalRow>, from first: UInt64, _ report: inout AuditReport) -> Bool {
        var expected = first
        var areSound = true
        for row in rows {
            if row.seq != expected {
                report.add(
                    "journal", seq: expected, "la ligne manque : la suivante est la \(row.seq)",
                    "the row is missing: the next one is \(row.seq)")
            }
            if Merkle.leafHash(row.leaf) != row.leafHash {
                areSound = false
                report.add(
                    "journal", seq: row.seq, "les octets de la ligne n'ont pas l'empreinte gardée avec eux",
                    "the row's bytes don't have the hash that is stored with them")
            }
            if row.leaf.count > EntryBundle.maximumEntry {
                report.add("journal", seq: row.seq, "la ligne fait \(row.leaf.count) octets", "the row has \(row.leaf.count) bytes")
            }
            expected = row.seq + 1
            report.rows += 1
        }
        return areSound
    }
}
