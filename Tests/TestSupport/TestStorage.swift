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
    package func reopened() throws -> SQLiteStorage { try Self.open(folder.url, randomness: .system) }

    private static func open(_ folder: URL, randomness: Randomness) throws -> SQLiteStorage {
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
        _ = try await storage.replaceRoll(with: Sample.roll(members), source: Sample.hash("membres.csv \(members)"), at: now)
        return try await storage.submit(Sample.draft(documents: makeDocuments(documents)), at: now).sitting
    }

    /// The same, approved: its convocations wait to be composed.
    package func approvedSitting(members: Int = 5, documents: Int = 3, at now: Date = Sample.now) async throws -> Sitting {
        let draft = try await draftSitting(members: members, documents: documents, at: now)
        _ = try await storage.approve(draft.id, revision: draft.revision, by: "test", at: now)
        return try await storage.sitting(draft.id) ?? draft
    }

    /// Stores a plain message, with links, for each convocation that waits for one; returns them.
    @discardableResult
    package func composeAll(at now: Date = Sample.now) async throws -> [ComposedConvocation] {
        let composed = try await storage.convocationsToCompose(limit: 10_000).map { try Sample.composed($0, at: now) }
        try await storage.store(composed, at: now)
        return composed
    }

    /// Leases all that is due and has the relay take it.
    package func relayAll(at now: Date = Sample.now) async throws {
        let leased = try await storage.lease(limit: 10_000, at: now)
        try await storage.record(
            leased.map { message in
                DeliveryOutcome(
                    id: message.id, attempt: message.attempt, result: .accepted, reply: "250 2.0.0 Ok: queued as T\(message.id)",
                    queueID: "T\(message.id)", relay: "127.0.0.1:2525", at: now)
            })
    }
}
