import Council
import Foundation
import Logging
import Store
import Templating

/// The values of `mail/alarm-refused.*`: a relay refuses the mails to the clerk; why, since when, and how long they are tried.
struct RefusedMailContext {
    /// To one recipient; one at least.
    let mails: [RefusedMail]
    let settings: CompositionSettings
    let language: Language

    static let fields: [String: TemplateField] = [
        "authority": .text, "address": .text, "several": .flag, "count": .text, "since": .text, "relay": .text, "reply": .text,
        "isTried": .flag, "until": .text,
    ]

    func values() -> [String: TemplateValue] {
        let zone = settings.authority.timeZone
        let since = mails.map(\.since).min() ?? .distantPast
        let last = mails.last
        return [
            "authority": .text(CleanText(settings.authority.name).line), "address": .text(last?.recipient.description ?? ""),
            "several": .flag(mails.count > 1), "count": .text(String(mails.count)),
            "since": .text(CivilDateTime(of: since, in: zone).words(in: language)), "relay": .text(last?.relay ?? ""),
            "reply": .text(CleanText(last?.reply ?? "").line), "isTried": .flag(mails.contains { $0.nextTry != nil }),
            "until": .text(CivilDateTime(of: since + RefusedMail.patience, in: zone).words(in: language)),
        ]
    }
}

extension CompositionService {
    /// A mail about mails, to another address than theirs: to whoever mends the service. Where that is who doesn't get them, nobody is
    /// mailed, so that no mail is about itself.
    func composeRefused() async throws -> Int {
        guard let contact = settings.technicalContact else { return 0 }
        let now = clock.now()
        let aside = await faults.aside(at: now)
        var total = 0
        for (recipient, mails) in Dictionary(grouping: try await storage.refusedMailsToTell(at: now), by: \.recipient.key) {
            guard let first = mails.first, !aside.contains(.refused(first.id)) else { continue }
            var messages: [OutgoingMessage] = []
            do throws(CompositionError) {
                if recipient != contact.key {
                    let composer = NoticeComposer(
                        settings: settings, templates: templates, keyring: keyring(), randomness: randomness, now: now)
                    messages = [try composer.refused(mails, to: Mailbox(name: "", address: contact)).message]
                }
            } catch {
                let (_, until) = await faults.add(.refused(first.id), at: now)
                logger.error(
                    "the mail on what the clerk doesn't get can't be composed", metadata: ["fault": "\(error)", "again": "\(until)"])
                continue
            }
            try await storage.tell(mails, with: messages, at: now)
            total += messages.count
        }
        return total
    }
}
