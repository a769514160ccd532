import Council
import Foundation
import Hummingbird
import Links
import Logging
import Store
import Templating

/// One attempt of somebody to get something through a member's link.
struct Visit {
    let context: LinkContext
    let convocation: ConvocationID
    /// What it leads to; nil: the sitting's page.
    let document: Document?
    /// Whether the document is opened from the sitting's page (and journalled as such).
    let fromSittingPage: Bool
    /// Where it leads.
    let address: String
    let at: Date

    var openedDocument: ContentHash? { fromSittingPage ? document?.hash : nil }
    var opened: RobotTraces.Opened { RobotTraces.Opened(link: context.link.id, document: openedDocument) }
    var form: FormAction { .receipt(document: openedDocument) }

    func access(_ grade: Grade, _ signals: Set<Signal>) -> Access {
        Access(link: context.link.id, at: at, grade: grade, signals: signals.map(\.rawValue).sorted(), document: openedDocument)
    }
}

extension ReceptionRoutes {
    /// GET and HEAD of a link in a member's message.
    func openLink(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await link(token, .member, at: now)
        guard let convocation = context.link.convocation else { throw Refusal.notFound }
        if context.link.target == .honeypot { return try await openHoneypot(request, context, convocation, at: now) }
        return try await answer(try visit(context, convocation, at: now), request)
    }

    /// The button's POST.
    func confirmLink(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await link(token, .member, at: now)
        guard let convocation = context.link.convocation else { throw Refusal.notFound }
        return try await confirm(try visit(context, convocation, at: now), request)
    }

    private func visit(_ context: LinkContext, _ convocation: ConvocationID, at now: Date) throws -> Visit {
        switch context.link.target {
        case .document(let hash):
            guard let document = context.sitting.draft.document(hash) else { throw Refusal.notFound }
            return Visit(
                context: context, convocation: convocation, document: document, fromSittingPage: false,
                address: address(of: document, context, byHash: false, at: now), at: now)
        case .sitting:
            return Visit(
                context: context, convocation: convocation, document: nil, fromSittingPage: false,
                address: sittingAddress(context, at: now), at: now)
        case .honeypot, .approve, .follow, .cancel, .review:
            throw Refusal.notFound
        }
    }

    /// Grades, commits, answers: in this order. When the commit fails nothing was promised, and the reader gets 503.
    func answer(_ visit: Visit, _ request: Request) async throws -> Response {
        var signals = RequestSignals.of(request)
        if isTooSoon(visit) { signals.insert(.tooSoon) }
        guard request.method != .head else {
            signals.formUnion(traces.peek(of: visit.convocation, at: visit.at))
            return try await response(GradePolicy.decide(settings.policy, GradePolicy.grade(signals)).answer, visit, request)
        }
        let finding = traces.note(visit.opened, of: visit.convocation, at: visit.at)
        signals.formUnion(finding.signals)
        let grade = GradePolicy.grade(signals)
        var decision = GradePolicy.decide(settings.policy, grade)
        if let recorded = decision.recorded { _ = try await storage.record(visit.access(recorded, signals)) }
        if let since = finding.burstSince { try await downgrade(visit.convocation, since: since, [.burst], at: visit.at) }
        if grade == .person {
            // A burst that others completed while this receipt was being committed has not seen it.
            let late = traces.afterthought(of: visit.convocation, accessAt: visit.at)
            if !late.isEmpty {
                try await downgrade(visit.convocation, since: visit.at, late, at: visit.at)
                decision = GradePolicy.decide(settings.policy, .robot)
            }
        }
        logger.debug(
            "click",
            metadata: [
                "sitting": "\(visit.context.sitting.id)", "grade": "\(grade)", "signals": "\(signals.map(\.rawValue).sorted())",
            ])
        return try await response(decision.answer, visit, request)
    }

