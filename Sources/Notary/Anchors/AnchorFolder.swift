import Foundation

/// `anchors/` of the public folder: `<size>/` for each anchored checkpoint, with `checkpoint`, `body` and the tokens.
/// A file appears whole and synced under its name or not at all: it is written aside (`.name.new`), synced, renamed, and its
/// folder synced. A crash leaves at most a `.name.new`, which the next write of that name replaces.
struct AnchorFolder: Sendable {
    private let root: URL

    init(ledgerFolder: URL) {
        root = ledgerFolder.appendingPathComponent("anchors", isDirectory: true)
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Nil: no such file.
    func read(_ name: String, of size: UInt64) throws -> [UInt8]? {
        let file = folder(of: size).appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return Array(try Data(contentsOf: file))
    }

    func write(_ bytes: [UInt8], as name: String, of size: UInt64) throws {
        let folder = try madeFolder(of: size)
        let aside = folder.appendingPathComponent(".\(name).new")
        let file = open(aside.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.fault("creating", aside) }
        do {
            defer { close(file) }
            try Self.writeAll(bytes, to: file, at: aside)
            guard fsync(file) == 0 else { throw Self.fault("syncing", aside) }
        }
        let target = folder.appendingPathComponent(name)
        guard rename(aside.path, target.path) == 0 else { throw Self.fault("renaming", aside) }
        try Self.sync(folder)
    }

    /// Sizes that have a complete `checkpoint` and `body`, ascending.
    func sizes() throws -> [UInt64] {
        guard FileManager.default.fileExists(atPath: root.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: root.path).compactMap { UInt64($0) }.filter { size in
            ["checkpoint", "body"].allSatisfy { FileManager.default.fileExists(atPath: folder(of: size).appendingPathComponent($0).path) }
        }.sorted()
    }

    private func folder(of size: UInt64) -> URL { root.appendingPathComponent(String(size), isDirectory: true) }

    private func madeFolder(of size: UInt64) throws -> URL {
        let folder = folder(of: size)
        guard !FileManager.default.fileExists(atPath: folder.path) else { return folder }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.sync(root)
        try Self.sync(root.deletingLastPathComponent())
        return folder
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32, at url: URL) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw fault("writing", url) }
            done += count
        }
    }

    private static func sync(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault("opening", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault("syncing", folder) }
    }

    private static func fault(_ doing: String, _ url: URL) -> Fault {
        Fault(description: "\(doing) \(url.path): \(String(cString: strerror(errno)))")
    }
}
