import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// A certificate that is revoked after its timestamps were archived.
@Suite(.serialized)
struct LaterRevocationTests {
    /// Its own: other suites change the lists of theirs.
    private static let shared = Result { try TimestampAuthority(chains: true) }

    let authority: TimestampAuthority
    let fixture: AnchorFixture
    let log = RecordedLog()

    init() throws {
        authority = try Self.shared.get()
        fixture = try AnchorFixture()
        fixture.clock.advance(Date().timeIntervalSince(Sample.now))
        try authority.answerLists("good")
    }

    private func roots() throws -> CertificateAuthorities { try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)) }

    private func audit() async throws -> [AuditFinding] {
        try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier, roots: .init(common: try roots())).run().findings
    }

    private func service(_ review: Duration?) -> AnchorService {
        var settings = fixture.settings(authorities: [Fixtures.settings(of: authority, path: "chained")], interval: .seconds(1))
        settings.revocationReview = review
        return fixture.service(settings, logger: log.logger)
    }

    private func anchored(_ service: AnchorService) async throws -> UInt64 {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        try await service.anchorDue()
        #expect(try await audit() == [])
        return size
    }

    private func later(_ size: UInt64) -> Bool {
        FileManager.default.fileExists(atPath: fixture.anchored(size, "body.later-crl.pem").path)
    }

    @Test func `that takes the token back is found within the interval, kept beside it, and told by audit, proofs and log`() async throws {
        let service = service(.seconds(7 * 86_400))
        let size = try await anchored(service)
        try authority.answerLists("stolen")
        let asked = try authority.queries(to: "crl/inter")
        // An hour after the start first, and then weekly.
        fixture.clock.advance(3000)
        try await service.anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked && !later(size))
        fixture.clock.advance(700)
        try authority.answerLists("good")
        try await service.anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked + 1 && !later(size))
        try authority.answerLists("stolen")
        fixture.clock.advance(6 * 86_400)
        try await service.anchorDue()
        #expect(!later(size))
        fixture.clock.advance(86_400)
        try await service.anchorDue()
        #expect(later(size))
        #expect(log.lines.contains { $0.contains("a timestamp counts no more") && $0.contains("CN=Essai chained") })
        #expect(try await fixture.data.storage.anchors(of: size).first?.isRevoked == true)
        let found = try await audit()
        #expect(found.map(\.path) == ["anchors/\(size)/body.tsr"] && found[0].problem.french.contains("ne compte plus"), "\(found)")
        // Once: what is known is not asked for again.
        let known = log.lines.count { $0.contains("a timestamp counts no more") }
        fixture.clock.advance(8 * 86_400)
        try await service.anchorDue()
        #expect(log.lines.count { $0.contains("a timestamp counts no more") } == known)
        let exporter = ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [Fixtures.settings(of: authority, path: "chained")],
            verifierPage: try ProofFixture.verifierPage())
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let archive = try await exporter.export(.sitting(sitting.id)).archive
        #expect(try Zip.entries(of: archive).contains { $0.name.hasSuffix(".later-crl.pem") })
        let report = try ProofVerifier.verify(archive, key: fixture.key.verifier, authorities: try roots())
        #expect(report.notAfter == nil && report.statements.contains { if case .timestampRevoked = $0 { true } else { false } })
        // A list that isn't about this chain is no evidence of anything.
        let name = try #require(try Zip.entries(of: archive).map(\.name).first { $0.hasSuffix(".later-crl.pem") })
        let spoilt = try ProofFixture.altered(archive, name) { Array($0.dropFirst(40)) }
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(spoilt) }
    }

    @Test func `for a harmless reason afterwards leaves the token what it was`() async throws {
        let service = service(.seconds(86_400))
        let size = try await anchored(service)
        try authority.answerLists("retired")
        fixture.clock.advance(4000)
        try await service.anchorDue()
        fixture.clock.advance(90_000)
        try await service.anchorDue()
        #expect(!later(size))
        #expect(try await audit() == [])
        #expect(try await fixture.data.storage.anchors(of: size).first?.state == .complete)
    }

    @Test func `is not looked for where it is switched off, and is tried again a day later where lists can't be had`() async throws {
        let size = try await anchored(service(nil))
        let asked = try authority.queries(to: "crl/inter")
        fixture.clock.advance(30 * 86_400)
        try await service(nil).anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked)
        let weekly = service(.seconds(7 * 86_400))
        try await weekly.anchorDue()
        try authority.answerLists("down")
        fixture.clock.advance(4000)
        try await weekly.anchorDue()
        #expect(log.lines.contains { $0.contains("not all revocation lists could be fetched again") })
        try authority.answerLists("stolen")
        fixture.clock.advance(86_401)
        try await weekly.anchorDue()
        #expect(later(size))
    }
}
