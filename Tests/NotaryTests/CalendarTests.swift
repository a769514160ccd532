import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// OpenTimestamps with real calendars that commit into a real chain.
@Suite(.serialized)
struct CalendarTests {
    let fixture: AnchorFixture

    init() throws { fixture = try AnchorFixture() }

    private func records(of size: UInt64) async throws -> [AnchorRecord] { try await fixture.data.storage.anchors(of: size) }

    private func ots(_ arguments: [String]) throws -> ToolResult {
        let program = URL(fileURLWithPath: Tool.python).deletingLastPathComponent().appendingPathComponent("ots").path
        return try Tool.run(program, ["--no-cache", "--no-default-whitelist"] + arguments)
    }

    @Test func `a proof is pending, then reaches a block, and the reference client verifies it against the chain`() async throws {
        let node = try ChainNode()
        let (one, two) = (try TestCalendar(node: node), try TestCalendar(node: node))
        _ = try await fixture.data.approvedSitting()
        let size = try await fixture.publish()
        let service = fixture.service(fixture.settings(calendars: [one.url, two.url]))
        try await service.anchorDue()

        #expect(try await records(of: size).map(\.state) == [.pending, .pending])
        let proof = fixture.anchored(size, "body.ots")
        let pending = try OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(proof))
        #expect(pending.digest == (Sample.hash(try Fixtures.bytes(fixture.anchored(size, "body")))).bytes)
        let info = try ots(["info", proof.path])
        #expect(info.status == 0, "\(info.errors)")
        for calendar in [one, two] { #expect(info.text.contains("PendingAttestation('\(calendar.url)')")) }

        // The calendars have no block yet: nothing is lost, and they are asked again later.
        fixture.clock.advance(1000)
        try await service.anchorDue()
        #expect(try await records(of: size).map(\.state) == [.pending, .pending])
        #expect(try await records(of: size).allSatisfy { $0.fault == nil && $0.attempts == 2 })
        #expect(try OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(proof)) == pending)

        // One reaches a block before the other: the proof is good, and the other is still waited for.
        let height = try one.mine()
        fixture.clock.advance(5000)
        try await service.anchorDue()
        let states = Dictionary(uniqueKeysWithValues: try await records(of: size).map { ($0.authority, $0.state) })
        #expect(states == [one.url: .complete, two.url: .pending])
        try verify(size, node)
        try await provesBlock(height, node)
        let later = try two.mine()
        #expect(later > height)
        fixture.clock.advance(5000)
        try await service.anchorDue()
        #expect(try await records(of: size).map(\.state) == [.complete, .complete])
        let complete = try OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(proof))
        let heights = try complete.attested().compactMap { attested -> UInt64? in
            if case .bitcoin(let height) = attested.attestation { height } else { nil }
        }
        #expect(heights.sorted() == [UInt64(height), UInt64(later)])
        try verify(size, node)
        try altered(size, node)

