import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// A ledger beside a real node.
struct NodeFixture {
    let base: AnchorFixture
    let node: ChainNode
    let log = RecordedLog()

    init() throws {
        base = try AnchorFixture()
        node = try ChainNode()
    }

    func node(
        canSend: Bool = true, wallet: String? = "w", network: ChainNetwork = .regtest, feeCap: Int64 = 50_000, url: String? = nil,
        credentials: NodeCredentials? = nil
    ) throws -> AnchorSettings.Node {
        AnchorSettings.Node(
            url: url ?? node.address, wallet: wallet, credentials: try credentials ?? .cookieFile(node.cookie(canSend: canSend)),
            network: network, feeCap: feeCap, confirmations: 3, interval: .seconds(3600))
    }

    /// A new process each time: it remembers nothing.
    func service(_ settings: AnchorSettings.Node? = nil, calendars: [String] = []) throws -> AnchorService {
        base.service(base.settings(calendars: calendars, node: try settings ?? node()), logger: log.logger)
    }

    /// One pass of a new process, later than whatever was waited for.
    func pass(_ settings: AnchorSettings.Node? = nil) async throws {
        base.clock.advance(700)
        try await service(settings).anchorDue()
    }

    func record(_ size: UInt64) async throws -> AnchorRecord {
        try #require(try await base.data.storage.anchors(of: size).first { $0.method == .chainNode })
    }

    /// How many transactions the wallet has paid for.
    func payments() throws -> Int {
        let list = try JSON(parsing: Array(try node.check("listtransactions", "*", "1000").utf8))
        let sent = (list.items ?? []).filter { $0["category"]?.text == "send" }
        return Set(sent.compactMap { $0["txid"]?.text }).count
    }

    func reserved() throws -> Int { try JSON(parsing: Array(try node.check("listlockunspent").utf8)).items?.count ?? -1 }

    func ots(_ arguments: [String]) throws -> ToolResult {
        let program = URL(fileURLWithPath: Tool.python).deletingLastPathComponent().appendingPathComponent("ots").path
        return try Tool.run(program, ["--no-cache", "--no-default-whitelist"] + arguments)
    }

    /// The reference client, with the node as its chain, says yes to the public files as they are.
    func verifyPublished(_ size: UInt64) throws {
        let arguments = ["--btc-regtest", "--bitcoin-node", node.url, "verify", base.anchored(size, "body.ots").path]
        let result = try ots(arguments)
        #expect(result.status == 0 && result.errors.contains("Success! Bitcoin block"), "\(result.errors)")
    }

    func audit() async throws { #expect(try await findings() == []) }

    /// Of the ledger's own audit; that its documents are elsewhere is no matter here.
    func findings() async throws -> [AuditFinding] {
        try await LedgerAudit(
            publicFolder: base.ledger, vkey: base.key.verifier, storage: base.data.storage,
            documents: DocumentStore(reading: base.data.folder["documents"])
        ).run().findings.filter { !$0.path.hasPrefix("documents") }
    }
}
