import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// What a proof says of witnesses, before other people's verifier and in a browser.
@Suite(.serialized) struct WitnessedProofTests {
    private let ledger: WitnessedLedger
    private let judges: [JudgeWitness]
    private let vkeys: [String]
    private let document: ContentHash
    private let anchored: UInt64

    /// A document under an anchored state, and two witnesses that know the ledger.
    init() async throws {
        ledger = try WitnessedLedger()
        judges = [try JudgeWitness(), try JudgeWitness(name: "temoin.example/w2")]
        vkeys = judges.map(\.vkey)
        document = try #require(try await ledger.base.data.draftSitting().draft.documents.first).hash
        anchored = try await ledger.base.publish()
        try await ledger.anchor()
        for judge in judges { try judge.add(origin: ledger.key.name, vkey: "\(ledger.key)") }
    }

    private func cosign() async throws {
        let running = try judges.map { try $0.start() }
        defer { for witness in running { witness.stop() } }
        try await ledger.service(Array(zip(running.map(\.url), vkeys)), threshold: 2).cosignDue()
    }

    private func export() async throws -> [UInt8] { try await ledger.exporter().export(.document(document)).archive }

    private func policy(_ vkeys: [String]? = nil, threshold: Int? = nil) throws -> WitnessPolicy {
        try #require(WitnessPolicy(keys: try (vkeys ?? self.vkeys).map { try CosignerKey(parsing: $0) }, threshold: threshold))
    }

    /// proofbundle's verdict on one file of a proof.
    private func judged(_ archive: [UInt8], _ name: String, threshold: Int = 2) throws -> ToolResult {
        let folder = try TemporaryFolder()
        let seq = try ProofVerifier.verify(archive).facts[0].seq
        let proof = try folder.write(ProofFixture.bytes("facts/\(seq)/\(name)", in: archive), to: "proof")
        let leaf = try folder.write(ProofFixture.bytes("facts/\(seq)/leaf.json", in: archive), to: "leaf")
        return try Tool.judge(
            "tlog_proof.py", [proof.path, leaf.path, "\(ledger.key)", ledger.key.name, "\(threshold)"] + vkeys)
    }

    @Test func `an anchored and cosigned state stands in the proof itself, which proofbundle holds with two witnesses of two`() async throws
    {
        try await cosign()
        let archive = try await export()
        let verdict = try judged(archive, "leaf.tlog-proof")
        #expect(verdict.status == 0 && verdict.text.contains("\"tree_size\": \(anchored)"), "\(verdict)")
        let seq = try ProofVerifier.verify(archive).facts[0].seq
        #expect(try ProofFixture.bytes("facts/\(seq)/leaf.cosigned.tlog-proof", in: archive).isEmpty)

        let report = try ProofVerifier.verify(archive, key: ledger.key, witnesses: policy())
        let names = report.statements.compactMap { statement -> String? in
            guard case .cosigned(anchored, let name, let since) = statement, statement.standing == .proven else { return nil }
            return abs(since.timeIntervalSinceNow) < 3600 ? name : nil
        }
        #expect(names == (try vkeys.map { try CosignerKey(parsing: $0).name }))
        // No timestamp authority is trusted here: the second of the two witnesses dates it.
        let times = report.statements.compactMap { if case .cosigned(_, _, let since) = $0 { since } else { nil } }
        #expect(report.notAfter == times.max() && report.notAfter != nil)
        #expect(try ProofVerifier.verify(archive, witnesses: policy(threshold: 1)).notAfter == times.min())
        #expect(!report.statements.contains { if case .giveWitnesses = $0 { true } else { $0 == .noWitness } })
        let french = ProofWords(.french).text(of: report)
        #expect(french.contains("est cosigné par « \(names[0]) », témoin dont vous avez donné la clé, depuis le "), "\(french)")
        #expect(ProofWords(.english).text(of: report).contains("is cosigned by “\(names[1])”, a witness whose key you gave, since "))
        let json = try JSON(parsing: report.json.canonical)
        #expect(json["statements"]?.items?.contains { $0["code"]?.text == "cosigned" && $0["witness"]?.text == names[0] } == true)

        // Without their keys: reported as what they are, and asked for.
        let unknown = try ProofVerifier.verify(archive)
        for name in names {
            #expect(unknown.statements.contains(.cosignatureUnchecked(size: anchored, witness: name)))
        }
        #expect(unknown.statements.contains(.giveWitnesses(names.sorted())) && unknown.notAfter == nil)
        #expect(ProofWords(.french).text(of: unknown).contains("--witness-key"))
        // One of two: the other stays unverified.
        let half = try ProofVerifier.verify(archive, witnesses: policy([vkeys[1]]))
        #expect(half.statements.contains(.cosignatureUnchecked(size: anchored, witness: names[0])))
    }

