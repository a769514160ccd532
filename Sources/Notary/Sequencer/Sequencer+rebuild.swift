import Foundation
import Ledger
import Store

/// What a rebuilding did.
package struct LedgerRebuild: Hashable, Sendable {
    package let size: UInt64
    /// Tiles and bundles that were right as they were.
    package internal(set) var kept = 0
    /// Those that were missing.
    package internal(set) var made = 0
    /// Files that were something else than the journal makes, below the public folder: they lie in `setAside` now.
    package internal(set) var replaced: [String] = []
    /// Where replaced files went; nil: there were none.
    package internal(set) var setAside: String?
}

extension Sequencer {
    /// Makes every tile and bundle under the checkpoint of record again from the journal, byte for byte as they were: a tile of a
    /// state is a function of the entries alone. What is right is left alone; what differs is moved to `<folder>.set-aside/`,
    /// beside the public folder, and never deleted.
    ///
    /// Nothing is touched unless the journal's entries lead to the root that the database's checkpoint has signed, and nothing
    /// that was published is larger: throws `SequencerRefusal` then. Run it alone, under the data folder's lock.
    /// A crash leaves some files made and some set aside; running it again, or starting the service, completes the rest.
    ///
    /// `anchored`: sizes whose evidence the database has. Their `checkpoint` and `body` are made again too where they are missing or
    /// damaged; the anchoring's next start puts the evidence beside them.
    package func rebuild(anchored: Set<UInt64> = []) async throws -> LedgerRebuild? {
        try await alone {
            try self.publisher.prepare()
            guard let record = try await self.storage.checkpoint() else { return nil }
            let stored = try self.verifiedRecord(record)
            try await self.refuseRollback(stored: stored, published: self.usablePublished())
            var rehearsal = HashEdge()
            try await self.forEachRow(in: 0..<stored.size) { _ = rehearsal.append(leafHash: $0.leafHash) }
            guard rehearsal.root == stored.root else { throw SequencerRefusal.journalDiffers(size: stored.size, published: false) }
            var rebuild = LedgerRebuild(size: stored.size)
            try self.publisher.setAside(damagedKey: self.key.verifier, into: &rebuild)
            try self.publisher.publish(self.key.verifier)
            var edge = RightEdge()
            try await self.forEachRow(in: 0..<stored.size) { row in
                try self.publisher.rewrite(try edge.append(row.leaf, leafHash: row.leafHash), into: &rebuild)
                guard anchored.contains(edge.size) else { return }
                let checkpoint = try self.key.checkpoint(size: edge.size, root: edge.root)
                try self.publisher.rewrite(anchored: checkpoint, by: self.key.verifier, into: &rebuild)
            }
            try self.publisher.rewrite(edge.partialTiles, into: &rebuild)
            try self.publisher.setAsideUnusableCheckpoint(self.key.verifier, into: &rebuild)
            try self.finish(stored, full: [])
            return rebuild
        }
    }

    /// A published checkpoint that can't be read is no obstacle to making it again: it is set aside.
    private func usablePublished() throws -> VerifiedCheckpoint? {
        do { return try publishedCheckpoint() } catch SequencerRefusal.publishedUnreadable { return nil }
    }
}

extension TilePublisher {
    /// Writes what is missing, replaces what differs, and takes away partial tiles that don't begin what stands in their place.
    func rewrite(_ files: [TileFile], into rebuild: inout LedgerRebuild) throws {
        for file in files {
            switch try present(file.tile) {
            case .some(let bytes) where bytes == file.bytes: rebuild.kept += 1
            case .some:
                try setAside(file.tile.path, into: &rebuild)
                try write([file])
            case nil:
                try write([file])
                rebuild.made += 1
            }
            try checkPartials(of: file, into: &rebuild)
        }
    }

    /// Empty bytes stand for a file that can't be a tile: too long, or a folder.
    private func present(_ tile: Tile) throws -> [UInt8]? {
        do { return try read(tile) } catch  where [EFBIG, EISDIR, ELOOP].contains(error.code) { return [] }
    }

    private func checkPartials(of file: TileFile, into rebuild: inout LedgerRebuild) throws {
        let partials = (file.tile.isFull ? file.tile.path : PublicFile.parent(of: file.tile.path).replacing(/\.p$/, with: "")) + ".p"
        for name in try PublicFile.names(in: folder + "/" + partials) {
            let path = partials + "/" + name
            if path == file.tile.path { continue }
            if let tile = Tile(path: path), tile.width < file.tile.width, let bytes = try present(tile),
                tile.isBeginning(bytes, of: file.bytes)
            {
                continue
            }
            // (One that is wider than the checkpoint's was refused before: `tilesAhead`.)
            try setAside(path, into: &rebuild)
        }
    }

    /// `checkpoint` first, as the anchoring has it: a crash in between leaves a folder that is completed.
    func rewrite(anchored checkpoint: VerifiedCheckpoint, by key: NoteVerifierKey, into rebuild: inout LedgerRebuild) throws {
        let place = "anchors/\(checkpoint.size)"
        for (name, bytes) in [("checkpoint", checkpoint.note), ("body", checkpoint.body)] {
            let path = place + "/" + name
            // What can't be read isn't right either.
            let present = try? PublicFile.read(folder + "/" + path, limit: UnverifiedNote.maximumBytes)
            // Whatever our key has signed stays, with its witnesses' lines; another root is the audit's affair.
            let isSigned = present.map { (try? UnverifiedCheckpoint(parsing: $0).verified(by: key)) != nil } ?? false
            if present == bytes || name == "checkpoint" && isSigned {
                rebuild.kept += 1
                continue
            }
            if FileManager.default.fileExists(atPath: folder + "/" + path) { try setAside(path, into: &rebuild) } else { rebuild.made += 1 }
            try PublicFile.makeFolder(folder + "/" + place)
            try PublicFile.rename(try PublicFile.writeAside(bytes, in: incoming, mode: 0o444), to: folder + "/" + path)
            try PublicFile.syncFolder(folder + "/" + place)
        }
    }

    func setAside(damagedKey key: NoteVerifierKey, into rebuild: inout LedgerRebuild) throws {
        // A file that can't be read is not our key's: it is set aside as any other.
        let bytes = try? PublicFile.read(folder + "/vkey", limit: 4096)
        guard FileManager.default.fileExists(atPath: folder + "/vkey"), bytes != Array("\(key)\n".utf8) else { return }
        try setAside("vkey", into: &rebuild)
    }

    func setAsideUnusableCheckpoint(_ key: NoteVerifierKey, into rebuild: inout LedgerRebuild) throws {
        guard FileManager.default.fileExists(atPath: folder + "/checkpoint") else { return }
        // Unreadable or not ours: set aside either way.
        if let note = try? checkpoint(), (try? UnverifiedCheckpoint(parsing: note).verified(by: key)) != nil { return }
        try setAside("checkpoint", into: &rebuild)
    }

    /// Never over another file: a second rebuilding keeps what the first one found.
    private func setAside(_ path: String, into rebuild: inout LedgerRebuild) throws {
        let base = folder + ".set-aside/" + path
        var target = base
        var number = 2
        while FileManager.default.fileExists(atPath: target) {
            target = "\(base).\(number)"
            number += 1
        }
        try FileManager.default.createDirectory(atPath: PublicFile.parent(of: target), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: folder + "/" + path, toPath: target)
        rebuild.replaced.append(path)
        rebuild.setAside = folder + ".set-aside"
    }
}
