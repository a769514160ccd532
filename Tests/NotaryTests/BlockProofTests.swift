import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// What a proof says of blocks, against a real node and against headers in a file; and the Chainpoint receipt.
@Suite(.serialized)
struct BlockProofTests {
    let fixture: NodeFixture

    init() throws { fixture = try NodeFixture() }

    /// A document whose checkpoint is three blocks deep.
    private func anchoredDocument() async throws -> (size: UInt64, document: ContentHash, exporter: ProofExporter) {
        let sitting = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        try await fixture.pass()
        try fixture.node.mine(3)
        try await fixture.pass()
        #expect(try await fixture.record(size).state == .complete)
        let exporter = ProofExporter(
            storage: fixture.base.data.storage, ledgerFolder: fixture.base.ledger, authorities: [],
            verifierPage: try ProofFixture.verifierPage())
        return (size, try #require(sitting.draft.documents.first).hash, exporter)
    }

    private func header(_ height: Int) throws -> String {
        try fixture.node.check("getblockheader", fixture.node.check("getblockhash", "\(height)"), "false")
    }

    private func rootAsNodeWritesIt(_ height: Int) throws -> String {
        let header = try fixture.node.check("getblockheader", fixture.node.check("getblockhash", "\(height)"))
        return try #require(try JSON(parsing: Array(header.utf8))["merkleroot"]?.text)
    }

    @Test func `a node's header turns the claim into what is proven, with its time`() async throws {
        let (size, document, exporter) = try await anchoredDocument()
        let archive = try await exporter.export(.document(document)).archive
        let claimed = try ProofVerifier.verify(archive)
        #expect(claimed.statements.contains(.block(size: size, height: 102, merkleRoot: try rootAsNodeWritesIt(102))))
        #expect(claimed.blockHeights == [102] && claimed.notAfter == nil)

        let client = NodeClient(url: fixture.node.address, credentials: .cookieFile(try fixture.node.cookie()))
        let known = try await BlockSource.node(client).blocks(at: claimed.blockHeights)
        let report = try ProofVerifier.verify(archive, blocks: known)
        let minedAt = try #require(known.headers[102]).time
        let block = try fixture.node.check("getblockhash", "102")
        let expected = ProofReport.Statement.blockConfirmed(
            size: size, height: 102, block: block, network: .regtest, minedAt: minedAt, origin: .node)
        #expect(report.statements.contains(expected) && expected.standing == .proven)
        #expect(report.blockHeights.isEmpty && report.notAfter == minedAt.addingTimeInterval(7200))
        #expect(abs(minedAt.timeIntervalSinceNow) < 7200)
        let french = ProofWords(.french).text(of: report)
        #expect(french.contains("est dans le bloc 102 de Bitcoin, réseau d'essai regtest, daté par son mineur du "), "\(french)")
        #expect(french.contains("en-tête du nœud interrogé"))
        let english = ProofWords(.english).text(of: report)
        #expect(english.contains("is confirmed by block 102 of Bitcoin's test network regtest, mined at "), "\(english)")
        #expect(!english.contains("compare the merkle root"))
        #expect(String(decoding: report.json.canonical, as: UTF8.self).contains(#""network":"regtest""#))

        // A height that the node hasn't reached stays a claim, and is said to.
        let none = try await BlockSource.node(client).blocks(at: [102, 5_000_000_000])
        #expect(Set(none.headers.keys) == [102])
        try fixture.node.check("invalidateblock", fixture.node.check("getblockhash", "101"))
        let unknown = try ProofVerifier.verify(archive, blocks: try await BlockSource.node(client).blocks(at: [102]))
        #expect(unknown.statements.contains(.blockUnknown(height: 102, origin: .node)) && unknown.blockHeights == [102])
        #expect(unknown.notAfter == nil)
        #expect(ProofWords(.french).text(of: unknown).contains("Le nœud interrogé n'a pas, ou pas encore, de bloc 102."))

        // Another block of that height: refused, with both roots.
        try fixture.node.mine(3)
        do throws(ProofRefusal) {
            _ = try ProofVerifier.verify(archive, blocks: try await blocksNow(client))
            Issue.record("accepted under another block")
        } catch {
            guard case .otherBlock(102, network: .regtest, _, _) = error else { throw error }
            let words = ProofWords(.english).refusal(error)
            #expect(words.contains("block 102 of Bitcoin's test network regtest has the merkle root"), "\(words)")
            let other = try rootAsNodeWritesIt(102)
            #expect(words.contains(other))
        }
    }

    /// Litecoin's blocks have work of another kind: of two, one has Bitcoin's. Mined until the one that holds the transaction is such.
    private func mineWithWork() throws {
        for _ in 0..<60 {
            try fixture.node.mine(1)
            let hash = try fixture.node.check("getbestblockhash")
            if "01234567".contains(hash.prefix(1)) { return }
            try fixture.node.check("invalidateblock", hash)
        }
        Issue.record("sixty blocks without luck")
    }

    @Test func `the block's header is kept beside the proof, travels with it, and shows its work offline; any other is refused`()
        async throws
    {
        let document = try #require(try await fixture.base.data.draftSitting().draft.documents.first).hash
        let size = try await fixture.base.publish()
        try await fixture.pass()
        try mineWithWork()
        try fixture.node.mine(2)
        try await fixture.pass()
        let file = fixture.base.anchored(size, "block-102.header")
        let kept = try #require(KeptHeader(parsing: Fixtures.bytes(file), height: 102))
        #expect(try kept.network == .regtest && Hex.encode(kept.header.bytes) == header(102))
        try await fixture.audit()

        // Lost, and made again by the next process; a damaged one is left, found by the audit, and not in a proof.
        let exporter = ProofExporter(
            storage: fixture.base.data.storage, ledgerFolder: fixture.base.ledger, authorities: [],
            verifierPage: try ProofFixture.verifierPage())
        try FileManager.default.removeItem(at: file)
        let bare = try await exporter.export(.document(document)).archive
        #expect(try ProofFixture.bytes("checkpoints/\(size)/block-102.header", in: bare).isEmpty)
        try await fixture.pass()
        #expect(try Fixtures.bytes(file) == kept.bytes)
        for place in kept.bytes.indices {
            var bytes = kept.bytes
            bytes[place] ^= 1
            try FileManager.default.removeItem(at: file)
            try Data(bytes).write(to: file)
            #expect(try await fixture.findings().map(\.path) == ["anchors/\(size)/block-102.header"], "byte \(place)")
        }
        let without = try await exporter.export(.document(document))
        #expect(without.warnings == [.headerUnusable("checkpoints/\(size)/block-102.header", "it is not a block's header in its one form")])
        // Or from a source that is asked when the proof is made, which needs no node while serving.
        let source = BlockSource.file(try BlockHeaderFile(parsing: "102:\(try header(102))"))
        let named = try await exporter.export(.document(document), blocks: source)
        #expect(named.warnings == [])
        #expect(
            KeptHeader(parsing: try ProofFixture.bytes("checkpoints/\(size)/block-102.header", in: named.archive), height: 102)?.network
                == nil)
        try FileManager.default.removeItem(at: file)
        try Data(kept.bytes).write(to: file)
        try await fixture.audit()

        let archive = try await exporter.export(.document(document)).archive
        let name = "checkpoints/\(size)/block-102.header"
        #expect(try ProofFixture.bytes(name, in: archive) == kept.bytes)
        let report = try ProofVerifier.verify(archive)
        let expected = ProofReport.Statement.headerHolds(
            size: size, height: 102, block: kept.header.id, network: .regtest, minedAt: kept.header.time, workBits: 1)
        #expect(report.statements.contains(expected))
        // That it is in the chain stays a claim, and to be checked; it dates nothing.
        #expect(report.blockHeights == [102] && report.notAfter == nil)
        let words = ProofWords(.french).text(of: report)
        #expect(words.contains("au moins 2^1 calculs, ce qui ne coûte presque rien. Que ce bloc soit dans la chaîne, seul un nœud le dit."))
        #expect(words.contains("(--node)") && words.contains("(--block-headers)"), "\(words)")
        let page = try await VerifierPage.shown(archive)
        #expect(page.isGood && page.text.contains("un en-tête joint porte cet état : bloc 102 (\(kept.header.id)"), "\(page.text)")
        let client = NodeClient(url: fixture.node.address, credentials: .cookieFile(try fixture.node.cookie()))
        let known = try await BlockSource.node(client).blocks(at: [102])
        let confirmed = try ProofVerifier.verify(archive, blocks: known)
        #expect(!confirmed.statements.contains(expected) && confirmed.notAfter != nil)

        try await refuseOthers(archive, name, kept, known)
    }

