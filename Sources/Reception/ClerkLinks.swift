import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk's links. Robots open them like all others: looking changes nothing, only a pressed button does.
extension ReceptionRoutes {
    func clerkPage(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await link(token, .clerk, at: now)
        let language = PageLanguage.of(request)
        switch context.link.target {
        case .approve(let revision):
            if let amendment = try await amendment(revision, of: context) {
                return try await amendmentPage(context, amendment, language, token, at: now)
            }
            if let page = try outdated(context, revision, language, token) { return page }
            switch context.sitting.state {
            case .approved: return try approvedAlready(context, context.sitting.approvedAt ?? now, language, token)
            case .cancelled: return try await cancelledPage(context, language)
            case .draft where now >= context.sitting.draft.deadline: return try tooLate(context, language, status: .ok)
            case .draft: return try await approvalPage(context, revision, language, at: now)
            }
        case .cancel(let revision):
            if let page = try outdated(context, revision, language, token) { return page }
            guard context.sitting.state != .cancelled else { return try await cancelledPage(context, language) }
            let form = formToken(.cancel(revision: revision), link: context.link.id, at: now)
            return try outcome(
                "page/cancel.html", context, language,
                [
                    "form": .text(form), "isApproved": .flag(context.sitting.state == .approved),
                    "isPast": .flag(now >= context.sitting.draft.start), "statusURL": .text("/suivi/\(token)/etat"),
                ])
        case .follow: return try await status(request, context, token, at: now)
        case .review(let hash):
            guard let document = try await reviewed(hash, in: context) else {
                return try outcome("page/stale.html", context, language, status: .gone)
            }
            return pages.redirect(to: address(of: document, context, byHash: false, at: now))
        case .document, .sitting, .honeypot: throw Refusal.notFound
        }
    }

    /// A pressed button: approve, or cancel.
    func clerkAct(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await link(token, .clerk, at: now)
        let language = PageLanguage.of(request)
        switch context.link.target {
        case .approve(let revision):
            try await press(.approve(revision: revision), request, context, at: now)
            if try await amendment(revision, of: context) != nil { return try await amend(context, revision, language, token, at: now) }
            do {
                switch try await storage.approve(context.sitting.id, revision: revision, by: "link", at: now) {
                case .approved(let electronic, let paper):
                    return try outcome(
                        "page/approved.html", context, language,
                        ["electronic": .text("\(electronic)"), "paper": .text("\(paper)"), "statusURL": .text("/suivi/\(token)/etat")])
                case .alreadyApproved(let instant): return try approvedAlready(context, instant, language, token)
                case .tooLate: return try tooLate(context, language, status: .conflict)
                }
            } catch StorageError.clockBehind {
                return try outcome("page/clock-behind.html", context, language, status: .conflict)
            } catch StorageError.staleRevision {
                return try outcome("page/stale.html", context, language, status: .conflict)
            } catch StorageError.wrongState {
                return try await cancelledPage(context, language, status: .conflict)
            } catch StorageError.replacedBefore(_, let successor) {
                let draft = if let successor { try await storage.sitting(successor)?.draft } else { SittingDraft?.none }
                return try notReplaceable(context, language, successor: draft?.folderName ?? successor?.rawValue)
            } catch StorageError.replacesOtherBody {
                return try notReplaceable(context, language, isOtherBody: true)
            }
        case .cancel(let revision):
            try await press(.cancel(revision: revision), request, context, at: now)
            if let page = try outdated(context, revision, language, token) { return page }
            try await storage.cancel(context.sitting.id, by: "link", at: now)
            return try await cancelledPage(context, language)
        default: throw Refusal.method(allowed: [.get, .head])
        }
    }

    /// Reads the form and checks that it is ours, for this link and this act. Pressed twice, the second press finds in the store
    /// what the first one did, and says so.
    private func press(_ action: FormAction, _ request: Request, _ context: LinkContext, at now: Date) async throws {
        let form = try await FormBody(reading: request)
        let verdict = forms.check(form["form"], action, link: context.link.id, now: now, keyring: keyring())
        guard verdict != .invalid, !RequestSignals.isCrossSite(request) else { throw Refusal.badForm }
    }

    /// A link that came with a preview which a newer drop has replaced.
    private func outdated(_ context: LinkContext, _ revision: Int, _ language: Language, _ token: some StringProtocol) throws -> Response? {
        // A sitting that was convened is the same one, whatever was added to it since: it can still be cancelled.
        let isAmended = if case .cancel = context.link.target { context.sitting.state == .approved } else { false }
        guard context.sitting.revision != revision, !isAmended else { return nil }
        return try outcome("page/stale.html", context, language, status: .conflict)
    }

