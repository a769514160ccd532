import Council
import Foundation
import Logging
import Store
import Templating

/// The values of `mail/alarm-relay.*`: a relay takes nothing; why, who is waiting, and until when there is time.
struct RelayContext {
    let trouble: RelayTrouble
    let waiting: WaitingConvocations
    let settings: CompositionSettings
    let language: Language

    static let fields: [String: TemplateField] = [
        "authority": .text, "relay": .text, "reply": .text, "since": .text, "authentication": .flag, "sender": .flag, "tls": .flag,
        "certificate": .flag, "refusal": .flag, "unreachable": .flag, "busy": .flag,
    ].merging(WaitingConvocations.fields) { $1 }

    func values() -> [String: TemplateValue] {
        let zone = settings.authority.timeZone
        let since = CivilDateTime(of: trouble.since, in: zone)
        var values: [String: TemplateValue] = [
            "authority": .text(CleanText(settings.authority.name).line), "relay": .text(trouble.relay),
            "reply": .text(CleanText(trouble.reply).line),
            "since": .text(since.words(in: language)),
        ].merging(waiting.values(in: language)) { $1 }
        for cause in RelayTrouble.Cause.allCases { values[cause.rawValue] = .flag(trouble.cause == cause) }
        return values
    }
}

extension CompositionService {
    /// Mails on relays that take nothing, which go by another.
    func composeTroubles() async throws -> Int {
        var total = 0
        for trouble in try await storage.troublesToTell() {
            let now = clock.now()
            guard await !faults.aside(at: now).contains(.trouble(trouble.id)) else { continue }
            let waiting = try await waitingConvocations(at: now)
            let messages: [OutgoingMessage]
            do throws(CompositionError) {
                let composer = NoticeComposer(
                    settings: settings, templates: templates, keyring: keyring(), randomness: randomness, now: now)
                messages = try composer.relay(trouble, waiting)
            } catch {
                let (_, until) = await faults.add(.trouble(trouble.id), at: now)
                logger.error(
                    "the mail on a relay's trouble can't be composed",
                    metadata: ["relay": "\(trouble.relay)", "fault": "\(error)", "again": "\(until)"])
                continue
            }
            try await storage.tell(trouble, with: messages, at: now)
            total += messages.count
        }
        return total
    }
}
