package import Council
package import Foundation
import Links
package import Store
import Templating

/// Makes what members are told after their convocation. No letter has a link of its own: a reminder repeats the convocation's, so
/// that opening it is the same receipt, and a cancellation asks for none.
struct LetterComposer {
    let settings: CompositionSettings
    let templates: TemplateSet

    func compose(
        _ letter: LetterToCompose, _ prepared: PreparedLetter, keyring: LinkKeyring, randomness: Randomness
    ) throws(CompositionError) -> ComposedLetter {
        guard let address = letter.member.entry.email else { throw .noAddress(letter.member.id) }
        let random = randomness.bytes(20)
        let messageID = prepared.frame.messageID(letter.id.rawValue, random: random.prefix(8))
        let rendered = try render(
            letter.member.entry, Mailbox(name: letter.member.entry.fullName, address: address), prepared,
            try reminder(letter, keyring), messageID: messageID, boundary: Hex.encode(random.dropFirst(8)))
        return ComposedLetter(
            id: letter.id,
            message: OutgoingMessage(
                kind: letter.kind.messageKind, messageID: messageID,
                envelopeSender: try settings.envelopeSender(of: letter.id, about: letter.convocation, keyring), recipient: address,
                bytes: rendered.bytes,
                hash: ContentHash(sha256Of: rendered.bytes), deadline: letter.sitting.draft.start))
    }

    private func reminder(_ letter: LetterToCompose, _ keyring: LinkKeyring) throws(CompositionError) -> ReminderLink? {
        guard letter.kind == .reminder else { return nil }
        guard let link = letter.link, let relayedAt = letter.relayedAt else { throw .noLink(letter.convocation) }
        return ReminderLink(
            address: "\(settings.baseURL)/r/\(keyring.token(for: link.id, purpose: .member, expires: link.expires))",
            convenedAt: relayedAt, until: settings.linkTerm(of: letter.sitting).0)
    }

    /// As `member` would get it (nil: an invented one), with a link that opens nothing.
    func preview(
        _ kind: LetterKind, of sitting: Sitting, for member: RollEntry? = nil, in language: Language, at now: Date
    ) throws(CompositionError) -> RenderedConvocation {
        let entry = member ?? ConvocationComposer.sample
        let prepared = try prepare(kind, sitting, language, cancelledAt: now, at: now)
        let link = ReminderLink(
            address: "\(settings.baseURL)/r/exemple", convenedAt: sitting.approvedAt ?? now, until: settings.linkTerm(of: sitting).0)
        let rendered = try render(
            entry, Mailbox(name: entry.fullName, address: entry.email ?? settings.clerk.address), prepared,
            kind == .reminder ? link : nil,
            messageID: prepared.frame.messageID(0, random: [UInt8](repeating: 0, count: 8)), boundary: "apercu")
        return RenderedConvocation(
            subject: rendered.subject.line, text: String(decoding: rendered.text.plain, as: UTF8.self),
            html: String(decoding: rendered.text.html, as: UTF8.self), bytes: rendered.bytes)
    }

    func prepare(
        _ kind: LetterKind, _ sitting: Sitting, _ language: Language, cancelledAt: Date?, at now: Date
    ) throws(CompositionError) -> PreparedLetter {
        let words = SittingWords(sitting: sitting, language: language, zone: settings.authority.timeZone)
        do throws(TemplateError) {
            let subject = try templates.subject(
                "mail/\(kind.rawValue)", language.rawValue, words.brief(authority: CleanText(settings.authority.name)))
            return PreparedLetter(
                kind: kind, language: language, context: LetterContext(words, settings: settings), subject: subject,
                frame: MessageFrame(.letter, settings: settings, subject: subject, language: language, thread: .later(sitting.id)),
                // A cancellation takes the sitting out of the agenda that the convocation put it into.
                calendar: kind == .cancellation ? words.cancelledCalendar(settings: settings, at: cancelledAt ?? now) : nil,
                date: MessageDate(now, in: words.zone))
        } catch {
            throw .template(error)
        }
    }

    private func render(
        _ entry: RollEntry, _ to: Mailbox, _ prepared: PreparedLetter, _ reminder: ReminderLink?, messageID: String, boundary: String
    ) throws(CompositionError) -> (subject: CleanText, text: MessageText, bytes: [UInt8]) {
        let (name, language) = ("mail/\(prepared.kind.rawValue)", prepared.language.rawValue)
        let values = prepared.context.values(for: entry, reminder)
        let text: MessageText
        do throws(TemplateError) {
            text = MessageText(
                plain: try templates.renderUTF8(name + ".txt", language: language, values),
                html: try templates.renderUTF8(name + ".html", language: language, values))
        } catch {
            throw .template(error)
        }
        do throws(SigningFault) {
            let bytes = try prepared.frame.assemble(
                date: prepared.date, to: to, messageID: messageID, text: text, calendar: prepared.calendar, boundary: boundary)
            return (prepared.subject, text, bytes)
        } catch {
            throw .signing(error)
        }
    }
}

extension ConvocationComposer {
    /// A letter as a member would get it, with a link that opens nothing.
    package func preview(
        _ kind: LetterKind, of sitting: Sitting, for member: RollEntry? = nil, in language: Language, at now: Date
    ) throws(CompositionError) -> RenderedConvocation {
        try LetterComposer(settings: settings, templates: templates).preview(kind, of: sitting, for: member, in: language, at: now)
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
