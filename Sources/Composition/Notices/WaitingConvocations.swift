import Council
import Foundation
import Store
import Templating

/// Convocations that have not left, by sitting: what an alarm about all sending is about.
struct WaitingConvocations {
    struct OfSitting {
        let words: SittingWords
        let count: Int
    }

    let sittings: [OfSitting]

    static let fields: [String: TemplateField] = [
        "isWaiting": .flag, "count": .text, "several": .flag,
        "sittings": .list(["headline": .text, "when": .text, "count": .text, "several": .flag, "lastLawfulDay": .text]),
    ]

    func values(in language: Language) -> [String: TemplateValue] {
        let count = sittings.map(\.count).reduce(0, +)
        return [
            "isWaiting": .flag(count > 0), "count": .text(String(count)), "several": .flag(count > 1),
            "sittings": .list(
                sittings.map { sitting in
                    [
                        "headline": .text(sitting.words.headline), "when": .text(sitting.words.sitting.draft.when.words(in: language)),
                        "count": .text(String(sitting.count)), "several": .flag(sitting.count > 1),
                        "lastLawfulDay": .text(sitting.words.lastLawfulDay.words(in: language)),
                    ]
                }),
        ]
    }
}

extension CompositionService {
    func waitingConvocations(at now: Date) async throws -> WaitingConvocations {
        var waiting: [WaitingConvocations.OfSitting] = []
        for sitting in try await storage.sittings().reversed() where sitting.state == .approved && sitting.draft.deadline > now {
            let count = try await storage.status(of: sitting.id).count { $0.state == .queued || $0.state == .composing }
            guard count > 0 else { continue }
            let words = SittingWords(sitting: sitting, language: settings.clerkLanguage, zone: settings.authority.timeZone)
            waiting.append(WaitingConvocations.OfSitting(words: words, count: count))
        }
        return WaitingConvocations(sittings: waiting)
    }
}
