import Council
import Foundation
import Store

/// What is dropped for, or instead of, a sitting that was convened.
extension Intake {
    /// The sitting that was convened from a folder of this name and is yet to come; nil: none.
    static func convened(_ item: DroppedItem, _ sittings: [Sitting], at now: Date) -> SittingDraft? {
        let name = Spelling.folded(PlainLine.of(CopyMark.removed(from: item.name.text)))
        return sittings.first { $0.state == .approved && now < $0.draft.start && Spelling.folded($0.draft.folderName) == name }?.draft
    }

    /// The sitting that `remplace` names. Asked again after it was replaced, the answer is the same.
    func replaced(by plan: SittingPlan, among sittings: [Sitting]) throws(Mistakes) -> ReplacedSitting? {
        guard let written = plan.replaces else { return nil }
        let wanted = Spelling.folded(PlainLine.of(CopyMark.removed(from: written.text)))
        let found = sittings.filter { Spelling.folded($0.id.rawValue) == wanted || Spelling.folded($0.draft.folderName) == wanted }
        guard let sitting = found.first(where: { $0.state != .cancelled }) ?? found.max(by: { $0.receivedAt < $1.receivedAt }) else {
            let known = sittings.filter { $0.state == .approved && clock.now() < $0.draft.start && $0.draft.body == plan.body.id }
            throw Mistakes([
                Mistake(
                    .unknownReplaced, line: written.line, value: Shown.text(written.text),
                    known: known.isEmpty ? ["2026-12-15 18h30 \(plan.body.name)"] : known.prefix(10).map { Shown.text($0.draft.folderName) }
                )
            ])
        }
        guard sitting.draft.key != plan.key else {
            throw Mistakes([Mistake(.replacesItself, line: written.line, value: Shown.text(written.text))])
        }
        guard sitting.draft.body == plan.body.id else {
            throw Mistakes([
                Mistake(
                    .replacesOtherBody, line: written.line, other: Shown.text(sitting.draft.bodyName), value: Shown.text(written.text))
            ])
        }
        if sitting.state == .cancelled, !sittings.contains(where: { $0.draft.key == plan.key && $0.draft.replaces?.id == sitting.id }) {
            let successor = Self.successor(of: sitting, among: sittings)
            throw Mistakes([
                Mistake(
                    successor == nil ? .replacedCancelled : .replacedBefore, line: written.line,
                    name: sitting.draft.when.words(in: settings.language), other: Shown.text(successor?.draft.folderName ?? ""),
                    value: Shown.text(written.text))
            ])
        }
        guard clock.now() < sitting.draft.start || sittings.contains(where: { $0.draft.key == plan.key }) else {
            throw Mistakes([
                Mistake(
                    .replacedPast, line: written.line, name: sitting.draft.when.words(in: settings.language),
                    value: Shown.text(written.text))
            ])
        }
        return ReplacedSitting(sitting)
    }

    /// The sitting that stands in this one's place by now; nil: none does.
    static func successor(of sitting: Sitting, among sittings: [Sitting]) -> Sitting? {
        var current = sitting
        var seen: Set<SittingID> = []
        while current.state == .cancelled, seen.insert(current.id).inserted {
            guard let next = sittings.first(where: { $0.approvedAt != nil && $0.draft.replaces?.id == current.id }) else { return nil }
            current = next
        }
        return current.state == .cancelled ? nil : current
    }

    /// The sitting of this folder's name that was convened, and has been cancelled or replaced since, the last of them; nil: none, or
    /// another one stands under that name.
    static func ended(_ item: DroppedItem, _ sittings: [Sitting], at now: Date) -> Sitting? {
        let name = Spelling.folded(PlainLine.of(CopyMark.removed(from: item.name.text)))
        let same = sittings.filter { Spelling.folded($0.draft.folderName) == name && now < $0.draft.start }
        guard same.allSatisfy({ $0.state == .cancelled }) else { return nil }
        return same.filter { $0.approvedAt != nil }.max { $0.receivedAt < $1.receivedAt }
    }

    /// `seance.yml` alone changes a sitting that stands. Of one that doesn't, the clerk must know what became of it.
    func mistake(changing ended: Sitting, among sittings: [Sitting]) -> Mistake {
        let when = ended.draft.when.words(in: settings.language)
        guard let successor = Self.successor(of: ended, among: sittings) else { return Mistake(.endedCancelled, name: when) }
        return Mistake(.endedReplaced, name: when, other: Shown.text(successor.draft.folderName))
    }

    /// A whole folder convenes anew; so it does on the date of a sitting that has ended.
    func warning(reviving ended: Sitting, among sittings: [Sitting]) -> Warning {
        let when = ended.draft.when.words(in: settings.language)
        guard let successor = Self.successor(of: ended, among: sittings) else { return Warning(.revivesCancelled, name: when) }
        return Warning(.revivesReplaced, name: when, value: Shown.text(successor.draft.folderName))
    }

    /// A second sitting of one body on one day is rarely meant.
    func sameDay(_ draft: SittingDraft, _ sittings: [Sitting]) -> [Warning] {
        sittings.filter { Self.isSecond(draft, after: $0) }
            .map { Warning(.sameDay, name: Shown.text($0.draft.folderName), value: $0.draft.when.words(in: settings.language)) }
    }

    private static func isSecond(_ draft: SittingDraft, after sitting: Sitting) -> Bool {
        draft.replaces == nil && sitting.state == .approved && sitting.draft.body == draft.body
            && sitting.draft.when.date == draft.when.date && sitting.draft.key != draft.key
    }

    /// Who is to be at two sittings at once, and what place is taken. A second sitting of one body is told as that.
    func clashes(_ draft: SittingDraft, _ sittings: [Sitting]) async throws -> [Warning] {
        let others = sittings.filter { !Self.isSecond(draft, after: $0) }
        return try await storage.clashes(of: draft, among: others).flatMap { clash -> [Warning] in
            let other = clash.sitting.draft
            let name = Shown.text(other.title)
            let value = ([other.when.words(in: settings.language)] + [other.place].compactMap(\.self).map(Shown.text)).joined(
                separator: ", ")
            let shared = clash.commonMembers > 0 ? [Warning(.sharedMembers, name: name, value: value, count: clash.commonMembers)] : []
            return shared + (clash.isSamePlace ? [Warning(.sharedPlace, name: name, value: value)] : [])
        }
    }

    /// `ENVOYER.txt` approves what is in time. What may not be lawful any more waits for a person.
    func approve(_ amendment: StoredAmendment, _ outcome: inout SittingOutcome) async throws {
        guard amendment.state == .held else { return }
        guard clock.now() < outcome.sitting.draft.deadline else {
            outcome.warnings.append(Warning(.amendmentWaits))
            return
        }
        outcome.amendmentApproval = try await storage.approveAmendment(
            of: outcome.sitting.id, revision: amendment.revision, by: "ENVOYER.txt", at: clock.now())
    }
}
