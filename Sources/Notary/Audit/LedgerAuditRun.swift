import Council
import Foundation
import Ledger
import Store

/// One audit under way. An actor for its executor's sake: it reads files for as long as it runs.
actor AuditRun {
    let audit: LedgerAudit
    let folder: String
    let files: AuditFiles
    var report = AuditReport()
    /// The tree as recomputed so far.
    var edge = HashEdge()
    /// Entries without an opening, and what erasures that the journal tells of account for.
    var unopened: [UInt64] = []
    var erasures: Set<UInt64> = []
    /// Anchored states that the journal tells of, with the entry that does.
    var toldAnchors: [(size: UInt64, seq: UInt64)] = []
    /// Anchored checkpoints that still wait for the tree to reach their size, the smallest last.
    var anchored: [VerifiedCheckpoint] = []
    var seenDocuments: Set<ContentHash> = []
    /// Names in anchored checkpoints' signature lines that nobody knows, with the files.
    var strangers: [String: [String]] = [:]
    /// Proofs that the journal commits.
    var toldProofs: [ToldProof] = []
    /// The largest anchored state that the database knows.
    var newestAnchored: UInt64?
    /// Tokens of trusted authorities, by their SHA-256, and what entries' times are compared with them.
    var tokenTimes: [ContentHash: (size: UInt64, at: Int64)] = [:]
    var times: EntryTimes?
    /// The tile of the most entries among those beyond the published checkpoint.
    var furthest: (path: String, entries: UInt64)?
    private let executor = BlockingExecutor(label: "appariteur.audit")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ audit: LedgerAudit) {
        self.audit = audit
        folder = audit.publicFolder.path
        files = AuditFiles(folder: folder)
    }

    func all() async throws {
        checkKeyModes()
        for finding in audit.known.findings { report.add(finding.path, seq: finding.seq, finding.problem) }
        for note in audit.known.notes { report.note(note.path, note.problem) }
        do {
            try await scanDatabase()
            try await recompute()
        } catch let error as CancellationError {
            throw error
        } catch {
            // What can't be read can't be believed: that is the answer, not a failure of the audit.
            let words = AuditWords.of(storage: error)
            report.add(
                "database", "la base de données est abîmée ou illisible : \(words.french)",
                "the database is damaged or can't be read: \(words.english)")
        }
    }

    private func recompute() async throws {
        checkKeyFile()
        report.checkpoint = publishedCheckpoint()
        let size = report.checkpoint?.size ?? 0
        report.entries = size
        try await readAnchors()
        // The database by itself, beside it.
        async let database = databaseFindings()
        try await checkSections(treeSize: size)
        for file in edge.partialTiles where edge.size == size { compare(file) }
        if let checkpoint = report.checkpoint, edge.size == size, edge.root != checkpoint.root {
            report.add("checkpoint", "les entrées et les empreintes n'ont pas sa racine", "the entries and hashes don't have its root")
        }
        for checkpoint in anchored {
            report.add(
                "anchors/\(checkpoint.size)/checkpoint", "il couvre plus d'entrées que le registre recalculé n'en a (\(edge.size))",
                "it covers more entries than could be recomputed (\(edge.size))")
        }
        checkTopLevel()
        checkStrayFiles(treeSize: size)
        checkCosigned()
        try await checkStoredCheckpoint()
        try await checkPendingRows(from: size)
        checkErasures()
        try await checkToldAnchors()
        try await checkToldProofs()
        checkTimes()
        tellStrangers()
        take(try await database)
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

    // MARK: - Entries and tiles, in order

    /// Sections are worked on by as many tasks as there are processors, and taken up in order.
    private func checkSections(treeSize: UInt64) async throws {
        let count = (treeSize + AuditSection.width * 256 - 1) / (AuditSection.width * 256)
        let (files, storage) = (files, audit.storage)
        @Sendable func work(_ number: UInt64) async throws -> AuditSection.Result {
            try await AuditSection(files: files, storage: storage, treeSize: treeSize, number: number).run()
        }
        try await withThrowingTaskGroup(of: AuditSection.Result.self) { group in
            var (started, merged): (UInt64, UInt64) = (0, 0)
            var waiting: [UInt64: AuditSection.Result] = [:]
            let ahead = UInt64(max(2, ProcessInfo.processInfo.activeProcessorCount)) + 1
            while merged < count {
                while started < count, started < merged + ahead {
                    let number = started
                    group.addTask { try await work(number) }
                    started += 1
                }
                guard let result = try await group.next() else { return }
                waiting[result.number] = result
                while let next = waiting.removeValue(forKey: merged) {
                    take(next, treeSize: treeSize)
                    merged += 1
                }
            }
        }
    }

    private func take(_ section: AuditSection.Result, treeSize: UInt64) {
        report.add(section.report)
        take(section.leaves)
        for bundle in section.bundles { grow(by: bundle, treeSize: treeSize) }
    }

    func take(_ leaves: LeafCheck.Result) {
        unopened += leaves.unopened
        erasures.formUnion(leaves.erasures)
        toldAnchors += leaves.anchored
        toldProofs += leaves.proofs
        takeTimes(leaves)
        for (hash, seq) in leaves.documents { checkDocument(hash, seq: seq) }
    }

    private func grow(by bundle: AuditSection.Bundle, treeSize: UInt64) {
        let candidates = [bundle.published, bundle.computed, bundle.rows].compactMap { $0 }
        guard edge.size == bundle.tile.index * 256, let hashes = choose(candidates, for: bundle.hashTile, treeSize: treeSize) else {
            return
        }
        let areEqual = candidates.allSatisfy { $0 == hashes }
        if areEqual, bundle.hashTile.isFull, anchored.last.map({ $0.size > edge.size + 256 }) ?? true {
            for file in edge.append(fullTile: hashes) { compare(file) }
            return
        }
        for place in 0..<bundle.hashTile.width {
            let hash = slice(hashes, place)
            let seq = bundle.tile.index * 256 + UInt64(place)
            if let published = bundle.published, slice(published, place) != hash {
                report.add(
                    bundle.hashTile.path, seq: seq, "l'empreinte n'est pas celle de l'entrée", "it has another hash than the entry's")
            }
            if let computed = bundle.computed, slice(computed, place) != hash {
                report.add(
                    bundle.tile.path, seq: seq, "l'entrée n'a pas l'empreinte de la feuille", "the entry doesn't have the leaf's hash")
            }
            // (A row that differs from the tile as well was told of beside its bundle.)
            if let rows = bundle.rows, let published = bundle.published, slice(rows, place) != hash, slice(published, place) != hash {
                report.add("journal", seq: seq, "la ligne n'est pas l'entrée publiée", "the row is not the published entry")
            }
            for file in edge.append(leafHash: Array(hash)) { compare(file) }
            checkAnchoredRoots()
        }
    }

    /// Where tile, bundle and database disagree, the tree goes on with the hashes that the signed tree has: so the guilty
    /// one is named, and one fault isn't reported all the way up.
    private func choose(_ candidates: [[UInt8]], for tile: Tile, treeSize: UInt64) -> [UInt8]? {
        guard let first = candidates.first, candidates.contains(where: { $0 != first }) else { return candidates.first }
        if let parent = Tile.covering(.hashes(level: 1), index: tile.index / 256, treeSize: treeSize), tile.isFull,
            let (_, above) = files.read(parent, &report), above.count >= (Int(tile.index % 256) + 1) * Merkle.hashSize
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
        guard let bytes = files.hashes(of: file.tile, &report) else { return }
        if bytes != file.bytes {
            report.add(
                file.tile.path, "ses empreintes ne sont pas celles des tuiles du dessous", "its hashes are not those of the tiles below it")
        }
    }

    // MARK: - Reading

    /// Nil, with a finding, when the file can't be used.
    func read(_ path: String, limit: Int) -> [UInt8]? { files.read(path, limit: limit, &report) }
}