    private func approvalPage(_ context: LinkContext, _ revision: Int, _ language: Language, at now: Date) async throws -> Response {
        let wording = Wording(language: language, zone: settings.timeZone)
        let draft = context.sitting.draft
        let members = try await storage.members(of: draft.body)
        let electronic = members.count { $0.entry.service == .electronic }
        var fields = SittingFields.of(context.sitting, wording) { DocumentFields.of($0, wording) }
        fields["electronic"] = .text("\(electronic)")
        fields["paper"] = .text("\(members.count - electronic)")
        fields["hasPaper"] = .flag(members.count > electronic)
        fields["hasNobody"] = .flag(members.isEmpty)
        let copies = try await storage.copyRecipients(of: draft.body).count
        fields["hasCopies"] = .flag(copies > 0)
        fields["copies"] = .text("\(copies)")
        fields["documentCount"] = .text("\(draft.documents.count)")
        fields["clearDays"] = .text("\(draft.requiredClearDays)")
        fields["severalDocuments"] = .flag(!wording.isSingular(draft.documents.count))
        fields["severalDays"] = .flag(!wording.isSingular(draft.requiredClearDays))
        fields["lastDay"] = .text(wording.lastDay(before: draft.deadline))
        fields["form"] = .text(formToken(.approve(revision: revision), link: context.link.id, at: now))
        fields["replaced"] = .list(try await replaced(by: draft, wording, at: now))
        return try pages.page("page/approve.html", language, fields)
    }

    /// What the button ends beside what it begins, and what the new sitting leaves out of it.
    private func replaced(by draft: SittingDraft, _ wording: Wording, at now: Date) async throws -> [[String: TemplateValue]] {
        guard let id = draft.replaces?.id, let old = try await storage.sitting(id), old.state != .cancelled, now < old.draft.start
        else { return [] }
        let left = LeftOut(of: old.draft, by: draft)
        return [
            [
                "when": wording.moment(old.draft.when), "isConvened": .flag(old.state == .approved),
                "hasItems": .flag(!left.items.isEmpty), "items": .list(left.items.map { ["title": .text($0.title)] }),
                "hasDocuments": .flag(!left.documents.isEmpty),
                "documents": .list(left.documents.map { ["name": .text($0.fileName)] }),
            ]
        ]
    }

    private func approvedAlready(_ context: LinkContext, _ instant: Date, _ language: Language, _ token: some StringProtocol) throws
        -> Response
    {
        let wording = Wording(language: language, zone: settings.timeZone)
        return try outcome(
            "page/already-approved.html", context, language,
            ["approved": wording.moment(instant), "statusURL": .text("/suivi/\(token)/etat")])
    }

    private func notReplaceable(
        _ context: LinkContext, _ language: Language, successor: String? = nil, isOtherBody: Bool = false
    ) throws -> Response {
        try outcome(
            "page/not-replaceable.html", context, language, status: .conflict,
            [
                "isOtherBody": .flag(isOtherBody), "successor": .optionalText(successor), "folder": .text(context.sitting.draft.folderName),
            ])
    }

    private func tooLate(_ context: LinkContext, _ language: Language, status: HTTPResponse.Status) throws -> Response {
        let wording = Wording(language: language, zone: settings.timeZone)
        let draft = context.sitting.draft
        return try outcome(
            "page/too-late.html", context, language, status: status,
            [
                "lastDay": .text(wording.lastDay(before: draft.deadline)), "clearDays": .text("\(draft.requiredClearDays)"),
                "severalDays": .flag(!wording.isSingular(draft.requiredClearDays)),
                "isUrgent": .flag(draft.urgencyReason != nil), "folder": .text(draft.folderName),
            ])
    }

    func cancelledPage(_ context: LinkContext, _ language: Language, status: HTTPResponse.Status = .ok) async throws -> Response {
        let told = try await storage.status(of: context.sitting.id).count { $0.cancellation != nil }
        return try outcome(
            "page/cancelled.html", context, language, status: status,
            ["told": .list(told == 0 ? [] : [["count": .text("\(told)"), "isSingular": .flag(told == 1)]])])
    }

    /// A page about one sitting: its title and time, and what else it says.
    func outcome(
        _ name: String, _ context: LinkContext, _ language: Language, status: HTTPResponse.Status = .ok,
        _ fields: [String: TemplateValue] = [:]
    ) throws -> Response {
        let wording = Wording(language: language, zone: settings.timeZone)
        let common: [String: TemplateValue] = [
            "sitting": .text(context.sitting.draft.title), "when": wording.moment(context.sitting.draft.when),
        ]
        return try pages.page(name, language, status: status, common.merging(fields) { $1 })
    }
}
