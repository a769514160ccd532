import Glibc

/// A file held open for reading. Closed when it goes.
final class OpenFile: Sendable {
    private let descriptor: Int32
    private let name: String

    init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit { close(descriptor) }

    func status() throws(FolderFault) -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FolderFault(action: "look at", name: name, code: errno) }
        return FileStatus(status)
    }

    /// At most `count` bytes from `offset`; fewer only at the file's end.
    func read(_ count: Int, at offset: Int64) throws(FolderFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
            }
            if part == 0 { break }
            if part > 0 { filled += part } else if errno != EINTR { throw FolderFault(action: "read", name: name, code: errno) }
        }
        return Array(bytes[..<filled])
    }

    /// Whether another process holds a lock against readers: `flock` (what Samba's share modes become), or the record locks
    /// of office programs.
    var isLocked: Bool {
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { flock(descriptor, LOCK_UN) } else if errno == EWOULDBLOCK { return true }
        var lock = Glibc.flock()
        lock.l_type = Int16(F_RDLCK)
        lock.l_whence = Int16(SEEK_SET)
        return fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }
}
