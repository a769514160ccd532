import Council
import Foundation
import Ledger
import Logging
import Notary
import Synchronization
import TestSupport
import Testing

/// Our ledger, growing, and the service that has it cosigned.
struct WitnessFixture {
    let ledger: LedgerFixture
    let clock: SetClock
    let lines = LogLines()

    init(clockRuns: Bool = false) throws {
        ledger = try LedgerFixture()
        clock = SetClock(Date(), runs: clockRuns)
    }

    func grow(to size: UInt64) async throws {
        try await ledger.grow(to: size)
        _ = try await ledger.sequencer().publishPending()
    }

    func service(_ witnesses: [(url: String, vkey: String)], threshold: Int) throws -> WitnessService {
        let list = try witnesses.enumerated().map { index, witness in
            WitnessSettings.Witness(name: "temoin-\(index + 1)", url: witness.url, key: try CosignerKey(parsing: witness.vkey))
        }
        return WitnessService(
            settings: WitnessSettings(
                ledgerFolder: ledger.publicFolder, witnesses: list, threshold: threshold,
                patience: .init(first: .seconds(5), longest: .seconds(600))),
            key: ledger.key.verifier, http: Fixtures.http, clock: clock.wall, randomness: .system, logger: lines.logger)
    }

    var file: URL { ledger.publicFolder.appendingPathComponent("cosigned") }

    /// What is published as cosigned, checked; nil: nothing.
    func cosigned(by vkeys: [String]) throws -> (size: UInt64, cosignatures: [Cosignature])? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let read = try UnverifiedCheckpoint(parsing: Fixtures.bytes(file))
        let checkpoint = try read.verified(by: ledger.key.verifier)
        return (checkpoint.size, try read.note.cosignatures(by: vkeys.map { try CosignerKey(parsing: $0) }))
    }

    /// The whole ledger is right, `cosigned` included, to whoever knows these witnesses.
    func expectClean(_ size: UInt64, witnesses: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await ledger.expectClean(size, sourceLocation: sourceLocation)
        #expect(try await findings(witnesses) == [], sourceLocation: sourceLocation)
    }

    func findings(_ witnesses: [String]) async throws -> [String] {
        var audit = LedgerAudit(publicFolder: ledger.publicFolder, vkey: ledger.key.verifier)
        audit.witnesses = try witnesses.map { try CosignerKey(parsing: $0) }
        return try await audit.run().findings.map(\.path)
    }
}

/// What was logged, a line each.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    func count(_ level: Logger.Level) -> Int { all.count { $0.hasPrefix("\(level) ") } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            lines.lines.withLock { $0.append("\(event.level) \(event.message) \(details)") }
        }
    }
}
