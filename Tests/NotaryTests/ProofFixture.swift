import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport

/// A sitting that went its whole way, anchored twice: members convened, one receipt, and entries that came later.
struct ProofFixture {
    let base: AnchorFixture
    let authority: TimestampAuthority
    let sitting: Sitting
    let convocation: ConvocationID
    /// Anchored with a token.
    let firstSize: UInt64
    let secondSize: UInt64

    static let shared = Task { try await ProofFixture() }

    init() async throws {
        base = try AnchorFixture()
        authority = try Fixtures.authority.get()
        let storage = base.data.storage
        _ = try await storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("membres.csv"), at: Sample.now)
        let draft = Sample.draft(documents: try base.data.makeDocuments(3, confidential: [2]))
        let submitted = try await storage.submit(draft, at: Sample.now).sitting
        let settings = base.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1))
        let service = base.service(settings)
        firstSize = try await base.publish()
        try await service.anchorDue()

        _ = try await storage.approve(submitted.id, revision: nil, by: "test", at: Sample.now)
        try await base.data.composeAll()
        try await base.data.relayAll()
        let all = try await storage.status(of: submitted.id)
        convocation = all[0].id
        let access = Access(
            link: Sample.linkID(convocation, 0), at: Sample.now.addingTimeInterval(5400), grade: .person, signals: [], document: nil)
        _ = try await storage.record(access)
        base.clock.advance(100)
        secondSize = try await base.publish()
        try await service.anchorDue()
        sitting = try await storage.sitting(submitted.id) ?? submitted
    }

    var documents: [Document] { sitting.draft.documents }
    var key: NoteVerifierKey { base.key.verifier }
    func roots() throws -> CertificateAuthorities { try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)) }

    static func verifierPage() throws -> [UInt8] {
        try Fixtures.bytes(Tool.repository.appendingPathComponent("Templates/proof/VERIFIER.html"))
    }

    func exporter(sealed: Bool = false) throws -> ProofExporter {
        ProofExporter(
            storage: base.data.storage, ledgerFolder: base.ledger, authorities: [Fixtures.settings(of: authority)],
            verifierPage: try Self.verifierPage(), seal: sealed ? TimestampClient(http: Fixtures.http, randomness: .system) : nil)
    }

    /// The archive with some of its files changed; nil takes one away.
    static func altered(_ archive: [UInt8], _ change: (ArchiveEntry) -> ArchiveEntry?) throws -> [UInt8] {
        try Zip.archive(try Zip.entries(of: archive).compactMap(change))
    }

    static func altered(_ archive: [UInt8], _ name: String, _ change: ([UInt8]) -> [UInt8]) throws -> [UInt8] {
        try altered(archive) { $0.name == name ? ArchiveEntry(name, change($0.bytes)) : $0 }
    }

    static func bytes(_ name: String, in archive: [UInt8]) throws -> [UInt8] {
        try Zip.entries(of: archive).first { $0.name == name }?.bytes ?? []
    }
}
