import Foundation
import Ledger

/// `cosigned` of the public folder: the largest checkpoint that enough witnesses have cosigned, with their lines.
///
/// Written aside, synced, renamed, and the folder synced. A crash leaves the old file or the new one, both true, and at most
/// files in `.incoming-witness/`, which the first pass of the next process removes.
struct CosignedFile: Sendable {
    let folder: String
    let key: NoteVerifierKey
    let witnesses: [CosignerKey]

    static let name = "cosigned"

    private var path: String { folder + "/" + Self.name }
    private var incoming: String { Self.incoming(in: folder) }

    static func incoming(in folder: String) -> String { folder + "/.incoming-witness" }

    /// What is published; nil: nothing yet. Throws when it can't be read, or isn't right.
    func read() throws -> (checkpoint: VerifiedCheckpoint, cosignatures: [Cosignature])? {
        guard let bytes = try PublicFile.read(path, limit: UnverifiedNote.maximumBytes) else { return nil }
        let unverified = try UnverifiedCheckpoint(parsing: bytes)
        return (try unverified.verified(by: key), try unverified.note.cosignatures(by: witnesses))
    }

    /// There is none, or it is right. Throws when the disk fails.
    func isReadable() throws -> Bool {
        do {
            _ = try read()
            return true
        } catch let fault as PublicFileFault {
            throw fault
        } catch {
            return false
        }
    }

    /// Publishes these cosignatures, all of this checkpoint. Never over those of a larger one; those of the same one that are
    /// published already stay. False: there was nothing to change. A damaged file is replaced; `damaged` is told why.
    func publish(
        _ checkpoint: VerifiedCheckpoint, _ cosignatures: [Cosignature], damaged: (any Error) -> Void
    ) throws -> Bool {
        try WitnessLock.held(on: folder) {
            var all = cosignatures
            do {
                if let present = try read() {
                    guard present.checkpoint.size <= checkpoint.size else { return false }
                    if present.checkpoint.body == checkpoint.body {
                        all += present.cosignatures.filter { old in !cosignatures.contains { $0.key == old.key } }
                        if Set(all) == Set(present.cosignatures) { return false }
                    }
                }
            } catch let error as PublicFileFault {
                throw error
            } catch {
                damaged(error)
            }
            let order = { (cosignature: Cosignature) in witnesses.firstIndex(of: cosignature.key) ?? witnesses.count }
            let note = try UnverifiedNote(parsing: checkpoint.note).adding(all.sorted { order($0) < order($1) }.map(\.line))
            try PublicFile.makeFolder(incoming)
            try PublicFile.rename(try PublicFile.writeAside(note.bytes, in: incoming, mode: 0o444), to: path)
            try PublicFile.syncFolder(folder)
            return true
        }
    }

    /// Removes what a crash left on its way.
    func clean() throws {
        for name in try PublicFile.names(in: incoming) where unlink(incoming + "/" + name) != 0 {
            throw PublicFileFault("removing", incoming + "/" + name)
        }
    }
}
