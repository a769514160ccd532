package import Council
package import Foundation
package import Links
package import Store
package import Templating

/// Why one convocation or notice can't be made. The others go on.
package enum CompositionError: Error, Hashable, Sendable {
    /// To be served electronically, without an address.
    case noAddress(MemberID)
    case template(TemplateError)
    /// No address can be made of the sender's and the convocation's number.
    case sender(ConvocationID)
    /// A reminder without the convocation's link to repeat.
    case noLink(ConvocationID)
    /// A letter about an amendment that isn't there.
    case noAmendment(ConvocationID)
    /// A document to attach is missing or altered: nothing is sent without it.
    case document(DocumentStoreError)
    case signing(SigningFault)
}

/// A convocation as a member sees it.
package struct RenderedConvocation: Sendable {
    package let subject: String
    package let text: String
    package let html: String
    /// The whole message.
    package let bytes: [UInt8]

    init(_ subject: CleanText, _ text: MessageText, _ bytes: [UInt8]) {
        self.subject = subject.line
        self.text = String(decoding: text.plain, as: UTF8.self)
        html = String(decoding: text.html, as: UTF8.self)
        self.bytes = bytes
    }
}

/// Makes convocations of sittings: the same sitting, language, member, links, clock and randomness give the same bytes.
package struct ConvocationComposer: Sendable {
    let settings: CompositionSettings
    let templates: TemplateSet
    let documents: DocumentStore

    package init(settings: CompositionSettings, templates: TemplateSet, documents: DocumentStore) {
        self.settings = settings
        self.templates = templates
        self.documents = documents
    }

    /// What all members who read `language` share: made once for a batch.
    func prepare(
        _ sitting: Sitting, _ language: Language, at now: Date, _ memory: inout AttachmentMemory
    ) throws(CompositionError) -> PreparedSitting {
        let attachments = try memory.entities(of: sitting, upTo: settings.attachUpTo, from: documents)
        do throws(TemplateError) {
            return try PreparedSitting(
                sitting, language, settings: settings, templates: templates, attachments: attachments, at: now)
        } catch {
            throw .template(error)
        }
    }

    /// Makes the messages of one sitting, one after the other, without storing any: what a benchmark measures.
    package func composeAll(
        _ convocations: [ConvocationToCompose], keyring: LinkKeyring, randomness: Randomness, at now: Date,
        each: (ComposedConvocation) -> Void
    ) throws(CompositionError) {
        var memory = AttachmentMemory()
        var known: [Language: PreparedSitting] = [:]
        for convocation in convocations {
            let language = convocation.member.entry.language
            let prepared: PreparedSitting
            if let made = known[language] {
                prepared = made
            } else {
                prepared = try prepare(convocation.sitting, language, at: now, &memory)
            }
            known[language] = prepared
            each(try compose(convocation, prepared, keyring: keyring, randomness: randomness))
        }
    }

    /// Makes one convocation's message and the links in it.
    func compose(
        _ convocation: ConvocationToCompose, _ prepared: PreparedSitting, keyring: LinkKeyring, randomness: Randomness
    ) throws(CompositionError) -> ComposedConvocation {
        let entry = convocation.member.entry
        guard let address = entry.email else { throw .noAddress(convocation.member.id) }
        let documents = prepared.documents
        var random = randomness.bytes(8 * (documents.count + 2) + 8 + 12)[...]
        let expires = prepared.linksExpire
        var links: [Link] = []
        links.reserveCapacity(documents.count + 2)
        let link = { (target: Link.Target) -> String in
            let id = random.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            random = random.dropFirst(8)
            links.append(Link(id: id, target: target, sitting: convocation.sitting.id, convocation: convocation.id, expires: expires))
            return "\(settings.baseURL)/r/\(keyring.token(for: id, purpose: .member, expires: expires))"
        }
        let addresses = documents.map { link(.document($0.hash)) }
        let sitting = link(.sitting)
        let honeypot = link(.honeypot)
        let messageID = prepared.frame.messageID(convocation.id.rawValue, random: random.prefix(8))
        let bytes = try render(
            entry, Mailbox(name: entry.fullName, address: address), prepared,
            MessageLinks(documents: addresses, sitting: sitting, until: prepared.linksUntil), honeypot: honeypot, messageID: messageID,
            boundary: Hex.encode(random.dropFirst(8))
        ).bytes
        let message = OutgoingMessage(
            kind: .convocation, messageID: messageID, envelopeSender: try settings.envelopeSender(of: convocation.id, keyring),
            recipient: address, bytes: bytes,
            hash: ContentHash(sha256Of: bytes), deadline: convocation.sitting.draft.deadline)
        return ComposedConvocation(id: convocation.id, message: message, links: links)
    }

    /// A convocation as `member` would get it (nil: an invented one), with links that open nothing.
    package func preview(of sitting: Sitting, for member: RollEntry? = nil, in language: Language? = nil, at now: Date)
        throws(CompositionError) -> RenderedConvocation
    {
        let entry = member ?? Self.sample
        var memory = AttachmentMemory()
        let prepared = try prepare(sitting, language ?? member?.language ?? settings.clerkLanguage, at: now, &memory)
        let example = "\(settings.baseURL)/r/exemple"
        let links = MessageLinks(documents: prepared.documents.map { _ in example }, sitting: example, until: prepared.linksUntil)
        let messageID = prepared.frame.messageID(0, random: [UInt8](repeating: 0, count: 8))
        let rendered = try render(
            entry, Mailbox(name: entry.fullName, address: entry.email ?? settings.clerk.address), prepared, links, honeypot: example,
            messageID: messageID, boundary: "apercu")
        return RenderedConvocation(prepared.subject, rendered.text, rendered.bytes)
    }

    /// Nobody: what a preview shows where the body has no member yet.
    static let sample = RollEntry(
        civility: "Mme", familyName: "Exemple", givenName: "Camille", email: nil, bodies: [], service: .electronic, language: .french)

    private func render(
        _ entry: RollEntry, _ to: Mailbox, _ prepared: PreparedSitting, _ links: MessageLinks, honeypot: String, messageID: String,
        boundary: String
    ) throws(CompositionError) -> (text: MessageText, bytes: [UInt8]) {
        let language = prepared.language.rawValue
        var values = prepared.context.values(for: entry, links: links)
        let text: MessageText
        do throws(TemplateError) {
            let plain = try templates.renderUTF8("mail/convocation.txt", language: language, values)
            values["honeypotURL"] = .text(honeypot)
            text = MessageText(plain: plain, html: try templates.renderUTF8("mail/convocation.html", language: language, values))
        } catch {
            throw .template(error)
        }
        do throws(SigningFault) {
            let bytes = try prepared.frame.assemble(
                date: prepared.date, to: to, messageID: messageID, text: text, calendar: prepared.calendar,
                attachments: prepared.attachments, boundary: boundary)
            return (text, bytes)
        } catch {
            throw .signing(error)
        }
    }
}

