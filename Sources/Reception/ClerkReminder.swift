import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk has those reminded who have not acknowledged.
extension ReceptionRoutes {
    /// POST alone, from the follow-up page. Pressed twice: the store reminds nobody again within the hour.
    func remind(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        try await pressed(request, .remind, context, at: now) {
            do { _ = try await storage.remind(context.sitting.id, at: now) } catch StorageError.wrongState {
                // Cancelled or begun since the page was made: the page now says so.
            }
        }
        return pages.redirect(to: "/suivi/\(token)/etat")
    }

    /// The button; none where nobody is left to remind.
    func reminderForm(
        _ convocations: [ConvocationStatus], _ context: LinkContext, _ wording: Wording, _ token: some StringProtocol, at now: Date
    ) -> TemplateValue {
        let count = convocations.count { $0.state == .relayed && $0.receiptAt == nil && $0.isRemindable(at: now) }
        guard count > 0, context.sitting.state == .approved, now < context.sitting.draft.start else { return .list([]) }
        return .list([
            [
                "url": .text("/suivi/\(token)/relance"), "count": .text("\(count)"), "isSingular": .flag(count == 1),
                "form": .text(formToken(.remind, link: context.link.id, at: now)),
            ]
        ])
    }
}

extension ConvocationStatus {
    /// Not within an hour of the last reminder.
    fileprivate func isRemindable(at now: Date) -> Bool { remindedAt.map { now.timeIntervalSince($0) >= 3600 } ?? true }
}
