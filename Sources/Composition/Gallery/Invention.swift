import Council
import Foundation
import Store

/// What a preview needs and has not happened, invented around one sitting.
struct Invention {
    let sitting: Sitting
    /// Never empty.
    let members: [Member]
    private let language: Language
    private let now: Date

    init(of sitting: Sitting, members: [Member], language: Language, now: Date) {
        self.sitting = sitting
        self.members = members.isEmpty ? Self.members(of: sitting.draft.body, language) : members
        self.language = language
        self.now = now
    }

    private static func members(of body: BodyID, _ language: Language) -> [Member] {
        let persons: [(String, String, String, ServiceMode)] = [
            ("Mme", "Camille", "Exemple", .electronic), ("M.", "Dominique", "Modèle", .electronic), ("M.", "Claude", "Patron", .paper),
        ]
        return persons.enumerated().map { number, person in
            // What stands here is an address.
            let address = person.3 == .paper ? nil : try? EmailAddress(parsing: "\(person.1.lowercased())@exemple.invalid")
            return Member(
                id: MemberID(rawValue: Int64(number + 1)),
                entry: RollEntry(
                    civility: person.0, familyName: person.2, givenName: person.1, email: address, bodies: [body], service: person.3,
                    language: language))
        }
    }

    var draft: Sitting {
        Sitting(id: sitting.id, draft: sitting.draft, state: .draft, revision: sitting.revision, receivedAt: now, approvedAt: nil)
    }

    // MARK: Other sittings

    /// The same sitting, had it been convened a week earlier first.
    var changedDate: Sitting {
        let draft = sitting.draft
        let day = draft.when.date.adding(days: -7)
        let when = CivilDateTime(date: day, hour: draft.when.hour, minute: draft.when.minute) ?? draft.when
        let former = Sitting(
            id: SittingID(rawValue: "\(sitting.id)-0"), draft: draft.with(when: when), state: .cancelled, revision: 1, receivedAt: now,
            approvedAt: now)
        return Sitting(
            id: sitting.id, draft: draft.with(when: draft.when, replaces: ReplacedSitting(former)), state: sitting.state,
            revision: sitting.revision, receivedAt: sitting.receivedAt, approvedAt: sitting.approvedAt)
    }

    /// The last item and its documents came later, or the place did.
    func amendment(moving: Bool) -> StoredAmendment {
        let draft = sitting.draft
        let last = draft.agenda.count > 1 ? draft.agenda.last?.number : nil
        let kept = last.map { last in draft.documents.filter { $0.item != last } } ?? Array(draft.documents.dropLast())
        let agenda = draft.agenda.filter { $0.number != last }
        let after = moving && draft.place == nil && draft.videoLink == nil ? draft.with(place: draft.bodyName) : draft
        let before =
            moving
            ? after.with(place: .some(nil), videoLink: after.place == nil ? .some(nil) : nil) : draft.with(agenda: agenda, documents: kept)
        guard let content = Amendment(of: before, by: after) ?? Amendment(of: before, by: after.with(place: after.bodyName)) else {
            preconditionFailure("a place that was none is another")
        }
        return StoredAmendment(
            sitting: sitting.id, revision: sitting.revision + 1, state: .held, content: content, receivedAt: now, approvedAt: nil)
    }

    // MARK: What came of convocations

    func status(
        _ member: Member, _ state: ConvocationState, reply: String? = nil, isHeld: Bool = false, bounce: Bounce? = nil,
        paper: PaperService? = nil, amendment: LetterStatus? = nil
    ) -> ConvocationStatus {
        ConvocationStatus(
            id: ConvocationID(rawValue: member.id.rawValue), sitting: sitting.id, member: member, state: state, attempts: 1,
            relayedAt: state == .relayed ? now : nil, lastReply: reply, isHeld: isHeld, receiptAt: nil, receiptGrade: nil,
            receiptWithdrawn: false, paperService: paper, paperCorrected: false, bounce: bounce, amendment: amendment)
    }

