package import Council
package import Foundation

/// The content-addressed document store: files named by the SHA-256 of their bytes, under `<root>/ab/abcdef…`.
/// Files are written aside, synced, made read-only, then renamed: a name that exists is complete.
package struct DocumentStore: Sendable {
    package let root: URL

    /// Creates `root` when missing, for its owner alone: confidential documents lie there too.
    package init(root: URL) throws {
        self.root = root
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// To read only: creates nothing, and may be missing.
    package init(reading root: URL) { self.root = root }

    package func url(of hash: ContentHash) -> URL {
        root.appendingPathComponent(String(hash.hex.prefix(2)), isDirectory: true).appendingPathComponent(hash.hex)
    }
}
