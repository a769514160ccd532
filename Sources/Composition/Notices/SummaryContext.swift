import Council
import Foundation
import Logging
import Store
import Templating

/// When the clerk gets the day's summary, on the authority's clocks.
package struct SummaryTime: Hashable, Sendable {
    package let hour: Int
    package let minute: Int
    /// Also on a day on which there is nothing to tell.
    package let evenIfEmpty: Bool

    package init(hour: Int, minute: Int, evenIfEmpty: Bool = false) {
        self.hour = hour
        self.minute = minute
        self.evenIfEmpty = evenIfEmpty
    }
}

/// The values of `mail/summary.*`: how each open sitting stands this morning, what is due, and what doesn't work.
struct SummaryContext {
    struct Row {
        let sitting: Sitting
        let convocations: [ConvocationStatus]
        /// Something dropped after the convocations waits for approval.
        let hasHeldAmendment: Bool
    }

    let settings: CompositionSettings
    let day: CivilDate
    /// Drafts and approved sittings that are yet to come, and cancelled ones whose end not everybody was told of; the next one first.
    let rows: [Row]
    let troubles: [RelayTrouble]
    /// The authorities that didn't give their evidence when they were last asked.
    let anchors: [String]

    var isEmpty: Bool { rows.isEmpty && troubles.isEmpty && anchors.isEmpty }

    private static let sittingFields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "followURL": .text, "isDraft": .flag, "lastLawfulDay": .text, "dueToday": .flag, "dueTomorrow": .flag, "isTooLate": .flag,
            "isToday": .flag, "isTomorrow": .flag, "convened": .text, "served": .text, "acknowledged": .text,
            "hasFailed": .flag, "failed": .text, "hasPaperDue": .flag, "paperDue": .text, "hasUncertain": .flag, "uncertain": .text,
            "hasWaiting": .flag, "waiting": .text, "hasHeldAmendment": .flag,
            "isCancelled": .flag, "hasLettersLost": .flag, "lettersLost": .text, "hasLettersOpen": .flag, "lettersOpen": .text,
            "hasLate": .flag, "late": .text,
        ]
    ) { $1 }

    static let fields: [String: TemplateField] = [
        "authority": .text, "day": .text, "hasSittings": .flag, "sittings": .list(sittingFields), "hasTroubles": .flag,
        "troubles": .list(["relay": .text, "reply": .text]), "hasAnchors": .flag, "anchors": .list(["name": .text]), "hasUrgent": .flag,
    ]

    /// `follow`: the address of a sitting's page.
    func values(follow: (Sitting) -> String) -> [String: TemplateValue] {
        let sittings = rows.map { values($0, follow: follow($0.sitting)) }
        let pressing: [String] = ["dueToday", "isTooLate", "hasFailed", "hasUncertain", "hasLettersLost", "hasLettersOpen", "hasLate"]
        let isUrgent = sittings.contains { row in pressing.contains { row[$0] == .flag(true) } } || !troubles.isEmpty
        return [
            "authority": .text(CleanText(settings.authority.name).line), "day": .text(day.words(in: settings.clerkLanguage)),
            "hasSittings": .flag(!rows.isEmpty), "sittings": .list(sittings), "hasTroubles": .flag(!troubles.isEmpty),
            "troubles": .list(troubles.map { ["relay": .text($0.relay), "reply": .text(CleanText($0.reply).line)] }),
            "hasAnchors": .flag(!anchors.isEmpty), "anchors": .list(anchors.map { ["name": .text(CleanText($0).line)] }),
            "hasUrgent": .flag(isUrgent),
        ]
    }

    private func values(_ row: Row, follow: String) -> [String: TemplateValue] {
        let words = SittingWords(sitting: row.sitting, language: settings.clerkLanguage, zone: settings.authority.timeZone)
        let isDraft = row.sitting.state == .draft
        let isCancelled = row.sitting.state == .cancelled
        let failed = isCancelled ? 0 : row.convocations.count { $0.state == .failed }
        let letters = row.convocations.map { isCancelled ? [$0.cancellation] : [$0.amendment, $0.reminder] }
        let lettersLost = letters.count { $0.contains { $0?.isLost ?? false } }
        let lettersOpen = letters.count { $0.contains { $0?.isOpen ?? false } }
        let late = isCancelled ? 0 : row.convocations.count { $0.state == .relayed && ($0.isLate || $0.amendment?.isLate == true) }
        let paperDue = row.convocations.count { $0.state == .paperDue }
        let uncertain = row.convocations.count { $0.state == .queued && $0.isHeld }
        let waiting = row.convocations.count { $0.state == .composing || $0.state == .queued && !$0.isHeld }
        // What is still to leave or to be handed over has the same last day.
        let isOpen = isDraft || failed + paperDue + uncertain + waiting > 0
        let last = words.lastLawfulDay
        return words.brief(authority: CleanText(settings.authority.name)).merging([
            "followURL": .text(follow), "isDraft": .flag(isDraft), "lastLawfulDay": .text(last.words(in: words.language)),
            "dueToday": .flag(isOpen && last == day), "dueTomorrow": .flag(isOpen && last == day.adding(days: 1)),
            "isTooLate": .flag(isOpen && last < day),
            "isToday": .flag(!isCancelled && row.sitting.draft.when.date == day),
            "isTomorrow": .flag(!isCancelled && row.sitting.draft.when.date == day.adding(days: 1)),
            "convened": .text(String(row.convocations.count)),
            "served": .text(String(row.convocations.count { $0.state == .relayed && !$0.isLate || $0.state == .paperServed })),
            "acknowledged": .text(String(row.convocations.count { $0.receiptAt != nil })),
            "hasFailed": .flag(failed > 0), "failed": .text(String(failed)),
            "hasPaperDue": .flag(paperDue > 0), "paperDue": .text(String(paperDue)),
            "hasUncertain": .flag(uncertain > 0), "uncertain": .text(String(uncertain)),
            "hasWaiting": .flag(waiting > 0), "waiting": .text(String(waiting)), "hasHeldAmendment": .flag(row.hasHeldAmendment),
            "isCancelled": .flag(isCancelled), "hasLettersLost": .flag(lettersLost > 0), "lettersLost": .text(String(lettersLost)),
            "hasLettersOpen": .flag(lettersOpen > 0), "lettersOpen": .text(String(lettersOpen)),
            "hasLate": .flag(late > 0), "late": .text(String(late)),
        ]) { $1 }
    }
}

