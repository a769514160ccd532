import Council
import Foundation
import Links
import Store
import Templating

/// A mail to the clerk and the links in it.
struct ComposedNotice {
    let message: OutgoingMessage
    let links: [Link]
    let subject: CleanText
    let text: MessageText
}

/// Makes the mails to the clerk: previews and alarms.
struct NoticeComposer {
    let settings: CompositionSettings
    let templates: TemplateSet
    let keyring: LinkKeyring
    let randomness: Randomness
    let now: Date

    private var language: Language { settings.clerkLanguage }

    func preview(
        _ notice: NoticeID, _ sitting: Sitting, members: [Member], copies: Int, _ exposures: PreviewExposures, clashes: [Clash] = [],
        replaced: SittingDraft?
    ) throws(CompositionError) -> ComposedNotice {
        let words = words(sitting)
        let draft = sitting.draft
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let follow = links.address(of: .follow)
        let documents = draft.documents.map { links.address(of: .review($0.hash)) }
        let addresses = PreviewContext.Addresses(
            approve: links.address(of: .approve(revision: sitting.revision)), follow: follow,
            cancel: links.address(of: .cancel(revision: sitting.revision)),
            message: MessageLinks(documents: documents, sitting: follow, until: settings.linkTerm(of: sitting).0))
        let subject = try subject(of: words)
        let context = PreviewContext(
            words: words, settings: settings, members: members, copies: copies, exposures: exposures, clashes: clashes, replaced: replaced,
            now: now)
        return try compose(notice, .preview, "preview", context.values(subject: subject, addresses), links.made, thread: .first(sitting.id))
    }

    func late(_ notice: NoticeID, _ sitting: Sitting) throws(CompositionError) -> ComposedNotice {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let follow = links.address(of: .follow)
        let cancel = links.address(of: .cancel(revision: sitting.revision))
        let context = LateContext(words: words(sitting), settings: settings, now: now)
        return try compose(
            notice, .alarm, "alarm-late", context.values(follow: follow, cancel: cancel), links.made, thread: .later(sitting.id))
    }

    func undelivered(_ notice: NoticeID, _ sitting: Sitting, _ failed: [ConvocationStatus], expecting: [MemberID: SittingDraft] = [:])
        throws(CompositionError) -> ComposedNotice
    {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let context = UndeliveredContext(words: words(sitting), settings: settings, convocations: failed, expecting: expecting, now: now)
        return try compose(
            notice, .alarm, "alarm-undelivered", context.values(follow: links.address(of: .follow)), links.made, thread: .later(sitting.id))
    }

    func uncertain(_ notice: NoticeID, _ sitting: Sitting, _ held: [ConvocationStatus]) throws(CompositionError) -> ComposedNotice {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let context = UncertainContext(words: words(sitting), settings: settings, held: held, now: now)
        return try compose(
            notice, .alarm, "alarm-uncertain", context.values(follow: links.address(of: .follow)), links.made, thread: .later(sitting.id))
    }

    func unwarned(_ notice: NoticeID, _ sitting: Sitting, _ unwarned: [ConvocationStatus]) throws(CompositionError) -> ComposedNotice {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let context = UnwarnedContext(words: words(sitting), settings: settings, convocations: unwarned)
        return try compose(
            notice, .alarm, "alarm-unwarned", context.values(follow: links.address(of: .follow)), links.made, thread: .later(sitting.id))
    }

    /// `amendments`: of the sitting. `letters`: about them, not received.
    func untold(
        _ notice: NoticeID, _ sitting: Sitting, _ untold: [ConvocationStatus], _ amendments: [StoredAmendment],
        _ letters: [ConvocationID: [LetterStatus]] = [:]
    ) throws(CompositionError) -> ComposedNotice {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let context = UntoldContext(
            words: words(sitting), settings: settings, convocations: untold, amendments: amendments, notReceived: letters, now: now)
        return try compose(
            notice, .alarm, "alarm-untold", context.values(follow: links.address(of: .follow)), links.made, thread: .later(sitting.id))
    }

    /// The sitting in `sitting` is what it becomes. `members`: of the roll as it is.
    func amendment(
        _ notice: NoticeID, _ sitting: Sitting, _ amendment: StoredAmendment, _ convocations: [ConvocationStatus],
        untold: [ConvocationStatus], members: [Member]
    ) throws(CompositionError) -> ComposedNotice {
        var links = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
        let addresses = AmendmentContext.Addresses(
            approve: links.address(of: .approve(revision: amendment.revision)), follow: links.address(of: .follow),
            documents: amendment.content.newDocuments.map { links.address(of: .review($0.hash)) })
        let letters = LetterComposer(settings: settings, templates: templates)
        let subject = try letters.prepare(LetterKind(telling: amendment.content), sitting, language, cancelledAt: nil, amendment, at: now)
            .subject
        let context = AmendmentContext(
            words: words(sitting), settings: settings, amendment: amendment, convocations: convocations, untold: untold, members: members,
            now: now)
        return try compose(
            notice, .preview, "preview-amendment", context.values(subject: subject, addresses), links.made, thread: .later(sitting.id))
    }

    func summary(_ notice: NoticeID, _ context: SummaryContext) throws(CompositionError) -> ComposedNotice {
        var links: [Link] = []
        let values = context.values { sitting in
            var made = ClerkLinks(sitting: sitting, settings: settings, keyring: keyring, randomness: randomness)
            let address = made.address(of: .follow)
            links += made.made
            return address
        }
        return try compose(notice, .summary, "summary", values, links, thread: nil)
    }

