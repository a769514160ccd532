import Council
import Foundation
import Ledger

/// What else lies in the public folder: anchored checkpoints, older partial tiles, and what doesn't belong.
extension AuditRun {
    // MARK: - Anchors

    /// Reads each `anchors/<size>/`; roots are compared when the tree reaches that size.
    func readAnchors() {
        for name in names(in: "anchors").sorted() {
            guard let size = UInt64(name), String(size) == name else {
                report.add("anchors/\(name)", "it is not named by a size")
                continue
            }
            if let checkpoint = anchor(of: size) { anchored.append(checkpoint) }
        }
        anchored.sort { $0.size > $1.size }
        while let last = anchored.last, last.size == 0 { anchored.removeLast() }
    }

    private func anchor(of size: UInt64) -> VerifiedCheckpoint? {
        let path = "anchors/\(size)"
        let names = Set(names(in: path))
        let evidence = names.filter { $0 == "body.ots" || $0.hasPrefix("body.") && $0.hasSuffix(".tsr") }
        for name in names.subtracting(evidence).subtracting(["checkpoint", "body"]) {
            report.add("\(path)/\(name)", "a file that doesn't belong here")
        }
        // Being made: the checkpoint comes first, then its body, then what others say of it.
        if evidence.isEmpty, !names.contains("body") { return nil }
        report.anchors += 1
        let body = read("\(path)/body", limit: UnverifiedNote.maximumBytes)
        if let body { for name in evidence.sorted() { checkEvidence("\(path)/\(name)", of: body) } }
        guard let note = read("\(path)/checkpoint", limit: UnverifiedNote.maximumBytes) else { return nil }
        let checkpoint: VerifiedCheckpoint
        do throws(CheckpointError) {
            checkpoint = try UnverifiedCheckpoint(parsing: note).verified(by: audit.key)
        } catch {
            report.add("\(path)/checkpoint", "\(error)")
            return nil
        }
        if checkpoint.size != size { report.add("\(path)/checkpoint", "it covers \(checkpoint.size) entries") }
        if let body, body != checkpoint.body { report.add("\(path)/body", "it is not the text of the checkpoint beside it") }
        return checkpoint
    }

    /// Each piece of evidence is readable and is about this body. (Whether those who made it can be believed needs their keys and
    /// the chain: a proof bundle's verification does that.)
    private func checkEvidence(_ path: String, of body: [UInt8]) {
        guard let bytes = read(path, limit: 1 << 20) else { return }
        let digest = ContentHash(sha256Of: body)
        do {
            let isAboutBody =
                path.hasSuffix(".ots")
                ? try OpenTimestamps.DetachedProof(parsing: bytes).digest == digest.bytes
                : try UnverifiedTimestamp(parsing: bytes).isOver(digest)
            if !isAboutBody { report.add(path, "it is not about the body beside it") }
        } catch {
            report.add(path, "it can't be read: \(error)")
        }
    }

    /// Called whenever the tree has grown by one leaf.
    func checkAnchoredRoots() {
        while let checkpoint = anchored.last, checkpoint.size == edge.size {
            anchored.removeLast()
            if checkpoint.root != edge.root {
                report.add("anchors/\(checkpoint.size)/checkpoint", "its root is not that of the ledger's first \(checkpoint.size) entries")
            }
        }
    }

    // MARK: - Tiles that the checkpoint doesn't need

    /// Partial tiles of earlier states must be the beginning of what stands there now; nothing else may lie among the tiles.
    func checkStrayFiles(treeSize: UInt64) {
        guard let all = FileManager.default.enumerator(atPath: folder + "/tile") else { return }
        var covering: (tile: Tile, bytes: [UInt8]?)?
        while let name = all.nextObject() as? String {
            if all.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { continue }
            let path = "tile/" + name
            guard let tile = Tile(path: path) else {
                report.add(path, "a file that doesn't belong here")
                continue
            }
            guard let current = Tile.covering(tile.content, index: tile.index, treeSize: treeSize), current.width >= tile.width else {
                report.unpublished += 1
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
        var isRight = current.starts(with: bytes)
        if let count = tile.byteCount {
            isRight = isRight && bytes.count == count
        } else {
            isRight = isRight && (try? EntryBundle.decode(bytes, count: tile.width)) != nil
        }
        if !isRight { report.add(path, "it is not the beginning of the wider tile in its place") }
    }

    /// Visible names, in a folder that may be missing.
    private func names(in path: String) -> [String] {
        do {
            return try PublicFile.names(in: folder + "/" + path).filter { !$0.hasPrefix(".") }
        } catch {
            report.add(path, "the folder can't be read: \(error)")
            return []
        }
    }
}
