import Council
package import Foundation
package import Ledger
import Store

/// What a witness must never forget:
///
///     witness                          the witness's public key: this folder is its memory
///     lock                             held by the one process that cosigns
///     logs/<sha256 of origin>/checkpoint    the checkpoint that it cosigned last for this ledger, with its cosignature
///     logs/<sha256 of origin>/fork-<size>/  `a` and `b`: two states of this size, both signed by the ledger: evidence
///     .incoming/                       files on their way; empty but for what a crash left
///
/// Losing it, or going back to an older copy, would let the witness cosign a fork of what it has cosigned: then the key must
/// go, too. So nothing here is ever made up for: a folder without `witness` is refused, not begun again.
package final class WitnessStateFolder: Sendable {
    private let folder: String
    private let key: CosignerKey
    private let lock: DataFolderLock

    /// Forks that are kept of one ledger; the first ones say it all.
    private static let evidenceLimit = 64

    /// For a witness that has never cosigned anything. Throws `WitnessStateFault.exists` when there is a state already.
    package static func create(_ folder: URL, for key: CosignerKey) throws {
        let path = folder.path
        guard !FileManager.default.fileExists(atPath: path + "/witness") else { throw WitnessStateFault.exists(path: path) }
        try PublicFile.makeFolder(path + "/logs")
        try PublicFile.makeFolder(path + "/.incoming")
        let aside = try PublicFile.writeAside(Array("\(key)\n".utf8), in: path + "/.incoming", mode: 0o444)
        try PublicFile.rename(aside, to: path + "/witness")
        try PublicFile.syncFolder(path)
    }

    /// Opens the state of this witness, and holds its lock for as long as this value lives.
    package init(opening folder: URL, for key: CosignerKey) throws {
        let path = folder.path
        guard let marker = try PublicFile.read(path + "/witness", limit: 4096) else { throw WitnessStateFault.missing(path: path) }
        let found = String(decoding: marker, as: UTF8.self)
        guard found == "\(key)\n" else {
            throw WitnessStateFault.otherKey(path: path, ours: "\(key)", found: found.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        lock = try DataFolderLock(folder: folder)
        self.folder = path
        self.key = key
        try clean()
    }

    /// Removes what a crash or a fault left on its way.
    private func clean() throws {
        for name in try PublicFile.names(in: incoming) where unlink(incoming + "/" + name) != 0 {
            throw PublicFileFault("removing", incoming + "/" + name)
        }
    }

    private var incoming: String { folder + "/.incoming" }

    /// Lower-case hexadecimal SHA-256: how a ledger is named in the monitoring address (c2sp.org/tlog-witness).
    package static func hash(ofOrigin origin: String) -> String {
        ContentHash(sha256Of: Array(origin.utf8)).hex
    }

    /// What was cosigned last for this origin; nil: never anything. The file is believed because our own cosignature stands on it:
    /// throws `WitnessStateFault.damaged` when it doesn't.
    func latest(_ origin: String) throws -> Cosigned? {
        let path = logFolder(origin) + "/checkpoint"
        guard let bytes = try PublicFile.read(path, limit: UnverifiedNote.maximumBytes) else {
            // Evidence is kept beside a state that was cosigned: without that state, this isn't a ledger that was never seen.
            guard try !PublicFile.names(in: logFolder(origin)).contains(where: { $0.hasPrefix("fork-") }) else {
                throw WitnessStateFault.damaged(path: path, reason: "it is missing, though a fork of what was cosigned lies beside it")
            }
            return nil
        }
        do {
            let unverified = try UnverifiedCheckpoint(parsing: bytes, extensions: true)
            guard let cosignature = try unverified.note.cosignatures(by: [key]).first, unverified.checkpoint.origin == origin else {
                throw NoteError.unsigned
            }
            return Cosigned(note: unverified.note, checkpoint: unverified.checkpoint, time: cosignature.time)
        } catch {
            throw WitnessStateFault.damaged(path: path, reason: "\(error)")
        }
    }

    struct Cosigned {
        /// With the ledger's signatures and ours.
        let note: UnverifiedNote
        let checkpoint: Checkpoint
        let time: UInt64
    }

    /// Durable on return. A crash leaves the old file or the new one. Where this throws, either may be there, and the new one not
    /// yet durable: nobody may be told of it before a later call has returned.
    func record(_ note: UnverifiedNote, of origin: String) throws {
        let place = logFolder(origin)
        do {
            try PublicFile.makeFolder(place)
            let aside = try PublicFile.writeAside(note.bytes, in: incoming, mode: 0o444)
            try PublicFile.rename(aside, to: place + "/checkpoint")
            try PublicFile.syncFolder(place)
        } catch {
            // A disk that is full must not be filled further by each attempt. What can't be removed now goes at the next start.
            try? clean()
            throw error
        }
    }

    /// Keeps two signed states that contradict each other. True: they were not kept before.
    func keepEvidence(_ ours: UnverifiedNote, _ theirs: UnverifiedNote, size: UInt64, of origin: String) throws -> Bool {
        let kept = try PublicFile.names(in: logFolder(origin)).filter { $0.hasPrefix("fork-") }
        guard !kept.contains("fork-\(size)"), kept.count < Self.evidenceLimit else { return false }
        try Evidence.keep(ours.bytes, theirs.bytes, in: logFolder(origin), as: "fork-\(size)", incoming: incoming)
        return true
    }

    private func logFolder(_ origin: String) -> String { folder + "/logs/" + Self.hash(ofOrigin: origin) }
}

/// Two signed notes, side by side in a folder of their own, as evidence.
enum Evidence {
    /// `b` last, by rename: where it stands, the evidence is whole. A crash before leaves an `a` alone, which is replaced.
    static func keep(_ a: [UInt8], _ b: [UInt8], in folder: String, as name: String, incoming: String) throws {
        let place = folder + "/" + name
        try PublicFile.makeFolder(incoming)
        try PublicFile.makeFolder(place)
        for (bytes, file) in [(a, "a"), (b, "b")] {
            try PublicFile.rename(try PublicFile.writeAside(bytes, in: incoming, mode: 0o444), to: place + "/" + file)
        }
        try PublicFile.syncFolder(place)
    }
}

/// Why a witness's memory can't be used. It cosigns nothing then.
package enum WitnessStateFault: Error, Hashable, Sendable, CustomStringConvertible {
    case exists(path: String)
    case missing(path: String)
    case otherKey(path: String, ours: String, found: String)
    case damaged(path: String, reason: String)

    package var description: String {
        switch self {
        case .exists(let path): "\(path) is a witness's memory already: nothing has been changed"
        case .missing(let path):
            """
            \(path) holds no witness's memory. If this key has ever cosigned, restore the folder from a backup made after its last \
            cosignature, or give the key up; only for a new witness, run `appariteur witness init`.
            """
        case .otherKey(let path, let ours, let found):
            "\(path) is the memory of another witness, \(found); the key is \(ours). Put the right one back."
        case .damaged(let path, let reason):
            """
            \(path) is damaged (\(reason)). Nothing is cosigned for this ledger. Its own public copy of our last cosignature \
            (`cosigned`), or a backup, can be put in its place.
            """
        }
    }
}