        // What is complete in public is not replaced by records that know less.
        let bytes = try Fixtures.bytes(proof)
        try await fixture.data.storage.save(
            try await records(of: size).map { record in
                AnchorRecord(
                    size: size, method: record.method, authority: record.authority, state: .pending, bytes: pending.file, attempts: 1,
                    nextTry: fixture.clock.wall.now().addingTimeInterval(99_999), fault: nil)
            })
        try await fixture.service(fixture.settings(calendars: [one.url, two.url])).anchorDue()
        #expect(try Fixtures.bytes(proof) == bytes)
    }

    /// The reference client, with the node as its chain, says yes to our files as they are.
    private func verify(_ size: UInt64, _ node: ChainNode) throws {
        let arguments = ["--btc-regtest", "--bitcoin-node", node.url, "verify", fixture.anchored(size, "body.ots").path]
        let result = try ots(arguments)
        #expect(result.status == 0 && result.errors.contains("Success! Bitcoin block"), "\(result.errors)")
    }

    /// A proof made now names the block, with its merkle root as the node itself writes it.
    private func provesBlock(_ height: Int, _ node: ChainNode) async throws {
        let sitting = try #require(try await fixture.data.storage.sittings().first)
        let exporter = ProofExporter(
            storage: fixture.data.storage, ledgerFolder: fixture.ledger, authorities: [], verifierPage: try ProofFixture.verifierPage())
        let report = try ProofVerifier.verify(try await exporter.export(.sitting(sitting.id)).archive)
        let header = try node.check("getblockheader", try node.check("getblockhash", "\(height)"))
        let root = try #require(try JSON(parsing: Array(header.utf8))["merkleroot"]?.text)
        let size = report.facts[0].checkpoint
        #expect(report.statements.contains(.block(size: size, height: UInt64(height), merkleRoot: root)), "\(report.statements)")
        #expect(report.statements.contains(.checkBlock(height: UInt64(height), merkleRoot: root)))
    }

    private func altered(_ size: UInt64, _ node: ChainNode) throws {
        let folder = try TemporaryFolder()
        try folder.write(Fixtures.bytes(fixture.anchored(size, "body")) + [0x0a], to: "body")
        try folder.write(Fixtures.bytes(fixture.anchored(size, "body.ots")), to: "body.ots")
        let result = try ots(["--btc-regtest", "--bitcoin-node", node.url, "verify", folder["body.ots"].path])
        #expect(result.status != 0)
    }

    @Test func `a proof that the reference client stamped is upgraded by ours`() async throws {
        let node = try ChainNode()
        let calendar = try TestCalendar(node: node)
        let folder = try TemporaryFolder()
        let file = try folder.write("un document\n", to: "document")
        let stamped = try ots(["stamp", "-c", calendar.url, "-m", "1", file.path])
        #expect(stamped.status == 0, "\(stamped.errors)")
        try calendar.mine()
        let client = CalendarClient(http: Fixtures.http, randomness: .system, calendars: [calendar.url], hosts: [])
        let pending = try OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(folder["document.ots"]))
        let complete = try await client.upgrade(pending)
        #expect(try !pending.isComplete() && complete.isComplete())
        try folder.write(complete.file, to: "document.ots")
        let result = try ots(["--btc-regtest", "--bitcoin-node", node.url, "verify", folder["document.ots"].path])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(arguments: [
        (TestCalendar.Misconduct.garbage, "no timestamp"), (.huge, "size exceeded"), (.broken, "HTTP 500"),
    ])
    func `a calendar that misbehaves leaves a fault in words and nothing else`(misconduct: TestCalendar.Misconduct, words: String)
        async throws
    {
        let (bad, good) = (try TestCalendar(node: nil, misconduct: misconduct), try TestCalendar(node: nil))
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        try await fixture.service(fixture.settings(calendars: [bad.url, good.url])).anchorDue()
        let found = Dictionary(uniqueKeysWithValues: try await records(of: size).map { ($0.authority, $0) })
        #expect(found[bad.url]?.state == .wanted && found[bad.url]?.fault?.contains(words) == true, "\(found[bad.url]?.fault ?? "")")
        #expect(found[good.url]?.state == .pending)
    }

    @Test func `a calendar cannot make us call another host`() async throws {
        let calendar = try TestCalendar(node: nil, misconduct: .elsewhere)
        _ = try await fixture.data.draftSitting()
        let size = try await fixture.publish()
        let service = fixture.service(fixture.settings(calendars: [calendar.url]))
        try await service.anchorDue()
        fixture.clock.advance(5000)
        try await service.anchorDue()
        let record = try #require(try await records(of: size).first)
        #expect(record.state == .pending && !record.bytes.isEmpty)
        #expect(record.fault == "the proof refers to https://elsewhere.example, which is no configured calendar")
    }

    @Test func `pools may refer us to the public calendars, over https only`() {
        let client = CalendarClient(
            http: Fixtures.http, randomness: .system, calendars: ["https://a.pool.opentimestamps.org", "http://127.0.0.1:8000"],
            hosts: AnchorSettings.publicCalendarHosts)
        for uri in [
            "https://a.pool.opentimestamps.org", "https://alice.btc.calendar.opentimestamps.org", "https://btc.calendar.catallaxy.com",
            "http://127.0.0.1:8000",
        ] { #expect(client.isTrusted(uri), "\(uri)") }
        for uri in [
            "http://alice.btc.calendar.opentimestamps.org", "https://calendar.opentimestamps.org.evil.example", "http://127.0.0.1:8001",
            "http://127.0.0.1", "https://127.0.0.1:8000", "https://evilcalendar.opentimestamps.org.example", "file:///etc/passwd", "",
        ] { #expect(!client.isTrusted(uri), "\(uri)") }
    }
}
