import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// Who was served and who acknowledged, as of now.
extension ReceptionRoutes {
    /// From any of the clerk's links to a sitting.
    func statusPage(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        return try await status(request, try await clerkContext(token, at: now), token, at: now)
    }

    /// The link of a clerk that may see and tend a sitting's convocations.
    func clerkContext(_ token: some StringProtocol, at now: Date) async throws -> LinkContext {
        let context = try await link(token, .clerk, at: now)
        switch context.link.target {
        case .approve, .follow, .cancel: return context
        case .document, .sitting, .honeypot, .review: throw Refusal.notFound
        }
    }

    func status(_ request: Request, _ context: LinkContext, _ token: some StringProtocol, at now: Date) async throws -> Response {
        let language = PageLanguage.of(request)
        let wording = Wording(language: language, zone: settings.timeZone)
        let convocations = try await storage.status(of: context.sitting.id)
        let counts = StatusCounts(convocations)
        let copies = try await storage.copyCounts(of: context.sitting.id)
        let held = try await storage.amendments(of: context.sitting.id).last { $0.state == .held }
        // A person who reads or uses a screen reader can stop the reloading (RGAA 13.1).
        let isPaused = request.uri.queryParameters["pause"] != nil
        let query = "lang=\(language.rawValue)"
        return try outcome(
            "page/follow.html", context, language,
            [
                "refresh": .optional(isPaused ? nil : ["seconds": .text("30")]),
                "pauseURL": .text(isPaused ? "?" + query : "?pause=1&" + query),
                "now": wording.moment(now),
                "isDraft": .flag(context.sitting.state == .draft),
                "isCancelled": .flag(context.sitting.state == .cancelled),
                "replacement": try await replacement(of: context.sitting, wording),
                "lastDay": .text(wording.lastDay(before: context.sitting.draft.deadline)),
                "isTooLate": .flag(now >= context.sitting.draft.deadline),
                "held": .list(
                    held.map {
                        [
                            [
                                "at": wording.shortMoment($0.receivedAt), "isMove": .flag($0.content.movesSitting),
                                "isOver": .flag(now >= context.sitting.draft.start),
                            ]
                        ]
                    } ?? []),
                "convened": .text("\(convocations.count)"),
                "served": .text("\(counts.served)"),
                "acknowledged": .text("\(counts.acknowledged)"),
                "waiting": .text("\(counts.waiting)"),
                "paperDue": .text("\(counts.paperDue)"),
                "failed": .text("\(counts.failed)"),
                // Whom nobody has to convene any more is no failure to mend.
                "hasFailed": .flag(counts.failed > 0 && context.sitting.state != .cancelled),
                "convenedIsSingular": .flag(wording.isSingular(convocations.count)),
                "servedIsSingular": .flag(wording.isSingular(counts.served)),
                "acknowledgedIsSingular": .flag(wording.isSingular(counts.acknowledged)),
                "copies": .list(
                    copies.total == 0
                        ? []
                        : [
                            [
                                "total": .text("\(copies.total)"), "relayed": .text("\(copies.relayed)"),
                                "waiting": .text("\(copies.waiting)"), "failed": .text("\(copies.failed)"),
                            ]
                        ]),
                "lettersLost": .list(
                    counts.lettersLost == 0
                        ? []
                        : [
                            [
                                "count": .text("\(counts.lettersLost)"), "isSingular": .flag(wording.isSingular(counts.lettersLost)),
                            ]
                        ]),
                "lettersOpen": .list(counts.lettersOpen == 0 ? [] : [["count": .text("\(counts.lettersOpen)")]]),
                "reminder": reminderForm(convocations, context, wording, token, at: now),
                "rows": .list(
                    Self.pressingFirst(convocations).map { convocation in
                        let paperURL = "/suivi/\(token)/papier/\(convocation.member.id)"
                        var row = row(convocation, wording, paperURL: context.sitting.state == .approved ? paperURL : nil)
                        row["resend"] = resendForm(convocation, context, token, at: now)
                        return row
                    }),
            ])
    }

    /// What the clerk has to see to, then everybody else; each part by name, as it comes.
    private static func pressingFirst(_ convocations: [ConvocationStatus]) -> [ConvocationStatus] {
        let pressing: [(ConvocationStatus) -> Bool] = [
            { $0.state == .failed }, { $0.state == .queued && $0.isHeld }, { $0.state == .paperDue },
            { $0.letters.contains(where: \.isLost) || $0.isLate || $0.amendment?.isLate == true },
        ]
        // Each once, with the first reason that it has.
        let ranked = convocations.map { row in (row, pressing.firstIndex { $0(row) } ?? pressing.count) }
        return (0...pressing.count).flatMap { rank in ranked.filter { $0.1 == rank }.map(\.0) }
    }

