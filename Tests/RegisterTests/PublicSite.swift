import Council
import Curl
import DefaultFiles
import Foundation
import Hummingbird
import Ledger
import Logging
import Register
import Store
import Synchronization
import Templating
import TestSupport
import Testing

/// A real store with sittings in every state, and the register in front of it on a free port of loopback.
final class PublicSite: Sendable {
    let store: TestStorage
    let ledger: TemporaryFolder
    private let instant = Mutex(Sample.now)

    static let verifierKey = "registre.aurence.example+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let secretTitle = "Rachat du terrain Vaucourt"

    init() throws {
        store = try TestStorage()
        ledger = try TemporaryFolder()
        try ledger.write(Self.verifierKey + "\n", to: "vkey")
    }

    var now: Date { instant.withLock { $0 } }
    func set(_ new: Date) { instant.withLock { $0 = new } }

    static func templates() throws -> TemplateSet {
        try TemplateSet(folder: DefaultFiles.folder, languages: ["fr", "en"], schemas: RegisterTemplates.schemas)
    }

    /// A sitting of the council, with a document that nobody outside may know of.
    func draft(day: String, documents: Int = 3, secret: Bool = true, urgencyReason: String? = nil) throws -> SittingDraft {
        var all = try store.makeDocuments(documents)
        if secret {
            let bytes = Array("%PDF-1.7\n% secret of \(day) \(ledger.url.lastPathComponent)\n%%EOF\n".utf8)
            let (hash, size) = try store.documents.add(bytes)
            all.append(
                Document(
                    hash: hash, size: size, fileName: "09 \(Self.secretTitle).pdf", title: Self.secretTitle, mediaType: "application/pdf",
                    role: .item, item: 9, label: "09", confidential: true))
        }
        return Sample.draft(documents: all, day: day, urgencyReason: urgencyReason)
    }

    /// Convenes `members`, sends to all, and has some acknowledge. Answers the sitting.
    @discardableResult
    func convene(day: String, members: Int = 20, documents: Int = 3, opened: Int = 4, urgencyReason: String? = nil) async throws -> Sitting
    {
        let storage = store.storage
        _ = try await storage.replaceRoll(with: Sample.roll(members), source: Sample.hash("membres.csv"), at: now)
        let submitted = try await storage.submit(try draft(day: day, documents: documents, urgencyReason: urgencyReason), at: now).sitting
        _ = try await storage.approve(submitted.id, revision: submitted.revision, by: "test", at: now)
        let composed = try await store.composeAll(at: now)
        try await store.relayAll(at: now)
        for convocation in composed.prefix(opened) {
            _ = try await storage.record(
                Access(link: Sample.linkID(convocation.id, 1), at: now.addingTimeInterval(60), grade: .person, signals: [], document: nil))
        }
        return submitted
    }

    /// Publishes the journal as the ledger's writer does: the bundles, a checkpoint, and the checkpoint of record.
    func publish() async throws {
        let size = try await store.storage.journalSize()
        let rows = try await store.storage.journal(from: 0, limit: Int(size))
        for start in stride(from: 0, to: rows.count, by: 256) {
            let part = rows[start..<min(rows.count, start + 256)]
            let tile = try #require(Tile(.entries, index: UInt64(start / 256), width: part.count))
            try ledger.write(try part.flatMap { try EntryBundle.encode($0.leaf) }, to: tile.path)
        }
        let root = Data(Sample.hash("root \(size)").bytes).base64EncodedString()
        let signature = Data([UInt8](repeating: 7, count: 68)).base64EncodedString()
        let note = "registre.aurence.example\n\(size)\n\(root)\n\n— registre.aurence.example \(signature)\n"
        try ledger.write(note, to: "checkpoint")
        let old = try await store.storage.checkpoint()
        let swapped = try await store.storage.replaceCheckpoint(old, with: StoredCheckpoint(size: size, note: Array(note.utf8)))
        #expect(swapped)
    }

    /// Runs the server for as long as `body` runs.
    func serve<T: Sendable>(
        freshness: Duration = .zero, reading storage: (any RegisterReading)? = nil, _ body: @Sendable (Reader) async throws -> T
    ) async throws -> T {
        let settings = RegisterSettings(
            authority: Sample.authority, baseURL: try #require(URL(string: "https://registre.aurence.example/")), ledgerFolder: ledger.url,
            verifierKey: Self.verifierKey,
            verifierPage: Array(try Data(contentsOf: Tool.repository.appendingPathComponent("Templates/proof/VERIFIER.html"))),
            freshness: freshness)
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let routes = RegisterRoutes(
            settings: settings, storage: storage ?? store.storage, templates: try Self.templates(), clock: WallClock { self.now },
            logger: silent)
        let router = Router()
        routes.add(to: router)
        let (ports, opened) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in opened.yield(channel.localAddress?.port ?? 0) }, logger: silent)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { opened.finish() }
                do { try await application.run() } catch is CancellationError {}
            }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else {
                try await group.waitForAll()
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await body(Reader(port: port))
        }
    }
}

/// Anyone, with a program that speaks HTTP.
struct Reader: Sendable {
    let port: Int
    let client = HTTPClient(HTTPClient.Settings(answerLimit: 64 << 20, threads: 16))

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPClient.Answer {
        try await client.get("http://127.0.0.1:\(port)" + path, headers: headers.map { HTTPClient.Header($0.key, $0.value) })
    }

    func head(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPClient.Answer {
        try await client.perform(
            HTTPClient.Request(.head, "http://127.0.0.1:\(port)" + path, headers: headers.map { HTTPClient.Header($0.key, $0.value) }))
    }

    /// Every page that can be reached from `paths` over links, with its answer.
    func crawl(_ paths: [String]) async throws -> [String: HTTPClient.Answer] {
        var found: [String: HTTPClient.Answer] = [:]
        var waiting = paths
        while let path = waiting.popLast() {
            guard found[path] == nil else { continue }
            let answer = try await get(path)
            found[path] = answer
            guard answer.header("Content-Type")?.hasPrefix("text/html") == true else { continue }
            waiting += answer.text.matches(of: #/ (?:href|action|src)="(/[^"#]*)"/#).map { String($0.1).replacing("&amp;", with: "&") }
        }
        return found
    }
}

extension HTTPClient.Answer {
    /// As a person reads it: without tags, with spaces as one.
    var words: String {
        text.replacing(#/<style>.*?</style>/#.dotMatchesNewlines(), with: " ").replacing(#/<[^>]*>/#, with: " ")
            .replacing("&#39;", with: "'").replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
