package import Council
package import Foundation
package import Store

extension Sample {
    /// Somebody who is told and not convened.
    package static func councillor(
        _ given: String, _ family: String, _ address: String, commune: String = "Saint-Côme", bodies: [BodyID] = [],
        language: Language = .french
    ) -> CopyEntry {
        CopyEntry(
            civility: "Mme", familyName: family, givenName: given, email: email(address), commune: commune, bodies: bodies,
            language: language)
    }
}

extension Storage {
    /// Stores a plain message for each copy that waits for one; returns them.
    @discardableResult
    package func writeCopies(at now: Date = Sample.now) async throws -> [ComposedCopy] {
        let copies = try await copiesToCompose(limit: 10_000).map { copy in
            let bytes = Array("Message-ID: <i.\(copy.id)@aurence.example>\r\nTo: \(copy.recipient.email)\r\n\r\n\(copy.kind)\r\n".utf8)
            return ComposedCopy(
                id: copy.id,
                message: OutgoingMessage(
                    kind: .copy, messageID: "i.\(copy.id)@aurence.example", envelopeSender: Sample.email("assemblees@aurence.example"),
                    recipient: copy.recipient.email, bytes: bytes, hash: Sample.hash(bytes), deadline: copy.sitting.draft.start))
        }
        try await store(copies, at: now)
        return copies
    }
}
