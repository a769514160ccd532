import Council
import Foundation
import Store
import Synchronization
import TestSupport

/// Composes, sends and takes clicks at once, as the service does, until it kills itself.
struct Service {
    let folder: URL
    let seed: UInt64
    /// The kill comes up to 20 ms after this many lines.
    let lines: UInt64

    func run() async throws {
        let lock = try DataFolderLock(folder: folder)
        let storage = try TestStorage.open(folder)
        let recovered = try await storage.recoverLeases(at: Sample.now, policy: .resend)
        Probe.say("ready \(recovered)")
        let links = try await Links(storage).all
        let death = Death(seed: seed, lines: lines)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await compose(storage, death) }
            group.addTask { try await deliver(storage, death) }
            for clicker in 0..<8 {
                group.addTask { try await click(links, SeededGenerator(seed: seed &+ UInt64(clicker)), storage, death) }
            }
            try await group.waitForAll()
        }
        withExtendedLifetime(lock) {}
    }

    private func compose(_ storage: any Storage, _ death: Death) async throws {
        while true {
            let some = try await storage.convocationsToCompose(limit: 7).map { Sample.composed($0, at: Sample.now) }
            if some.isEmpty { return }
            try await storage.store(some, at: Sample.now)
            for convocation in some { death.say("composed \(convocation.id) \(convocation.message.hash)") }
        }
    }

    private func deliver(_ storage: any Storage, _ death: Death) async throws {
        var generator = SeededGenerator(seed: seed)
        while true {
            let leased = try await storage.lease(limit: 5, at: Sample.now)
            if leased.isEmpty { await storage.awaitWork(.delivery, timeout: .milliseconds(50)) }
            var outcomes: [DeliveryOutcome] = []
            for message in leased {
                death.say("sending \(message.id) \(message.attempt) \(message.message.hash)")
                let results: [DeliveryOutcome.Result] = [
                    .accepted, .accepted, .deferred(retryAt: Sample.now), .unknown(retryAt: Sample.now),
                ]
                outcomes.append(Sample.outcome(of: message, results[Int.random(in: 0..<4, using: &generator)], at: Sample.now))
            }
            try await storage.record(outcomes)
            for outcome in outcomes { death.say("outcome \(outcome.id) \(outcome.attempt) \(outcome.result.name)") }
        }
    }

    private func click(_ links: [UInt64], _ seeded: SeededGenerator, _ storage: any Storage, _ death: Death) async throws {
        var generator = seeded
        let grades: [Grade] = [.robot, .person, .confirmed]
        while true {
            guard let link = links.randomElement(using: &generator), let grade = grades.randomElement(using: &generator) else { return }
            do {
                let result = try await storage.record(Access(link: link, at: Sample.now, grade: grade, signals: [], document: nil))
                death.say("access \(link) \(grade.rawValue) \(result == .recorded ? "recorded" : "repeated")")
            } catch StorageError.noSuchLink {
                // Its convocation is not composed yet.
            }
        }
    }
}

extension DeliveryOutcome.Result {
    fileprivate var name: String {
        switch self {
        case .accepted: "accepted"
        case .deferred: "deferred"
        case .refused: "refused"
        case .unknown: "unknown"
        case .postponed: "postponed"
        }
    }
}

/// Counts lines, and kills the process from a thread of its own at a moment that has nothing to do with them.
final class Death: Sendable {
    private let left: Mutex<UInt64>
    private let delay: Double

    init(seed: UInt64, lines: UInt64) {
        var generator = SeededGenerator(seed: ~seed)
        left = Mutex(lines)
        delay = Double.random(in: 0..<0.02, using: &generator)
    }

    func say(_ text: String) {
        Probe.say(text)
        let isTime = left.withLock { left in
            left -= left > 0 ? 1 : 0
            return left == 0
        }
        guard isTime else { return }
        let delay = delay
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: delay)
            kill(getpid(), SIGKILL)
        }
    }
}
