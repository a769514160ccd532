import Foundation
import Glibc

/// Which files some process of this machine has open for writing, as far as `/proc` lets us see: our own user's
/// processes always, all of them as root. A writer on another machine shows by the file's changing only.
enum OpenWriters {
    static func among(_ files: Set<FileID>) -> Set<FileID> {
        guard !files.isEmpty, let processes = try? OpenFolder(configured: URL(fileURLWithPath: "/proc")) else { return [] }
        var found: Set<FileID> = []
        // Faults here are other users' processes and those that end while we look: nothing to learn from them.
        for process in (try? processes.names()) ?? [] where process.bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            let path = "/proc/" + process.text
            guard let descriptors = try? OpenFolder(configured: URL(fileURLWithPath: path + "/fd")) else { continue }
            for descriptor in (try? descriptors.names()) ?? [] {
                var status = stat()
                guard fstatat(AT_FDCWD, path + "/fd/" + descriptor.text, &status, 0) == 0 else { continue }
                let id = FileStatus(status).id
                if files.contains(id), !found.contains(id), isWriting(path + "/fdinfo/" + descriptor.text) { found.insert(id) }
            }
        }
        return found
    }

    /// `flags:` in octal, whose last two bits are the way in which it was opened.
    private static func isWriting(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        let file = OpenFile(descriptor, name: path)
        // The process has ended meanwhile.
        guard let bytes = try? file.read(256, at: 0) else { return false }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("flags:") {
            let flags = line.dropFirst(6).filter { $0 != " " && $0 != "\t" }
            return Int32(flags, radix: 8).map { $0 & O_ACCMODE != O_RDONLY } ?? false
        }
        return false
    }
}
