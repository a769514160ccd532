import Foundation
import NIOPosix

/// Reads the ledger's public files for anyone who asks. Only what `LedgerPath` can name, and never through a symbolic link:
/// whoever could plant one in the folder would otherwise publish any file of this machine.
struct LedgerFiles: Sendable {
    struct Content: Sendable {
        let bytes: [UInt8]
        let modifiedAt: Date
    }

    /// A bundle of 256 of the longest entries, and room to spare.
    private static let sizeLimit = 32 << 20

    let folder: URL

    /// Nil when there is no such regular file.
    func read(_ path: LedgerPath) async throws -> Content? {
        try await NIOThreadPool.singleton.runIfActive { try Self.read(path.components, in: folder) }
    }

    /// When the file was last written; nil: not there.
    func modified(_ path: LedgerPath) async throws -> Date? { try await read(path)?.modifiedAt }

    /// Names in a folder, unordered; empty when it is not there.
    func names(in components: [String]) async throws -> [String] {
        try await NIOThreadPool.singleton.runIfActive {
            let folder = components.reduce(folder) { $0.appendingPathComponent($1, isDirectory: true) }
            guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        }
    }

    private static func read(_ components: [String], in folder: URL) throws -> Content? {
        var descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return try missing() }
        for (index, name) in components.enumerated() {
            let kind = index < components.count - 1 ? O_DIRECTORY : O_NONBLOCK
            let next = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
            let problem = errno
            close(descriptor)
            guard next >= 0 else {
                errno = problem
                return try missing()
            }
            descriptor = next
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var state = stat()
        guard fstat(descriptor, &state) == 0 else { throw failure() }
        guard state.st_mode & S_IFMT == S_IFREG else { return nil }
        guard state.st_size <= sizeLimit else { throw CocoaError(.fileReadTooLarge) }
        let bytes = Array(try file.readToEnd() ?? Data())
        let seconds = Double(state.st_mtim.tv_sec) + Double(state.st_mtim.tv_nsec) / 1e9
        return Content(bytes: bytes, modifiedAt: Date(timeIntervalSince1970: seconds))
    }

    /// Not there, or a link or a file where a folder should be: nothing to show. Anything else is a fault of this machine.
    private static func missing() throws -> Content? {
        if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
        throw failure()
    }

    private static func failure() -> any Error {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
}
