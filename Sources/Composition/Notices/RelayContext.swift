import Council
import Foundation
import Logging
import Store
import Templating

/// The values of `mail/alarm-relay.*`: a relay takes nothing; why, who is waiting, and until when there is time.
struct RelayContext {
    let trouble: RelayTrouble
    let waiting: [Waiting]
    let settings: CompositionSettings
    let language: Language

    /// A sitting with convocations that have not left.
    struct Waiting {
        let words: SittingWords
        let count: Int
    }

    static let fields: [String: TemplateField] = [
        "authority": .text, "relay": .text, "reply": .text, "since": .text, "authentication": .flag, "sender": .flag, "tls": .flag,
        "certificate": .flag, "refusal": .flag, "unreachable": .flag, "busy": .flag, "isWaiting": .flag, "count": .text, "several": .flag,
        "sittings": .list(["headline": .text, "when": .text, "count": .text, "several": .flag, "lastLawfulDay": .text]),
    ]

    func values() -> [String: TemplateValue] {
        let count = waiting.map(\.count).reduce(0, +)
        let zone = settings.authority.timeZone
        let since = CivilDateTime(of: trouble.since, in: zone)
        var values: [String: TemplateValue] = [
            "authority": .text(CleanText(settings.authority.name).line), "relay": .text(trouble.relay),
            "reply": .text(CleanText(trouble.reply).line),
            "since": .text(since.words(in: language)), "isWaiting": .flag(count > 0), "count": .text(String(count)),
            "several": .flag(count > 1),
            "sittings": .list(
                waiting.map { sitting in
                    [
                        "headline": .text(sitting.words.headline), "when": .text(sitting.words.sitting.draft.when.words(in: language)),
                        "count": .text(String(sitting.count)), "several": .flag(sitting.count > 1),
                        "lastLawfulDay": .text(sitting.words.lastLawfulDay.words(in: language)),
                    ]
                }),
        ]
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
            let waiting = try await waiting(at: now)
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

    private func waiting(at now: Date) async throws -> [RelayContext.Waiting] {
        var waiting: [RelayContext.Waiting] = []
        for sitting in try await storage.sittings().reversed() where sitting.state == .approved && sitting.draft.deadline > now {
            let count = try await storage.status(of: sitting.id).count { $0.state == .queued || $0.state == .composing }
            guard count > 0 else { continue }
            let words = SittingWords(sitting: sitting, language: settings.clerkLanguage, zone: settings.authority.timeZone)
            waiting.append(RelayContext.Waiting(words: words, count: count))
        }
        return waiting
    }
}
