import Foundation

/// Keeps two processes that open one data folder at the same moment from creating its tables twice.
enum FolderGate {
    /// Runs `work` with the folder's own lock held (released by the system if the process dies). Creates the folder,
    /// open to its owner and group only, when missing.
    static func alone<T>(in folder: URL, _ work: () throws -> T) throws -> T {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw StorageOpenError.folder(path: folder.path, reason: error.localizedDescription)
        }
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageOpenError.folder(path: folder.path, reason: SystemFault.last().text) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw StorageOpenError.folder(path: folder.path, reason: SystemFault.last().text) }
        }
        let value = try work()
        // The names of the folder and of the files in it survive a power cut as well as what is in them.
        try Descriptor.syncFolder(folder)
        try Descriptor.syncFolder(folder.deletingLastPathComponent())
        return value
    }

    /// Makes the file, readable by its owner alone, when it is missing: SQLite gives its other files the same mode.
    static func createPrivately(_ file: URL) throws {
        // Never opened when it is there: closing a descriptor of it would drop the locks that SQLite holds in this process.
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST {
            throw StorageOpenError.folder(path: file.path, reason: SystemFault.last().text)
        }
    }
}

/// What the system said about a call that failed.
struct SystemFault: Error, Hashable, Sendable, CustomStringConvertible {
    let code: Int32

    static func last() -> SystemFault { SystemFault(code: errno) }

    var text: String { String(cString: strerror(code)) }
    var description: String { text }
}
