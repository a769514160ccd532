import Council
import Foundation
import Store
import Templating

/// Makes copies for information: the same text, notes and language for all but the salutation.
struct CopyComposer {
    let settings: CompositionSettings
    let templates: TemplateSet
    let documents: DocumentStore

    func prepare(
        _ sitting: Sitting, _ kind: CopyKind, _ language: Language, at now: Date, _ memory: inout AttachmentMemory
    ) throws(CompositionError) -> PreparedCopy {
        let attachments = kind == .information ? try memory.entities(of: sitting, upTo: settings.attachUpTo, from: documents) : []
        let words = SittingWords(sitting: sitting, language: language, zone: settings.authority.timeZone)
        var brief = words.brief(authority: CleanText(settings.authority.name))
        brief["isCancelled"] = .flag(kind == .cancellation)
        do throws(TemplateError) {
            let subject = try templates.subject("mail/copy", language.rawValue, brief)
            let isFirst = kind == .information && sitting.draft.replaces == nil
            return PreparedCopy(
                language: language, subject: subject, context: CopyContext(words, kind, settings: settings),
                frame: MessageFrame(
                    .copy, settings: settings, subject: subject, language: language,
                    thread: isFirst ? .first(sitting.id) : .later(sitting.family)),
                attachments: attachments, date: MessageDate(now, in: words.zone), deadline: sitting.draft.start)
        } catch {
            throw .template(error)
        }
    }

    func compose(_ copy: CopyToCompose, _ prepared: PreparedCopy, randomness: Randomness) throws(CompositionError) -> ComposedCopy {
        let random = randomness.bytes(8 + 12)
        let messageID = prepared.frame.messageID(copy.id.rawValue, random: random.prefix(8))
        let (_, bytes) = try render(copy.recipient, prepared, messageID: messageID, boundary: Hex.encode(random.dropFirst(8)))
        return ComposedCopy(
            id: copy.id,
            message: OutgoingMessage(
                kind: .copy, messageID: messageID, envelopeSender: settings.envelopeSender, recipient: copy.recipient.email, bytes: bytes,
                hash: ContentHash(sha256Of: bytes), deadline: prepared.deadline))
    }

    private func render(
        _ reader: CopyEntry, _ prepared: PreparedCopy, messageID: String, boundary: String
    ) throws(CompositionError) -> (MessageText, [UInt8]) {
        let text = try templates.text("mail/copy", prepared.language, prepared.context.values(for: reader))
        do throws(SigningFault) {
            let bytes = try prepared.frame.assemble(
                date: prepared.date, to: Mailbox(name: reader.fullName, address: reader.email), messageID: messageID, text: text,
                attachments: prepared.attachments, boundary: boundary)
            return (text, bytes)
        } catch {
            throw .signing(error)
        }
    }

    /// As an invented councillor would get it.
    func preview(_ kind: CopyKind, of sitting: Sitting, in language: Language, at now: Date) throws(CompositionError) -> RenderedConvocation
    {
        var memory = AttachmentMemory()
        let prepared = try prepare(sitting, kind, language, at: now, &memory)
        let sample = ConvocationComposer.sample
        let reader = CopyEntry(
            civility: sample.civility, familyName: sample.familyName, givenName: sample.givenName, email: settings.clerk.address,
            commune: "Exemple-sur-Mer", bodies: [], language: language)
        let (text, bytes) = try render(
            reader, prepared, messageID: prepared.frame.messageID(0, random: [UInt8](repeating: 0, count: 8)), boundary: "apercu")
        return RenderedConvocation(prepared.subject, text, bytes)
    }
}

/// Copies of one kind about a sitting, ready to be told to many readers in one language.
struct PreparedCopy {
    let language: Language
    let subject: CleanText
    let context: CopyContext
    let frame: MessageFrame
    let attachments: [Entity]
    let date: MessageDate
    let deadline: Date
}
