import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk has a convocation of unknown outcome sent again.
extension ReceptionRoutes {
    /// POST alone, from the follow-up page. Pressed twice, or late: the page shows how it stands.
    func sendAgain(_ request: Request, _ token: some StringProtocol, _ member: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        let status = try await convocation(of: member, context)
        try await pressed(request, .sendAgain(status.member.id), context, at: now) {
            _ = try await storage.sendAgain(status.id, by: "clerk", at: now)
        }
        return pages.redirect(to: "/suivi/\(token)/etat")
    }

    /// A button of the follow-up page that needs no answer of its own: does its work once, however often it is pressed. What fails can
    /// be pressed again.
    func pressed(
        _ request: Request, _ action: FormAction, _ context: LinkContext, at now: Date, _ work: () async throws -> Void
    ) async throws {
        let form = try await FormBody(reading: request)["form"]
        let verdict = forms.check(form, action, link: context.link.id, now: now, keyring: keyring())
        guard verdict != .invalid, !RequestSignals.isCrossSite(request) else { throw Refusal.badForm }
        guard verdict == .fresh, forms.claim(form, now: now) else { return }
        do { try await work() } catch {
            forms.release(form)
            throw error
        }
    }

    /// The button of a row; none where nothing is held.
    func resendForm(_ status: ConvocationStatus, _ context: LinkContext, _ token: some StringProtocol, at now: Date) -> TemplateValue {
        guard status.isHeld, status.state == .queued, context.sitting.state == .approved, now < context.sitting.draft.deadline else {
            return .list([])
        }
        return .list([
            [
                "url": .text("/suivi/\(token)/renvoi/\(status.member.id)"),
                "form": .text(formToken(.sendAgain(status.member.id), link: context.link.id, at: now)),
            ]
        ])
    }
}