    private var mailed: [Member] { members.filter { $0.entry.service == .electronic } }

    var failed: ConvocationStatus {
        status(mailed.first ?? members[0], .failed, reply: "550 5.1.1 User unknown in virtual mailbox table")
    }

    var putOff: ConvocationStatus {
        status(mailed.dropFirst().first ?? members[0], .queued, reply: "452 4.2.2 Mailbox full, try again later")
    }

    var returned: ConvocationStatus {
        let bounce = Bounce(at: now, reason: .mailboxFull, status: "5.2.2", diagnostic: "smtp; 552 5.2.2 Mailbox full", isSigned: true)
        return status(mailed.last ?? members[0], .relayed, bounce: bounce)
    }

    var untold: ConvocationStatus {
        let reply = "550 5.1.1 User unknown in virtual mailbox table"
        return status(
            mailed.first ?? members[0], .relayed,
            amendment: LetterStatus(state: .failed, relayedAt: nil, lastReply: reply, serial: sitting.revision + 1))
    }

    var held: ConvocationStatus { status(mailed.first ?? members[0], .queued, reply: "the connection broke", isHeld: true) }

    var onPaper: ConvocationStatus {
        let member = members.first { $0.entry.service == .paper } ?? members[0]
        return status(
            member, .paperServed, paper: PaperService(day: CivilDate(dayNumber: sitting.draft.when.date.dayNumber - 10), how: "posted"))
    }

    var trouble: RelayTrouble {
        RelayTrouble(
            id: 0, relay: "smtp.exemple.invalid:587", cause: .authentication, reply: "535 5.7.8 Error: authentication failed", since: now,
            toldAt: nil)
    }

    func refused(_ settings: CompositionSettings) -> RefusedMail {
        RefusedMail(
            id: MessageID(rawValue: 0), recipient: settings.clerk.address, since: now, relay: trouble.relay,
            reply: "552 5.2.2 Mailbox full", nextTry: now.addingTimeInterval(3600))
    }

    func waiting(_ settings: CompositionSettings) -> WaitingConvocations {
        let words = SittingWords(sitting: sitting, language: settings.clerkLanguage, zone: settings.authority.timeZone)
        return WaitingConvocations(sittings: [WaitingConvocations.OfSitting(words: words, count: 3)])
    }

    var reason: String {
        language == .french
            ? "Le fichier « 01 Budget.pdf » est endommagé : il ne s’ouvre pas.\nEnregistrez-le de nouveau en PDF, puis déposez le dossier."
            : "The file “01 Budget.pdf” is damaged: it does not open.\nSave it as PDF again, then drop the folder."
    }

    func summary(_ settings: CompositionSettings) -> SummaryContext {
        SummaryContext(
            settings: settings, day: CivilDate(of: now, in: settings.authority.timeZone),
            rows: [
                SummaryContext.Row(
                    sitting: sitting, convocations: members.map { status($0, .relayed) } + [failed, onPaper], hasHeldAmendment: true)
            ], troubles: [trouble], anchors: ["freetsa"])
    }
}

extension SittingDraft {
    /// `place`, `videoLink`: nil leaves them, `.some(nil)` takes them away.
    fileprivate func with(
        when: CivilDateTime? = nil, place: String?? = nil, videoLink: String?? = nil, agenda: [AgendaItem]? = nil,
        documents: [Document]? = nil, replaces: ReplacedSitting? = nil
    ) -> SittingDraft {
        SittingDraft(
            body: body, bodyName: bodyName, when: when ?? self.when, start: start, deadline: deadline, requiredClearDays: requiredClearDays,
            title: title, place: place ?? self.place, videoLink: videoLink ?? self.videoLink, urgencyReason: urgencyReason,
            agenda: agenda ?? self.agenda, documents: documents ?? self.documents, folderName: folderName,
            replaces: replaces ?? self.replaces, superseded: superseded)
    }
}
