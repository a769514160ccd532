import Council
import Foundation
import Store
import Templating

/// The values of `mail/alarm-untold.*`: whom a letter after the convocation doesn't reach, or not yet, why, and what the clerk can do.
struct UntoldContext {
    let words: SittingWords
    let settings: CompositionSettings
    let convocations: [ConvocationStatus]
    /// Of the sitting, with the letters about them that have not arrived.
    let amendments: [StoredAmendment]
    let notReceived: [ConvocationID: [LetterStatus]]
    let now: Date

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "several": .flag, "count": .text, "isReminder": .flag, "hasLost": .flag, "hasOpen": .flag, "allLate": .flag, "hasMoved": .flag,
            "place": .text,
            "addsItems": .flag, "lawful": .flag,
            "held": .flag, "lastLawfulDay": .text, "followURL": .text,
            "members": .list(
                AlarmPerson.fields.merging([
                    "news": .list(NewsWords.fields), "isReminder": .flag, "isOpen": .flag, "since": .text, "isWaiting": .flag,
                    "isOnPaper": .flag, "isUnserved": .flag,
                    "isReturned": .flag,
                    "reason": .text, "isUnsent": .flag, "isUnsure": .flag, "isLate": .flag, "hasReply": .flag, "reply": .text,
                ]) { $1 }),
        ]
    ) { $1 }

    /// The letter that is told of; nil: everything has left since.
    static func letter(of status: ConvocationStatus) -> LetterStatus? {
        [status.amendment, status.reminder].compactMap { $0 }.first { $0.isLost || $0.isOpen || $0.isLate }
    }

    func values(follow: String) -> [String: TemplateValue] {
        // Each change by itself: one may be lost while a later one is still to leave.
        let letters: [(ConvocationStatus, LetterStatus)] = convocations.flatMap { status in
            (notReceived[status.id] ?? []).map { (status, $0) }
                + (Self.letter(of: status).map { [(status, $0)] } ?? []).filter {
                    notReceived[status.id] == nil || isReminder($0.0, $0.1)
                }
        }
        // Members must know of an item of the agenda as early as of the sitting.
        let deadlines = letters.filter { !isReminder($0.0, $0.1) }.flatMap { _, letter in
            letter.amendments(among: amendments).filter { !$0.content.addedItems.isEmpty }.map {
                settings.deadline(of: $0, words.sitting.draft)
            }
        }
        let deadline = deadlines.min() ?? words.sitting.draft.start
        let lastDay = CivilDate(of: deadline.addingTimeInterval(-1), in: words.zone)
        let values: [String: TemplateValue] = [
            "several": .flag(convocations.count > 1), "count": .text(String(convocations.count)),
            "isReminder": .flag(letters.allSatisfy(isReminder)),
            "hasLost": .flag(letters.contains { $1.isLost }), "hasOpen": .flag(letters.contains { $1.isOpen }),
            "allLate": .flag(letters.allSatisfy { $1.isLate }),
            "hasMoved": .flag(letters.contains { tellsMove(in: $1) }),
            "place": .text(CleanText(words.sitting.draft.place ?? "").line),
            "addsItems": .flag(!deadlines.isEmpty && deadline < words.sitting.draft.start), "lawful": .flag(now < deadline),
            "held": .flag(now >= words.sitting.draft.start),
            "lastLawfulDay": .text(lastDay.words(in: words.language)), "followURL": .text(follow),
            "members": .list(letters.map(row)),
        ]
        return words.brief(authority: CleanText(settings.authority.name)).merging(values) { $1 }
    }

    /// It tells, or would have told, of another place, which is told until the sitting's hour.
    private func tellsMove(in letter: LetterStatus) -> Bool {
        !letter.isLate && letter.movesSitting && letter.amendments(among: amendments).contains { $0.content.hasNewPlace }
    }

    private func isReminder(_ status: ConvocationStatus, _ letter: LetterStatus) -> Bool {
        status.reminder == letter && status.amendment != letter
    }

    private func row(_ status: ConvocationStatus, _ letter: LetterStatus) -> [String: TemplateValue] {
        let isReminder = isReminder(status, letter)
        let bounce = isReminder ? status.reminderBounce : letter.serial == status.amendment?.serial ? status.amendmentBounce : nil
        let isReturned = letter.state == .bounced
        let isOnPaper = letter.isWithdrawn && status.state == .paperServed
        let isUnserved = letter.isWithdrawn && status.state == .failed
        let isWaiting = letter.state == nil && letter.isOpen && [.composing, .queued].contains(status.state)
        let reply = CleanText(letter.state == .failed || letter.state == .deferred ? ServerReply.of(letter.lastReply) ?? "" : "")
        let isUnsent = letter.isLost && !isReturned && !isOnPaper && !isUnserved
        let reason = bounce.map { words.language == .french ? $0.reason.words.french : $0.reason.words.english }
        let news = isReminder ? [] : letter.amendments(among: amendments).flatMap { NewsWords.values($0.content) }
        return AlarmPerson.values(status).merging([
            "news": .list(news), "isReminder": .flag(isReminder), "isOpen": .flag(letter.isOpen && !isWaiting),
            "since": .text(words.since(letter)),
            "isWaiting": .flag(isWaiting),
            "isOnPaper": .flag(isOnPaper), "isUnserved": .flag(isUnserved), "isReturned": .flag(isReturned),
            "reason": .text(reason ?? ""), "isUnsent": .flag(isUnsent && !letter.mayHaveArrived),
            "isUnsure": .flag(isUnsent && letter.mayHaveArrived), "isLate": .flag(letter.isLate),
            "hasReply": .flag(!reply.isEmpty), "reply": .text(reply.line),
        ]) { $1 }
    }
}
