import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// Anchoring through a real node with a real wallet: never paid twice for one checkpoint.
@Suite(.serialized)
struct NodeAnchorTests {
    let fixture: NodeFixture
    private var storage: any Storage { fixture.base.data.storage }

    init() throws { fixture = try NodeFixture() }

    @Test func `a checkpoint is paid for once, and its proof is complete when the block is deep enough`() async throws {
        let calendar = try TestCalendar(node: nil)
        let sitting = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        let service = try fixture.service(calendars: [calendar.url])
        try await service.anchorDue()

        let sent = try await fixture.record(size)
        let transaction = try #require(sent.transaction)
        #expect(sent.state == .pending && sent.bytes.isEmpty && sent.fault == nil && transaction.block == nil)
        #expect(transaction.network == "regtest")
        #expect(try fixture.node.check("getrawmempool").contains(transaction.id))
        // What the chain carries is the SHA-256 of `body`, and nothing that tells whose it is.
        let digest = Sample.hash(try Fixtures.bytes(fixture.base.anchored(size, "body")))
        let decoded = try fixture.node.check("decoderawtransaction", Hex.encode(transaction.bytes))
        #expect(decoded.contains("6a20" + digest.hex))
        // Only the calendar's promise is public so far.
        #expect(try !OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(fixture.base.anchored(size, "body.ots"))).isComplete())

        try fixture.node.mine(2)
        try await fixture.pass()
        #expect(try await fixture.record(size).state == .pending)
        try fixture.node.mine(1)
        fixture.base.clock.advance(700)
        try await service.anchorDue()
        let record = try await fixture.record(size)
        #expect(record.state == .complete && record.nextTry == nil && record.fault == nil)
        let block = try #require(record.transaction?.block)
        #expect(block.height == 102)
        #expect(try fixture.node.check("getblockhash", "102") == block.hash)

        try fixture.verifyPublished(size)
        let proof = try OpenTimestamps.DetachedProof(parsing: Fixtures.bytes(fixture.base.anchored(size, "body.ots")))
        #expect(try proof.attested().contains { $0.attestation == .bitcoin(height: 102) })
        #expect(try proof.attested().contains { $0.attestation == .pending(uri: calendar.url) })
        try await fixture.audit()

        // Records that contradict each other are found.
        let elsewhere = ChainTransaction(
            network: "regtest", id: transaction.id, bytes: transaction.bytes, signedAt: transaction.signedAt,
            block: .init(height: 103, hash: block.hash))
        try await storage.save([
            AnchorRecord(
                size: size, method: .chainNode, authority: "regtest", state: .complete, bytes: record.bytes, attempts: 1, nextTry: nil,
                fault: nil, transaction: elsewhere)
        ])
        #expect(try await fixture.findings().map(\.path) == ["anchor"])
        try await storage.save([record])

        // Neither this checkpoint again, nor the next one within the interval, even after restarts.
        for _ in 0..<3 { try await fixture.pass() }
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let next = try await fixture.base.publish()
        fixture.base.clock.advance(-2800)
        try await fixture.pass()
        #expect(try await storage.anchors(of: next).allSatisfy { $0.method != .chainNode })
        #expect(try fixture.payments() == 1)
        fixture.base.clock.advance(3600)
        try await fixture.pass()
        #expect(try fixture.payments() == 2)
        #expect(try await fixture.record(next).state == .pending)
    }

    @Test func `a process that dies between keeping and sending sends the same bytes when it comes back`() async throws {
        _ = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        // The node's user may sign and not send: this is where the first process stops.
        try await fixture.pass(fixture.node(canSend: false))
        let kept = try await fixture.record(size)
        let transaction = try #require(kept.transaction)
        #expect(kept.state == .pending && kept.fault?.contains("403") == true)
        #expect(try fixture.payments() == 0 && fixture.reserved() == 1)
        try await fixture.pass()
        #expect(try await fixture.record(size).transaction == transaction)
        #expect(try fixture.node.check("getrawmempool").contains(transaction.id))

        // Between send and confirm both restart: sent again, which is the same payment.
        try fixture.node.restart()
        try await fixture.pass()
        try await fixture.pass()
        try fixture.node.mine(3)
        try await fixture.pass()
        let record = try await fixture.record(size)
        #expect(record.state == .complete && record.transaction?.id == transaction.id && record.transaction?.bytes == transaction.bytes)
        #expect(try fixture.payments() == 1)
        try fixture.verifyPublished(size)
    }

