package import Council
package import Foundation
import Links
package import Store
import Templating

/// Makes what members are told after their convocation. A reminder repeats the convocation's link, so that opening it is the same
/// receipt; a cancellation asks for none; what tells of an amendment has links of its own.
struct LetterComposer {
    let settings: CompositionSettings
    let templates: TemplateSet

    func compose(
        _ letter: LetterToCompose, _ prepared: PreparedLetter, keyring: LinkKeyring, randomness: Randomness
    ) throws(CompositionError) -> ComposedLetter {
        guard let address = letter.member.entry.email else { throw .noAddress(letter.member.id) }
        let random = randomness.bytes(20)
        let messageID = prepared.frame.messageID(letter.id.rawValue, random: random.prefix(8))
        let (details, links) = try details(letter, keyring, randomness)
        let rendered = try render(
            letter.member.entry, Mailbox(name: letter.member.entry.fullName, address: address), prepared, details, messageID: messageID,
            boundary: Hex.encode(random.dropFirst(8)))
        return ComposedLetter(
            id: letter.id,
            message: OutgoingMessage(
                kind: letter.kind.messageKind, messageID: messageID,
                envelopeSender: try settings.envelopeSender(of: letter.id, about: letter.convocation, keyring), recipient: address,
                bytes: rendered.bytes,
                hash: ContentHash(sha256Of: rendered.bytes),
                deadline: letter.parts.map { settings.deadline(of: $0, letter.sitting.draft) }.min() ?? letter.sitting.draft.start),
            links: links)
    }

    /// What a letter of this kind says to one member alone, and the links that it makes for it.
    private func details(
        _ letter: LetterToCompose, _ keyring: LinkKeyring, _ randomness: Randomness
    ) throws(CompositionError) -> ([String: TemplateValue], [Link]) {
        let (until, expires) = settings.linkTerm(of: letter.sitting)
        switch letter.kind {
        case .cancellation: return ([:], [])
        case .reminder:
            guard let link = letter.link, let relayedAt = letter.relayedAt else { throw .noLink(letter.convocation) }
            let address = "\(settings.baseURL)/r/\(keyring.token(for: link.id, purpose: .member, expires: link.expires))"
            return (
                LetterContext.reminder(
                    address, convenedAt: relayedAt, isAcknowledged: letter.isAcknowledged, until: until, letter.member.entry.language, zone),
                []
            )
        case .supplement, .changedPlace:
            guard let amendment = letter.amendment else { throw .noAmendment(letter.convocation) }
            var links: [Link] = []
            func address(_ target: Link.Target) -> String {
                let link = Link(
                    id: randomness.uint64(), target: target, sitting: letter.sitting.id, convocation: letter.convocation, expires: expires)
                links.append(link)
                return "\(settings.baseURL)/r/\(keyring.token(for: link.id, purpose: .member, expires: expires))"
            }
            let documents = amendment.content.newDocuments.map { address(.document($0.hash)) }
            let words = AmendmentWords(amendment.content, language: letter.member.entry.language)
            let values = words.values(
                MessageLinks(documents: documents, sitting: address(.sitting), until: until), convenedAt: letter.relayedAt, zone)
            return (values, links)
        }
    }

    private var zone: TimeZone { settings.authority.timeZone }

    /// As `member` would get it (nil: an invented one), with a link that opens nothing.
    func preview(
        _ kind: LetterKind, of sitting: Sitting, for member: RollEntry? = nil, in language: Language, _ amendment: StoredAmendment? = nil,
        at now: Date
    ) throws(CompositionError) -> RenderedConvocation {
        let entry = member ?? ConvocationComposer.sample
        let prepared = try prepare(kind, sitting, language, cancelledAt: now, amendment, at: now)
        let (address, until) = ("\(settings.baseURL)/r/exemple", settings.linkTerm(of: sitting).0)
        let convenedAt = sitting.approvedAt ?? now
        let details: [String: TemplateValue] =
            switch kind {
            case .cancellation: [:]
            case .reminder: LetterContext.reminder(address, convenedAt: convenedAt, until: until, language, zone)
            case .supplement, .changedPlace:
                if let content = amendment?.content {
                    AmendmentWords(content, language: language).values(
                        MessageLinks(documents: content.newDocuments.map { _ in address }, sitting: address, until: until),
                        convenedAt: convenedAt, zone)
                } else {
                    throw .noAmendment(ConvocationID(rawValue: 0))
                }
            }
        let rendered = try render(
            entry, Mailbox(name: entry.fullName, address: entry.email ?? settings.clerk.address), prepared, details,
            messageID: prepared.frame.messageID(0, random: [UInt8](repeating: 0, count: 8)), boundary: "apercu")
        return RenderedConvocation(prepared.subject, rendered.text, rendered.bytes)
    }