extension CompositionService {
    /// Wants the day's summary once its hour has come. After a stop it is wanted as soon as the service runs again, on the same day.
    func wantSummary(at now: Date) async throws {
        guard let time = settings.summary else { return }
        let clock = CivilDateTime(of: now, in: settings.authority.timeZone)
        guard (clock.hour, clock.minute) >= (time.hour, time.minute) else { return }
        if try await storage.postSummary(of: clock.date, at: now) { logger.info("the day's summary is due") }
    }

    /// Nil: nothing to tell, or a day that has passed.
    func summary(of day: CivilDate) async throws -> SummaryContext? {
        let now = clock.now()
        guard day == CivilDate(of: now, in: settings.authority.timeZone) else { return nil }
        var rows: [SummaryContext.Row] = []
        for sitting in try await storage.sittings().reversed() where sitting.draft.start > now {
            let convocations = try await storage.status(of: sitting.id)
            // Of a cancelled one there is something to tell while not everybody knows it.
            let isTold = !convocations.contains { $0.cancellation.map { $0.isOpen || $0.isLost } ?? false }
            if sitting.state == .cancelled, isTold { continue }
            rows.append(
                SummaryContext.Row(
                    sitting: sitting, convocations: convocations,
                    hasHeldAmendment: try await storage.amendments(of: sitting.id).contains { $0.state == .held }))
        }
        var anchors: [String] = []
        for anchor in try await storage.anchorsDue(at: now) where anchor.fault != nil && !anchors.contains(anchor.authority) {
            anchors.append(anchor.authority)
        }
        let context = SummaryContext(
            settings: settings, day: day, rows: rows, troubles: try await storage.relayTroubles(), anchors: anchors)
        return context.isEmpty && settings.summary?.evenIfEmpty != true ? nil : context
    }
}