    @Test func `bytes that are mined before anyone looks are recognised, and not paid for again`() async throws {
        _ = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass(fixture.node(canSend: false))
        let transaction = try #require(try await fixture.record(size).transaction)
        try fixture.node.check("sendrawtransaction", Hex.encode(transaction.bytes))
        try fixture.node.mine(4)
        try await fixture.pass()
        #expect(try await fixture.record(size).state == .complete)
        #expect(try fixture.payments() == 1)
        try fixture.verifyPublished(size)
    }

    @Test func `a block that is taken back is waited for again, with the same transaction`() async throws {
        _ = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass()
        let transaction = try #require(try await fixture.record(size).transaction)
        try fixture.node.mine(2)
        try await fixture.pass()
        try fixture.node.check("invalidateblock", fixture.node.check("getblockhash", "102"))
        #expect(try fixture.node.height() == 101)
        try await fixture.pass()
        let again = try await fixture.record(size)
        #expect(again.state == .pending && again.fault == nil && again.transaction == transaction)
        // Elsewhere this time: an empty block first.
        try fixture.node.check("generateblock", fixture.node.check("getnewaddress", "", "bech32"), "[]")
        try fixture.node.mine(3)
        try await fixture.pass()
        let record = try await fixture.record(size)
        #expect(record.state == .complete && record.transaction?.id == transaction.id && record.transaction?.block?.height == 103)
        #expect(try fixture.payments() == 1)
        try fixture.verifyPublished(size)
    }

    @Test func `coins spent otherwise raise an alarm and no second payment`() async throws {
        let sitting = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass(fixture.node(canSend: false))
        let transaction = try #require(try await fixture.record(size).transaction)
        // The node forgets the reservation, and somebody empties the wallet.
        try fixture.node.restart()
        try fixture.node.check("sendtoaddress", fixture.node.check("getnewaddress", "", "bech32"), "50", "", "", "true")
        for _ in 0..<2 {
            try await fixture.pass()
            try fixture.node.mine(1)
        }
        for _ in 0..<4 {
            fixture.base.clock.advance(4000)
            try await fixture.pass()
        }
        let record = try await fixture.record(size)
        #expect(record.state == .pending && record.transaction == transaction && record.fault?.contains("spent otherwise") == true)
        #expect(fixture.log.lines.contains { $0.hasPrefix("error no anchor: somebody must see to it") && $0.contains(transaction.id) })
        #expect(try fixture.payments() == 1)
        // The register goes on: its next state is paid for.
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let next = try await fixture.base.publish()
        try await fixture.pass()
        try fixture.node.mine(3)
        try await fixture.pass()
        #expect(try await fixture.record(next).state == .complete)
        #expect(try await fixture.record(size).state == .pending)
        try fixture.verifyPublished(next)
    }

    @Test func `a locked wallet and a fee above the cap are told, nothing is paid or kept back, and it works once mended`() async throws {
        let sitting = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass(fixture.node(feeCap: 10))
        #expect(try await fixture.record(size).fault?.contains("above the cap of 10 (anchors.node.feeCap)") == true)
        try fixture.node.check("encryptwallet", "sesame")
        try await fixture.pass()
        let record = try await fixture.record(size)
        #expect(record.state == .wanted && record.transaction == nil && record.fault?.contains("wallet is locked") == true)
        #expect(try #require(record.nextTry) > fixture.base.clock.wall.now())
        #expect(try fixture.payments() == 0 && fixture.reserved() == 0)
        #expect(fixture.log.lines.filter { $0.hasPrefix("error no anchor: somebody must see to it") }.count == 2)
        // While it waits, later states don't queue up behind it.
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let later = try await fixture.base.publish()
        fixture.base.clock.advance(90_000)
        try await fixture.pass()
        #expect(try await storage.anchors(of: later).isEmpty)

        try fixture.node.check("walletpassphrase", "sesame", "600")
        fixture.base.clock.advance(5000)
        try await fixture.pass()
        #expect(try await fixture.record(size).state == .pending)
        #expect(try fixture.payments() == 1)
    }

