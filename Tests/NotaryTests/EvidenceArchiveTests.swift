import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// What is kept beside tokens: chains and revocation lists, by a real authority with an intermediate one.
@Suite(.serialized)
struct EvidenceArchiveTests {
    static let shared = Result { try TimestampAuthority(chains: true) }

    let authority: TimestampAuthority
    let fixture: AnchorFixture
    let log = RecordedLog()

    init() throws {
        authority = try Self.shared.get()
        fixture = try AnchorFixture()
        fixture.clock.advance(Date().timeIntervalSince(Sample.now))
        try authority.answerLists("good")
    }

    private func service(_ path: String) -> AnchorService {
        fixture.service(
            fixture.settings(authorities: [Fixtures.settings(of: authority, path: path)], interval: .seconds(1)),
            logger: log.logger)
    }

    private func anchored(_ path: String) async throws -> UInt64 {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        try await service(path).anchorDue()
        return size
    }

    private func isThere(_ name: String, _ size: UInt64) -> Bool {
        FileManager.default.fileExists(atPath: fixture.anchored(size, name).path)
    }

    private func roots() throws -> LedgerAudit.TimestampRoots {
        .init(common: try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)))
    }

    private func audit() async throws -> AuditReport {
        try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier, roots: try roots()).run()
    }

    private func openssl(_ size: UInt64, _ arguments: [String]) throws -> ToolResult {
        try Tool.run(
            "openssl", ["ts", "-verify", "-data", "body", "-in", "body.tsr"] + arguments,
            folder: fixture.anchored(size, "body").deletingLastPathComponent())
    }

    @Test func `chain and revocation lists lie beside the token, and openssl needs nothing else`() async throws {
        let size = try await anchored("chained")
        let chain = try Fixtures.bytes(fixture.anchored(size, "body.chain.pem"))
        let lists = try Fixtures.bytes(fixture.anchored(size, "body.crl.pem"))
        #expect(String(decoding: chain, as: UTF8.self).components(separatedBy: "BEGIN CERTIFICATE").count == 4)
        #expect(String(decoding: lists, as: UTF8.self).components(separatedBy: "BEGIN X509 CRL").count == 3)
        let plain = try openssl(size, ["-CAfile", "body.chain.pem"])
        #expect(plain.status == 0, "\(plain.errors)")
        let both = try fixture.data.folder.write(chain + lists, to: "both.pem").path
        let checked = try openssl(size, ["-crl_check_all", "-CAfile", both])
        #expect(checked.status == 0, "\(checked.errors)")
        // Without the lists openssl can't answer that question: it is they that count.
        #expect(try openssl(size, ["-crl_check_all", "-CAfile", "body.chain.pem"]).status != 0)
        #expect(try await audit().findings == [])
        #expect(try await fixture.data.storage.anchors(of: size).map(\.state) == [.complete])
    }

    @Test func `an authority without intermediate and lists has its two certificates kept`() async throws {
        let size = try await anchored("")
        #expect(try openssl(size, ["-CAfile", "body.chain.pem"]).status == 0)
        #expect(!isThere("body.crl.pem", size))
        #expect(try await audit().findings == [])
    }

    @Test(arguments: ["down", "redirect", "huge", "forged", "old", "garbage"])
    func `a list that isn't right is not kept, is asked for later and later, and then is`(mode: String) async throws {
        try authority.answerLists(mode)
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        let service = service("chained")
        try await service.anchorDue()
        #expect(isThere("body.tsr", size) && isThere("body.chain.pem", size) && !isThere("body.crl.pem", size))
        #expect(log.lines.contains { $0.contains("isn't complete yet") })
        #expect(try await audit().findings == [])
        let asked = try authority.queries(to: "crl/inter")
        fixture.clock.advance(30)
        try await service.anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked)
        fixture.clock.advance(31)
        try await service.anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked + 1)
        fixture.clock.advance(61)
        try await service.anchorDue()
        #expect(try authority.queries(to: "crl/inter") == asked + 1)
        try authority.answerLists("good")
        fixture.clock.advance(100)
        try await service.anchorDue()
        #expect(isThere("body.crl.pem", size))
        #expect(try await audit().findings == [])
    }

    @Test(arguments: [("superseded", true), ("compromised", true), ("bare", true), ("later", false)])
    func `a token whose signer was revoked counts no more, unless for a harmless reason afterwards`(path: String, voided: Bool) async throws
    {
        let size = try await anchored(path)
        let report = try await audit()
        let record = try #require(try await fixture.data.storage.anchors(of: size).first)
        guard voided else {
            #expect(report.findings == [] && record.state == .complete && !log.lines.contains { $0.contains("counts no more") })
            return
        }
        #expect(report.findings.map(\.path) == ["anchors/\(size)/body.tsr"])
        let words = try #require(report.findings.first?.problem)
        #expect(words.english.contains("counts no more") && words.english.contains("CN=Essai \(path)"), "\(words)")
        #expect(words.french.contains("ne compte plus") && words.french.contains("a été révoqué le 20"), "\(words)")
        #expect(log.lines.contains { $0.contains("a timestamp counts no more") })
        #expect(record.isRevoked && !record.bytes.isEmpty)
        // It is not asked for again, and the alarm isn't repeated.
        fixture.clock.advance(100_000)
        let asked = try authority.queries(to: path)
        try await service(path).anchorDue()
        #expect(try authority.queries(to: path) == asked)
        // In a proof: said, and not believed.
        let archive = try await exporter().export(.sitting(try #require(try await fixture.data.storage.sittings().first).id)).archive
        let verified = try ProofVerifier.verify(
            archive, key: fixture.key.verifier, authorities: try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)))
        #expect(verified.notAfter == nil)
        #expect(verified.statements.contains { if case .timestampRevoked = $0 { $0.standing == .claimed } else { false } })
        #expect(ProofWords(.french).text(of: verified).contains("ne compte plus"))
        #expect(ProofWords(.english).text(of: verified).contains("counts no more"))
        #expect(String(decoding: verified.json.canonical, as: UTF8.self).contains("timestamp-revoked"))
    }

    private func exporter() throws -> ProofExporter {
        ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [Fixtures.settings(of: authority)],
            verifierPage: try ProofFixture.verifierPage())
    }

    @Test func `with an order of preference, a revoked authority's place is taken by the next`() async throws {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        var settings = fixture.settings(authorities: [
            Fixtures.settings(of: authority, path: "superseded", name: "un"), Fixtures.settings(of: authority, name: "deux"),
        ])
        settings.timestampUse = .first
        let service = fixture.service(settings)
        try await service.anchorDue()
        try await service.anchorDue()
        let records = try await fixture.data.storage.anchors(of: size)
        #expect(records.first { $0.authority == "un" }?.isRevoked == true)
        #expect(records.first { $0.authority == "deux" }?.state == .complete)
    }

    @Test func `an altered byte of the chain or of the lists is found, wherever it is`() async throws {
        let size = try await anchored("chained")
        for name in ["body.chain.pem", "body.crl.pem"] {
            let file = fixture.anchored(size, name)
            let right = try Fixtures.bytes(file)
            for place in stride(from: 0, to: right.count, by: 7) {
                var wrong = right
                wrong[place] ^= 1
                try replace(file, wrong)
                #expect(
                    try await audit().findings.contains { $0.path == "anchors/\(size)/\(name)" }, "\(name), byte \(place)")
            }
            for wrong in [[], right + [0x0A], Array(right.dropLast())] {
                try replace(file, wrong)
                #expect(try await !audit().findings.isEmpty)
            }
            try replace(file, right)
        }
        #expect(try await audit().findings == [])
    }

    private func replace(_ file: URL, _ bytes: [UInt8]) throws {
        try FileManager.default.removeItem(at: file)
        try Data(bytes).write(to: file)
    }

    @Test func `a half set is completed at the next start, and a damaged one made again`() async throws {
        let size = try await anchored("chained")
        let chain = try Fixtures.bytes(fixture.anchored(size, "body.chain.pem"))
        // As after a crash between the token and its chain.
        for name in ["body.chain.pem", "body.crl.pem"] { try FileManager.default.removeItem(at: fixture.anchored(size, name)) }
        // The authority's clock is the machine's.
        let stamped = Date()
        for (delay, isLate) in [(60.0, false), (1800, false), (7200, true), (-3600, true)] {
            var audit = LedgerAudit(
                publicFolder: fixture.ledger, vkey: fixture.key.verifier, storage: fixture.data.storage,
                documents: fixture.data.documents, roots: try roots())
            audit.now = stamped.addingTimeInterval(delay)
            let report = try await audit.run()
            #expect(report.findings.contains { $0.path.hasSuffix("body.chain.pem") } == isLate, "\(delay)")
            #expect(report.notes.contains { $0.path.hasSuffix("body.chain.pem") } == !isLate, "\(delay)")
        }
        try await service("chained").anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.chain.pem")) == chain)
        #expect(isThere("body.crl.pem", size))
        // Between chain and lists.
        try FileManager.default.removeItem(at: fixture.anchored(size, "body.crl.pem"))
        try replace(fixture.anchored(size, "body.chain.pem"), Array("broken\n".utf8))
        try await service("chained").anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.chain.pem")) == chain)
        #expect(isThere("body.crl.pem", size))
        #expect(try await audit().findings == [])
    }

    @Test func `a proof holds chain and lists, and one with an altered chain is refused in both languages`() async throws {
        let size = try await anchored("chained")
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let archive = try await exporter().export(.sitting(sitting.id)).archive
        let chain = "checkpoints/\(size)/body.essai.chain.pem"
        #expect(try ProofFixture.bytes(chain, in: archive) == Fixtures.bytes(fixture.anchored(size, "body.chain.pem")))
        #expect(try !ProofFixture.bytes("checkpoints/\(size)/body.essai.crl.pem", in: archive).isEmpty)
        let roots = try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities))
        #expect(try ProofVerifier.verify(archive, authorities: roots).notAfter != nil)
        let altered = try ProofFixture.altered(archive, chain) { bytes in
            var wrong = bytes
            wrong[200] ^= 1
            return wrong
        }
        let refusal = #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(altered, authorities: roots) }
        let words = try #require(refusal)
        #expect(ProofWords(.french).refusal(words).contains("certificat"), "\(ProofWords(.french).refusal(words))")
        #expect(ProofWords(.english).refusal(words).contains("certificate"))
        // Evidence of a token that isn't there is no part of a proof.
        let stray = try ProofFixture.altered(archive) {
            $0.name == chain ? ArchiveEntry("checkpoints/\(size)/body.autre.chain.pem", $0.bytes) : $0
        }
        #expect(throws: ProofRefusal.unexpectedFile("checkpoints/\(size)/body.autre.chain.pem")) { try ProofVerifier.verify(stray) }
    }
}
