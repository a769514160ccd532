import Foundation
import Ledger

/// The public folder, as its one writer sees it:
///
///     checkpoint       the signed note; replaced by rename
///     vkey             the key that checks it
///     tile/…           c2sp.org/tlog-tiles; read-only files that never change
///     anchors/<size>/  outside evidence (written by the anchoring, not here)
///     .incoming/       files on their way; empty but for what a crash left
///
/// Every file is written aside, synced, renamed, and its folder synced: a name that exists is complete. The order in which
/// files are published is the sequencer's.
struct TilePublisher {
    let folder: String
    private let afterStep: @Sendable (SequencerStep) throws -> Void

    init(folder: URL, afterStep: @escaping @Sendable (SequencerStep) throws -> Void) {
        self.folder = folder.path
        self.afterStep = afterStep
    }

    var incoming: String { folder + "/.incoming" }
    private var checkpointPath: String { folder + "/checkpoint" }
    private func path(of tile: Tile) -> String { folder + "/" + tile.path }

    /// Makes the folder, and throws away what a crash left on its way: none of it was published.
    func prepare() throws {
        try PublicFile.makeFolder(incoming)
        for name in try PublicFile.names(in: incoming) where unlink(incoming + "/" + name) != 0 {
            throw PublicFileFault("removing", incoming + "/" + name)
        }
    }

    /// Nil: not there.
    func read(_ tile: Tile) throws(PublicFileFault) -> [UInt8]? {
        try PublicFile.read(path(of: tile), limit: Self.limit(of: tile))
    }

    /// Bytes that a tile can have at most.
    static func limit(of tile: Tile) -> Int { tile.byteCount ?? tile.width * (2 + EntryBundle.maximumEntry) }

    /// Writes tiles; all are durable on return. One that is there with the same bytes is left alone; one with other bytes is
    /// neither replaced nor passed over: it is damaged, or of another ledger, and a person must look.
    ///
    /// A crash leaves some of them: complete, of entries that the database's checkpoint covers already, and not yet covered
    /// by the published one. The next start writes the others.
    func write(_ files: [TileFile]) throws {
        var folders: [String] = []
        var aside: [(from: String, to: String)] = []
        for file in files {
            let path = path(of: file.tile)
            let parent = PublicFile.parent(of: path)
            // Synced also where file and folder are there: the process may have died between making and syncing them.
            if folders.last != parent, !folders.contains(parent) { folders.append(parent) }
            if let present = try readPresent(file.tile) {
                guard present == file.bytes else { throw SequencerRefusal.tileDiffers(path: path) }
                continue
            }
            try PublicFile.makeFolder(parent)
            aside.append((try PublicFile.writeAside(file.bytes, in: incoming, mode: 0o444), path))
            try afterStep(.tileAside(file.tile))
        }
        for (from, to) in aside {
            try PublicFile.rename(from, to: to)
            try afterStep(.tileRenamed(path: to))
        }
        var synced: Set<String> = []
        for var path in folders {
            while path != folder, synced.insert(path).inserted {
                try PublicFile.syncFolder(path)
                path = PublicFile.parent(of: path)
            }
        }
        if !folders.isEmpty { try PublicFile.syncFolder(folder) }
    }

    /// A tile's file, or a refusal where it is too long to be one.
    private func readPresent(_ tile: Tile) throws -> [UInt8]? {
        do {
            return try read(tile)
        } catch  where error.code == EFBIG {
            throw SequencerRefusal.tileDiffers(path: path(of: tile))
        }
    }

    /// Removes partial tiles whose full tile is published, and so read in their place (c2sp.org/tlog-tiles). A crash leaves
    /// some: they stay true.
    func removePartials(of tiles: [Tile]) throws {
        for tile in tiles where tile.isFull {
            let partials = path(of: tile) + ".p"
            if FileManager.default.fileExists(atPath: partials) { try FileManager.default.removeItem(atPath: partials) }
        }
    }

    /// The published checkpoint as it stands; nil: none yet.
    func checkpoint() throws(PublicFileFault) -> [UInt8]? {
        try PublicFile.read(checkpointPath, limit: UnverifiedNote.maximumBytes)
    }

    /// Replaces the published checkpoint, never by a smaller one. A crash leaves the old one or the new one; both are true.
    func publish(_ checkpoint: VerifiedCheckpoint, key: NoteVerifierKey) throws {
        let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw PublicFileFault("opening", folder) }
        // Closing it is unlocking it.
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw PublicFileFault("locking", folder) }
        }
        if let present = try self.checkpoint() {
            let published = try UnverifiedCheckpoint(parsing: present).verified(by: key)
            guard published.size <= checkpoint.size else { throw SequencerRefusal.anotherWriter(size: published.size) }
        }
        let aside = try PublicFile.writeAside(checkpoint.note, in: incoming, mode: 0o444)
        try afterStep(.checkpointAside)
        try PublicFile.rename(aside, to: checkpointPath)
        try PublicFile.syncFolder(folder)
    }

    /// Whether the published key is there; refuses another one.
    @discardableResult
    func compare(_ key: NoteVerifierKey) throws -> Bool {
        let path = folder + "/vkey"
        guard let present = try PublicFile.read(path, limit: 4096) else { return false }
        guard present == Array("\(key)\n".utf8) else {
            throw SequencerRefusal.otherKey(where: path, ours: "\(key)", found: String(decoding: present, as: UTF8.self))
        }
        return true
    }

    /// Publishes the key, or compares it with the one that is there.
    func publish(_ key: NoteVerifierKey) throws {
        if try compare(key) { return }
        let path = folder + "/vkey"
        let text = Array("\(key)\n".utf8)
        try PublicFile.rename(try PublicFile.writeAside(text, in: incoming, mode: 0o444), to: path)
        try PublicFile.syncFolder(folder)
    }

    /// Whether any tile is there.
    func hasTiles() throws -> Bool { try !PublicFile.names(in: folder + "/tile").isEmpty }

    /// The largest size that has been anchored; nil: none.
    func largestAnchor() throws -> UInt64? { try PublicFile.names(in: folder + "/anchors").compactMap { UInt64($0) }.max() }
}
