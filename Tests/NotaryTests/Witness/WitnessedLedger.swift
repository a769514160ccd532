import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// A ledger that is anchored by a timestamp authority and watched by witnesses.
struct WitnessedLedger {
    let base: AnchorFixture
    let authority: TimestampAuthority
    let clock = SetClock(Date(), runs: true)
    let lines = LogLines()

    init() throws {
        base = try AnchorFixture()
        authority = try Fixtures.authority.get()
    }

    var key: NoteVerifierKey { base.key.verifier }

    /// The size of the next published state, which one more entry makes.
    func grow() async throws -> UInt64 {
        let size = try await base.data.storage.journalSize()
        _ = try await base.data.storage.replaceRoll(
            with: Sample.roll(1 + Int(size % 7)), source: Sample.hash("roll \(size)"), at: Sample.now)
        return try await base.publish()
    }

    /// By a new process, which knows these witnesses.
    func anchor(_ vkeys: [String] = []) async throws {
        base.clock.advance(100)
        var settings = base.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1))
        settings.witnesses = try vkeys.map { try CosignerKey(parsing: $0) }
        try await base.service(settings).anchorDue()
    }

    func service(_ witnesses: [(url: String, vkey: String)], threshold: Int) throws -> WitnessService {
        let list = try witnesses.enumerated().map { index, witness in
            WitnessSettings.Witness(name: "temoin-\(index + 1)", url: witness.url, key: try CosignerKey(parsing: witness.vkey))
        }
        return WitnessService(
            settings: WitnessSettings(ledgerFolder: base.ledger, witnesses: list, threshold: threshold), key: key, http: Fixtures.http,
            clock: clock.wall, randomness: .system, logger: lines.logger)
    }

    /// Who has cosigned a published note, each checked.
    func cosigners(_ path: String, _ vkeys: [String]) throws -> (size: UInt64, names: [String]) {
        let read = try UnverifiedCheckpoint(parsing: Fixtures.bytes(base.ledger.appendingPathComponent(path)))
        let names = try read.note.cosignatures(by: vkeys.map { try CosignerKey(parsing: $0) }).map(\.key.name)
        return (try read.verified(by: key).size, names)
    }

    func findings(_ vkeys: [String]) async throws -> [String] {
        var audit = LedgerAudit(publicFolder: base.ledger, vkey: key)
        audit.witnesses = try vkeys.map { try CosignerKey(parsing: $0) }
        return try await audit.run().findings.map(\.path)
    }

    func replace(_ path: String, with bytes: [UInt8]) throws {
        let file = base.ledger.appendingPathComponent(path)
        try FileManager.default.removeItem(at: file)
        try Data(bytes).write(to: file)
    }

    func exporter(_ vkeys: [String] = []) throws -> ProofExporter {
        ProofExporter(
            storage: base.data.storage, ledgerFolder: base.ledger, authorities: [Fixtures.settings(of: authority)],
            verifierPage: try ProofFixture.verifierPage(), witnesses: try vkeys.map { try CosignerKey(parsing: $0) })
    }
}
