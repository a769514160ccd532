import Council
import Curl
import Foundation
import Ledger
import Logging
import Notary
import Synchronization
import TestSupport

/// What several suites stand on.
enum Fixtures {
    /// One real timestamp authority for all suites; it ends with the test process.
    static let authority = Result { try TimestampAuthority() }

    static let http = HTTPClient(.init(connectTimeout: .seconds(5), timeout: .seconds(30), answerLimit: 65_536, proxy: .none))
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func bytes(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    static func settings(
        of authority: TimestampAuthority, path: String = "", name: String = "essai", policy: String? = nil, caFile: URL? = nil
    ) -> AnchorSettings.TimestampAuthority {
        AnchorSettings.TimestampAuthority(
            name: name, url: authority.url(path), caFile: caFile ?? authority.authorities, policy: policy)
    }
}

extension SeededGenerator {
    /// `bytes` with a few of them changed, removed, repeated, or all cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...Int.random(in: 0...3, using: &self) where !result.isEmpty {
            let place = Int.random(in: 0..<result.count, using: &self)
            switch Int.random(in: 0...4, using: &self) {
            case 0: result[place] = UInt8.random(in: 0 ... .max, using: &self)
            case 1: result[place] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: result.removeSubrange(place..<min(result.count, place + Int.random(in: 1...8, using: &self)))
            case 3: result.insert(contentsOf: result[place..<min(result.count, place + Int.random(in: 1...40, using: &self))], at: place)
            default: result.removeSubrange(place...)
            }
        }
        return result
    }
}

/// A clock that tests set.
final class SetClock: Sendable {
    private let instant: Mutex<Date>
    private let began: ContinuousClock.Instant?

    /// `runs`: it goes on from there, as it must beside another program's; else it stands until it is set.
    init(_ start: Date, runs: Bool = false) {
        instant = Mutex(start)
        began = runs ? .now : nil
    }

    var wall: WallClock { WallClock { self.instant.withLock { $0 + (self.began.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0) } } }
    func advance(_ seconds: TimeInterval) { instant.withLock { $0 += seconds } }
}

/// A real ledger in a folder: storage, sequencer, public files.
struct AnchorFixture {
    let data: TestStorage
    let key: NoteSigningKey
    let sequencer: Sequencer
    let clock = SetClock(Sample.now)

    /// Its clock shows the sample's day, the authority's the real one: held against each other only where a test `comparesClocks`.
    private let comparesClocks: Bool

    init(comparesClocks: Bool = false) throws {
        self.comparesClocks = comparesClocks
        data = try TestStorage()
        key = try NoteSigningKey(name: "convocations.aurence.example/ledger", seed: [UInt8](repeating: 42, count: 32))
        sequencer = Sequencer(
            storage: data.storage, publicFolder: data.folder["ledger"], key: key, logger: Fixtures.logger)
    }

    var ledger: URL { data.folder["ledger"] }

    func anchored(_ size: UInt64, _ name: String) -> URL { ledger.appendingPathComponent("anchors/\(size)/\(name)") }

    /// Signs what the journal holds; the checkpoint's size.
    @discardableResult
    func publish() async throws -> UInt64 {
        guard let checkpoint = try await sequencer.publishPending() else { throw NothingToPublish() }
        return checkpoint.size
    }

    struct NothingToPublish: Error {}

    func settings(
        authorities: [AnchorSettings.TimestampAuthority] = [], calendars: [String] = [], interval: Duration = .seconds(600),
        node: AnchorSettings.Node? = nil
    ) -> AnchorSettings {
        var settings = AnchorSettings(
            ledgerFolder: ledger, interval: interval, timestampAuthorities: authorities, calendars: calendars, node: node)
        settings.judgesClock = comparesClocks
        return settings
    }

    /// Of an audit with everything that it can compare.
    func audited() async throws -> [AuditFinding] {
        try await LedgerAudit(publicFolder: ledger, vkey: key.verifier, storage: data.storage, documents: data.documents).run().findings
    }

    func service(_ settings: AnchorSettings, logger: Logger = Fixtures.logger) -> AnchorService {
        AnchorService(
            settings: settings, storage: data.storage, http: Fixtures.http, clock: clock.wall, randomness: .system,
            logger: logger)
    }
}
