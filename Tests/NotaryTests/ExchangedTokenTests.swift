import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// A published token that is another one than the database received, to which the journal commits.
struct ExchangedTokenTests {
    let authority: TimestampAuthority
    let fixture: AnchorFixture

    init() throws {
        authority = try Fixtures.authority.get()
        fixture = try AnchorFixture()
    }

    private var anchoring: AnchorService {
        fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1)))
    }

    /// The anchored size, the sitting that it covers, and the token's row.
    private func anchored() async throws -> (size: UInt64, sitting: SittingID, token: [UInt8]) {
        let sitting = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await anchoring.anchorDue()
        return (size, sitting.id, try #require(try await fixture.data.storage.anchors(of: size).first).bytes)
    }

    private func replace(_ size: UInt64, with token: [UInt8]) throws {
        let file = fixture.anchored(size, "body.tsr")
        try FileManager.default.removeItem(at: file)
        try Data(token).write(to: file)
    }

    @Test func `is named by the audit, kept out of proofs, and set aside by the next start and by the rebuilding`() async throws {
        let (size, sitting, token) = try await anchored()
        let body = try Fixtures.bytes(fixture.anchored(size, "body"))
        let later = try await TimestampClient(http: Fixtures.http, randomness: .system)
            .stamp(body, by: Fixtures.settings(of: authority)).response
        #expect(later != token)
        try replace(size, with: later)
        let found = try await fixture.audited()
        #expect(found.map(\.path) == ["anchors/\(size)/body.tsr"], "\(found)")
        #expect(found.first?.problem.french.contains("que la base a reçu") == true)

        let exporter = ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [Fixtures.settings(of: authority)],
            verifierPage: try ProofFixture.verifierPage())
        let archive = try await exporter.export(.sitting(sitting)).archive
        #expect(try ProofFixture.bytes("checkpoints/\(size)/body.essai.tsr", in: archive) == token)
        #expect(try !ProofFixture.bytes("checkpoints/\(size)/body.essai.chain.pem", in: archive).isEmpty)

        try await anchoring.anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.tsr")) == token)
        let aside = fixture.data.folder["ledger.set-aside/anchors/\(size)/body.tsr"]
        #expect(try Fixtures.bytes(aside) == later)
        #expect(try await fixture.audited() == [])

        try replace(size, with: later)
        let files = AnchorFiles(ledgerFolder: fixture.ledger, logger: Fixtures.logger)
        try files.publish(try await fixture.data.storage.anchors(of: size), of: size)
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.tsr")) == token)
        #expect(try Fixtures.bytes(fixture.data.folder["ledger.set-aside/anchors/\(size)/body.tsr.2"]) == later)
    }

    @Test func `any flipped byte of it is named`() async throws {
        let (size, _, token) = try await anchored()
        for place in stride(from: 0, to: token.count, by: max(1, token.count / 24)) {
            var damaged = token
            damaged[place] ^= 1
            try replace(size, with: damaged)
            let found = try await fixture.audited()
            #expect(found.contains { $0.path == "anchors/\(size)/body.tsr" }, "byte \(place)")
        }
        // A row that is damaged replaces no token that holds.
        try replace(size, with: token)
        try LedgerFixture.tamper(
            fixture.data.folder.url,
            "UPDATE anchor SET bytes = CAST(substr(bytes, 1, 40) || x'00' || substr(bytes, 42) AS BLOB) WHERE size = \(size)")
        try await anchoring.anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.tsr")) == token)
        #expect(try await !fixture.audited().isEmpty)
    }
}
