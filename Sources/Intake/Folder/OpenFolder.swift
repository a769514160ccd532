import Foundation
import Glibc

/// A folder held open: what is found in it is in this very folder, whatever somebody renames meanwhile. Closed when it goes.
final class OpenFolder: Sendable {
    private let descriptor: Int32
    let path: String

    private init(_ descriptor: Int32, path: String) throws(FolderFault) {
        guard descriptor >= 0 else { throw FolderFault(action: "open", name: path, code: errno) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// A folder that the configuration names; it may be reached through a symbolic link.
    convenience init(configured url: URL) throws(FolderFault) {
        try self.init(open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path: url.path)
    }

    /// A folder inside another; never through a symbolic link.
    func folder(_ name: RawName) throws(FolderFault) -> OpenFolder {
        let opened = name.withPath { openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        return try OpenFolder(opened, path: path + "/" + name.text)
    }

    /// A plain file to read. A pipe is opened without waiting for its writer; whoever reads looks at the status first.
    func file(_ name: RawName) throws(FolderFault) -> OpenFile {
        let opened = name.withPath { openat(descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
        guard opened >= 0 else { throw fault("open", name) }
        return OpenFile(opened, name: name.shown)
    }

    /// Sorted; without `.` and `..`.
    func names() throws(FolderFault) -> [RawName] {
        // A second descriptor: the stream moves and closes its own.
        let opened = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw FolderFault(action: "list", name: path, code: errno) }
        guard let stream = fdopendir(opened) else {
            let code = errno
            close(opened)
            throw FolderFault(action: "list", name: path, code: code)
        }
        defer { closedir(stream) }
        var names: [RawName] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw FolderFault(action: "list", name: path, code: errno) }
                return names.sorted()
            }
            let bytes = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
                    Array(UnsafeBufferPointer(start: start, count: 256).prefix { $0 != 0 })
                }
            }
            if bytes != [0x2E], bytes != [0x2E, 0x2E] { names.append(RawName(bytes: bytes)) }
        }
    }

    /// Nil: not there (any more).
    func status(_ name: RawName) throws(FolderFault) -> FileStatus? {
        var status = stat()
        if name.withPath({ fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 { return FileStatus(status) }
        guard errno == ENOENT else { throw fault("look at", name) }
        return nil
    }

    func status() throws(FolderFault) -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FolderFault(action: "look at", name: path, code: errno) }
        return FileStatus(status)
    }

    /// Makes the folder when there is nothing of this name.
    func makeFolder(_ name: RawName) throws(FolderFault) {
        guard name.withPath({ mkdirat(descriptor, $0, 0o775) }) == 0 || errno == EEXIST else { throw fault("create", name) }
    }

    /// Moves an entry, atomically, and never over another: with `EEXIST` when the name is taken.
    func move(_ name: RawName, to folder: OpenFolder, as target: RawName) throws(FolderFault) {
        let outcome = name.withPath { old in target.withPath { new in MoveWithoutReplacing.call(descriptor, old, folder.descriptor, new) } }
        if outcome == 0 { return }
        guard errno == EINVAL || errno == ENOSYS else { throw fault("move", name) }
        // File systems without that flag (some network shares). Nobody but this service gives names in the target folders.
        guard try folder.status(target) == nil else { throw FolderFault(action: "move", name: target.shown, code: EEXIST) }
        guard name.withPath({ old in target.withPath { new in renameat(descriptor, old, folder.descriptor, new) } }) == 0
        else { throw fault("move", name) }
    }

    /// Moves an entry under the first name that is free: `…`, `… (2)`, `… (3)`.
    @discardableResult
    func move(_ name: RawName, to folder: OpenFolder, asFreeNameLike wanted: RawName) throws(FolderFault) -> RawName {
        var count = 1
        while true {
            let target = wanted.numbered(count)
            do throws(FolderFault) {
                try move(name, to: folder, as: target)
                return target
            } catch {
                guard error.code == EEXIST || error.code == ENOTEMPTY, count < 10_000 else { throw error }
                count += 1
            }
        }
    }

    /// Writes aside, syncs, renames: a reader sees the old bytes or the new ones. A crash leaves a hidden `.partial`.
    func write(_ bytes: [UInt8], as name: RawName) throws(FolderFault) {
        let aside = RawName(".appariteur.partial")
        let opened = aside.withPath { openat(descriptor, $0, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o664) }
        guard opened >= 0 else { throw fault("write", name) }
        defer { close(opened) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(opened, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw fault("write", name) }
        }
        guard fsync(opened) == 0 else { throw fault("write", name) }
        guard aside.withPath({ old in name.withPath { new in renameat(descriptor, old, descriptor, new) } }) == 0
        else { throw fault("write", name) }
    }

    private func fault(_ action: String, _ name: RawName) -> FolderFault {
        FolderFault(action: action, name: name.shown, code: errno)
    }
}

/// `renameat2(…, RENAME_NOREPLACE)`, which Glibc's module map hides behind `_GNU_SOURCE`.
private enum MoveWithoutReplacing {
    private typealias Call = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

    private static let function: Call? = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: Call.self) }

    static func call(_ from: Int32, _ old: UnsafePointer<CChar>, _ to: Int32, _ new: UnsafePointer<CChar>) -> Int32 {
        guard let function else {
            errno = ENOSYS
            return -1
        }
        return function(from, old, to, new, 1)
    }
}