    func prepare(
        _ kind: LetterKind, _ sitting: Sitting, _ language: Language, cancelledAt: Date?, _ amendment: StoredAmendment? = nil,
        at now: Date
    ) throws(CompositionError) -> PreparedLetter {
        let words = SittingWords(sitting: sitting, language: language, zone: zone)
        var brief = words.brief(authority: CleanText(settings.authority.name))
        if kind.isAmendment {
            brief["newPlace"] = .flag(amendment?.content.hasNewPlace ?? false)
            brief["hasMore"] = .flag(amendment.map { $0.content.changesAgenda || !$0.content.newDocuments.isEmpty } ?? false)
        }
        do throws(TemplateError) {
            let subject = try templates.subject("mail/\(kind.rawValue)", language.rawValue, brief)
            return PreparedLetter(
                kind: kind, language: language, context: LetterContext(words, settings: settings), subject: subject,
                frame: MessageFrame(.letter, settings: settings, subject: subject, language: language, thread: .later(sitting.family)),
                calendar: calendar(kind, words, cancelledAt: cancelledAt, amendment, at: now),
                date: MessageDate(now, in: words.zone))
        } catch {
            throw .template(error)
        }
    }

    /// A cancellation takes the sitting out of the agenda that the convocation put it into; an amendment puts it right there.
    private func calendar(
        _ kind: LetterKind, _ words: SittingWords, cancelledAt: Date?, _ amendment: StoredAmendment?, at now: Date
    ) -> PreparedCalendar? {
        switch kind {
        case .cancellation: return words.cancelledCalendar(settings: settings, at: cancelledAt ?? now)
        case .reminder: return nil
        case .supplement, .changedPlace:
            guard let amendment, amendment.content.changesCalendar else { return nil }
            return words.calendar(settings: settings, amendedAt: amendment.approvedAt ?? now)
        }
    }

    private func render(
        _ entry: RollEntry, _ to: Mailbox, _ prepared: PreparedLetter, _ details: [String: TemplateValue], messageID: String,
        boundary: String
    ) throws(CompositionError) -> (text: MessageText, bytes: [UInt8]) {
        let text = try templates.text(
            "mail/\(prepared.kind.rawValue)", prepared.language, prepared.context.values(for: entry, details))
        do throws(SigningFault) {
            let bytes = try prepared.frame.assemble(
                date: prepared.date, to: to, messageID: messageID, text: text, calendar: prepared.calendar, boundary: boundary)
            return (text, bytes)
        } catch {
            throw .signing(error)
        }
    }
}

extension ConvocationComposer {
    /// A letter as a member would get it, with links that open nothing. `amendment`: what a letter of that kind tells of.
    package func preview(
        _ kind: LetterKind, of sitting: Sitting, for member: RollEntry? = nil, in language: Language, _ amendment: StoredAmendment? = nil,
        at now: Date
    ) throws(CompositionError) -> RenderedConvocation {
        try LetterComposer(settings: settings, templates: templates).preview(
            kind, of: sitting, for: member, in: language, amendment, at: now)
    }
}

extension CompositionSettings {
    /// The first instant at which what tells of an amendment doesn't leave any more. An item joins the agenda as early as a convocation
    /// (with a written reason, as an urgent one), or not at all; everything else is worth knowing until the sitting begins, and so is
    /// what the clerk approved although it was late.
    func deadline(of amendment: StoredAmendment, _ draft: SittingDraft) -> Date {
        guard !amendment.content.addedItems.isEmpty else { return draft.start }
        var lawful = draft.deadline
        if amendment.content.urgencyReason != nil, let rule = authority.body(draft.body)?.notice {
            lawful = max(lawful, rule.deadline(for: draft.when.date, urgent: true, in: authority.timeZone))
        }
        return (amendment.approvedAt ?? amendment.receivedAt) < lawful ? min(lawful, draft.start) : draft.start
    }
}

/// One kind of letter about a sitting, ready to be told to many members in one language.
struct PreparedLetter {
    let kind: LetterKind
    let language: Language
    let context: LetterContext
    let subject: CleanText
    let frame: MessageFrame
    let calendar: PreparedCalendar?
    let date: MessageDate
}
