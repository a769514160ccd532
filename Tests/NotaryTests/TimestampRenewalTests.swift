import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// Tokens that outlive their certificates, by real authorities whose certificates end in 30 and 80 days, and in 2039.
struct TimestampRenewalTests {
    static let shared = Result { try TimestampAuthority(chains: true) }

    let authority: TimestampAuthority
    let fixture: AnchorFixture
    let log = RecordedLog()
    static let day: TimeInterval = 86_400

    init() throws {
        authority = try Self.shared.get()
        fixture = try AnchorFixture()
        fixture.clock.advance(Date().timeIntervalSince(Sample.now))
    }

    private func service(_ paths: [String]) -> AnchorService {
        let authorities = paths.map { Fixtures.settings(of: authority, path: $0, name: $0.isEmpty ? "longue" : $0) }
        return fixture.service(fixture.settings(authorities: authorities, interval: .seconds(1)), logger: log.logger)
    }

    /// A checkpoint with a token by the authority whose certificate ends in 30 days, and nothing else.
    private func anchored() async throws -> UInt64 {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        try await service(["month"]).anchorDue()
        return size
    }

    private func bytes(_ name: String, _ size: UInt64) throws -> [UInt8] { try Fixtures.bytes(fixture.anchored(size, name)) }

    private func isThere(_ name: String, _ size: UInt64) -> Bool {
        FileManager.default.fileExists(atPath: fixture.anchored(size, name).path)
    }

    private func replace(_ name: String, _ size: UInt64, _ bytes: [UInt8]?) throws {
        let file = fixture.anchored(size, name)
        if isThere(name, size) { try FileManager.default.removeItem(at: file) }
        if let bytes { try Data(bytes).write(to: file) }
    }

