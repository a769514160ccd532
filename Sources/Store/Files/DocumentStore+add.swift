package import Council
import Crypto
package import Foundation

/// Why a file was not taken into the document store, or can't be read from it.
package enum DocumentStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a plain file, or reached through a symbolic link: never followed.
    case notRegular(path: String)
    /// Its size or its time of change moved while it was being read: somebody is still writing it. Try again.
    case changedWhileCopied(path: String)
    case missing(ContentHash)
    /// The bytes under this name are not those that the name says.
    case damaged(ContentHash)
    /// What the system said: permission, disk full, I/O.
    case system(path: String, code: Int32)

    package var description: String {
        switch self {
        case .notRegular(let path): "\(path) is not a plain file"
        case .changedWhileCopied(let path): "\(path) changed while it was being copied"
        case .missing(let hash): "the document store has no document \(hash)"
        case .damaged(let hash): "the document \(hash) is damaged in the document store: restore it from a backup"
        case .system(let path, let code): "\(path): \(SystemFault(code: code))"
        }
    }
}

extension DocumentStore {
    private static let chunk = 1 << 20

    /// Copies a file in, a megabyte at a time, hashing on the way; the bytes are durable under their hash on return.
    /// A file that is already there is kept as it is.
    ///
    /// A crash leaves at most a file under `<root>/incoming`, which `removeLeftovers` clears away. Two processes that add
    /// the same bytes at once both rename a complete copy to the one name.
    package func add(contentsOf source: URL) throws(DocumentStoreError) -> (hash: ContentHash, size: Int64) {
        let input = try Descriptor.openRegular(source)
        let before = try input.status()
        let incoming = root.appendingPathComponent("incoming", isDirectory: true)
        try Descriptor.makeFolder(incoming)
        let (output, copy) = try Descriptor.temporary(in: incoming)
        do throws(DocumentStoreError) {
            let (hash, size) = try Self.copy(from: input, to: output)
            let after = try input.status()
            guard size == before.size, before == after else { throw DocumentStoreError.changedWhileCopied(path: source.path) }
            try keep(copy, open: output, as: hash, size: size)
            return (hash, size)
        } catch {
            // The original is untouched; the fault is what the caller must know, not a copy that could not be removed.
            _ = unlink(copy.path)
            throw error
        }
    }

    /// The same for bytes in memory.
    package func add(_ bytes: [UInt8]) throws(DocumentStoreError) -> (hash: ContentHash, size: Int64) {
        let incoming = root.appendingPathComponent("incoming", isDirectory: true)
        try Descriptor.makeFolder(incoming)
        let (output, copy) = try Descriptor.temporary(in: incoming)
        do throws(DocumentStoreError) {
            try bytes.withUnsafeBytes { bytes in Result { () throws(DocumentStoreError) in try output.write(bytes) } }.get()
            let hash = ContentHash(sha256Of: bytes)
            try keep(copy, open: output, as: hash, size: Int64(bytes.count))
            return (hash, Int64(bytes.count))
        } catch {
            _ = unlink(copy.path)
            throw error
        }
    }

    /// Reads the document again from the disk and compares it with its name.
    package func verify(_ hash: ContentHash) throws(DocumentStoreError) {
        let file = url(of: hash)
        guard FileManager.default.fileExists(atPath: file.path) else { throw .missing(hash) }
        let (actual, _) = try Self.copy(from: Descriptor.openRegular(file), to: nil)
        guard actual == hash else { throw .damaged(hash) }
    }

    /// Bytes; nil when it is not there.
    package func size(of hash: ContentHash) throws(DocumentStoreError) -> Int64? {
        let file = url(of: hash)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try Descriptor.openRegular(file).status().size
    }

    /// Removes copies that a crash left unfinished; returns how many. Only under the data folder's lock: another process's
    /// copy under way looks the same.
    @discardableResult
    package func removeLeftovers(under lock: DataFolderLock) throws -> Int {
        let incoming = root.appendingPathComponent("incoming", isDirectory: true)
        guard FileManager.default.fileExists(atPath: incoming.path) else { return 0 }
        let leftovers = try FileManager.default.contentsOfDirectory(at: incoming, includingPropertiesForKeys: nil)
        for leftover in leftovers { try FileManager.default.removeItem(at: leftover) }
        return leftovers.count
    }

    /// Synced, made read-only, then renamed, then the folder synced: a name that exists is complete.
    private func keep(_ copy: URL, open output: Descriptor, as hash: ContentHash, size: Int64) throws(DocumentStoreError) {
        let file = url(of: hash)
        let folder = file.deletingLastPathComponent()
        try Descriptor.makeFolder(folder)
        if let there = try self.size(of: hash) {
            guard there == size else { throw .damaged(hash) }
            guard unlink(copy.path) == 0 else { throw .system(path: copy.path, code: errno) }
        } else {
            try output.sync()
            guard fchmod(output.number, 0o444) == 0, rename(copy.path, file.path) == 0 else {
                throw .system(path: file.path, code: errno)
            }
        }
        // Also where it was there: the names may be another process's, not synced yet.
        try Descriptor.syncFolder(folder)
        try Descriptor.syncFolder(root)
    }

    private static func copy(
        from input: borrowing Descriptor, to output: Descriptor?
    ) throws(DocumentStoreError) -> (ContentHash, Int64) {
        var digest = SHA256()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try input.read(into: buffer)
            if count == 0 { break }
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            digest.update(bufferPointer: part)
            try output?.write(part)
            size += Int64(count)
        }
        return (try hash(digest.finalize()), size)
    }

    private static func hash(_ digest: SHA256.Digest) throws(DocumentStoreError) -> ContentHash {
        guard let hash = ContentHash(bytes: digest) else { throw .system(path: "SHA-256", code: EINVAL) }
        return hash
    }
}
