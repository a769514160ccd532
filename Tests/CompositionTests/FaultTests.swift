import Composition
import Council
import Foundation
import Links
import Logging
import ServiceLifecycle
import Store
import Synchronization
import Templating
import TestSupport
import Testing

@Suite("A fault while composing")
struct FaultTests {
    /// Random bytes in which the convocations `repeating` (counted as they are made) get what the one before got: link numbers
    /// that are taken, so that the storage refuses them.
    func randomness(repeating: Set<Int>) -> Randomness {
        let generator = Generator(1)
        let state = Mutex<(made: Int, last: [UInt8])>((0, []))
        return Randomness { count in
            // The clerk's mails ask for less at a time.
            if count < 64 { return generator.bytes(count) }
            return state.withLock { state in
                state.made += 1
                if !repeating.contains(state.made) { state.last = generator.bytes(count) }
                return state.last
            }
        }
    }

    func service(_ test: TestStorage, _ clock: SharedClock, _ logs: LogLines, repeating: Set<Int>) throws -> CompositionService {
        let keyring = try Fixture.keyring()
        return CompositionService(
            settings: Fixture.settings(), storage: test.storage, documents: test.documents, keyring: { keyring },
            templates: try Fixture.templates(),
            clock: clock.wall,
            randomness: randomness(repeating: repeating), logger: logs.logger)
    }

    func approved(_ test: TestStorage) async throws {
        _ = try await test.storage.replaceRoll(with: Sample.roll(6), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await test.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await test.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
    }

    @Test func `of one convocation doesn't hold up the others, and is made good a minute later`() async throws {
        let test = try TestStorage()
        let (clock, logs) = (SharedClock(Fixture.now), LogLines())
        let service = try service(test, clock, logs, repeating: [4])
        try await approved(test)
        // Five of six, and the preview.
        #expect(try await service.composePending() == 6)
        #expect(try await test.storage.convocationsToCompose(limit: 10).count == 1)
        #expect(try await service.composePending() == 0)
        #expect(logs.count("can't be composed") == 1)
        clock.advance(by: 61)
        #expect(try await service.composePending() == 1)
        #expect(try await test.storage.convocationsToCompose(limit: 10).isEmpty)
        #expect(try await test.storage.lease(limit: 100, at: clock.wall.now()).filter { $0.message.kind == .alarm }.isEmpty)
    }

    @Test func `that comes again is told to the clerk, once, and waited out longer and longer`() async throws {
        let test = try TestStorage()
        let (clock, logs) = (SharedClock(Fixture.now), LogLines())
        // The last of six, and each attempt at it afterwards.
        let service = try service(test, clock, logs, repeating: Set(6...200))
        try await approved(test)
        try await service.composePending()
        let waiting = try await test.storage.convocationsToCompose(limit: 10)
        try #require(waiting.count == 1)
        for (seconds, faults) in [(30.0, 1), (31, 2), (61, 2), (60, 3), (200, 3), (41, 4)] {
            clock.advance(by: seconds)
            try await service.composePending()
            #expect(logs.count("can't be composed") == faults, "after \(seconds) s more")
        }
        let alarms = try await test.storage.lease(limit: 100, at: clock.wall.now()).map(\.message).filter { $0.kind == .alarm }
        #expect(alarms.count == 1)
        let name = waiting[0].member.entry.fullName
        #expect(try Judge.message(try #require(alarms.first).bytes).text?.contains("- \(name), ") == true)
    }

    @Test func `the service composes what appears while it runs, and ends on graceful shutdown`() async throws {
        let test = try TestStorage()
        let keyring = try Fixture.keyring()
        let service = CompositionService(
            settings: Fixture.settings(), storage: test.storage, documents: test.documents, keyring: { keyring },
            templates: try Fixture.templates(),
            clock: .fixed(Fixture.now), randomness: Fixture.randomness(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            _ = try await test.approvedSitting(members: 4)
            let end = ContinuousClock.now + .seconds(240)
            while try await test.storage.queueCounts()[.ready] != 5, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await test.storage.queueCounts()[.ready] == 5)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// A clock that a test moves.
final class SharedClock: Sendable {
    private let instant: Mutex<Date>

    init(_ now: Date) { instant = Mutex(now) }

    var wall: WallClock { WallClock { self.instant.withLock { $0 } } }

    func advance(by seconds: TimeInterval) { instant.withLock { $0 += seconds } }
}

/// Counts log lines.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    func count(_ words: String) -> Int { lines.withLock { $0.filter { $0.contains(words) }.count } }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.message)") }
    }
}
