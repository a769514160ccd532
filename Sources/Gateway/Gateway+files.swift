package import Council
import Crypto
package import Foundation
import Intake
package import Store

/// What commands do with files.
extension Gateway {
    /// SHA-256 of a file, read a piece at a time.
    package static func hash(of file: URL) throws -> ContentHash {
        let handle = try FileHandle(forReadingFrom: file)
        // Only read from: closing loses nothing.
        defer { try? handle.close() }
        var hasher = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hasher.update(data: piece) }
        guard let hash = ContentHash(bytes: hasher.finalize()) else { throw CocoaError(.fileReadUnknown) }
        return hash
    }

    package enum RollImport: Sendable {
        case changed(RollChange)
        /// Each reason in words; the roll stays as it was.
        case refused([String])
    }

    /// Makes the roll equal to `file`, by the same rules as the drop folder.
    package func importRoll(_ file: URL) async throws -> RollImport {
        let bytes = Array(try Data(contentsOf: file))
        let entries: [RollEntry]
        do throws(Mistakes) {
            entries = try RollParser.parse(bytes, authority: settings.authority)
        } catch {
            return .refused(try error.words(templates: templates, authority: settings.authority))
        }
        return .changed(try await storage.replaceRoll(with: entries, source: ContentHash(sha256Of: bytes), at: clock.now()))
    }
}
