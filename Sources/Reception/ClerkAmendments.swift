import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk's pages about what was dropped after the convocations had left.
extension ReceptionRoutes {
    /// Nil: the link came with the preview of the sitting itself.
    func amendment(_ revision: Int, of context: LinkContext) async throws -> StoredAmendment? {
        try await storage.amendments(of: context.sitting.id).first { $0.revision == revision }
    }

    /// Also of an amendment that waits for approval.
    func reviewed(_ hash: ContentHash, in context: LinkContext) async throws -> Document? {
        if let document = context.sitting.draft.document(hash) { return document }
        return try await storage.amendments(of: context.sitting.id).reversed().lazy.compactMap { $0.content.draft.document(hash) }.first
    }

    func amendmentPage(
        _ context: LinkContext, _ amendment: StoredAmendment, _ language: Language, _ token: some StringProtocol, at now: Date
    ) async throws -> Response {
        switch amendment.state {
        case .replaced: return try outcome("page/stale.html", context, language, status: .conflict)
        case .withdrawn where context.sitting.state != .cancelled: return try takenBack(context, language, token)
        case .withdrawn: return try await cancelledPage(context, language)
        case .approved: return try amendedAlready(context, amendment.approvedAt ?? now, language, token)
        case .held where context.sitting.state == .cancelled: return try await cancelledPage(context, language)
        case .held: break
        }
        let untold = try await storage.untold(of: context.sitting.id)
        let told = try await storage.status(of: context.sitting.id).count { $0.state != .cancelled } - untold.count
        let wording = Wording(language: language, zone: settings.timeZone)
        let content = amendment.content
        let titles = { (documents: [Document]) in
            TemplateValue.list(documents.map { ["title": .text($0.title), "size": .text(wording.size($0.size))] })
        }
        return try outcome(
            "page/approve-amendment.html", context, language,
            [
                "form": .text(formToken(.approve(revision: amendment.revision), link: context.link.id, at: now)),
                "place": .optionalText(content.hasNewPlace ? content.draft.place : nil),
                "video": .optionalText(content.hasNewVideoLink ? content.draft.videoLink : nil),
                "items": .list(content.addedItems.map { ["number": .text(String($0.number)), "title": .text($0.title)] }),
                "added": titles(content.added), "replaced": titles(content.replaced.map(\.new)),
                "urgency": .optionalText(content.urgencyReason),
                "told": .text("\(told)"), "toldIsSingular": .flag(wording.isSingular(told)),
                "untold": .list(untold.map { ["name": .text($0.member.entry.fullName)] }), "hasUntold": .flag(!untold.isEmpty),
                "isLate": .flag(now >= context.sitting.draft.deadline), "addsItems": .flag(!content.addedItems.isEmpty),
                "lastDay": .text(wording.lastDay(before: context.sitting.draft.deadline)),
                "isOver": .flag(now >= context.sitting.draft.start),
                "statusURL": .text("/suivi/\(token)/etat"),
            ])
    }

    /// The button was pressed.
    func amend(
        _ context: LinkContext, _ revision: Int, _ language: Language, _ token: some StringProtocol, at now: Date
    ) async throws -> Response {
        do {
            switch try await storage.approveAmendment(of: context.sitting.id, revision: revision, by: "link", at: now) {
            case .approved(let byMail, let otherwise):
                return try outcome(
                    "page/amended.html", context, language,
                    [
                        "byMail": .text("\(byMail)"), "otherwise": .text("\(otherwise)"), "hasOthers": .flag(otherwise > 0),
                        "statusURL": .text("/suivi/\(token)/etat"),
                    ])
            case .alreadyApproved(let at): return try amendedAlready(context, at, language, token)
            case .tooLate: return try outcome("page/stale.html", context, language, status: .conflict)
            }
        } catch StorageError.clockBehind {
            return try outcome("page/clock-behind.html", context, language, status: .conflict)
        } catch StorageError.staleRevision {
            return try outcome("page/stale.html", context, language, status: .conflict)
        } catch StorageError.noAmendment {
            return try takenBack(context, language, token)
        } catch StorageError.wrongState {
            return try await cancelledPage(context, language, status: .conflict)
        }
    }

    private func takenBack(_ context: LinkContext, _ language: Language, _ token: some StringProtocol) throws -> Response {
        try outcome("page/taken-back.html", context, language, status: .conflict, ["statusURL": .text("/suivi/\(token)/etat")])
    }

    private func amendedAlready(
        _ context: LinkContext, _ at: Date, _ language: Language, _ token: some StringProtocol
    ) throws -> Response {
        let wording = Wording(language: language, zone: settings.timeZone)
        return try outcome(
            "page/already-approved.html", context, language,
            ["approved": wording.moment(at), "statusURL": .text("/suivi/\(token)/etat")])
    }
}