    private func refuseOthers(_ archive: [UInt8], _ name: String, _ kept: KeptHeader, _ known: KnownBlocks) async throws {
        func with(_ bytes: [UInt8]) throws -> [UInt8] { try ProofFixture.altered(archive, name) { _ in bytes } }
        func spoilt(_ place: Int, _ network: ChainNetwork? = .regtest, where isWanted: (BlockHeader) -> Bool) throws -> [UInt8] {
            for value in UInt8.min...UInt8.max {
                var bytes = kept.header.bytes
                bytes[place] = value
                if bytes != kept.header.bytes, let header = BlockHeader(bytes), isWanted(header) {
                    return try with(KeptHeader(height: 102, header: header, network: network).bytes)
                }
            }
            throw CancellationError()
        }
        let otherRoot = try spoilt(40) { _ in true }
        let noWork = try spoilt(76) { !$0.hasWork }
        let tooEasy = try with(KeptHeader(height: 102, header: kept.header, network: .bitcoin).bytes)
        let cut = try with(kept.bytes.dropLast())
        let cases: [([UInt8], String, String)] = [
            (otherRoot, "its merkle root is not the one that the proof leads to", "n’a pas la racine de Merkle"),
            (noWork, "its hash is above the target that it names: no proof of work", "est sans preuve de travail"),
            (tooEasy, "its target is easier than any of Bitcoin's main network", "est plus facile que Bitcoin"),
            (cut, "it is not a block's header in its one form", "est illisible"),
        ]
        for (altered, why, onPage) in cases {
            #expect(throws: ProofRefusal.badAnchor(name, why)) { try ProofVerifier.verify(altered) }
            #expect(DetailWords.french(why) != why)
            let page = try await VerifierPage.shown(altered)
            #expect(!page.isGood && page.text.contains(onPage), "\(why): \(page.text)")
        }
        // Right by itself, and not the chain's: a node knows better.
        let another = try spoilt(76) { $0.hasWork }
        _ = try ProofVerifier.verify(another)
        #expect(throws: ProofRefusal.badAnchor(name, "it is not the header that you have of that height")) {
            try ProofVerifier.verify(another, blocks: known)
        }
        let moved = try ProofFixture.altered(archive) { entry in
            entry.name == name ? ArchiveEntry(name.replacing("102", with: "103"), entry.bytes) : entry
        }
        #expect(throws: ProofRefusal.badAnchor(name.replacing("102", with: "103"), "it is not a block's header in its one form")) {
            try ProofVerifier.verify(moved)
        }
        let elsewhere = try with(KeptHeader(height: 102, header: kept.header, network: .regtest).bytes)
        #expect(elsewhere == archive)
    }

    private func blocksNow(_ client: NodeClient) async throws(ProofRefusal) -> KnownBlocks {
        do { return try await BlockSource.node(client).blocks(at: [102]) } catch { throw .archive(.damaged("\(error)")) }
    }

    @Test func `headers in a file do the same offline, and a wrong one is refused`() async throws {
        let (size, document, exporter) = try await anchoredDocument()
        let archive = try await exporter.export(.document(document)).archive
        let right = try BlockHeaderFile(parsing: "# en-têtes\n\n101:\(try header(101))\r\n102:\(try header(102))\n")
        let report = try ProofVerifier.verify(archive, blocks: try await BlockSource.file(right).blocks(at: [102]))
        let isConfirmed = report.statements.contains { statement in
            if case .blockConfirmed(size, 102, _, network: nil, _, origin: .file) = statement { true } else { false }
        }
        #expect(isConfirmed, "\(report.statements)")
        #expect(ProofWords(.french).text(of: report).contains("sans dire son réseau"))
        let wrong = try BlockHeaderFile(parsing: "102:\(try header(101))")
        let blocks = try await BlockSource.file(wrong).blocks(at: [102])
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(archive, blocks: blocks) }
        let empty = try await BlockSource.file(BlockHeaderFile(parsing: "101:\(try header(101))")).blocks(at: [102])
        #expect(try ProofVerifier.verify(archive, blocks: empty).statements.contains(.blockUnknown(height: 102, origin: .file)))
    }

    @Test func `a file of headers is read strictly, and the main network is known by its first block`() throws {
        // Block 0 of Bitcoin, as anybody can look it up.
        let genesis =
            "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa"
            + "4b1e5e4a29ab5f49ffff001d1dac2b7c"
        let file = try BlockHeaderFile(parsing: "0:" + genesis)
        #expect(file.network == .bitcoin)
        #expect(file.headers[0]?.time == Date(timeIntervalSince1970: 1_231_006_505))
        #expect(try BlockHeaderFile(parsing: "1:" + genesis).network == nil)
        for (text, line) in [("0:" + genesis + "00", 1), ("\nx:" + genesis, 2), ("0" + genesis, 1), ("0:zz", 1)] {
            #expect(throws: BlockHeaderFile.Mistake.self) { try BlockHeaderFile(parsing: text) }
            do { _ = try BlockHeaderFile(parsing: text) } catch { #expect(error.words.french.hasPrefix("ligne \(line) : ")) }
        }
        #expect(throws: BlockHeaderFile.Mistake.self) {
            try BlockHeaderFile(parsing: "0:\(genesis)\n0:\(genesis.replacing("1dac2b7c", with: "1dac2b7d"))")
        }
    }

    @Test func `a Chainpoint receipt leads to what the transaction carries, and an altered one does not`() async throws {
        let sitting = try await fixture.base.data.draftSitting()
        let size = try await fixture.base.publish()
        let document = try #require(sitting.draft.documents.first).hash
        let exporter = ProofExporter(
            storage: fixture.base.data.storage, ledgerFolder: fixture.base.ledger, authorities: [],
            verifierPage: try ProofFixture.verifierPage())
        try await fixture.pass()
        await #expect(throws: ChainpointError.notYetInABlock) { try await exporter.chainpointReceipt(of: document) }
        let stranger = Sample.hash("unknown")
        await #expect(throws: ChainpointError.nothingRecorded(stranger)) { try await exporter.chainpointReceipt(of: stranger) }
        try fixture.node.mine(3)
        try await fixture.pass()
        let receipt = try await exporter.chainpointReceipt(of: document)
        #expect(try await exporter.chainpointReceipt(ofCheckpoint: size) == receipt)
        await #expect(throws: ChainpointError.notYetInABlock) { try await exporter.chainpointReceipt(ofCheckpoint: size + 1) }
        #expect(receipt.target == Sample.hash(try Fixtures.bytes(fixture.base.anchored(size, "body"))) && receipt.network == "regtest")

        // The transaction as the chain has it.
        let raw = try fixture.node.check("getrawtransaction", receipt.transaction, "false", fixture.node.check("getblockhash", "102"))
        let folder = try TemporaryFolder()
        func judged(_ text: String) throws -> ToolResult {
            try Tool.judge("chainpoint_v2.py", [try folder.write(text, to: "receipt.json").path, raw])
        }
        let text = String(decoding: receipt.json.canonical, as: UTF8.self)
        let result = try judged(text)
        #expect(result.status == 0 && result.text == "holds\n", "\(result.errors)")
        let other = Sample.hash("other").hex
        let both = text.replacing(receipt.target.hex, with: other)
        #expect(try judged(both).errors.contains("no output of the transaction carries merkleRoot"))
        #expect(
            try judged(text.replacing("\"targetHash\":\"\(receipt.target.hex)\"", with: "\"targetHash\":\"\(other)\"")).errors.contains(
                "doesn't lead to merkleRoot"))
        #expect(try judged(text.replacing(receipt.transaction, with: other)).errors.contains("names another transaction"))
    }
}
