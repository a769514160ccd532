import Council
import Foundation
import Logging
import Store

extension CompositionService {
    /// Reminders whose hour has come are wanted first; then everything wanted is made.
    func composeLetters(tellingOverdue: Bool) async throws -> Int {
        let due = try await storage.remindDue(hoursBefore: settings.reminderHours, at: clock.now())
        if due > 0 { logger.info("reminders are due", metadata: ["members": "\(due)"]) }
        let start = clock.now()
        let limit = tellingOverdue ? start.addingTimeInterval(-Self.overdue) : nil
        let stuck = try await storage.settleLetters(overdueSince: limit, at: start)
        if stuck > 0 { logger.notice("letters don't leave; the clerk is told", metadata: ["letters": "\(stuck)"]) }
        let composer = LetterComposer(settings: settings, templates: templates)
        var total = 0
        while true {
            let now = clock.now()
            let aside = await faults.aside(at: now)
            let pending = try await storage.lettersToCompose(limit: Self.batch + aside.count).filter { !aside.contains(.letter($0.id)) }
            guard !pending.isEmpty else { return total }
            var cache: [PreparedLetterKey: PreparedLetter] = [:]
            var composed: [ComposedLetter] = []
            for letter in pending {
                do throws(CompositionError) {
                    let key = PreparedLetterKey(letter)
                    let prepared =
                        if let known = cache[key] { known } else {
                            try composer.prepare(
                                letter.kind, letter.sitting, key.language, cancelledAt: letter.cancelledAt, letter.amendment, at: now)
                        }
                    cache[key] = prepared
                    composed.append(try composer.compose(letter, prepared, keyring: keyring(), randomness: randomness))
                } catch {
                    try await putAside(letter, error, at: now)
                }
            }
            total += try await store(composed, known: { .letter($0.id) }) { part in
                try await storage.store(part, at: now)
            } refused: { one, error in
                if let letter = pending.first(where: { $0.id == one.id }) { try await putAside(letter, error, at: now) }
            }
        }
    }

    /// Seconds after which the clerk is told of a convocation or a letter that has not left: sooner near its end.
    static let overdue: TimeInterval = 2 * 3600

    /// Of a cancellation or an amendment that a member doesn't learn of, the clerk is told once, when it failed again a minute later.
    private func putAside(_ letter: LetterToCompose, _ error: any Error, at now: Date) async throws {
        let (count, until) = await faults.add(.letter(letter.id), at: now)
        logger.error(
            "a letter can't be composed",
            metadata: [
                "letter": "\(letter.id)", "kind": "\(letter.kind.rawValue)", "convocation": "\(letter.convocation)", "fault": "\(error)",
                "again": "\(until)",
            ])
        guard count == 2 else { return }
        switch letter.kind {
        case .cancellation: try await storage.post(.unwarned(sitting: letter.sitting.id, convocations: [letter.convocation]), at: now)
        case .supplement, .changedPlace:
            try await storage.post(.untold(sitting: letter.sitting.id, convocations: [letter.convocation]), at: now)
        case .reminder: break
        }
    }
}

/// What all letters of a batch with the same key share.
private struct PreparedLetterKey: Hashable {
    let kind: LetterKind
    let sitting: SittingID
    let language: Language
    let amendment: StoredAmendment?

    init(_ letter: LetterToCompose) {
        amendment = letter.amendment
        kind = letter.kind
        sitting = letter.sitting.id
        language = letter.member.entry.language
    }
}