    func rejected(_ notice: NoticeID, name: String, reason: String) throws(CompositionError) -> ComposedNotice {
        try compose(notice, .alarm, "alarm-rejected", RejectedContext.values(settings, name: name, reason: reason), [], thread: nil)
    }

    func relay(_ trouble: RelayTrouble, _ waiting: WaitingConvocations) throws(CompositionError) -> [OutgoingMessage] {
        try readersOfAlarms { reader throws(CompositionError) in try relay(trouble, waiting, to: reader) }
    }

    func relay(_ trouble: RelayTrouble, _ waiting: WaitingConvocations, to reader: Mailbox) throws(CompositionError) -> ComposedNotice {
        let context = RelayContext(trouble: trouble, waiting: waiting, settings: settings, language: language)
        return try compose(NoticeID(rawValue: trouble.id), .alarm, "alarm-relay", context.values(), [], thread: nil, to: reader)
    }

    func refused(_ mails: [RefusedMail], to reader: Mailbox) throws(CompositionError) -> ComposedNotice {
        let context = RefusedMailContext(mails: mails, settings: settings, language: language)
        let id = NoticeID(rawValue: mails.first?.id.rawValue ?? 0)
        return try compose(id, .alarm, "alarm-refused", context.values(), [], thread: nil, to: reader)
    }

    func clock(behind newest: Date, _ waiting: WaitingConvocations) throws(CompositionError) -> [OutgoingMessage] {
        try readersOfAlarms { reader throws(CompositionError) in try clock(behind: newest, waiting, to: reader) }
    }

    func clock(behind newest: Date, _ waiting: WaitingConvocations, to reader: Mailbox) throws(CompositionError) -> ComposedNotice {
        let context = ClockContext(now: now, newest: newest, waiting: waiting, settings: settings, language: language)
        // Of no notice: the time tells one from the next.
        let id = NoticeID(rawValue: Int64(now.timeIntervalSince1970))
        return try compose(id, .alarm, "alarm-clock", context.values(), [], thread: nil, to: reader)
    }

    /// One mail to the clerk, and one to whoever mends the machine.
    private func readersOfAlarms(
        _ alarm: (Mailbox) throws(CompositionError) -> ComposedNotice
    ) throws(CompositionError) -> [OutgoingMessage] {
        var messages = [try alarm(settings.clerk).message]
        if let contact = settings.technicalContact, contact.key != settings.clerk.address.key {
            messages.append(try alarm(Mailbox(name: "", address: contact)).message)
        }
        return messages
    }

    private func words(_ sitting: Sitting) -> SittingWords {
        SittingWords(sitting: sitting, language: language, zone: settings.authority.timeZone)
    }

    /// The subject that members will see.
    private func subject(of words: SittingWords) throws(CompositionError) -> CleanText {
        do throws(TemplateError) {
            return try templates.subject(
                "mail/convocation", language.rawValue, words.brief(authority: CleanText(settings.authority.name)))
        } catch {
            throw .template(error)
        }
    }

    private func compose(
        _ notice: NoticeID, _ kind: MessageKind, _ template: String, _ values: [String: TemplateValue], _ links: [Link],
        thread: ThreadPlace?, to reader: Mailbox? = nil
    ) throws(CompositionError) -> ComposedNotice {
        let subject: CleanText
        do throws(TemplateError) { subject = try templates.subject("mail/" + template, language.rawValue, values) } catch {
            throw .template(error)
        }
        let text = try templates.text("mail/" + template, language, values)
        let reader = reader ?? settings.clerk
        let frame = MessageFrame(.notice, settings: settings, subject: subject, language: language, thread: thread)
        let random = randomness.bytes(20)
        let messageID = frame.messageID(notice.rawValue, random: random.prefix(8))
        let bytes: [UInt8]
        do throws(SigningFault) {
            bytes = try frame.assemble(
                date: MessageDate(now, in: settings.authority.timeZone), to: reader, messageID: messageID, text: text,
                boundary: Hex.encode(random.dropFirst(8)))
        } catch {
            throw .signing(error)
        }
        let message = OutgoingMessage(
            kind: kind, messageID: messageID, envelopeSender: settings.envelopeSender, recipient: reader.address, bytes: bytes,
            hash: ContentHash(sha256Of: bytes), deadline: nil)
        return ComposedNotice(message: message, links: links, subject: subject, text: text)
    }
}

/// The clerk's links to one sitting, as they are made for one mail.
struct ClerkLinks {
    let sitting: Sitting
    let settings: CompositionSettings
    let keyring: LinkKeyring
    let randomness: Randomness
    private(set) var made: [Link] = []

    init(sitting: Sitting, settings: CompositionSettings, keyring: LinkKeyring, randomness: Randomness) {
        self.sitting = sitting
        self.settings = settings
        self.keyring = keyring
        self.randomness = randomness
    }

    mutating func address(of target: Link.Target) -> String {
        let expires = settings.linkTerm(of: sitting).1
        let link = Link(id: randomness.uint64(), target: target, sitting: sitting.id, convocation: nil, expires: expires)
        made.append(link)
        return "\(settings.baseURL)/suivi/\(keyring.token(for: link.id, purpose: .clerk, expires: expires))"
    }
}