    private func row(_ status: ConvocationStatus, _ wording: Wording, paperURL: String?) -> [String: TemplateValue] {
        let isServed = status.state == .relayed || status.state == .paperServed
        let isUnsure = status.state == .failed && status.mayHaveArrived && status.bounce == nil
        let form = TemplateValue.list(paperURL.map { [["url": .text($0)]] } ?? [])
        return [
            "name": .text([status.member.entry.civility, status.member.entry.fullName].filter { !$0.isEmpty }.joined(separator: " ")),
            "address": .text(status.member.entry.email?.description ?? ""),
            "isPaper": .flag(status.member.entry.service == .paper),
            "isWaiting": .flag(status.state == .composing || status.state == .queued && !status.isHeld),
            "isHeld": .flag(status.state == .queued && status.isHeld),
            "isRelayed": .flag(status.state == .relayed),
            "isLate": .flag(status.isLate),
            "lostReminder": .flag(status.reminder?.isLost == true),
            "isFailed": .flag(status.state == .failed && !isUnsure), "isUnsure": .flag(isUnsure),
            "isPaperDue": .flag(status.state == .paperDue),
            "isPaperServed": .flag(status.state == .paperServed),
            "isCancelled": .flag(status.state == .cancelled),
            "relayed": .list(status.relayedAt.map { [["at": wording.shortMoment($0)]] } ?? []),
            "paper": .list(status.paperService.map { [Self.fields($0, wording)] } ?? []),
            "isCorrected": .flag(status.paperCorrected),
            // The relay took what came back later: its reply would mislead. Of what is in doubt there is none, only our own words.
            "reply": .optionalText(isServed || status.isHeld || status.bounce != nil ? nil : ServerReply.of(status.lastReply)),
            "delivered": .list(status.deliveredAt.map { [["at": wording.shortMoment($0)]] } ?? []),
            "passedOn": .list(status.deliveredAt == nil ? status.passedOnAt.map { [["at": wording.shortMoment($0)]] } ?? [] : []),
            "delayed": .list(status.delayedAt.map { [["at": wording.shortMoment($0)]] } ?? []),
            "bounce": .list(
                status.bounce.map { bounce in
                    let reason = wording.language == .french ? bounce.reason.words.french : bounce.reason.words.english
                    return [
                        [
                            "at": wording.shortMoment(bounce.at), "reason": .text(reason), "isUnsigned": .flag(!bounce.isSigned),
                            "diagnostic": .optionalText(bounce.diagnostic),
                        ]
                    ]
                } ?? []),
            "receipt": .list(
                status.receiptAt.map { [["at": wording.shortMoment($0), "isConfirmed": .flag(status.receiptGrade == .confirmed)]] } ?? []),
            "isWithdrawn": .flag(status.receiptAt == nil && status.receiptWithdrawn),
            "paperForm": isServed || status.paperService != nil ? .list([]) : form,
            "paperCorrection": status.paperService == nil ? .list([]) : form,
            "reminded": .list(status.remindedAt.map { [["at": wording.shortMoment($0)]] } ?? []),
            "amendment": .list(status.amendment.map { [Self.fields($0, wording)] } ?? []),
            "cancellation": .list(status.cancellation.map { [Self.fields($0, wording)] } ?? []),
        ]
    }
}

extension ReceptionRoutes {
    private static func fields(_ letter: LetterStatus, _ wording: Wording) -> [String: TemplateValue] {
        [
            "sent": .list(letter.relayedAt.map { [["at": wording.shortMoment($0)]] } ?? []), "hasFailed": .flag(letter.isLost),
            "isWaiting": .flag(letter.isOpen), "isLate": .flag(letter.isLate),
            "opened": .list(letter.receiptAt.map { [["at": wording.shortMoment($0)]] } ?? []),
        ]
    }
}

private struct StatusCounts {
    let served: Int
    let acknowledged: Int
    let waiting: Int
    let paperDue: Int
    let failed: Int
    let lettersLost: Int
    let lettersOpen: Int

    init(_ convocations: [ConvocationStatus]) {
        // As the register counts them: not what the relay took too late.
        served = convocations.count { $0.state == .relayed && !$0.isLate || $0.state == .paperServed }
        acknowledged = convocations.count { $0.receiptAt != nil }
        waiting = convocations.count { $0.state == .composing || $0.state == .queued }
        paperDue = convocations.count { $0.state == .paperDue }
        failed = convocations.count { $0.state == .failed }
        lettersLost = convocations.count { $0.letters.contains(where: \.isLost) }
        lettersOpen = convocations.count { $0.letters.contains(where: \.isOpen) }
    }
}

extension ConvocationStatus {
    fileprivate var letters: [LetterStatus] { [amendment, reminder, cancellation].compactMap { $0 } }
}
