import Council
import Foundation
import Ledger
import Notary
import ServiceLifecycle
import Store
import TestSupport
import Testing

/// Anchoring with a real timestamp authority; calendars and the chain are in `CalendarTests`.
struct AnchorServiceTests {
    let authority: TimestampAuthority
    let fixture: AnchorFixture

    init() throws {
        authority = try Fixtures.authority.get()
        fixture = try AnchorFixture()
    }

    private func records(of size: UInt64? = nil) async throws -> [AnchorRecord] { try await fixture.data.storage.anchors(of: size) }

    @Test func `a checkpoint gets a folder with its note, its body and a token that openssl accepts`() async throws {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)])
        try await fixture.service(settings).anchorDue()

        let note = try Fixtures.bytes(fixture.anchored(size, "checkpoint"))
        let checkpoint = try UnverifiedCheckpoint(parsing: note).verified(by: fixture.key.verifier)
        #expect(checkpoint.size == size)
        #expect(try Fixtures.bytes(fixture.anchored(size, "body")) == checkpoint.body)
        let folder = fixture.anchored(size, "body").deletingLastPathComponent()
        let arguments = ["ts", "-verify", "-data", "body", "-in", "body.tsr", "-CAfile", authority.authorities.path]
        let result = try Tool.run("openssl", arguments, folder: folder)
        #expect(result.status == 0, "\(result.errors)")
        let record = try #require(try await records(of: size).first)
        #expect(record.state == .complete && record.fault == nil && record.attempts == 1)
        #expect(record.bytes == (try Fixtures.bytes(fixture.anchored(size, "body.tsr"))))
        try await audit()
    }

    @Test func `several authorities have a file each`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let settings = fixture.settings(authorities: [
            Fixtures.settings(of: authority, name: "un"), Fixtures.settings(of: authority, name: "deux"),
        ])
        try await fixture.service(settings).anchorDue()
        for name in ["un", "deux"] {
            #expect(FileManager.default.fileExists(atPath: fixture.anchored(size, "body.\(name).tsr").path))
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.anchored(size, "body.tsr").path))
        try await audit()
    }

    @Test func `checkpoints within an interval wait, and the next one covers them`() async throws {
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(600))
        let service = fixture.service(settings)
        try await service.anchorDue()
        #expect(try await records().isEmpty)

        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        try await service.anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(599)
        try await service.anchorDue()
        #expect(try await records().map(\.size) == [first])
        fixture.clock.advance(1)
        try await service.anchorDue()
        #expect(try await records().map(\.size) == [first, second])
        // The same checkpoint is not anchored twice.
        fixture.clock.advance(10_000)
        try await service.anchorDue()
        #expect(try await records().count == 2)
    }

    @Test func `an authority that fails is asked again, later and later, and its fault is on record`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let broken = fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority, path: "broken")]))
        try await broken.anchorDue()
        var waits: [TimeInterval] = []
        for attempt in 1...8 {
            let record = try #require(try await records(of: size).first)
            #expect(record.state == .wanted && record.attempts == attempt && record.bytes.isEmpty)
            #expect(record.fault?.contains("HTTP 500") == true)
            let wait = try #require(record.nextTry).timeIntervalSince(fixture.clock.wall.now())
            waits.append(wait)
            fixture.clock.advance(wait - 1)
            try await broken.anchorDue()
            #expect(try await records(of: size).first?.attempts == attempt)
            fixture.clock.advance(1.1)
            try await broken.anchorDue()
        }
        #expect(zip(waits, waits.dropFirst()).prefix(5).allSatisfy { $0 < $1 }, "\(waits)")
        #expect(waits.allSatisfy { (60...3600 * 1.25).contains($0) }, "\(waits)")

        fixture.clock.advance(5000)
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        let record = try #require(try await records(of: size).first)
        #expect(record.state == .complete && record.fault == nil)
    }

    @Test func `one fault makes all checkpoints of that authority wait, and none of another's`() async throws {
        let down = AnchorSettings.TimestampAuthority(
            name: "panne", url: "http://127.0.0.1:9/", caFile: authority.authorities, policy: nil)
        let settings = fixture.settings(authorities: [down, Fixtures.settings(of: authority, name: "bonne")], interval: .seconds(1))
        let sitting = try await fixture.data.draftSitting()
        let service = fixture.service(settings)
        let first = try await fixture.publish()
        try await service.anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(200)
        try await service.anchorDue()
        for size in [first, second] {
            let states = Dictionary(uniqueKeysWithValues: try await records(of: size).map { ($0.authority, $0.state) })
            #expect(states == ["panne": .wanted, "bonne": .complete])
        }
        #expect(try await fixture.data.storage.anchorsDue(at: fixture.clock.wall.now()).isEmpty)
    }

    @Test func `a checkpoint whose folder was lost keeps no other from its anchor`() async throws {
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority, path: "broken")], interval: .seconds(1))
        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        try await fixture.service(settings).anchorDue()
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        fixture.clock.advance(10)
        try await fixture.service(settings).anchorDue()
        try FileManager.default.removeItem(at: fixture.anchored(second, "body"))
        fixture.clock.advance(10_000)
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        #expect(try await records(of: first).map(\.state) == [.complete])
        let lost = try #require(try await records(of: second).first)
        #expect(lost.state == .wanted && lost.fault?.contains("anchors/\(second)/body is missing") == true)
    }

    @Test func `a folder that a crash left without records is anchored after the restart`() async throws {
        let sitting = try await fixture.data.draftSitting()
        let first = try await fixture.publish()
        let note = try #require(try await fixture.data.storage.checkpoint()).note
        try FileManager.default.createDirectory(
            at: fixture.anchored(first, "body").deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(note).write(to: fixture.anchored(first, "checkpoint"))
        try Data(try UnverifiedNote(parsing: note).text).write(to: fixture.anchored(first, "body"))
        try FileManager.default.createDirectory(
            at: fixture.ledger.appendingPathComponent(".incoming-anchors"), withIntermediateDirectories: true)
        try Data("half".utf8).write(to: fixture.ledger.appendingPathComponent(".incoming-anchors/abcdef"))
        _ = try await fixture.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let second = try await fixture.publish()
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        #expect(try await records().map { "\($0.size) \($0.state)" } == ["\(first) complete", "\(second) complete"])
        #expect(!FileManager.default.fileExists(atPath: fixture.ledger.appendingPathComponent(".incoming-anchors/abcdef").path))
        try await audit()
    }

    @Test func `a token on record whose file is missing is published after the restart`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority)])
        try await fixture.service(settings).anchorDue()
        let token = try Fixtures.bytes(fixture.anchored(size, "body.tsr"))
        try FileManager.default.removeItem(at: fixture.anchored(size, "body.tsr"))
        try await fixture.service(settings).anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.tsr")) == token)
        // A file that is no token is replaced as well.
        try FileManager.default.removeItem(at: fixture.anchored(size, "body.tsr"))
        try Data("broken".utf8).write(to: fixture.anchored(size, "body.tsr"))
        try await fixture.service(settings).anchorDue()
        #expect(try Fixtures.bytes(fixture.anchored(size, "body.tsr")) == token)
    }

    @Test func `a token that is public already is taken over, not asked for again`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let settings = fixture.settings(authorities: [Fixtures.settings(of: authority, path: "adoption")])
        try await fixture.service(settings).anchorDue()
        let token = try Fixtures.bytes(fixture.anchored(size, "body.tsr"))
        let queries = try authority.queries(to: "adoption")
        // As after restoring the database from a backup made before the token came.
        try await fixture.data.storage.save([
            AnchorRecord(
                size: size, method: .rfc3161, authority: "essai", state: .wanted, bytes: [], attempts: 0, nextTry: nil, fault: nil)
        ])
        try await fixture.service(settings).anchorDue()
        #expect(try await records(of: size).map(\.bytes) == [token])
        #expect(try authority.queries(to: "adoption") == queries)
    }

    @Test func `what is due for an authority that is no longer configured is left alone`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority, path: "broken")])).anchorDue()
        let before = try await records(of: size)
        fixture.clock.advance(100_000)
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority, name: "autre")])).anchorDue()
        #expect(try await records(of: size) == before)
    }

    @Test func `a missing file of authorities is a fault in words`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let missing = URL(fileURLWithPath: "/nonexistent/ca.pem")
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority, caFile: missing)])).anchorDue()
        #expect(try await records(of: size).first?.fault?.contains("/nonexistent/ca.pem") == true)
    }

    @Test func `the service anchors by itself and ends on a graceful shutdown`() async throws {
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let service = fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)]))
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: Fixtures.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for _ in 0..<600 {
                if try await records(of: size).first?.state == .complete { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await records(of: size).first?.state == .complete)
    }

    @Test func `a token with one flipped byte is refused wherever openssl refuses it, and wherever it is not what came`() async throws {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        let file = fixture.anchored(size, "body.tsr")
        let right = try Fixtures.bytes(file)
        let roots = LedgerAudit.TimestampRoots(common: try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities)))
        let path = "anchors/\(size)/body.tsr"
        var refused = 0
        for place in stride(from: 0, to: right.count, by: 23) {
            var wrong = right
            wrong[place] ^= 0x20
            try FileManager.default.removeItem(at: file)
            try Data(wrong).write(to: file)
            let arguments = ["ts", "-verify", "-data", "body", "-in", "body.tsr", "-CAfile", authority.authorities.path]
            let theirs = try Tool.run("openssl", arguments, folder: file.deletingLastPathComponent()).status == 0
            let ours = try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier, roots: roots).run()
            #expect(ours.findings.contains { $0.path == path } == !theirs, "byte \(place): openssl \(theirs), ours \(ours.findings)")
            if !theirs { refused += 1 }
            // Without a root the signature still counts.
            if place > right.count - 100 {
                let rootless = try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier).run()
                #expect(rootless.findings.contains { $0.path == path } == !theirs, "byte \(place), in the signature")
            }
        }
        #expect(refused > 20)
        // The next start mends the file from the record.
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        #expect(try Fixtures.bytes(file) == right)
        let clean = try await LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier, roots: roots).run()
        #expect(clean.findings == [] && clean.tokensTrusted == 1 && clean.tokensOfUnknownRoot == 0)
        try await audit()
    }

    @Test func `anchors that disappear, in the folder or in the database, are found`() async throws {
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        try await fixture.service(fixture.settings(authorities: [Fixtures.settings(of: authority)])).anchorDue()
        let folder = fixture.anchored(size, "body").deletingLastPathComponent()
        try FileManager.default.moveItem(at: folder, to: fixture.ledger.deletingLastPathComponent().appendingPathComponent("ailleurs"))
        #expect(try await own().findings.map(\.path) == ["anchors/\(size)"])
        try FileManager.default.moveItem(at: fixture.ledger.deletingLastPathComponent().appendingPathComponent("ailleurs"), to: folder)
        let token = fixture.anchored(size, "body.tsr")
        let bytes = try Fixtures.bytes(token)
        try FileManager.default.removeItem(at: token)
        #expect(try await own().findings.map(\.path) == ["anchors/\(size)/body.tsr"])
        try Data(bytes).write(to: token)
        let record = try #require(try await records(of: size).first)
        var wrong = record.bytes
        wrong[wrong.count - 20] ^= 1
        try await fixture.data.storage.save([
            AnchorRecord(
                size: size, method: .rfc3161, authority: record.authority, state: .complete, bytes: wrong, attempts: 1, nextTry: nil,
                fault: nil)
        ])
        #expect(try await own().findings.map(\.path) == ["anchor"])
    }

    private func own() async throws -> AuditReport {
        try await LedgerAudit(
            publicFolder: fixture.ledger, vkey: fixture.key.verifier, storage: fixture.data.storage,
            documents: DocumentStore(reading: fixture.data.folder["documents"])
        ).run()
    }

    private func audit() async throws {
        let audit = LedgerAudit(publicFolder: fixture.ledger, vkey: fixture.key.verifier)
        #expect(try await audit.run().findings == [])
        #expect(try await own().findings.filter { !$0.path.hasPrefix("documents") } == [])
    }
}
