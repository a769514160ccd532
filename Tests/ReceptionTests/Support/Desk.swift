import Council
import Curl
import DefaultFiles
import Foundation
import Hummingbird
import Links
import Logging
import Reception
import Store
import Synchronization
import Templating
import TestSupport

/// A clock that the test sets forward.
final class TestClock: Sendable {
    private let instant: Mutex<Date>

    init(_ instant: Date) { self.instant = Mutex(instant) }

    var now: Date { instant.withLock { $0 } }
    var wall: WallClock { WallClock { self.now } }

    func advance(by seconds: TimeInterval) { instant.withLock { $0 += seconds } }
    func set(_ new: Date) { instant.withLock { $0 = new } }
}

/// A real store behind a real server on loopback: convocations that a relay took an hour ago, and their links.
final class Desk: Sendable {
    let store: TestStorage
    let watched: WatchedStorage
    let clock: TestClock
    let keyring: LinkKeyring
    let log: LogLines

    init() throws {
        store = try TestStorage()
        watched = WatchedStorage(store.storage)
        clock = TestClock(Sample.now)
        keyring = try LinkKeyring.fresh(at: Sample.now) { (0..<$0).map { UInt8(truncatingIfNeeded: $0 &* 7) } }
        log = LogLines()
    }

    static func settings(_ policy: ReceiptPolicy = .adaptive) -> ReceptionSettings {
        ReceptionSettings(
            policy: policy, timeZone: Sample.zone, authorityName: Sample.authority.name, contact: Sample.email("assemblees@aurence.example")
        )
    }

    static func templates() throws -> TemplateSet {
        try TemplateSet(folder: DefaultFiles.folder, languages: ["fr", "en"], schemas: ReceptionTemplates.schemas)
    }

    func routes(_ settings: ReceptionSettings, _ keyring: LinkKeyring) throws -> ReceptionRoutes {
        return try ReceptionRoutes(
            settings: settings, storage: watched, documents: store.documents, keyring: { keyring }, templates: Desk.templates(),
            clock: clock.wall, randomness: .system, logger: log.logger)
    }

    /// Approves, composes and relays a sitting, then lets an hour pass.
    func convene(members: Int = 5, documents: Int = 3) async throws -> [ComposedConvocation] {
        _ = try await store.approvedSitting(members: members, documents: documents)
        let composed = try await store.composeAll()
        try await store.relayAll()
        clock.advance(by: 3600)
        return composed
    }

    /// The path of the n-th link of a convocation: its documents in order, then the sitting's page, then the honeypot.
    func path(_ convocation: ComposedConvocation, _ number: Int) -> String {
        let link = convocation.links[number]
        return "/r/" + keyring.token(for: link.id, purpose: .member, expires: link.expires)
    }

    /// A clerk's link to a sitting, stored as the preview's message would.
    func clerkPath(_ target: Link.Target, _ sitting: Sitting) async throws -> String {
        let id = Sample.hash("clerk \(target) \(sitting.id)").bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let expires = sitting.draft.start.addingTimeInterval(365 * 86_400)
        let link = Link(id: id, target: target, sitting: sitting.id, convocation: nil, expires: expires)
        let notices = try await store.storage.noticesToCompose(limit: 10)
        if let notice = notices.first {
            try await store.storage.close(notice.id, with: [], links: [link], at: clock.now)
        } else {
            try await store.storage.post(.preview(sitting: sitting.id, revision: sitting.revision), at: clock.now)
            return try await clerkPath(target, sitting)
        }
        return "/suivi/" + keyring.token(for: id, purpose: .clerk, expires: expires)
    }

    func facts(_ types: FactType...) async throws -> Int {
        try await store.storage.journal(matching: JournalQuery(types: Set(types))).count
    }

    /// Runs the server on a port of the system's choice for as long as `body` runs.
    func serve<T: Sendable>(
        _ settings: ReceptionSettings = Desk.settings(), keyring: LinkKeyring? = nil, _ body: @Sendable (Visitor) async throws -> T
    ) async throws -> T {
        let routes = try routes(settings, keyring ?? self.keyring)
        let router = Router()
        router.add(middleware: NotFoundPage(routes))
        routes.add(to: router)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) }, logger: log.logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { port.finish() }
                do { try await application.run() } catch is CancellationError {}
            }
            var iterator = ports.makeAsyncIterator()
            guard let number = await iterator.next() else {
                try await group.waitForAll()
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await body(Visitor(base: "http://127.0.0.1:\(number)"))
        }
    }
}

/// Somebody's browser, or a program that is none.
struct Visitor: Sendable {
    let base: String
    let client = HTTPClient(HTTPClient.Settings(answerLimit: 64 << 20, threads: 16))

    static let browser: [String: String] = [
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5",
        "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none",
    ]
    static let scanner = browser.merging(["User-Agent": "Mozilla/5.0 (compatible; ProofpointURLDefense)"]) { $1 }

    func get(_ path: String, _ headers: [String: String] = browser) async throws -> HTTPClient.Answer {
        try await client.get(base + path, headers: headers.map { HTTPClient.Header($0.key, $0.value) })
    }

    func head(_ path: String, _ headers: [String: String] = browser) async throws -> HTTPClient.Answer {
        try await client.perform(HTTPClient.Request(.head, base + path, headers: headers.map { HTTPClient.Header($0.key, $0.value) }))
    }

    func post(_ path: String, _ fields: [String: String], _ headers: [String: String] = browser) async throws -> HTTPClient.Answer {
        let body = fields.map { "\($0.key)=\($0.value.replacing(" ", with: "+"))" }.joined(separator: "&")
        return try await post(path, body: Array(body.utf8), headers)
    }

    func post(_ path: String, body: [UInt8], _ headers: [String: String] = browser) async throws -> HTTPClient.Answer {
        let headers = headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { old, _ in old }
        return try await client.post(base + path, headers: headers.map { HTTPClient.Header($0.key, $0.value) }, body: body)
    }
}

/// Runs a program on a thread of its own: waiting for it on one of the few that carry Swift's tasks could stop the server
/// which that program talks to.
func runAside(_ program: String, _ arguments: [String]) async throws -> ToolResult {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try Tool.run(program, arguments) }) }
    }
}

extension HTTPClient.Answer {
    var location: String? { header("Location") }

    /// The hidden field of the page's first form.
    var form: String? {
        guard let start = text.firstRange(of: "name=\"form\" value=\"") else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }
}

/// What was logged, to look for secrets in it.
final class LogLines: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in self } }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
