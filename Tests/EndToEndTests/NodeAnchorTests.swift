import Council
import Demonstration
import Foundation
import TestSupport
import Testing

/// The register paid into a real chain by the real program, and what its commands then say.
@Suite(.serialized) struct NodeAnchorWayTests {
    @Test(.timeLimit(.minutes(15)))
    func `a node of one's own anchors the register, and proofs and receipts are checked against it`() async throws {
        let node = try ChainNode()
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        let sample = SampleSitting(
            authority: SampleSitting.authority(timeZone: try #require(TimeZone(identifier: "Europe/Paris"))), clock: WallClock { Date() })
        try await house.start()
        try sample.writeRoll(to: house.depot)
        _ = try await house.eventually("the roll") { try house.json("members", "list").first }
        try sample.writeFolder(to: house.depot)
        _ = try await house.eventually("the sitting") { try house.json("sittings", "list").first }
        #expect(house.stop() == 0)

        // The node comes later, as it does in life.
        let yaml = try String(contentsOf: house.configuration, encoding: .utf8)
        let settings = "{ url: \"\(node.address)\", wallet: w, cookieFile: \(try node.cookie().path), network: regtest, confirmations: 1 }"
        try Data(yaml.replacing("calendars: [] }", with: "calendars: [], node: \(settings) }").utf8).write(to: house.configuration)
        let check = try house.command("check")
        #expect(check.status == 0 && check.errors.contains("« regtest » est un réseau d'essai"), "\(check.errors)")
        try await house.start()
        _ = try await house.eventually("the transaction") { try node.check("getrawmempool").contains("\"") ? true : nil }
        // Killed before any block: it comes back, waits for the same transaction, and pays for no other.
        house.kill()
        try await house.start()
        try node.mine(1)
        let anchors = house.ledger.appendingPathComponent("anchors")
        let size = try await house.eventually("the proof") {
            try FileManager.default.contentsOfDirectory(atPath: anchors.path).first {
                FileManager.default.fileExists(atPath: anchors.appendingPathComponent("\($0)/body.ots").path)
            }
        }
        let ots = URL(fileURLWithPath: Tool.python).deletingLastPathComponent().appendingPathComponent("ots").path
        let judged = try Tool.run(
            ots,
            [
                "--no-cache", "--no-default-whitelist", "--btc-regtest", "--bitcoin-node", node.url, "verify",
                anchors.appendingPathComponent("\(size)/body.ots").path,
            ])
        #expect(judged.status == 0 && judged.errors.contains("Success! Bitcoin block 102"), "\(judged.errors)")

        // The sitting's file as it was moved to `Traités`.
        let document = try #require(
            FileManager.default.enumerator(at: house.depot, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
                .first { $0.pathExtension == "pdf" }
        ).path
        let proof = house.folder["preuve.asice"].path
        #expect(try house.command("proof", "export", "--document", document, "-o", proof).status == 0)
        func verify(_ arguments: [String]) throws -> ToolResult {
            try Tool.run(try Gatehouse.program(), ["verify", proof] + arguments, environment: ["LC_ALL": "fr_FR.UTF-8"])
        }
        let claimed = try verify([])
        #expect(claimed.status == 0 && claimed.text.contains("est dans le bloc Bitcoin 102, si sa racine de Merkle est"), "\(claimed.text)")
        let asked = try verify(["--node", node.address, "--node-cookie", try node.cookie().path])
        #expect(asked.status == 0 && asked.text.contains("est dans le bloc 102 de Bitcoin, réseau d'essai regtest"), "\(asked)")
        #expect(asked.text.contains("existait au plus tard le"))
        let wrong = try house.folder.write("101:\(try header(101, node))", to: "en-tetes").path
        #expect(try verify(["--block-headers", wrong]).text.contains("n'a pas l'en-tête du bloc 102"))
        try house.folder.write("102:\(try header(101, node))", to: "en-tetes")
        let refused = try verify(["--block-headers", wrong])
        #expect(refused.status == 1 && refused.errors.contains("elle n'est pas dans ce bloc"), "\(refused)")
        try house.folder.write("102:beurk", to: "en-tetes")
        let unreadable = try verify(["--block-headers", wrong])
        #expect(unreadable.status == 2 && unreadable.errors.contains("ligne 1 : il faut « hauteur:en-tête »"), "\(unreadable)")
        let nobody = try verify(["--node", "http://127.0.0.1:1", "--node-cookie", try node.cookie().path])
        #expect(nobody.status == 2 && nobody.errors.contains("le nœud ne répond pas"), "\(nobody)")

        let receipt = house.folder["recu.json"].path
        let written = try house.command("proof", "chainpoint", "--document", document, "-o", receipt)
        #expect(written.status == 0 && written.text.contains("anchors/\(size)/body"), "\(written)")
        let raw = try node.check("getblock", node.check("getblockhash", "102"), "2")
        let block = try #require(try JSONSerialization.jsonObject(with: Data(raw.utf8)) as? [String: Any])
        let transactions = try #require(block["tx"] as? [[String: Any]])
        let hex = try #require(transactions.last?["hex"] as? String)
        let holds = try Tool.judge("chainpoint_v2.py", [receipt, hex])
        #expect(holds.status == 0, "\(holds.errors)")
        let audit = try house.command("ledger", "audit")
        #expect(audit.status == 0, "\(audit)")
        #expect(house.stop() == 0)
        #expect(try node.check("listtransactions", "*", "1000").components(separatedBy: "\"category\": \"send\"").count == 2)
        #expect(!house.log.contains("u:p") && !house.log.contains("dTpw"))
    }

    private func header(_ height: Int, _ node: ChainNode) throws -> String {
        try node.check("getblockheader", node.check("getblockhash", "\(height)"), "false")
    }
}
