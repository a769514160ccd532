import Council
import Foundation
import Links
import Store

extension ReceptionRoutes {
    /// The link that a token names: token first (memory only), then one read of the store.
    func link(_ token: some StringProtocol, _ purpose: LinkPurpose, at now: Date) async throws -> LinkContext {
        // An over-long token is not even decoded.
        guard token.utf8.count == 40 else { throw Refusal.notFound }
        let verified: VerifiedLink
        do {
            verified = try keyring().verify(String(token), purpose: purpose, now: now)
        } catch .expired {
            throw Refusal.expired
        } catch {
            throw Refusal.notFound
        }
        guard let context = try await storage.link(verified.id) else { throw Refusal.notFound }
        guard !context.revoked else { throw Refusal.revoked }
        return context
    }

    /// The address of a document's bytes, for a while, never longer than the link itself. `byHash`: the link is the
    /// sitting's, so the address must say which document.
    func address(of document: Document, _ context: LinkContext, byHash: Bool, at now: Date) -> String {
        let expires = min(now.addingTimeInterval(settings.fetchLifetime), context.link.expires)
        let token = keyring().token(for: context.link.id, purpose: .fetch, expires: expires)
        return "/d/\(token)/" + (byHash ? Self.mark(of: document) + "/" : "") + DocumentName.pathComponent(document.fileName)
    }

    func sittingAddress(_ context: LinkContext, at now: Date) -> String {
        let expires = min(now.addingTimeInterval(settings.fetchLifetime), context.link.expires)
        return "/s/" + keyring().token(for: context.link.id, purpose: .fetch, expires: expires)
    }

    /// What names a document within its sitting in our addresses: the beginning of its hash.
    static func mark(of document: Document) -> String { String(document.hash.hex.prefix(16)) }

    static func document(marked mark: some StringProtocol, in sitting: Sitting) -> Document? {
        guard mark.utf8.count == 16 else { return nil }
        return (sitting.draft.documents + sitting.draft.superseded).first { $0.hash.hex.hasPrefix(mark) }
    }
}
