package import Foundation

package enum DataFolderLockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process serves from this folder; its number, where it could be read.
    case held(folder: String, by: Int32?)
    case system(path: String, code: Int32)

    package var description: String {
        switch self {
        case .held(let folder, let holder):
            "another process\(holder.map { " (pid \($0))" } ?? "") already serves from \(folder): "
                + "stop it first, or give this one a data folder of its own"
        case .system(let path, let code): "\(path): \(SystemFault(code: code))"
        }
    }
}

/// The right to be the one service of a data folder: a lock on `<folder>/lock`, held while this value lives. The system
/// releases it when the process ends, however it ends; the file stays and means nothing by itself.
package final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// The folder must exist.
    package init(folder: URL) throws(DataFolderLockError) {
        let path = folder.appendingPathComponent("lock").path
        // Not inherited by the programs we start: they must not keep the lock beyond our end.
        let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard number >= 0 else { throw .system(path: path, code: errno) }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(number)
            close(number)
            if code == EWOULDBLOCK { throw .held(folder: folder.path, by: holder) }
            throw .system(path: path, code: code)
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(number, 0) == 0, pwrite(number, text, text.count, 0) == text.count else {
            let code = errno
            close(number)
            throw .system(path: path, code: code)
        }
        descriptor = number
    }

    deinit { close(descriptor) }

    private static func holder(_ number: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 32)
        let count = pread(number, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
