package import Council
import Crypto
package import Foundation
import Logging
package import Store

/// A real SQLite storage and document store in a folder that goes with this value.
package final class TestStorage: Sendable {
    package let folder: TemporaryFolder
    package let storage: SQLiteStorage
    package let documents: DocumentStore

    package init(randomness: Randomness = .system) throws {
        folder = try TemporaryFolder()
        storage = try Self.open(folder.url, randomness: randomness)
        documents = try DocumentStore(root: folder["documents"])
    }

    /// Another opening of the same folder, as a second process or a restart would.
    package func reopened() throws -> SQLiteStorage { try Self.open(folder.url) }

    /// The storage of a folder that outlives this value, or of another process.
    package static func open(_ folder: URL, randomness: Randomness = .system) throws -> SQLiteStorage {
        try SQLiteStorage.open(folder: folder, randomness: randomness, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Puts `count` documents into the document store: small files that begin as PDFs do.
    package func makeDocuments(_ count: Int, confidential: Set<Int> = []) throws -> [Document] {
        try (0..<count).map { number in
            let bytes = Array("%PDF-1.7\n% document \(number) of \(folder.url.lastPathComponent)\n%%EOF\n".utf8)
            let (hash, size) = try documents.add(bytes)
            return Sample.document(number, hash: hash, size: size, confidential: confidential.contains(number))
        }
    }

    /// A sitting of the council in the state `draft`, with a roll of `members`.
    package func draftSitting(members: Int = 5, documents: Int = 3, at now: Date = Sample.now) async throws -> Sitting {
        try await storage.sampleDraft(members: members, documents: makeDocuments(documents), at: now)
    }

    /// The same, approved: its convocations wait to be composed.
    package func approvedSitting(members: Int = 5, documents: Int = 3, at now: Date = Sample.now) async throws -> Sitting {
        try await storage.sampleApproved(members: members, documents: makeDocuments(documents), at: now)
    }

    /// Stores a plain message, with links, for each convocation that waits for one; returns them.
    @discardableResult
    package func composeAll(at now: Date = Sample.now) async throws -> [ComposedConvocation] { try await storage.composeAll(at: now) }

    /// Leases all that is due and has the relay take it.
    package func relayAll(at now: Date = Sample.now) async throws { try await storage.relayAll(at: now) }
}
