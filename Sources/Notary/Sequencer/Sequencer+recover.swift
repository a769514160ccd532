import Foundation
import Ledger
import Logging
import Store

/// The start: where the ledger stands, and the completion of what a crash left.
///
/// Three things must agree: the published checkpoint ≤ the database's checkpoint ≤ the journal, each the beginning of the next. What
/// a crash can leave satisfies this; anything else is refused. The check is cheap: the published tree's right edge is read
/// from its partial tiles and compared with the signed root, and only the journal's rows after it are hashed. (`LedgerAudit`
/// checks all of it, and so does `JournalCheck` once the service runs.)
extension Sequencer {
    func recover() async throws -> (State, wasBehind: Bool) {
        try publisher.prepare()
        try publisher.publish(key.verifier)
        let record = try await storage.checkpoint()
        let stored = try record.map(verifiedRecord)
        let published = try publishedCheckpoint()
        try await refuseRollback(stored: stored, published: published)
        try await settleDoubt(about: published)
        guard let record, let stored else {
            return (State(edge: RightEdge(), stored: nil, checkpoint: nil), false)
        }
        let edge: RightEdge
        if let published, let known = try await publishedEdge(published) {
            edge = known
        } else {
            // No published state to build on: the tiles of all entries are written, or compared where they are there.
            edge = RightEdge()
        }
        let isComplete = published?.size == stored.size && edge.size == stored.size
        let end = isComplete ? edge : try await complete(from: edge, to: stored, published: published)
        return (State(edge: end, stored: record, checkpoint: stored), !isComplete)
    }

    /// Throws the refusal that a start would end in, as far as it is found without going through tiles. Changes nothing.
    package func examine() async throws {
        try await alone {
            try self.publisher.compare(self.key.verifier)
            // In this order: the service may be running, and what is published was signed before.
            let published = try self.publishedCheckpoint()
            let stored = try await self.storage.checkpoint().map(self.verifiedRecord)
            try await self.refuseRollback(stored: stored, published: published)
            try await self.settleDoubt(about: published, forGood: false)
        }
    }

    /// After the running service has found another journal than the published one: all of it is compared before anything is signed.
    private func settleDoubt(about published: VerifiedCheckpoint?, forGood: Bool = true) async throws {
        let doubt = JournalDoubt(publicFolder: publisher.folder, storage: storage)
        guard let published, try await doubt.isThere() else { return }
        let folder = URL(fileURLWithPath: publisher.folder)
        _ = try await JournalCheck(storage: storage, publicFolder: folder).compare(upTo: published)
        if forGood { try await doubt.settle() }
    }

    func verifiedRecord(_ record: StoredCheckpoint) throws -> VerifiedCheckpoint {
        let checkpoint: VerifiedCheckpoint
        do throws(CheckpointError) {
            checkpoint = try UnverifiedCheckpoint(parsing: record.note).verified(by: key.verifier)
        } catch {
            if let found = Self.otherSigner(error, record.note) {
                throw SequencerRefusal.otherKey(where: "The checkpoint in the database", ours: "\(key.verifier)", found: found)
            }
            throw SequencerRefusal.storedUnreadable(reason: "\(error)")
        }
        guard checkpoint.size == record.size else {
            throw SequencerRefusal.storedUnreadable(reason: "its note covers \(checkpoint.size) entries, its row says \(record.size)")
        }
        return checkpoint
    }

    func publishedCheckpoint() throws -> VerifiedCheckpoint? {
        let path = publisher.folder + "/checkpoint"
        let note: [UInt8]?
        do {
            note = try publisher.checkpoint()
        } catch {
            throw SequencerRefusal.publishedUnreadable(path: path, reason: "\(error)")
        }
        guard let note else { return nil }
        do throws(CheckpointError) {
            return try UnverifiedCheckpoint(parsing: note).verified(by: key.verifier)
        } catch {
            if let found = Self.otherSigner(error, note) {
                throw SequencerRefusal.otherKey(where: path, ours: "\(key.verifier)", found: found)
            }
            throw SequencerRefusal.publishedUnreadable(path: path, reason: "\(error)")
        }
    }

    /// Who signed a readable checkpoint that our key didn't sign.
    private static func otherSigner(_ error: CheckpointError, _ note: [UInt8]) -> String? {
        guard case .note(.unsigned) = error, let note = try? UnverifiedNote(parsing: note) else { return nil }
        return "a checkpoint signed by \(note.signatures.map(\.name).joined(separator: ", "))"
    }

