import Council
import Foundation
import Logging
import Store
import Templating

/// The values of `mail/alarm-clock.*`: the clock is behind the journal, so nothing is approved or sent; who is waiting.
struct ClockContext {
    let now: Date
    let newest: Date
    let waiting: WaitingConvocations
    let settings: CompositionSettings
    let language: Language

    static let fields: [String: TemplateField] = ["authority": .text, "now": .text, "newest": .text]
        .merging(WaitingConvocations.fields) { $1 }

    func values() -> [String: TemplateValue] {
        let zone = settings.authority.timeZone
        return [
            "authority": .text(CleanText(settings.authority.name).line),
            "now": .text(CivilDateTime(of: now, in: zone).words(in: language)),
            "newest": .text(CivilDateTime(of: newest, in: zone).words(in: language)),
        ].merging(waiting.values(in: language)) { $1 }
    }
}

extension CompositionService {
    /// So long is a clock that stays wrong not told again.
    private static let repetition: TimeInterval = 86_400

    /// By its own account no day passes and no deadline comes: so people must be told, by what still leaves.
    func composeClock() async throws -> Int {
        let now = clock.now()
        guard let newest = try await storage.newestTime(), ClockRule.isBehind(now, newest: newest) else { return 0 }
        if let told = try await storage.clockAlarm(behind: newest), abs(now.timeIntervalSince(told)) < Self.repetition { return 0 }
        guard await !faults.aside(at: now).contains(.clock) else { return 0 }
        let waiting = try await waitingConvocations(at: now)
        let messages: [OutgoingMessage]
        do throws(CompositionError) {
            let composer = NoticeComposer(settings: settings, templates: templates, keyring: keyring(), randomness: randomness, now: now)
            messages = try composer.clock(behind: newest, waiting)
        } catch {
            let (_, until) = await faults.add(.clock, at: now)
            logger.error("the mail on the clock can't be composed", metadata: ["fault": "\(error)", "again": "\(until)"])
            return 0
        }
        try await storage.tellClock(behind: newest, with: messages, at: now)
        return messages.count
    }
}