    @Test func `where only a later state is cosigned, a second path leads to it`() async throws {
        let later = try await ledger.grow()
        // The witnesses were asked for the later one only, as if they had been configured after the anchored one was passed.
        let anchors = ledger.base.ledger.appendingPathComponent("anchors")
        let aside = ledger.base.data.folder["anchors-aside"]
        try FileManager.default.moveItem(at: anchors, to: aside)
        try await cosign()
        try FileManager.default.moveItem(at: aside, to: anchors)
        try await cosign()
        #expect(try ledger.cosigners("anchors/\(anchored)/checkpoint", vkeys).names == [])
        #expect(ledger.lines.count(.critical) + ledger.lines.count(.error) == 0, "\(ledger.lines.all)")

        let archive = try await export()
        let report = try ProofVerifier.verify(archive, key: ledger.key, authorities: roots(), witnesses: policy())
        #expect(report.facts.map(\.checkpoint) == [anchored] && report.facts.map(\.cosigned) == [later])
        // The token is of the anchored state, the cosignatures of the later one.
        #expect(report.statements.contains { if case .timestamped(anchored, _, _, _) = $0 { true } else { false } })
        #expect(report.statements.contains { if case .cosigned(later, _, _) = $0 { true } else { false } })
        #expect(try judged(archive, "leaf.cosigned.tlog-proof").status == 0)
        #expect(try judged(archive, "leaf.tlog-proof").status == 1, "nobody cosigned that one")
        let page = try await VerifierPage.shown(archive, key: "\(ledger.key)", witnesses: vkeys)
        #expect(page.isGood && page.text.contains("état à \(later) inscriptions"), "\(page.text)")

        // A path to another state of the same size, which the same key has signed as well.
        let seq = report.facts[0].seq
        let rows = try await ledger.base.data.storage.journal(from: 0, limit: Int(later))
        let forged = TreeOfRows(rows.map { $0.seq == seq ? Merkle.leafHash($0.leaf) : Merkle.leafHash($0.leaf + [0x20]) })
        let root = Merkle.root(size: anchored) { forged.node($0) }
        let fork = try ledger.base.key.checkpoint(size: anchored, root: root)
        let path = Merkle.inclusionProof(of: seq, size: anchored) { forged.node($0) }
        let other = try TlogProof(index: seq, path: path, checkpoint: fork.note).text
        let renamed = try ProofFixture.altered(archive, "proof.json") { bytes in
            Array(String(decoding: bytes, as: UTF8.self).replacing("\"cosigned\":\(later)", with: "\"cosigned\":\(anchored)").utf8)
        }
        let forked = try ProofFixture.altered(renamed, "facts/\(seq)/leaf.cosigned.tlog-proof") { _ in other }
        #expect(throws: ProofRefusal.twoStates(anchored)) { try ProofVerifier.verify(forked) }
        let forkedPage = try await VerifierPage.shown(forked)
        #expect(!forkedPage.isGood && forkedPage.text.contains("la clé a signé deux registres"), "\(forkedPage.text)")
        // A path that isn't about the entry, or a size that isn't its own.
        let inclusion = try ProofFixture.bytes("facts/\(seq)/leaf.tlog-proof", in: archive)
        let moved = try ProofFixture.altered(archive, "facts/\(seq)/leaf.cosigned.tlog-proof") { _ in inclusion }
        #expect(throws: ProofRefusal.notIncluded(seq, "it is of size \(anchored)")) { try ProofVerifier.verify(moved) }
    }

    private func roots() throws -> CertificateAuthorities {
        try CertificateAuthorities(pem: Fixtures.bytes(ledger.authority.authorities))
    }

