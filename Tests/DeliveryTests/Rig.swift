import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import Synchronization
import TestSupport

/// A clock that a test moves.
final class TestClock: Sendable {
    private let time: Mutex<Date>

    init(_ start: Date = Sample.now) { time = Mutex(start) }

    var now: Date { time.withLock { $0 } }
    func advance(by seconds: TimeInterval) { time.withLock { $0 += seconds } }
    var wall: WallClock { WallClock { self.now } }
}

/// What the service logged.
final class LogBook: Sendable {
    private let kept = Mutex<[(level: Logger.Level, text: String)]>([])

    var lines: [(level: Logger.Level, text: String)] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            book.kept.withLock { $0.append((event.level, "\(event.message) \(event.metadata ?? [:])")) }
        }
    }
}

/// The delivery stage on a real store, before any relay.
struct Rig {
    let test: TestStorage
    let clock: TestClock
    let log = LogBook()
    let messages: [ComposedConvocation]
    let sitting: Sitting

    /// A sitting that is approved, its messages in the queue.
    init(members: Int = 1, clock: TestClock = TestClock()) async throws {
        test = try TestStorage()
        self.clock = clock
        sitting = try await test.approvedSitting(members: members, documents: 1)
        messages = try await test.composeAll()
    }

    static func settings(
        port: Int, host: String = "127.0.0.1", tls: RelaySettings.TLS = .none, caFile: String? = nil, user: String? = nil,
        password: String? = nil, connections: Int = 1, timeout: Duration = .seconds(20)
    ) throws -> RelaySettings {
        try RelaySettings(
            name: "relay", host: host, port: port, tls: tls, caFile: caFile,
            account: user.map { .password(user: $0, password: password ?? "", mechanism: .password) } ?? .none, connections: connections,
            heloName: "gateway.test", connectTimeout: timeout, responseTimeout: timeout)
    }

    func service(_ settings: RelaySettings, grace: Duration = .seconds(20)) -> DeliveryService {
        service(CurlCourier(settings, clock: .fixed(Sample.now)), grace: grace)
    }

    func service(_ courier: some Courier, grace: Duration = .seconds(20)) -> DeliveryService {
        DeliveryService(
            storage: test.storage, couriers: [(courier, RateLimiter())], clock: clock.wall, randomness: .system, logger: log.logger,
            grace: grace)
    }

    func status() async throws -> [ConvocationStatus] { try await test.storage.status(of: sitting.id) }

    /// How many entries of this kind the journal has for the sitting.
    func entries(_ type: FactType) async throws -> Int {
        try await test.storage.journal(matching: JournalQuery(types: [type], sitting: sitting.id)).count
    }

    func entries(_ type: FactType, of convocation: ConvocationID) async throws -> Int {
        try await test.storage.journal(matching: JournalQuery(types: [type], convocation: convocation)).count
    }
}
