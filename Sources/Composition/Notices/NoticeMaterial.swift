import Council
import Foundation
import Store

/// A notice with what it speaks of, read from the store.
enum NoticeMaterial {
    case preview(Sitting, members: [Member], copies: Int, PreviewExposures, [Clash], replaced: SittingDraft?)
    case late(Sitting)
    /// `expecting`: who was convened to the sitting that this one replaces, and doesn't know that it has ended.
    case undelivered(Sitting, [ConvocationStatus], expecting: [MemberID: SittingDraft])
    /// Nobody knows whether these left, and they wait for the clerk.
    case uncertain(Sitting, [ConvocationStatus])
    /// The sitting is cancelled, and these don't learn of it by mail.
    case unwarned(Sitting, [ConvocationStatus])
    /// A letter about the sitting doesn't reach these by mail, or has not left.
    case untold(Sitting, [ConvocationStatus], [StoredAmendment], [ConvocationID: [LetterStatus]])
    /// The sitting as it becomes.
    case amendment(Sitting, StoredAmendment, [ConvocationStatus], untold: [ConvocationStatus], members: [Member])
    case summary(SummaryContext)
    case rejected(name: String, reason: String)
    /// What it spoke of is over: the notice is closed without a mail.
    case nothing
}

extension CompositionService {
    func material(for notice: Notice) async throws -> NoticeMaterial {
        switch notice.content {
        case .preview(let id, let revision):
            // A newer drop has its own preview; an older one must not be approved any more.
            guard let sitting = try await storage.sitting(id), sitting.revision == revision, sitting.state != .cancelled else {
                return .nothing
            }
            return .preview(
                sitting, members: try await storage.members(of: sitting.draft.body),
                copies: try await storage.copyRecipients(of: sitting.draft.body).count, try await exposures(of: sitting),
                try await storage.clashes(of: sitting.draft, besides: id, among: try await storage.sittings()),
                replaced: try await replaced(by: sitting))
        case .tooLate(let id, let revision):
            guard let sitting = try await storage.sitting(id), sitting.revision == revision, sitting.state == .draft else {
                return .nothing
            }
            return .late(sitting)
        case .undelivered(let id, let convocations):
            guard let sitting = try await storage.sitting(id), sitting.state != .cancelled else { return .nothing }
            var failed: [ConvocationStatus] = []
            for convocation in convocations {
                if let status = try await storage.convocation(convocation), !status.isServed { failed.append(status) }
            }
            guard !failed.isEmpty else { return .nothing }
            return .undelivered(sitting, failed, expecting: try await expecting(replacedBy: sitting))
        case .uncertain(let id, let convocations):
            guard let sitting = try await storage.sitting(id), sitting.state != .cancelled else { return .nothing }
            var held: [ConvocationStatus] = []
            for convocation in convocations {
                if let status = try await storage.convocation(convocation), status.isHeld { held.append(status) }
            }
            return held.isEmpty ? .nothing : .uncertain(sitting, held)
        case .unwarned(let id, let convocations):
            guard let sitting = try await storage.sitting(id) else { return .nothing }
            var unwarned: [ConvocationStatus] = []
            for convocation in convocations {
                // Since the clerk was to be told, it may have left.
                if let status = try await storage.convocation(convocation),
                    status.cancellation?.state != .relayed || UnwarnedContext.isUnreachable(status)
                {
                    unwarned.append(status)
                }
            }
            return unwarned.isEmpty ? .nothing : .unwarned(sitting, unwarned)
        case .untold(let id, let convocations):
            guard let sitting = try await storage.sitting(id), sitting.state != .cancelled else { return .nothing }
            var untold: [ConvocationStatus] = []
            for convocation in convocations {
                if let status = try await storage.convocation(convocation), UntoldContext.letter(of: status) != nil {
                    untold.append(status)
                }
            }
            guard !untold.isEmpty else { return .nothing }
            return .untold(sitting, untold, try await storage.amendments(of: id), try await storage.lettersNotReceived(of: id))
        case .previewAmendment(let id, let revision):
            guard let sitting = try await storage.sitting(id), sitting.state == .approved,
                let amendment = try await storage.amendments(of: id).first(where: { $0.revision == revision }),
                amendment.state == .held || amendment.state == .approved
            else { return .nothing }
            return .amendment(
                sitting.amended(by: amendment), amendment, try await storage.status(of: id), untold: try await storage.untold(of: id),
                members: try await storage.members(of: sitting.draft.body))
        case .summary(let day): return try await summary(of: day).map(NoticeMaterial.summary) ?? .nothing
        case .rejected(let name, let reason): return .rejected(name: name, reason: reason)
        }
    }

    /// By the latest date that each was convened to, of those that this sitting took the place of, and not told to be cancelled.
    private func expecting(replacedBy sitting: Sitting) async throws -> [MemberID: SittingDraft] {
        var expecting: [MemberID: SittingDraft] = [:]
        var (next, seen) = (sitting.draft.replaces?.id, Set([sitting.id]))
        while let id = next, seen.insert(id).inserted, let old = try await storage.sitting(id) {
            for status in try await storage.status(of: id) where expecting[status.member.id] == nil {
                let knows = status.relayedAt != nil || status.paperService != nil || status.mayHaveArrived
                if knows, status.cancellation?.state != .relayed { expecting[status.member.id] = old.draft }
            }
            next = old.draft.replaces?.id
        }
        return expecting
    }

    private func replaced(by sitting: Sitting) async throws -> SittingDraft? {
        guard let replaced = sitting.draft.replaces else { return nil }
        return try await storage.sitting(replaced.id)?.draft
    }

    /// Nil: nothing to say any more.
    func compose(_ notice: NoticeID, _ material: NoticeMaterial, at now: Date) throws(CompositionError) -> ComposedNotice? {
        let composer = NoticeComposer(settings: settings, templates: templates, keyring: keyring(), randomness: randomness, now: now)
        switch material {
        case .preview(let sitting, let members, let copies, let exposures, let clashes, let replaced):
            return try composer.preview(
                notice, sitting, members: members, copies: copies, exposures, clashes: clashes, replaced: replaced)
        case .late(let sitting): return try composer.late(notice, sitting)
        case .undelivered(let sitting, let failed, let expecting):
            return try composer.undelivered(notice, sitting, failed, expecting: expecting)
        case .uncertain(let sitting, let held): return try composer.uncertain(notice, sitting, held)
        case .unwarned(let sitting, let unwarned): return try composer.unwarned(notice, sitting, unwarned)
        case .untold(let sitting, let untold, let amendments, let letters):
            return try composer.untold(notice, sitting, untold, amendments, letters)
        case .amendment(let sitting, let amendment, let convocations, let untold, let members):
            return try composer.amendment(notice, sitting, amendment, convocations, untold: untold, members: members)
        case .summary(let context): return try composer.summary(notice, context)
        case .rejected(let name, let reason): return try composer.rejected(notice, name: name, reason: reason)
        case .nothing: return nil
        }
    }
}

extension Sitting {
    /// What it becomes, or became, by the amendment.
    func amended(by amendment: StoredAmendment) -> Sitting {
        Sitting(
            id: id, draft: amendment.content.draft, state: state, revision: amendment.revision, receivedAt: receivedAt,
            approvedAt: approvedAt)
    }
}

extension ConvocationStatus {
    /// It has left after all, or was served on paper: nothing is to be said of it (any more).
    fileprivate var isServed: Bool {
        paperService != nil || state == .relayed && bounce == nil && reminderBounce == nil && !isLate
    }
}
