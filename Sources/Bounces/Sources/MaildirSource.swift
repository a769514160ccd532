package import Foundation

/// Where returned mails wait. Names are the source's own; what was read stays until `finish`, and nothing is ever deleted.
package protocol ReturnSource: Sendable {
    /// What is unread, oldest first; at most `limit`.
    func pending(limit: Int) async throws -> [String]
    /// The first `limit` bytes of one; nil: it is gone, or no mail.
    func read(_ name: String, limit: Int) async throws -> [UInt8]?
    /// What came to an address with this tag in it, read or not, of what came last.
    func find(_ tag: String) async throws -> [String]
    /// Marks it as read. A crash before leaves it unread, and it is read again.
    func finish(_ name: String) async throws
    /// Ends what is under way, for good.
    func abort()
}

/// A Maildir that a server delivers into: `new/`, and what in `cur/` is not marked as seen (another reader may have moved it there).
/// A message is marked by a rename to `cur/<name>:2,S`, on a local disk or a share.
package struct MaildirSource: ReturnSource {
    package let folder: URL

    package init(folder: URL) { self.folder = folder }

    package func pending(limit: Int) async throws -> [String] {
        let new = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("new").path).map { "new/" + $0 }
        let current = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("cur").path)
            .filter { !Self.split($0).flags.contains("S") }.map { "cur/" + $0 }
        // Names begin with the second of their arrival.
        return (new + current).filter { !$0.dropFirst(4).hasPrefix(".") }
            .sorted { $0.dropFirst(4) < $1.dropFirst(4) }.prefix(limit).map { $0 }
    }

    package func read(_ name: String, limit: Int) async throws -> [UInt8]? {
        let path = folder.appendingPathComponent(name).path
        // No link is followed, and no pipe waited for: whoever can write here must not be able to have other files read.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ELOOP { return nil }
            throw MaildirFault(path: path, code: code)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MaildirFault(path: path, code: errno) }
        // No mail.
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Array(try file.read(upToCount: limit) ?? Data())
    }

    package func find(_ tag: String) async throws -> [String] {
        var found: [String] = []
        for part in ["new/", "cur/"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(part).path)
            for name in names.filter({ !$0.hasPrefix(".") }).sorted(by: >).prefix(200) {
                guard let bytes = try await read(part + name, limit: 65_536) else { continue }
                if String(decoding: bytes, as: UTF8.self).lowercased().contains(tag.lowercased()) { found.append(part + name) }
            }
        }
        return found
    }

    package func finish(_ name: String) async throws {
        let (base, flags) = Self.split(String(name.dropFirst(4)))
        let marked = String(Set(flags + "S").sorted())
        let old = folder.appendingPathComponent(name).path
        // Names are unique (the Maildir rule); should one be taken all the same, it isn't overwritten.
        for number in 0..<100 {
            let new = folder.appendingPathComponent("cur/\(base)\(number == 0 ? "" : ".\(number)"):2,\(marked)").path
            if FileManager.default.fileExists(atPath: new) { continue }
            if rename(old, new) == 0 || errno == ENOENT { return }
            throw MaildirFault(path: old, code: errno)
        }
        throw MaildirFault(path: old, code: EEXIST)
    }

    /// Nothing here takes long.
    package func abort() {}

    /// `1234.host:2,FS` is `1234.host` and `FS`.
    private static func split(_ name: String) -> (base: String, flags: String) {
        guard let mark = name.range(of: ":2,", options: .backwards) else { return (name, "") }
        return (String(name[..<mark.lowerBound]), String(name[mark.upperBound...]))
    }
}

package struct MaildirFault: Error, Hashable, CustomStringConvertible {
    package let path: String
    package let code: Int32

    package var description: String { "\(path): \(String(cString: strerror(code)))" }
}