    @Test func `what is wrong with the node is told in words, and never its password`() async throws {
        _ = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        let folder = try TemporaryFolder()
        let wrong = try folder.write("mot-de-passe-faux\n", to: "password")
        try fixture.node.check("createwallet", "vide")
        let cases: [(AnchorSettings.Node, String)] = [
            (try fixture.node(url: "http://127.0.0.1:1"), "the node doesn't answer"),
            (try fixture.node(credentials: .passwordFile(user: "u", wrong)), "HTTP 401"),
            (try fixture.node(credentials: .cookieFile(folder["absent"])), "absent: missing, unreadable"),
            (try fixture.node(credentials: .cookieFile(wrong)), "without the node's user and password"),
            (try fixture.node(wallet: "inconnu"), "hasn't loaded the wallet “inconnu” (loadwallet)"),
            (try fixture.node(wallet: nil), "give anchors.node.wallet"),
            (try fixture.node(wallet: "vide"), "the wallet can't pay"),
        ]
        for (settings, words) in cases {
            fixture.base.clock.advance(90_000)
            try await fixture.pass(settings)
            let record = try await fixture.record(size)
            #expect(record.fault?.contains(words) == true, "\(record.fault ?? "none")")
            #expect(record.state == .wanted && record.transaction == nil)
        }
        let secret = Data("u:mot-de-passe-faux".utf8).base64EncodedString()
        #expect(!fixture.log.lines.isEmpty)
        #expect(fixture.log.lines.allSatisfy { !$0.contains("mot-de-passe-faux") && !$0.contains(secret) })
        let right = try folder.write("p\n", to: "right")
        fixture.base.clock.advance(90_000)
        try await fixture.pass(fixture.node(credentials: .passwordFile(user: "u", right)))
        #expect(try await fixture.record(size).state == .pending)
    }

    @Test func `a node of another network is not paid through`() async throws {
        _ = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass(fixture.node(network: .signet))
        let record = try await fixture.record(size)
        #expect(record.fault?.contains("another chain (regtest) than the configured one (signet)") == true, "\(record.fault ?? "none")")
        #expect(record.transaction == nil)
    }

    @Test(arguments: [
        (#"{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":"x"}"#, 500, "is starting (Loading block index...)"),
        (#"{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":"x"}"#, 404, "refuses (-32601): Method not found"),
        ("Work queue depth exceeded", 503, "overloaded"), ("<html>", 200, "unexpected answer"), ("{}", 200, "unexpected answer"),
    ])
    func `an answer of any kind becomes a sentence`(body: String, status: Int, words: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(body, to: "body")
        let script = """
            import http.server, sys
            body = open(sys.argv[1], 'rb').read()
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers['Content-Length']))
                    self.send_response(int(sys.argv[2])); self.send_header('Content-Length', str(len(body))); self.end_headers()
                    self.wfile.write(body)
            server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
            open(sys.argv[3] + '.new', 'w').write(str(server.server_address[1]))
            import os; os.rename(sys.argv[3] + '.new', sys.argv[3])
            server.serve_forever()
            """
        let server = try BackgroundProgram(
            Tool.python, ["-c", script, folder["body"].path, "\(status)", folder["port"].path], errors: folder["errors"])
        let port = try server.port(in: folder["port"])
        let client = NodeClient(url: "http://127.0.0.1:\(port)", credentials: .cookieFile(try folder.write("a:b", to: "cookie")))
        do throws(NodeFault) {
            _ = try await client.chain()
            Issue.record("no fault")
        } catch {
            #expect(error.description.contains(words), "\(error)")
            #expect(error.words.french != error.words.english)
        }
    }
}
