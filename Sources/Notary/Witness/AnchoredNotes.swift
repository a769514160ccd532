import Foundation
import Ledger

/// The notes in `anchors/<size>/checkpoint`, to which witnesses' lines are added. Their text never changes: what was stamped is
/// `body`, which has no signature. Lines that are there stay, also of witnesses that are no longer configured: earlier is better.
///
/// Written aside, synced, renamed, and the folder synced. A crash leaves the note with or without the new lines, both true.
struct AnchoredNotes: Sendable {
    /// Of the ledger, public.
    let ledger: String
    let key: NoteVerifierKey
    let witnesses: [CosignerKey]

    /// How many are looked back for: a witness that comes late cosigns what was anchored lately.
    private static let lookBack = 64

    private var incoming: String { CosignedFile.incoming(in: ledger) }

    private func folder(of size: UInt64) -> String { ledger + "/anchors/\(size)" }

    /// The latest anchored sizes below `limit`, ascending.
    func sizes(below limit: UInt64) throws -> [UInt64] {
        Array(
            try PublicFile.names(in: ledger + "/anchors").compactMap { UInt64($0) }.filter { $0 > 0 && $0 < limit }.sorted()
                .suffix(Self.lookBack))
    }

    /// Nil: it is still being made. Throws when it isn't right.
    func read(_ size: UInt64) throws -> (checkpoint: VerifiedCheckpoint, cosignatures: [Cosignature])? {
        let limit = UnverifiedNote.maximumBytes
        guard let bytes = try PublicFile.read(folder(of: size) + "/checkpoint", limit: limit),
            let body = try PublicFile.read(folder(of: size) + "/body", limit: limit)
        else { return nil }
        let unverified = try UnverifiedCheckpoint(parsing: bytes)
        let checkpoint = try unverified.verified(by: key)
        guard checkpoint.size == size, checkpoint.body == body else {
            throw CheckpointError.malformed("it is not the checkpoint of this folder's body")
        }
        return (checkpoint, try unverified.note.cosignatures(by: witnesses))
    }

    /// Adds the lines that are missing. False: nothing to do, or no such anchored checkpoint. One that isn't right stays as it is:
    /// the audit tells of it.
    func add(_ cosignatures: [Cosignature], to checkpoint: VerifiedCheckpoint) throws -> Bool {
        try WitnessLock.held(on: ledger) {
            let present: VerifiedCheckpoint
            do {
                guard let found = try read(checkpoint.size), found.checkpoint.body == checkpoint.body else { return false }
                present = found.checkpoint
            } catch let fault as PublicFileFault {
                throw fault
            } catch {
                return false
            }
            let note = try UnverifiedNote(parsing: present.note)
            let missing = note.lacking(cosignatures.map(\.line))
            guard !missing.isEmpty else { return false }
            try PublicFile.makeFolder(incoming)
            let aside = try PublicFile.writeAside(try note.adding(missing).bytes, in: incoming, mode: 0o444)
            try PublicFile.rename(aside, to: folder(of: checkpoint.size) + "/checkpoint")
            try PublicFile.syncFolder(folder(of: checkpoint.size))
            return true
        }
    }
}

/// The published `cosigned`, for those who make something of the same state.
enum CosignedNote {
    /// `note`, with the lines of these witnesses that `cosigned` has besides when it is of the same text. What can't be read, or where one of
    /// their lines is wrong, adds nothing: the witness service replaces it, and the audit tells of it.
    static func joined(to note: [UInt8], in ledgerFolder: URL, _ witnesses: [CosignerKey]) throws -> [UInt8] {
        guard !witnesses.isEmpty,
            let bytes = try PublicFile.read(ledgerFolder.path + "/" + CosignedFile.name, limit: UnverifiedNote.maximumBytes),
            let cosigned = try? UnverifiedNote(parsing: bytes)
        else { return note }
        let own = try UnverifiedNote(parsing: note)
        guard cosigned.text == own.text, let lines = try? cosigned.cosignatures(by: witnesses).map(\.line) else { return note }
        return try own.adding(own.lacking(lines)).bytes
    }
}
