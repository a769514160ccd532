package import Council
import Crypto
package import Foundation

/// What commands do with files.
extension Gateway {
    /// SHA-256 of a file, read a piece at a time.
    package static func hash(of file: URL) throws -> ContentHash {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        var hasher = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hasher.update(data: piece) }
        guard let hash = ContentHash(bytes: hasher.finalize()) else { throw CocoaError(.fileReadUnknown) }
        return hash
    }
}