    /// The press of the button: a receipt of the strongest kind, unless the request itself says that a program pressed it.
    func confirm(_ visit: Visit, _ request: Request) async throws -> Response {
        let form = try await FormBody(reading: request)
        let verdict = forms.check(form["form"], visit.form, link: visit.context.link.id, now: visit.at, keyring: keyring())
        var signals = RequestSignals.of(request)
        if isTooSoon(visit) { signals.insert(.tooSoon) }
        signals.formUnion(traces.peek(of: visit.convocation, at: visit.at))
        guard verdict != .invalid, !RequestSignals.isCrossSite(request), !signals.contains(where: \.isCertain) else {
            return try await confirmPage(visit, request, again: true, status: .badRequest)
        }
        // Pressed twice: the store counts a repeat, and the way to the document is shown again.
        _ = try await storage.record(visit.access(.confirmed, signals))
        return pages.redirect(to: visit.address)
    }

    /// What no person sees was opened: whoever did it makes no receipts, neither before nor after.
    private func openHoneypot(
        _ request: Request, _ context: LinkContext, _ convocation: ConvocationID, at now: Date
    ) async throws -> Response {
        traces.noteHoneypot(of: convocation, at: now)
        if request.method != .head {
            let signals = RequestSignals.of(request).union([.honeypot])
            let access = Access(link: context.link.id, at: now, grade: .robot, signals: signals.map(\.rawValue).sorted(), document: nil)
            _ = try await storage.record(access)
            try await downgrade(convocation, since: now.addingTimeInterval(-settings.grading.honeypotReach), [.honeypot], at: now)
        }
        return pages.still(Pages.honeypot, PageLanguage.of(request, member: context.member))
    }

    private func downgrade(_ convocation: ConvocationID, since: Date, _ signals: Set<Signal>, at now: Date) async throws {
        let count = try await storage.downgradeReceipts(of: convocation, since: since, signals: signals.map(\.rawValue).sorted(), at: now)
        if count > 0 {
            logger.info("receipts downgraded", metadata: ["count": "\(count)", "signals": "\(signals.map(\.rawValue).sorted())"])
        }
    }

    private func isTooSoon(_ visit: Visit) -> Bool {
        let limit = settings.grading.tooSoon
        guard limit > 0 else { return false }
        return visit.context.relayedAt.map { visit.at.timeIntervalSince($0) < limit } ?? true
    }

    private func response(_ answer: GradePolicy.Decision.Answer, _ visit: Visit, _ request: Request) async throws -> Response {
        // Nobody is led past the news that the sitting is cancelled; the sitting's page tells it itself. What was clicked is journalled
        // all the same, with its grade, behind the cancellation; the store no longer counts it as a receipt.
        let isNews = visit.context.sitting.state == .cancelled && !visit.fromSittingPage
        return answer == .page || isNews ? try await confirmPage(visit, request) : pages.redirect(to: visit.address)
    }

    /// What a page of a cancelled sitting says of the one in its place.
    func replacement(of sitting: Sitting, _ wording: Wording) async throws -> TemplateValue {
        guard sitting.state == .cancelled, let next = try await storage.successor(of: sitting.id) else { return .list([]) }
        return .list([["when": wording.moment(next.draft.when), "stands": .flag(next.state != .cancelled)]])
    }

    private func confirmPage(
        _ visit: Visit, _ request: Request, again: Bool = false, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let language = PageLanguage.of(request, member: visit.context.member)
        let wording = Wording(language: language, zone: settings.timeZone)
        let document = visit.document.map { DocumentFields.of($0, wording) }
        return try pages.page(
            "page/confirm.html", language, status: status,
            [
                "member": .text(visit.context.member?.entry.fullName ?? ""),
                "sitting": .text(visit.context.sitting.draft.title),
                "when": wording.moment(visit.context.sitting.draft.when),
                "document": .optional(document),
                "form": .text(formToken(visit)),
                "again": .flag(again),
                "isCancelled": .flag(visit.context.sitting.state == .cancelled),
                "isChange": .flag(visit.context.isOfLetter),
                "replacement": try await replacement(of: visit.context.sitting, wording),
            ])
    }

    func formToken(_ visit: Visit) -> String { formToken(visit.form, link: visit.context.link.id, at: visit.at) }

    func formToken(_ action: FormAction, link: UInt64, at now: Date) -> String {
        let expires = now.addingTimeInterval(settings.formLifetime)
        return forms.issue(action, link: link, expires: expires, keyring: keyring(), nonce: randomness.bytes(8))
    }
}
