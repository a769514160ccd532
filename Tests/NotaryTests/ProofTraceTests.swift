import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("A proof that the journal commits")
struct ProofTraceTests {
    let fixture: AnchorFixture
    private let authority: TimestampAuthority

    init() throws {
        fixture = try AnchorFixture()
        authority = try Fixtures.authority.get()
    }

    private func told(by seq: UInt64) async throws -> [JSON] {
        let opening = try #require(try await fixture.data.storage.openings(of: [seq]).first)
        return try JSON(parsing: opening.content)["proofs"]?.items ?? []
    }

    /// An anchored state whose token the entry after it commits.
    private func prepared() async throws -> (size: UInt64, token: [UInt8]) {
        let service = fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1)))
        let sitting = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await service.anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        _ = try await fixture.publish()
        let record = try #require(try await fixture.data.storage.anchors(of: size).first)
        return (size, record.bytes)
    }

    @Test(
        "is named when it is gone, emptied, wanted again or another one, its file too",
        arguments: [
            "DELETE FROM anchor", "UPDATE anchor SET bytes = x''", "UPDATE anchor SET state = 'wanted', bytes = x''",
            "UPDATE anchor SET bytes = x'3003020101'",
        ])
    func gone(_ damage: String) async throws {
        let (size, token) = try await prepared()
        #expect(try await fixture.audited() == [])
        let proofs = try await told(by: size)
        #expect(proofs.count == 1 && proofs[0]["state"]?.text == "complete" && proofs[0]["method"]?.text == "rfc3161")
        #expect(proofs[0]["hash"]?.text == ContentHash(sha256Of: token).hex && proofs[0]["size"]?.whole == Int64(size))
        try LedgerFixture.tamper(fixture.data.folder.url, damage)
        for name in ["body.tsr", "body.chain.pem"] { try? FileManager.default.removeItem(at: fixture.anchored(size, name)) }
        let found = try await fixture.audited()
        #expect(
            found.contains { $0.path == "anchor" && $0.seq == size && $0.problem.english.contains("the journal commits this proof") },
            "\(found)")
        // With everything that was ever kept of that state.
        try LedgerFixture.tamper(fixture.data.folder.url, "DELETE FROM anchor; DELETE FROM anchor_untold; DELETE FROM proof_untold")
        try FileManager.default.removeItem(at: fixture.anchored(size, ""))
        #expect(try await fixture.audited().contains { $0.path == "anchor" && $0.seq == size })
    }

    @Test("of a calendar is committed when it is promised, and with its hash when it is complete; what grows in between is not told")
    func calendar() async throws {
        let storage = fixture.data.storage
        func save(_ state: AnchorRecord.State, _ bytes: [UInt8]) async throws {
            try await storage.save([
                AnchorRecord(
                    size: 3, method: .openTimestamps, authority: "calendar", state: state, bytes: bytes, attempts: 1, nextTry: nil,
                    fault: nil)
            ])
        }
        func grow() async throws -> [JSON] {
            let seq = try await storage.journalSize()
            _ = try await storage.replaceRoll(with: Sample.roll(1 + Int(seq)), source: Sample.hash("roll \(seq)"), at: Sample.now)
            return try await told(by: seq)
        }
        #expect(try await grow() == [])
        try await save(.wanted, [])
        #expect(try await grow() == [])
        try await save(.pending, [1])
        let pending = try await grow()
        #expect(pending.count == 1 && pending[0]["state"]?.text == "pending" && pending[0]["hash"] == nil)
        try await save(.pending, [1, 2])
        #expect(try await grow() == [])
        try await save(.complete, [1, 2, 3])
        let complete = try await grow()
        #expect(complete.count == 1 && complete[0]["hash"]?.text == ContentHash(sha256Of: [1, 2, 3]).hex)
        #expect(try await grow() == [])
    }

    @Test("that no entry commits yet is named as well, and one chain that is gone")
    func untold() async throws {
        let service = fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1)))
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await service.anchorDue()
        let root = try CertificateAuthorities(pem: Array(Data(contentsOf: authority.authorities)))
        let audit = LedgerAudit(
            publicFolder: fixture.ledger, vkey: fixture.key.verifier, storage: fixture.data.storage, documents: fixture.data.documents,
            roots: .init(common: root))
        #expect(try await audit.run().findings == [])
        let chain = fixture.anchored(size, "body.chain.pem")
        let aside = fixture.data.folder["chain"]
        try FileManager.default.moveItem(at: chain, to: aside)
        #expect(try await audit.run().findings.map(\.path) == ["anchors/\(size)/body.chain.pem"])
        try FileManager.default.moveItem(at: aside, to: chain)
        try LedgerFixture.tamper(fixture.data.folder.url, "UPDATE anchor SET state = 'wanted', bytes = x''")
        #expect(try await audit.run().findings.contains { $0.path == "anchor" })
    }
}
