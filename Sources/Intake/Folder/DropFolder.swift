import Foundation

/// Why the drop folder can't be used at all. Nothing is lost: what lies in it stays there until it can.
package enum DropFolderFault: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    /// One of our own folders' names belongs to something else.
    case notAFolder(path: String)
    case unusable(path: String, reason: String)

    package var description: String {
        switch self {
        case .missing(let path):
            "the drop folder \(path) is not there: mount the share, create the folder, or correct folders.drop; it is tried again by itself"
        case .notAFolder(let path): "\(path) is not a folder (a file or a symbolic link): rename it, and a folder is made in its place"
        case .unusable(let path, let reason):
            "the drop folder \(path) can't be used: \(reason); check its rights; it is tried again by itself"
        }
    }
}

/// The drop folder with our three folders in it, open for one pass: a share that goes and comes back is found again.
struct DropFolder {
    let root: OpenFolder
    let underWay: OpenFolder
    let done: OpenFolder
    let refused: OpenFolder
    /// The names that ours have on this disk, perhaps decomposed.
    let ownNames: Set<RawName>

    init(opening url: URL) throws(DropFolderFault) {
        do throws(FolderFault) {
            let root = try OpenFolder(configured: url)
            let names = try root.names()
            var own: Set<RawName> = []
            self.root = root
            underWay = try Self.folder(FileNames.underWay, in: root, names, &own)
            done = try Self.folder(FileNames.done, in: root, names, &own)
            refused = try Self.folder(FileNames.refused, in: root, names, &own)
            ownNames = own
        } catch {
            if error.code == ENOENT, error.action == "open", error.name == url.path { throw .missing(path: url.path) }
            if error.code == ENOTDIR || error.code == ELOOP { throw .notAFolder(path: error.name) }
            throw .unusable(path: url.path, reason: error.description)
        }
    }

    /// Swift compares strings by canonical equivalence, so a decomposed name is found as well; among both, ours.
    private static func folder(
        _ wanted: String, in root: OpenFolder, _ names: [RawName], _ own: inout Set<RawName>
    ) throws(FolderFault) -> OpenFolder {
        let composed = RawName(wanted)
        let name = names.contains(composed) ? composed : names.first { $0.text == wanted } ?? composed
        try root.makeFolder(name)
        own.insert(name)
        return try root.folder(name)
    }
}
