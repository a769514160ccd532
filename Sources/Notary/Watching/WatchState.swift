package import Foundation
package import Ledger
import Store

/// What a watcher of one ledger remembers:
///
///     vkey             the ledger's key: this folder is the memory of that ledger
///     checkpoint       the last state that was seen and checked, as signed
///     fork-<a>-<b>/    `a` and `b`: two signed states that contradict each other: evidence, never removed; where their sizes differ
///                      also `proof`: the root of the first <a> entries under `b`, and the consistency proof from it, a hash a line
///     shrunk-<a>-<b>/  the same where the ledger shows fewer entries than before
///     unproven-<b>-<root>/  `b`: a signed state whose root the published tiles didn't have; `a`, where there is one: the last state before it
///     lock, .incoming/
///
/// Files are written aside, synced, renamed, and their folder synced: a crash leaves the old state or the new one.
package final class WatchState: Sendable {
    package let folder: String
    private let key: NoteVerifierKey
    private let lock: DataFolderLock

    /// Makes the folder, or goes on with it. Throws `WatchFault.otherLedger` when it is another ledger's.
    package init(folder: URL, key: NoteVerifierKey) throws {
        let path = folder.path
        let text = Array("\(key)\n".utf8)
        try PublicFile.makeFolder(path + "/.incoming")
        lock = try DataFolderLock(folder: folder)
        self.folder = path
        self.key = key
        for name in try PublicFile.names(in: incoming) where unlink(incoming + "/" + name) != 0 {
            throw PublicFileFault("removing", incoming + "/" + name)
        }
        if let present = try PublicFile.read(path + "/vkey", limit: 4096) {
            guard present == text else {
                let found = String(decoding: present, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                throw WatchFault.otherLedger(folder: path, found: found)
            }
        } else {
            try write(text, as: "vkey")
        }
    }

    private var incoming: String { folder + "/.incoming" }

    /// Nil: nothing was seen yet. Throws `WatchFault.damagedState` where the file isn't what this key has signed.
    func last() throws -> VerifiedCheckpoint? {
        guard let note = try PublicFile.read(folder + "/checkpoint", limit: UnverifiedNote.maximumBytes) else { return nil }
        do {
            return try UnverifiedCheckpoint(parsing: note, extensions: true).verified(by: key)
        } catch {
            throw WatchFault.damagedState(path: folder + "/checkpoint", reason: "\(error)")
        }
    }

    func record(_ checkpoint: VerifiedCheckpoint) throws { try write(checkpoint.note, as: "checkpoint") }

    /// The folder of the evidence. What is kept already stays as it was kept first.
    func keep(_ old: VerifiedCheckpoint, _ new: VerifiedCheckpoint, as kind: String, proof: [[UInt8]] = []) throws -> String {
        let name = "\(kind)-\(old.size)-\(new.size)"
        guard !FileManager.default.fileExists(atPath: folder + "/" + name + "/b") else { return folder + "/" + name }
        if !proof.isEmpty {
            try PublicFile.makeFolder(folder + "/" + name)
            let lines = proof.map { Data($0).base64EncodedString() + "\n" }.joined()
            try write(Array(lines.utf8), as: name + "/proof")
        }
        try Evidence.keep(old.note, new.note, in: folder, as: name, incoming: incoming)
        return folder + "/" + name
    }

    /// A signed state that the published tiles didn't lead to. Named by its root, so that a second one of that size is kept as well.
    func keep(unproven new: VerifiedCheckpoint) throws -> String? {
        let name = "unproven-\(new.size)-" + new.root.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let place = folder + "/" + name
        if FileManager.default.fileExists(atPath: place + "/b") { return place }
        // A ledger that signs nonsense each time must not fill the disk; the first ones say it all.
        guard try PublicFile.names(in: folder).count(where: { $0.hasPrefix("unproven-") }) < Self.unprovenLimit else { return nil }
        try PublicFile.makeFolder(place)
        if let last = try last() { try write(last.note, as: name + "/a") }
        try write(new.note, as: name + "/b")
        try PublicFile.syncFolder(place)
        return place
    }

    private static let unprovenLimit = 64

    private func write(_ bytes: [UInt8], as name: String) throws {
        try PublicFile.rename(try PublicFile.writeAside(bytes, in: incoming, mode: 0o644), to: folder + "/" + name)
        try PublicFile.syncFolder(folder)
    }
}
