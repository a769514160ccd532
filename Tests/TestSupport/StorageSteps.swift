package import Council
package import Foundation
package import Store

/// The usual steps of a sitting, on any backend.
extension Storage {
    /// A sitting of the council in the state `draft`, with a roll of `members`.
    package func sampleDraft(members: Int = 5, documents: [Document], at now: Date = Sample.now) async throws -> Sitting {
        _ = try await replaceRoll(with: Sample.roll(members), source: Sample.hash("membres.csv \(members)"), at: now)
        return try await submit(Sample.draft(documents: documents), at: now).sitting
    }

    /// The same, approved: its convocations wait to be composed.
    package func sampleApproved(members: Int = 5, documents: [Document], at now: Date = Sample.now) async throws -> Sitting {
        let draft = try await sampleDraft(members: members, documents: documents, at: now)
        _ = try await approve(draft.id, revision: draft.revision, by: "test", at: now)
        return try await sitting(draft.id) ?? draft
    }

    /// Nobody knows what had begun.
    package func recoverLeases(at now: Date, policy: UnknownPolicy) async throws -> Int {
        try await recoverLeases(at: now, policy: policy, begun: nil)
    }

    package func erase(_ member: MemberID, ifLastSittingBefore limit: Date, at now: Date) async throws -> Erasure {
        try await erase(member, ifLastSittingBefore: limit, acceptingClock: false, at: now)
    }

    /// Stores a plain message, with links, for each convocation that waits for one; returns them.
    @discardableResult
    package func composeAll(at now: Date = Sample.now) async throws -> [ComposedConvocation] {
        let composed = try await convocationsToCompose(limit: 10_000).map { Sample.composed($0, at: now) }
        try await store(composed, at: now)
        return composed
    }

    /// Leases all that is due and has the relay take it.
    package func relayAll(at now: Date = Sample.now) async throws {
        try await record(lease(limit: 10_000, at: now).map { Sample.outcome(of: $0, .accepted, at: now) })
    }

    /// Stores a plain message for each letter that waits for one.
    package func writeLetters(at now: Date = Sample.now) async throws {
        let letters = try await lettersToCompose(limit: 10_000).map { letter in
            let name = "l.\(letter.id)@aurence.example"
            let bytes = Array("Message-ID: <\(name)>\r\n\r\n\(letter.kind)\r\n".utf8)
            return ComposedLetter(
                id: letter.id,
                message: OutgoingMessage(
                    kind: letter.kind.messageKind, messageID: name, envelopeSender: Sample.email("assemblees@aurence.example"),
                    recipient: letter.member.entry.email ?? Sample.email("x@aurence.example"), bytes: bytes, hash: Sample.hash(bytes),
                    deadline: letter.sitting.draft.start),
                links: letter.kind.isAmendment ? Sample.links(of: letter) : [])
        }
        try await store(letters, at: now)
    }
}
