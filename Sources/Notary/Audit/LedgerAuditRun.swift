import Council
import Foundation
import Ledger
import Store

/// One audit under way. An actor for its executor's sake: it reads files for as long as it runs.
actor AuditRun {
    let audit: LedgerAudit
    let folder: String
    var report = AuditReport()
    /// The tree as recomputed so far.
    var edge = HashEdge()
    /// Anchored checkpoints that still wait for the tree to reach their size, the smallest last.
    var anchored: [VerifiedCheckpoint] = []
    var seenDocuments: Set<ContentHash> = []
    private let executor = BlockingExecutor(label: "appariteur.audit")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ audit: LedgerAudit) {
        self.audit = audit
        folder = audit.publicFolder.path
    }

    func all() async throws {
        checkKeyFile()
        report.checkpoint = publishedCheckpoint()
        let size = report.checkpoint?.size ?? 0
        report.entries = size
        readAnchors()
        for index in 0..<(size + 255) / 256 {
            try Task.checkCancellation()
            try await checkBundle(index, treeSize: size)
        }
        for file in edge.partialTiles where edge.size == size { compare(file) }
        if let checkpoint = report.checkpoint, edge.size == size, edge.root != checkpoint.root {
            report.add("checkpoint", "the entries and hashes don't have its root")
        }
        for checkpoint in anchored {
            report.add("anchors/\(checkpoint.size)/checkpoint", "it covers more entries than could be recomputed (\(edge.size))")
        }
        checkStrayFiles(treeSize: size)
        try await checkStoredCheckpoint()
        try await checkPendingRows(from: size)
    }

    // MARK: - The published checkpoint

    private func checkKeyFile() {
        guard let bytes = read("vkey", limit: 4096) else { return }
        guard String(decoding: bytes, as: UTF8.self) == "\(audit.key)\n" else {
            report.add("vkey", "it is not the key that this audit was given")
            return
        }
    }

    private func publishedCheckpoint() -> VerifiedCheckpoint? {
        let path = folder + "/checkpoint"
        do {
            guard let note = try PublicFile.read(path, limit: UnverifiedNote.maximumBytes) else {
                // A ledger without entries has none.
                if (try? PublicFile.names(in: folder + "/tile").isEmpty) != true { report.add("checkpoint", "it is missing") }
                return nil
            }
            return try UnverifiedCheckpoint(parsing: note).verified(by: audit.key)
        } catch {
            report.add("checkpoint", "\(error)")
            return nil
        }
    }

    // MARK: - Entries and tiles, a bundle at a time

    private func checkBundle(_ index: UInt64, treeSize: UInt64) async throws {
        guard let bundleTile = Tile.covering(.entries, index: index, treeSize: treeSize),
            let hashTile = Tile.covering(.hashes(level: 0), index: index, treeSize: treeSize)
        else { return }
        let entries = entries(of: bundleTile)
        let published = hashes(of: hashTile)
        let computed = entries.map { $0.flatMap(Merkle.leafHash) }
        if let entries, let published, let computed, published != computed {
            for place in entries.indices where slice(published, place) != slice(computed, place) {
                report.add(
                    bundleTile.path, seq: index * 256 + UInt64(place), "the entry doesn't have the hash that \(hashTile.path) gives for it")
            }
        }
        let rows = try await checkRows(in: bundleTile, published: entries)
        if let leaves = entries ?? rows { try await checkLeaves(leaves, first: index * 256, compared: rows != nil) }
        let candidates = [published, computed, rows.map { $0.flatMap(Merkle.leafHash) }].compactMap { $0 }
        guard edge.size == index * 256, let hashes = choose(candidates, for: hashTile, treeSize: treeSize) else { return }
        for place in 0..<hashTile.width {
            for file in edge.append(leafHash: Array(slice(hashes, place))) where file.tile.content != .hashes(level: 0) { compare(file) }
            checkAnchoredRoots()
        }
    }

    /// Where tile, bundle and database disagree (which is reported already), the tree goes on with those hashes that the signed
    /// tree has, so that one fault isn't reported all the way up.
    private func choose(_ candidates: [[UInt8]], for tile: Tile, treeSize: UInt64) -> [UInt8]? {
        guard let first = candidates.first, candidates.contains(where: { $0 != first }), tile.isFull,
            let parent = Tile.covering(.hashes(level: 1), index: tile.index / 256, treeSize: treeSize),
            let above = try? PublicFile.read(folder + "/" + parent.path, limit: TilePublisher.limit(of: parent)),
            above.count == parent.byteCount
        else { return candidates.first }
        let expected = Array(slice(above, Int(tile.index % 256)))
        return candidates.first { Merkle.root(ofTile: $0) == expected } ?? first
    }

    private func slice(_ hashes: [UInt8], _ place: Int) -> ArraySlice<UInt8> {
        hashes[(place * Merkle.hashSize)..<((place + 1) * Merkle.hashSize)]
    }

    private func compare(_ file: TileFile) {
        if file.tile.content == .hashes(level: 0) { return }
        guard let bytes = hashes(of: file.tile) else { return }
        if bytes != file.bytes { report.add(file.tile.path, "its hashes are not those of the tiles below it") }
    }

    // MARK: - Reading

    /// Nil, with a finding, when the file can't be used.
    func read(_ path: String, limit: Int) -> [UInt8]? {
        do {
            if let bytes = try PublicFile.read(folder + "/" + path, limit: limit) { return bytes }
            report.add(path, "it is missing")
        } catch {
            report.add(path, "it can't be read: \(String(cString: strerror(error.code)))")
        }
        return nil
    }

    /// A partial tile may have been removed for the full one that begins with it.
    private func path(of tile: Tile) -> String {
        let isGone = !tile.isFull && !FileManager.default.fileExists(atPath: folder + "/" + tile.path)
        return isGone && FileManager.default.fileExists(atPath: folder + "/" + tile.full.path) ? tile.full.path : tile.path
    }

    private func hashes(of tile: Tile) -> [UInt8]? {
        let path = path(of: tile)
        guard let count = tile.byteCount, let bytes = read(path, limit: TilePublisher.limit(of: tile.full)) else { return nil }
        report.tiles += 1
        let expected = path == tile.path ? count : tile.full.byteCount
        guard bytes.count == expected else {
            report.add(path, "it has \(bytes.count) bytes instead of \(expected ?? 0)")
            return nil
        }
        return Array(bytes.prefix(count))
    }

    private func entries(of tile: Tile) -> [[UInt8]]? {
        let path = path(of: tile)
        guard let bytes = read(path, limit: TilePublisher.limit(of: tile.full)) else { return nil }
        report.tiles += 1
        do throws(EntryBundleError) {
            return Array(try EntryBundle.decode(bytes, count: path == tile.path ? tile.width : Tile.fullWidth).prefix(tile.width))
        } catch {
            report.add(path, Self.words(error))
            return nil
        }
    }

    static func words(_ error: EntryBundleError) -> String {
        switch error {
        case .truncated(let entry): "it ends within its entry number \(entry)"
        case .wrongCount(let expected, let found): "it has \(found) entries instead of \(expected)"
        case .entryTooLong(let count): "an entry has \(count) bytes"
        }
    }
}
