import Council
import Foundation
import Ledger
import Store

/// What else lies in the public folder: anchored checkpoints, older partial tiles, and what doesn't belong.
extension AuditRun {
    // MARK: - Anchors

    /// Reads each `anchors/<size>/`; roots are compared when the tree reaches that size.
    func readAnchors() async throws {
        let records = Dictionary(grouping: try await audit.storage?.anchors(of: nil) ?? [], by: \.size)
        newestAnchored = records.keys.max()
        for name in names(in: "anchors").sorted() {
            guard let size = UInt64(name), String(size) == name else {
                report.add("anchors/\(name)", "ce nom n'est pas une taille", "it is not named by a size")
                continue
            }
            if let checkpoint = try await anchor(of: size, records[size] ?? []) { anchored.append(checkpoint) }
        }
        for size in records.keys.sorted() where !FileManager.default.fileExists(atPath: folder + "/anchors/\(size)") {
            report.add(
                "anchors/\(size)", "le dossier manque, alors que la base a ses ancrages",
                "the folder is missing, though the database has its anchors")
        }
        anchored.sort { $0.size > $1.size }
        while let last = anchored.last, last.size == 0 { anchored.removeLast() }
    }

    /// Each anchored state that the journal tells of, or is about to, has its folder and its rows: taken away together, they would leave
    /// no other trace.
    func checkToldAnchors() async throws {
        guard let storage = audit.storage else { return }
        let told = toldAnchors.map { (size: $0.size, seq: Optional($0.seq)) } + (try await storage.untoldAnchors()).map { ($0, nil) }
        guard !told.isEmpty else { return }
        let recorded = Set(try await storage.anchors(of: nil).map(\.size))
        for (size, seq) in told where !recorded.contains(size) {
            let path = "anchors/\(size)"
            if FileManager.default.fileExists(atPath: folder + "/" + path) {
                report.add(
                    "anchor", seq: seq,
                    "la base n'a plus ses lignes sur l'état ancré \(size), dont le dossier est là : reprenez-la d'une sauvegarde",
                    "the database no longer has its rows on the anchored state \(size), whose folder is there: restore it from a backup")
            } else {
                report.add(
                    path, seq: seq,
                    "l'ancrage de cet état a disparu, dossier et lignes de la base ensemble, alors que le journal en témoigne : reprenez les deux d'une sauvegarde",
                    "this state's anchor is gone, folder and rows of the database together, though the journal tells of it: restore both from a backup"
                )
            }
        }
    }

    /// A running service may just be making these files of these records: what doesn't agree is looked at again.
    private func anchor(of size: UInt64, _ records: [AnchorRecord]) async throws -> VerifiedCheckpoint? {
        let (before, known) = (report, strangers)
        var checkpoint = anchorAsItStands(of: size, records)
        for _ in 0..<2 where audit.storage != nil && report.findings.count > before.findings.count {
            try await Task.sleep(for: .milliseconds(300))
            (report, strangers) = (before, known)
            checkpoint = anchorAsItStands(of: size, try await audit.storage?.anchors(of: size) ?? [])
        }
        return checkpoint
    }

    private func anchorAsItStands(of size: UInt64, _ records: [AnchorRecord]) -> VerifiedCheckpoint? {
        let path = "anchors/\(size)"
        let names = Set(names(in: path))
        let evidence = names.filter { $0 == "body.ots" || EvidenceName($0) != nil || KeptHeader.height(ofFile: $0) != nil }
        for name in names.subtracting(evidence).subtracting(["checkpoint", "body"]) {
            report.add("\(path)/\(name)", "ce fichier n'a rien à faire ici", "a file that doesn't belong here")
        }
        // Being made: the checkpoint comes first, then its body, then what others say of it.
        if evidence.isEmpty, !names.contains("body"), records.isEmpty { return nil }
        report.anchors += 1
        let body = read("\(path)/body", limit: UnverifiedNote.maximumBytes)
        if let body { checkEvidence(evidence, of: size, body: body, records) }
        guard let note = read("\(path)/checkpoint", limit: UnverifiedNote.maximumBytes) else { return nil }
        let checkpoint: VerifiedCheckpoint
        do throws(CheckpointError) {
            checkpoint = try UnverifiedCheckpoint(parsing: note).verified(by: audit.key)
        } catch {
            report.add("\(path)/checkpoint", AuditWords.of(error))
            return nil
        }
        if checkpoint.size != size {
            report.add("\(path)/checkpoint", "il couvre \(checkpoint.size) entrées", "it covers \(checkpoint.size) entries")
        }
        checkAnchoredCosigners(of: checkpoint, at: "\(path)/checkpoint")
        if let body, body != checkpoint.body {
            report.add(
                "\(path)/body", "ce n'est pas le texte du point de contrôle à côté", "it is not the text of the checkpoint beside it")
        }
        return checkpoint
    }

    /// Called whenever the tree has grown by one leaf.
    func checkAnchoredRoots() {
        while let checkpoint = anchored.last, checkpoint.size == edge.size {
            anchored.removeLast()
            if checkpoint.root != edge.root {
                report.add(
                    "anchors/\(checkpoint.size)/checkpoint", "sa racine n'est pas celle des \(checkpoint.size) premières entrées",
                    "its root is not that of the ledger's first \(checkpoint.size) entries")
            }
        }
    }

    // MARK: - Tiles that the checkpoint doesn't need

    /// What lies beside the ledger's own names.
    func checkTopLevel() {
        let known: Set = ["checkpoint", "cosigned", "vkey", "tile", "anchors"]
        for name in names(in: "").sorted() where !known.contains(name) {
            report.add(name, "ce fichier n'a rien à faire dans le dossier public", "a file that doesn't belong in the public folder")
        }
    }

    /// Partial tiles of earlier states must be the beginning of what stands there now; nothing else may lie among the tiles.
    func checkStrayFiles(treeSize: UInt64) {
        guard let all = FileManager.default.enumerator(atPath: folder + "/tile") else { return }
        var covering: (tile: Tile, bytes: [UInt8]?)?
        while let name = all.nextObject() as? String {
            if all.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { continue }
            let path = "tile/" + name
            guard let tile = Tile(path: path) else {
                report.add(path, "ce fichier n'a rien à faire ici", "a file that doesn't belong here")
                continue
            }
            guard let current = Tile.covering(tile.content, index: tile.index, treeSize: treeSize), current.width >= tile.width else {
                report.unpublished += 1
                if let entries = tile.leastEntries, entries > furthest?.entries ?? 0 { furthest = (path, entries) }
                continue
            }
            // Compared before, as part of the tree.
            if tile == current { continue }
            if covering?.tile != current {
                // Its own faults are reported where the tree is recomputed.
                covering = (current, try? PublicFile.read(folder + "/" + current.path, limit: TilePublisher.limit(of: current)))
            }
            if let bytes = covering?.bytes { checkPartial(tile, at: path, against: bytes) }
        }
    }

    private func checkPartial(_ tile: Tile, at path: String, against current: [UInt8]) {
        guard let bytes = read(path, limit: TilePublisher.limit(of: tile)) else { return }
        report.tiles += 1
        if !tile.isBeginning(bytes, of: current) {
            report.add(
                path, "ce n'est pas le début de la tuile plus large à sa place", "it is not the beginning of the wider tile in its place")
        }
    }

    /// Visible names, in a folder that may be missing.
    private func names(in path: String) -> [String] {
        do {
            return try PublicFile.names(in: folder + "/" + path).filter { !$0.hasPrefix(".") }
        } catch {
            report.add(path, AuditWords.of(error))
            return []
        }
    }
}
