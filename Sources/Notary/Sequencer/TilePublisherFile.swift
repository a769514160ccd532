import Foundation

/// A fault of the disk, with the path it struck: an I/O error, a full disk, a missing right. Trying again may help.
package struct PublicFileFault: Error, Hashable, CustomStringConvertible {
    let doing: String
    package let path: String
    /// `errno`
    package let code: Int32

    init(_ doing: String, _ path: String, code: Int32 = errno) {
        self.doing = doing
        self.path = path
        self.code = code
    }

    package var description: String { "\(doing) \(path): \(String(cString: strerror(code)))" }
}

/// The few calls with which public files are read and written.
enum PublicFile {
    /// The file's bytes; nil: there is none. Throws also when it is larger than `limit`: what strangers give is read too.
    static func read(_ path: String, limit: Int) throws(PublicFileFault) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw PublicFileFault("opening", path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw PublicFileFault("reading", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw PublicFileFault("reading", path, code: EISDIR) }
        guard status.st_size <= limit else { throw PublicFileFault("reading", path, code: EFBIG) }
        var fault: PublicFileFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            while count < buffer.count {
                let got = Foundation.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got > 0 { count += got } else if got == 0 || errno != EINTR { break }
            }
            if count < buffer.count { fault = PublicFileFault("reading", path, code: EIO) }
        }
        if let fault { throw fault }
        return bytes
    }

    /// A new file of a name that nobody has in `folder`, complete and synced. A crash leaves it there.
    static func writeAside(_ bytes: [UInt8], in folder: String, mode: mode_t) throws(PublicFileFault) -> String {
        var template = Array((folder + "/XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else { throw PublicFileFault("creating a file in", folder) }
        defer { close(file) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw PublicFileFault("writing", path) }
            done += count
        }
        guard fchmod(file, mode) == 0, fsync(file) == 0 else { throw PublicFileFault("syncing", path) }
        return path
    }

    static func rename(_ aside: String, to path: String) throws(PublicFileFault) {
        guard Foundation.rename(aside, path) == 0 else { throw PublicFileFault("renaming a file to", path) }
    }

    static func syncFolder(_ path: String) throws(PublicFileFault) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw PublicFileFault("opening", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw PublicFileFault("syncing", path) }
    }

    /// Makes a folder that anyone may read (whatever the umask: a web server serves it), and its missing parents, each name
    /// synced in its parent.
    static func makeFolder(_ path: String) throws(PublicFileFault) {
        if mkdir(path, 0o755) == 0 {
            guard chmod(path, 0o755) == 0 else { throw PublicFileFault("opening to readers", path) }
            try syncFolder(parent(of: path))
        } else if errno == ENOENT {
            try makeFolder(parent(of: path))
            try makeFolder(path)
        } else if errno != EEXIST {
            throw PublicFileFault("creating", path)
        }
    }

    static func parent(of path: String) -> String {
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent
    }

    /// Names in a folder, none where it is missing.
    static func names(in path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path)
    }
}