    @Test func `too few witnesses, one that didn't sign and a wrong signature are refused with the reason`() async throws {
        try await cosign()
        let archive = try await export()
        let seq = try ProofVerifier.verify(archive).facts[0].seq
        let stranger = try CosigningKey(name: "temoin.example/autre", seed: Array(repeating: 2, count: 32)).verifier.description
        let few = ProofRefusal.tooFewWitnesses(seq, found: 2, wanted: 3)
        #expect(throws: few) { try ProofVerifier.verify(archive, witnesses: policy(vkeys + [stranger])) }
        #expect(try ProofVerifier.verify(archive, witnesses: policy(vkeys + [stranger], threshold: 2)).notAfter != nil)
        #expect(ProofWords(.french).refusal(few).contains("n'est pas couverte par assez de témoins : 2 de ceux"))
        #expect(throws: ProofRefusal.tooFewWitnesses(seq, found: 0, wanted: 1)) {
            try ProofVerifier.verify(archive, witnesses: policy([stranger]))
        }
        // One key twice is one witness; more than there are can't be asked for.
        #expect(try policy([vkeys[0], vkeys[0]]).threshold == 1)
        #expect(WitnessPolicy(keys: [try CosignerKey(parsing: vkeys[0])], threshold: 2) == nil && WitnessPolicy(keys: []) == nil)

        // A flipped bit of a given witness's signature.
        let name = try CosignerKey(parsing: vkeys[0]).name
        for file in ["checkpoints/\(anchored)/checkpoint", "facts/\(seq)/leaf.tlog-proof"] {
            let wrong = try ProofFixture.altered(archive, file) { bytes in
                var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                guard let place = lines.firstIndex(where: { $0.hasPrefix("— \(name) ") }) else { return bytes }
                var line = Array(lines[place].utf8)
                line[line.count - 8] = line[line.count - 8] == 0x41 ? 0x42 : 0x41
                lines[place] = String(decoding: line, as: UTF8.self)
                return Array(lines.joined(separator: "\n").utf8)
            }
            #expect(wrong != archive)
            #expect(throws: ProofRefusal.badCosignature(anchored, witness: name), "\(file)") {
                try ProofVerifier.verify(wrong, witnesses: policy())
            }
            // To whoever doesn't know that witness it is a stranger's line.
            #expect(try ProofVerifier.verify(wrong).statements.contains(.cosignatureUnchecked(size: anchored, witness: name)))
            if file.hasSuffix("tlog-proof") {
                #expect(try judged(wrong, "leaf.tlog-proof").status == 1)
                let page = try await VerifierPage.shown(wrong, witnesses: vkeys)
                #expect(!page.isGood && page.text.contains("la cosignature de « \(name) » est fausse"), "\(page.text)")
            }
        }
        let page = try await VerifierPage.shown(archive, witnesses: vkeys)
        #expect(page.isGood && page.text.contains("cosigné par « \(name) », dont vous avez donné la clé, depuis le "), "\(page.text)")
        let none = try await VerifierPage.shown(archive)
        #expect(none.isGood && none.text.contains("une cosignature de « \(name) » n’a pas été vérifiée"), "\(none.text)")
        let missing = try await VerifierPage.shown(archive, witnesses: [stranger])
        #expect(!missing.isGood && missing.text.contains("n’est pas cosignée par « temoin.example/autre »"), "\(missing.text)")
        let garbage = try await VerifierPage.shown(archive, witnesses: ["\(ledger.key)"])
        #expect(!garbage.isGood && garbage.text.contains("ce n’est pas la clé d’un témoin"), "\(garbage.text)")
    }

    @Test func `a damaged cosigned file is told of and leaves the proof without it`() async throws {
        _ = try await ledger.grow()
        try await cosign()
        let bytes = try Fixtures.bytes(ledger.base.ledger.appendingPathComponent("cosigned"))
        try ledger.replace("cosigned", with: Array(bytes.dropLast(9)))
        let proof = try await ledger.exporter().export(.document(document))
        #expect(proof.warnings.count == 1)
        guard case .cosignedUnusable? = proof.warnings.first else {
            Issue.record("\(proof.warnings)")
            return
        }
        #expect(try ProofVerifier.verify(proof.archive).facts[0].cosigned == nil)
    }
}