    private func roots() throws -> CertificateAuthorities { try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)) }

    private func audit(after days: Double) async throws -> AuditReport {
        var audit = LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier, roots: .init(common: try roots()))
        audit.now = Date().addingTimeInterval(days * Self.day)
        return try await audit.run()
    }

    private func verified(after days: Double) async throws -> ProofReport {
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let exporter = ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger,
            authorities: ["month", "quarter", ""].map { Fixtures.settings(of: authority, path: $0, name: $0.isEmpty ? "longue" : $0) },
            verifierPage: try ProofFixture.verifierPage())
        return try ProofVerifier.verify(
            try await exporter.export(.sitting(sitting.id)).archive, authorities: try roots(),
            now: Date().addingTimeInterval(days * Self.day))
    }

    @Test func `a token is renewed before its certificate ends, and every tool holds the renewal`() async throws {
        let size = try await anchored()
        try await service(["month", ""]).anchorDue()
        let folder = fixture.anchored(size, "body").deletingLastPathComponent()
        let sums = try Tool.run("sha256sum", ["--strict", "-c", "body.renewal-1.txt"], folder: folder)
        #expect(sums.status == 0 && sums.text == "body: OK\nbody.tsr: OK\nbody.chain.pem: OK\n", "\(sums.errors)")
        let arguments = [
            "ts", "-verify", "-data", "body.renewal-1.txt", "-in", "body.renewal-1.tsr", "-CAfile", "body.renewal-1.chain.pem",
        ]
        let held = try Tool.run("openssl", arguments, folder: folder)
        #expect(held.status == 0, "\(held.errors)")
        let judged = try await aside {
            try Tool.judge(
                "rfc3161.py",
                ["body.renewal-1.txt", "body.renewal-1.tsr"].map { fixture.anchored(size, $0).path } + [authority.authorities.path])
        }
        #expect(judged.status == 0 && judged.text.hasPrefix("holds 20"), "\(judged.errors)")
        // It is over that list and no other.
        let other = try await aside {
            try Tool.judge(
                "rfc3161.py", ["body", "body.renewal-1.tsr"].map { fixture.anchored(size, $0).path } + [authority.authorities.path])
        }
        #expect(other.status == 1)
        for days in [0.0, 29, 31, 200] {
            let report = try await audit(after: days)
            #expect(report.findings == [] && report.notes == [] && report.renewals == 1, "\(days): \(report.findings) \(report.notes)")
        }
    }

    @Test func `renewals are renewed: an unbroken line carries the token on, in the audit and in a proof`() async throws {
        let size = try await anchored()
        let service = service(["month", "quarter", ""])
        try await service.anchorDue()
        #expect(isThere("body.renewal-1.tsr", size) && !isThere("body.renewal-2.tsr", size))
        fixture.clock.advance(7 * 3600)
        try await service.anchorDue()
        let list = String(decoding: try bytes("body.renewal-2.txt", size), as: UTF8.self)
        #expect(
            list.split(separator: "\n").map { $0.dropFirst(66) }
                == ["body.renewal-1.txt", "body.renewal-1.tsr", "body.renewal-1.chain.pem"])
        // What ends in 2039 is far from its end.
        fixture.clock.advance(7 * 3600)
        try await service.anchorDue()
        #expect(!isThere("body.renewal-3.txt", size))
        for days in [0.0, 31, 81, 1000] {
            let report = try await audit(after: days)
            #expect(report.findings == [] && report.notes == [] && report.renewals == 2, "\(days): \(report.findings)")
        }
        let now = try await verified(after: 0)
        #expect(now.notAfter != nil && !now.statements.contains { if case .timestampRenewed = $0 { true } else { false } })
        for (days, count) in [(31.0, 1), (81, 2)] {
            let report = try await verified(after: days)
            #expect(report.notAfter == now.notAfter)
            #expect(report.statements.contains { if case .timestampRenewed(_, _, count, _) = $0 { true } else { false } }, "\(days)")
            #expect(ProofWords(.french).text(of: report).contains(count == 1 ? "un renouvellement fait à temps" : "2 renouvellements"))
            #expect(ProofWords(.english).text(of: report).contains(count == 1 ? "a renewal made in time" : "2 renewals"))
            #expect(String(decoding: report.json.canonical, as: UTF8.self).contains(#""code":"timestamp-renewed""#))
        }
        // A renewal without what it renews is no part of a proof.
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let archive = try await ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [], verifierPage: try ProofFixture.verifierPage()
        ).export(.sitting(sitting.id)).archive
        let name = "checkpoints/\(size)/body.month.renewal-2.tsr"
        let gap = try ProofFixture.altered(archive) { $0.name == "checkpoints/\(size)/body.month.renewal-2.txt" ? nil : $0 }
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(gap) }
        #expect(try !ProofFixture.bytes(name, in: archive).isEmpty)
        let wrong = try ProofFixture.altered(archive, name) { $0.enumerated().map { $0.offset == 700 ? $0.element ^ 1 : $0.element } }
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(wrong, authorities: try roots()) }
        // After 2039 it is over.
        let late = try await verified(after: 20 * 365)
        #expect(late.notAfter == nil && late.statements.contains { if case .timestampExpired = $0 { true } else { false } })
    }

    @Test func `without an authority whose certificate ends later nothing is renewed, and audit and verify say so after the end`()
        async throws
    {
        let size = try await anchored()
        let asked = try authority.queries(to: "month")
        let service = service(["month"])
        try await service.anchorDue()
        #expect(log.lines.contains { $0.hasPrefix("error timestamps wait to be renewed") }, "\(log.lines)")
        let once = try authority.queries(to: "month")
        for _ in 0..<5 {
            fixture.clock.advance(3700)
            try await service.anchorDue()
        }
        #expect(!isThere("body.renewal-1.tsr", size))
        #expect(once >= asked)
        #expect(try await audit(after: 29).notes == [])
        let report = try await audit(after: 31)
        // Nothing is wrong with the files.
        #expect(report.findings == [] && report.notes.map(\.path) == ["anchors/\(size)/body.tsr"])
        #expect(report.notes.first?.problem.english.contains("has expired since") == true)
        #expect(report.notes.first?.problem.french.contains("rien ne l'a renouvelé") == true)
        #expect(try await verified(after: 29).notAfter != nil)
        let late = try await verified(after: 31)
        #expect(late.notAfter == nil)
        #expect(late.statements.contains { if case .timestampExpired = $0 { $0.standing == .claimed } else { false } })
        #expect(ProofWords(.french).text(of: late).contains("rien ne l'a renouvelé"))
        #expect(ProofWords(.english).text(of: late).contains("nothing renewed it"))
        #expect(String(decoding: late.json.canonical, as: UTF8.self).contains(#""code":"timestamp-expired""#))
        // The clock alone decides it: unasked, a token is judged at its own time.
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let archive = try await ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [], verifierPage: try ProofFixture.verifierPage()
        ).export(.sitting(sitting.id)).archive
        #expect(try ProofVerifier.verify(archive, authorities: roots()).notAfter != nil)
    }

    @Test func `a renewal made after the certificate's end carries nothing`() async throws {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        // A token of 2020, by a certificate that ended in 2021.
        try await service(["past"]).anchorDue()
        try await service(["past", ""]).anchorDue()
        #expect(!isThere("body.renewal-1.tsr", size) && log.lines.contains { $0.contains("that nothing renewed") })
        // Somebody makes one by hand.
        let list = try ["body", "body.tsr", "body.chain.pem"].map { "\(Sample.hash(try bytes($0, size)).hex)  \($0)\n" }.joined()
        let stamp = try await TimestampClient(http: Fixtures.http, randomness: .system).stamp(
            Array(list.utf8), by: Fixtures.settings(of: authority))
        try replace("body.renewal-1.txt", size, Array(list.utf8))
        try replace("body.renewal-1.tsr", size, stamp.response)
        let report = try await audit(after: 0)
        #expect(report.findings == [] && report.notes.map(\.path) == ["anchors/\(size)/body.tsr"])
    }

    @Test func `what a crash leaves between list, token and chain is completed, and nothing is there twice`() async throws {
        let size = try await anchored()
        try await service(["month", ""]).anchorDue()
        let list = try bytes("body.renewal-1.txt", size)
        let token = try bytes("body.renewal-1.tsr", size)
        // Between token and chain.
        try replace("body.renewal-1.chain.pem", size, nil)
        #expect(try await audit(after: 31).findings == [])
        try await service(["month", ""]).anchorDue()
        #expect(isThere("body.renewal-1.chain.pem", size))
        #expect(try bytes("body.renewal-1.tsr", size) == token && bytes("body.renewal-1.txt", size) == list)
        // Between list and token: a right list is no fault, a wrong one is made again.
        for name in ["body.renewal-1.chain.pem", "body.renewal-1.tsr"] { try replace(name, size, nil) }
        #expect(try await audit(after: 0).findings == [])
        try replace("body.renewal-1.txt", size, Array(list.dropLast(5)))
        #expect(try await audit(after: 0).findings.map(\.path) == ["anchors/\(size)/body.renewal-1.txt"])
        try await service(["month", ""]).anchorDue()
        #expect(try bytes("body.renewal-1.txt", size) == list)
        #expect(isThere("body.renewal-1.tsr", size) && isThere("body.renewal-1.chain.pem", size))
        #expect(try await audit(after: 31).notes == [])
    }

    @Test func `an altered byte of what is renewed, or of the renewal, is found`() async throws {
        let size = try await anchored()
        try await service(["month", ""]).anchorDue()
        let files = ["body.renewal-1.txt", "body.renewal-1.tsr", "body.renewal-1.chain.pem", "body.chain.pem", "body.tsr"]
        for name in files {
            let right = try bytes(name, size)
            // Of a token's last bytes every one is the signature's; of what is before, openssl's own check decides (`TimestampTests`).
            let places =
                name == "body.renewal-1.tsr" ? Array((right.count - 60)..<right.count) : Array(stride(from: 0, to: right.count, by: 11))
            for place in places {
                var wrong = right
                wrong[place] ^= 1
                try replace(name, size, wrong)
                #expect(try await !audit(after: 0).findings.isEmpty, "\(name), byte \(place)")
            }
            try replace(name, size, nil)
            // The list's and the token's absence is seen; a renewal's chain is made again from the token.
            if name != "body.renewal-1.chain.pem", name != "body.renewal-1.tsr" {
                #expect(try await !audit(after: 0).findings.isEmpty, "\(name) missing")
            }
            try replace(name, size, right)
        }
        #expect(try await audit(after: 0).findings == [])
        // A chain that a renewal covers comes back as it was, or not at all.
        let chain = try bytes("body.chain.pem", size)
        try replace("body.chain.pem", size, Array(chain.dropLast()))
        try await service([]).anchorDue()
        #expect(try await !audit(after: 0).findings.isEmpty)
        try await service(["month", ""]).anchorDue()
        #expect(try bytes("body.chain.pem", size) == chain)
        #expect(try await audit(after: 0).findings == [])
    }
}
