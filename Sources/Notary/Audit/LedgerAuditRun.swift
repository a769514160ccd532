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
    /// Entries without an opening, and what erasures that the journal tells of account for.
    var unopened: [UInt64] = []
    var erasures: Set<UInt64> = []
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
        do {
            try await recompute()
        } catch let error as CancellationError {
            throw error
        } catch {
            // What can't be read can't be believed: that is the answer, not a failure of the audit.
            let words = StorageFault.words(error)
            report.add(
                "database", "la base de données est abîmée ou illisible : \(words)", "the database is damaged or can't be read: \(words)")
        }
    }

    private func recompute() async throws {
        checkKeyFile()
        report.checkpoint = publishedCheckpoint()
        let size = report.checkpoint?.size ?? 0
        report.entries = size
        try await readAnchors()
        for index in 0..<(size + 255) / 256 {
            try Task.checkCancellation()
            try await checkBundle(index, treeSize: size)
        }
        for file in edge.partialTiles where edge.size == size { compare(file) }
        if let checkpoint = report.checkpoint, edge.size == size, edge.root != checkpoint.root {
            report.add("checkpoint", "les entrées et les empreintes n'ont pas sa racine", "the entries and hashes don't have its root")
        }
        for checkpoint in anchored {
            report.add(
                "anchors/\(checkpoint.size)/checkpoint", "il couvre plus d'entrées que le registre recalculé n'en a (\(edge.size))",
                "it covers more entries than could be recomputed (\(edge.size))")
        }
        checkStrayFiles(treeSize: size)
        checkCosigned()
        try await checkStoredCheckpoint()
        try await checkPendingRows(from: size)
        checkErasures()
        try await checkDatabase()
    }

    // MARK: - The published checkpoint

    private func checkKeyFile() {
        guard let bytes = read("vkey", limit: 4096) else { return }
        guard String(decoding: bytes, as: UTF8.self) == "\(audit.key)\n" else {
            report.add("vkey", "ce n'est pas la clé donnée à ce contrôle", "it is not the key that this audit was given")
            return
        }
    }

    private func publishedCheckpoint() -> VerifiedCheckpoint? {
        let path = folder + "/checkpoint"
        do {
            guard let note = try PublicFile.read(path, limit: UnverifiedNote.maximumBytes) else {
                // A ledger without entries has none.
                if (try? PublicFile.names(in: folder + "/tile").isEmpty) != true { report.add("checkpoint", "il manque", "it is missing") }
                return nil
            }
            return try UnverifiedCheckpoint(parsing: note).verified(by: audit.key)
        } catch {
            report.add("checkpoint", AuditWords.of(error))
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
        let rows = try await checkRows(in: bundleTile, published: entries)
        if let leaves = entries ?? rows { try await checkLeaves(leaves, first: index * 256, compared: rows != nil) }
        let candidates = [published, computed, rows.map { $0.flatMap(Merkle.leafHash) }].compactMap { $0 }
        guard edge.size == index * 256, let hashes = choose(candidates, for: hashTile, treeSize: treeSize) else { return }
        for place in 0..<hashTile.width {
            let hash = slice(hashes, place)
            let seq = index * 256 + UInt64(place)
            if let published, slice(published, place) != hash {
                report.add(hashTile.path, seq: seq, "l'empreinte n'est pas celle de l'entrée", "it has another hash than the entry's")
            }
            if let computed, slice(computed, place) != hash {
                report.add(
                    bundleTile.path, seq: seq, "l'entrée n'a pas l'empreinte de la feuille", "the entry doesn't have the leaf's hash")
            }
            for file in edge.append(leafHash: Array(hash)) where file.tile.content != .hashes(level: 0) { compare(file) }
            checkAnchoredRoots()
        }
    }

    /// Where tile, bundle and database disagree, the tree goes on with the hashes that the signed tree has: so the guilty
    /// one is named, and one fault isn't reported all the way up.
    private func choose(_ candidates: [[UInt8]], for tile: Tile, treeSize: UInt64) -> [UInt8]? {
        guard let first = candidates.first, candidates.contains(where: { $0 != first }) else { return candidates.first }
        if let parent = Tile.covering(.hashes(level: 1), index: tile.index / 256, treeSize: treeSize), tile.isFull,
            let (_, above) = read(parent), above.count >= (Int(tile.index % 256) + 1) * Merkle.hashSize
        {
            let expected = Array(slice(above, Int(tile.index % 256)))
            return candidates.first { Merkle.root(ofTile: $0) == expected } ?? first
        }
        // The last tile: with the right one, the tree has its signed root.
        return candidates.first { candidate in
            var whole = edge
            for place in 0..<tile.width { _ = whole.append(leafHash: Array(slice(candidate, place))) }
            return whole.root == report.checkpoint?.root
        } ?? first
    }

    private func slice(_ hashes: [UInt8], _ place: Int) -> ArraySlice<UInt8> {
        hashes[(place * Merkle.hashSize)..<((place + 1) * Merkle.hashSize)]
    }

    private func compare(_ file: TileFile) {
        if file.tile.content == .hashes(level: 0) { return }
        guard let bytes = hashes(of: file.tile) else { return }
        if bytes != file.bytes {
            report.add(
                file.tile.path, "ses empreintes ne sont pas celles des tuiles du dessous", "its hashes are not those of the tiles below it")
        }
    }

    // MARK: - Reading

    /// Nil, with a finding, when the file can't be used.
    func read(_ path: String, limit: Int) -> [UInt8]? {
        switch attempt(path, limit: limit) {
        case .success(let bytes?): return bytes
        case .success(nil): report.add(path, "le fichier manque", "it is missing")
        case .failure(let fault): report.add(path, AuditWords.of(fault))
        }
        return nil
    }

    private func attempt(_ path: String, limit: Int) -> Result<[UInt8]?, PublicFileFault> {
        Result { () throws(PublicFileFault) in try PublicFile.read(folder + "/" + path, limit: limit) }
    }

    /// A tile's bytes, and the tile they are of: a partial one may have been removed for the full one that begins with it.
    private func read(_ tile: Tile) -> (Tile, [UInt8])? {
        if !tile.isFull, case .success(nil) = attempt(tile.path, limit: TilePublisher.limit(of: tile)),
            case .success(let bytes?) = attempt(tile.full.path, limit: TilePublisher.limit(of: tile.full))
        {
            return (tile.full, bytes)
        }
        return read(tile.path, limit: TilePublisher.limit(of: tile)).map { (tile, $0) }
    }

    private func hashes(of tile: Tile) -> [UInt8]? {
        guard let (found, bytes) = read(tile) else { return nil }
        report.tiles += 1
        guard bytes.count == found.byteCount else {
            report.add(
                found.path, "\(bytes.count) octets au lieu de \(found.width * Merkle.hashSize)",
                "it has \(bytes.count) bytes instead of \(found.width * Merkle.hashSize)")
            return nil
        }
        return Array(bytes.prefix(tile.width * Merkle.hashSize))
    }

    private func entries(of tile: Tile) -> [[UInt8]]? {
        guard let (found, bytes) = read(tile) else { return nil }
        report.tiles += 1
        do throws(EntryBundleError) {
            return Array(try EntryBundle.decode(bytes, count: found.width).prefix(tile.width))
        } catch {
            report.add(found.path, AuditWords.of(error))
            return nil
        }
    }
}
