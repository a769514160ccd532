import Foundation

/// An open file, closed when it goes.
final class Descriptor {
    /// What shows that a file is being written to.
    struct Status: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    let number: Int32
    private let path: String

    private init(_ number: Int32, path: String) throws(DocumentStoreError) {
        guard number >= 0 else {
            // O_NOFOLLOW answers ELOOP for a symbolic link.
            if errno == ELOOP { throw .notRegular(path: path) }
            throw .system(path: path, code: errno)
        }
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    /// A plain file to read; a pipe or device is refused without waiting for its other end.
    static func openRegular(_ file: URL) throws(DocumentStoreError) -> Descriptor {
        let descriptor = try Descriptor(open(file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), path: file.path)
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw .system(path: file.path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path: file.path) }
        return descriptor
    }

    /// A new file under a name that nobody has.
    static func temporary(in folder: URL) throws(DocumentStoreError) -> (Descriptor, URL) {
        var template = Array(folder.appendingPathComponent("XXXXXX").path.utf8CString)
        let number = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let descriptor = try Descriptor(number, path: path)
        guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { throw .system(path: path, code: errno) }
        return (descriptor, URL(fileURLWithPath: path))
    }

    /// Makes a folder for the store's owner alone. Its name is durable once its parent has been synced.
    static func makeFolder(_ folder: URL) throws(DocumentStoreError) {
        guard mkdir(folder.path, 0o700) == 0 || errno == EEXIST else { throw .system(path: folder.path, code: errno) }
    }

    static func syncFolder(_ folder: URL) throws(DocumentStoreError) {
        try Descriptor(open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path: folder.path).sync()
    }

    func status() throws(DocumentStoreError) -> Status {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .system(path: path, code: errno) }
        #if os(Linux)
            let time = status.st_mtim
        #else
            let time = status.st_mtimespec
        #endif
        return Status(size: Int64(status.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Bytes read; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DocumentStoreError) -> Int {
        while true {
            let count = Foundation.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .system(path: path, code: errno) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(DocumentStoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Foundation.write(number, part.baseAddress, part.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .system(path: path, code: errno)
            }
        }
    }

    func sync() throws(DocumentStoreError) {
        guard fsync(number) == 0 else { throw .system(path: path, code: errno) }
    }
}