/// A sitting ready to be told to many members in one language.
struct PreparedSitting: Sendable {
    let language: Language
    let context: ConvocationContext
    let subject: CleanText
    let frame: MessageFrame
    let calendar: PreparedCalendar
    let documents: [Document]
    let attachments: [Entity]
    let date: MessageDate
    let linksUntil: CivilDate
    /// The end of `linksUntil`.
    let linksExpire: Date

    init(
        _ sitting: Sitting, _ language: Language, settings: CompositionSettings, templates: TemplateSet, attachments: [Entity],
        at now: Date
    ) throws(TemplateError) {
        let zone = settings.authority.timeZone
        let words = SittingWords(sitting: sitting, language: language, zone: zone)
        self.language = language
        context = ConvocationContext(words, settings: settings)
        subject = try templates.subject(
            "mail/convocation", language.rawValue, words.brief(authority: CleanText(settings.authority.name)))
        frame = MessageFrame(
            .convocation, settings: settings, subject: subject, language: language,
            thread: sitting.draft.replaces == nil ? .first(sitting.id) : .later(sitting.family))
        calendar = words.calendar(settings: settings)
        documents = sitting.draft.documents
        self.attachments = attachments
        date = MessageDate(now, in: zone)
        (linksUntil, linksExpire) = settings.linkTerm(of: sitting)
    }
}

extension CompositionSettings {
    /// The last day on which a sitting's links open, and the instant at which they no longer do.
    func linkTerm(of sitting: Sitting) -> (CivilDate, Date) {
        let last = sitting.draft.when.date.adding(days: linkDaysAfterSitting)
        return (last, last.adding(days: 1).start(in: authority.timeZone))
    }
}