    /// A ledger never forks and never shrinks: what was seen outside is the least that must be here.
    func refuseRollback(stored: VerifiedCheckpoint?, published: VerifiedCheckpoint?) async throws {
        let journal = try await storage.journalSize()
        if let published, published.size > stored?.size ?? 0 {
            throw SequencerRefusal.publishedAhead(published: published.size, stored: stored?.size, journal: journal)
        }
        if let anchored = try publisher.largestAnchor(), anchored > stored?.size ?? 0 {
            throw SequencerRefusal.anchoredAhead(anchored: anchored, stored: stored?.size)
        }
        if let cosigned = cosignedCheckpoint() {
            if cosigned.size > stored?.size ?? 0, cosigned.size > (try await storage.checkpoint()?.size ?? 0) {
                throw SequencerRefusal.cosignedAhead(cosigned: cosigned.size, stored: stored?.size)
            }
            if let stored, cosigned.size == stored.size, cosigned.root != stored.root {
                throw SequencerRefusal.publishedDiffers(size: stored.size)
            }
        }
        if let stored, let published, stored.size == published.size, stored.root != published.root {
            throw SequencerRefusal.publishedDiffers(size: stored.size)
        }
        if let stored, stored.size > journal { throw SequencerRefusal.journalTooShort(stored: stored.size, journal: journal) }
        guard let stored else {
            if try publisher.hasTiles() { throw SequencerRefusal.tilesWithoutCheckpoint(path: publisher.folder) }
            return
        }
        // (Beside a running service it may have signed more meanwhile.)
        if let (tile, entries) = try publisher.furthestTile(), entries > stored.size, entries > (try await storage.checkpoint()?.size ?? 0)
        {
            throw SequencerRefusal.tilesAhead(path: tile.path, published: entries, stored: stored.size)
        }
    }

    /// Nil: there is none of ours. One that can't be read, or that our key didn't sign, proves nothing: the audit names it.
    private func cosignedCheckpoint() -> VerifiedCheckpoint? {
        guard let bytes = try? PublicFile.read(publisher.folder + "/" + CosignedFile.name, limit: UnverifiedNote.maximumBytes) else {
            return nil
        }
        return try? UnverifiedCheckpoint(parsing: bytes).verified(by: key.verifier)
    }

    /// The right edge of the published tree, read from its partial tiles: believed because it has the signed root. Nil: a
    /// tile is missing or damaged, so the tiles must be gone through from the start.
    private func publishedEdge(_ published: VerifiedCheckpoint) async throws -> RightEdge? {
        guard published.size > 0 else { return RightEdge() }
        let edge: RightEdge
        do {
            edge = try RightEdge(size: published.size) { tile in
                guard let bytes = try publisher.read(tile) else { throw PublicFileFault("opening", tile.path, code: ENOENT) }
                return bytes
            }
        } catch {
            logger.warning(
                "a tile of the published checkpoint can't be used: all tiles are compared with the journal", metadata: ["fault": "\(error)"]
            )
            return nil
        }
        guard edge.root == published.root else {
            logger.warning("the published tiles don't have the published root: all tiles are compared with the journal")
            return nil
        }
        try await compareLastBundle(of: published)
        return edge
    }

    /// The journal's last published entries are those of the public folder: another journal of the same length is not ours.
    private func compareLastBundle(of published: VerifiedCheckpoint) async throws {
        let index = (published.size - 1) / 256
        guard let tile = Tile.covering(.entries, index: index, treeSize: published.size), let bundle = try publisher.read(tile) else {
            return
        }
        var rows: [UInt8] = []
        try await forEachRow(in: index * 256..<published.size) { rows += try EntryBundle.encode($0.leaf) }
        guard rows == bundle else { throw SequencerRefusal.journalDiffers(size: published.size, published: true) }
    }

    /// Steps 4 to 6 for entries that the database's checkpoint covers already. First all hashes, without writing anything:
    /// the journal must lead to both signed roots.
    private func complete(from edge: RightEdge, to stored: VerifiedCheckpoint, published: VerifiedCheckpoint?) async throws -> RightEdge {
        var rehearsal = edge
        try await forEachRow(in: edge.size..<stored.size) { row in
            _ = try rehearsal.append(row.leaf, leafHash: row.leafHash)
            if let published, rehearsal.size == published.size, rehearsal.root != published.root {
                throw SequencerRefusal.journalDiffers(size: published.size, published: true)
            }
        }
        guard rehearsal.root == stored.root else { throw SequencerRefusal.journalDiffers(size: stored.size, published: false) }
        var end = edge
        var files: [TileFile] = []
        var full: [Tile] = []
        try await forEachRow(in: edge.size..<stored.size) { row in
            files += try end.append(row.leaf, leafHash: row.leafHash)
            guard files.count >= 128 else { return }
            try publisher.write(files)
            full += files.map(\.tile)
            files = []
        }
        files += end.partialTiles
        try publisher.write(files)
        try afterStep(.tilesWritten)
        try finish(stored, full: full + files.map(\.tile))
        logger.notice("the public folder has been completed from the journal", metadata: ["size": "\(stored.size)"])
        return end
    }
}
