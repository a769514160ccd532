import Foundation
import Ledger

/// `anchors/` of the public folder: `<size>/` for each anchored checkpoint, with `checkpoint`, `body` and the tokens.
/// A file appears whole and synced under its name or not at all: it is written aside, synced, renamed, and its folder synced.
/// A crash leaves at most files in `.incoming-anchors/`, which the first pass of the next process removes. (Not in
/// `.incoming/`: that is the tile publisher's, which empties it when it likes.)
struct AnchorFolder: Sendable {
    private let ledger: String

    init(ledgerFolder: URL) { ledger = ledgerFolder.path }

    /// No token, note or chain is longer.
    static let longest = UnverifiedNote.maximumBytes

    private var incoming: String { ledger + "/.incoming-anchors" }

    private func folder(of size: UInt64) -> String { ledger + "/anchors/\(size)" }

    /// Nil: no such file.
    func read(_ name: String, of size: UInt64, limit: Int = longest) throws -> [UInt8]? {
        try PublicFile.read(folder(of: size) + "/" + name, limit: limit)
    }

    /// Files beside a checkpoint.
    func names(of size: UInt64) throws -> [String] { try PublicFile.names(in: folder(of: size)) }

    func write(_ bytes: [UInt8], as name: String, of size: UInt64) throws {
        let folder = folder(of: size)
        try PublicFile.makeFolder(folder)
        try PublicFile.makeFolder(incoming)
        let aside = try PublicFile.writeAside(bytes, in: incoming, mode: 0o444)
        try PublicFile.rename(aside, to: folder + "/" + name)
        try PublicFile.syncFolder(folder)
    }

    /// Moves a file to `<folder>.set-aside/`, beside the public folder, over none that lies there.
    func setAside(_ name: String, of size: UInt64) throws {
        let base = ledger + ".set-aside/anchors/\(size)/" + name
        var (target, number) = (base, 2)
        while FileManager.default.fileExists(atPath: target) { (target, number) = ("\(base).\(number)", number + 1) }
        try FileManager.default.createDirectory(atPath: PublicFile.parent(of: target), withIntermediateDirectories: true)
        try PublicFile.rename(folder(of: size) + "/" + name, to: target)
    }

    /// Sizes that have a complete `checkpoint` and `body`, ascending.
    func sizes() throws -> [UInt64] {
        try PublicFile.names(in: ledger + "/anchors").compactMap { UInt64($0) }.filter { size in
            let names = Set(try PublicFile.names(in: folder(of: size)))
            return names.isSuperset(of: ["checkpoint", "body"])
        }.sorted()
    }

    /// Removes what a crash left on its way.
    func clean() throws {
        for name in try PublicFile.names(in: incoming) {
            let path = incoming + "/" + name
            guard unlink(path) == 0 else { throw PublicFileFault("removing", path) }
        }
    }
}
