import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// Our client before a witness of another maker, and our cosigned proofs before another verifier.
@Suite struct JudgeWitnessTests {
    @Test func `aics-witness cosigns our growing ledger, across its restarts and ours`() async throws {
        let judge = try JudgeWitness()
        let fixture = try WitnessFixture(clockRuns: true)
        try judge.add(origin: fixture.ledger.key.verifier.name, vkey: "\(fixture.ledger.key.verifier)")
        let first = try judge.start()
        var service = try fixture.service([(first.url, judge.vkey)], threshold: 1)
        // Nothing published: nothing asked.
        try await service.cosignDue()
        #expect(try fixture.cosigned(by: [judge.vkey]) == nil)
        for size: UInt64 in [1, 2, 7, 255, 256, 257] {
            try await fixture.grow(to: size)
            try await service.cosignDue()
            let cosigned = try #require(try fixture.cosigned(by: [judge.vkey]))
            #expect(cosigned.size == size && cosigned.cosignatures.count == 1)
            #expect(abs(Double(cosigned.cosignatures[0].time) - Date().timeIntervalSince1970) < 60)
        }
        first.stop()
        // Gone: nothing is published, nothing is lost.
        try await fixture.grow(to: 300)
        try await service.cosignDue()
        #expect(try fixture.cosigned(by: [judge.vkey])?.size == 257 && fixture.lines.count(.warning) == 1)
        let second = try judge.start()
        // We start again too, and know of nobody: it tells what it has (409) and goes on from there.
        service = try fixture.service([(second.url, judge.vkey)], threshold: 1)
        try await service.cosignDue()
        #expect(try fixture.cosigned(by: [judge.vkey])?.size == 300)
        // A last start finds the work done, and asks nothing.
        second.stop()
        try await fixture.service([(second.url, judge.vkey)], threshold: 1).cosignDue()
        #expect(fixture.lines.count(.warning) == 1 && fixture.lines.count(.error) == 0, "\(fixture.lines.all)")
        try await fixture.expectClean(300, witnesses: [judge.vkey])
    }

    @Test func `aics-witness refuses a ledger it doesn't know, a stranger's key and a fork; the log says so, once each`() async throws {
        let judge = try JudgeWitness()
        let fixture = try WitnessFixture(clockRuns: true)
        let running = try judge.start()
        let service = try fixture.service([(running.url, judge.vkey)], threshold: 1)
        try await fixture.grow(to: 9)
        try await service.cosignDue()
        try await service.cosignDue()
        #expect(fixture.lines.all.filter { $0.contains("HTTP 404") }.count == 1, "\(fixture.lines.all)")
        running.stop()

        // Known, but by another key.
        let stranger = try NoteSigningKey(name: fixture.ledger.key.verifier.name, seed: Array(repeating: 9, count: 32))
        try judge.add(origin: stranger.verifier.name, vkey: "\(stranger.verifier)")
        let again = try judge.start()
        try await fixture.service([(again.url, judge.vkey)], threshold: 1).cosignDue()
        #expect(fixture.lines.all.contains { $0.contains("HTTP 403") }, "\(fixture.lines.all)")
        again.stop()

        // By both: cosigned. Then another ledger, signed with the same key, of the same size and of a larger one.
        try judge.add(origin: fixture.ledger.key.verifier.name, vkey: "\(fixture.ledger.key.verifier)")
        let third = try judge.start()
        try await fixture.service([(third.url, judge.vkey)], threshold: 1).cosignDue()
        #expect(try fixture.cosigned(by: [judge.vkey])?.size == 9)
        for size: UInt64 in [9, 12] {
            let fork = try WitnessFixture(clockRuns: true)
            try await fork.ledger.convene(members: 5)
            try await fork.grow(to: size)
            try await fork.service([(third.url, judge.vkey)], threshold: 1).cosignDue()
            #expect(fork.lines.count(.critical) == 1, "\(fork.lines.all)")
            #expect(try fork.cosigned(by: [judge.vkey]) == nil)
        }
        // And one that lost entries: it is told how many the witness has seen.
        let shrunk = try WitnessFixture(clockRuns: true)
        try await shrunk.grow(to: 4)
        try await shrunk.service([(third.url, judge.vkey)], threshold: 1).cosignDue()
        #expect(shrunk.lines.all.contains { $0.contains("it has cosigned 9 entries") }, "\(shrunk.lines.all)")
        try await fixture.expectClean(9, witnesses: [judge.vkey])
    }

    @Test func `proofbundle verifies our proof with two witnesses of two, and refuses it corrupted or short of one`() async throws {
        let judges = [try JudgeWitness(), try JudgeWitness(name: "temoin.example/w2")]
        let fixture = try WitnessFixture(clockRuns: true)
        let verifier = fixture.ledger.key.verifier
        for judge in judges { try judge.add(origin: verifier.name, vkey: "\(verifier)") }
        let running = try judges.map { try $0.start() }
        let vkeys = judges.map(\.vkey)
        try await fixture.grow(to: 300)
        try await fixture.service(Array(zip(running.map(\.url), vkeys)), threshold: 2).cosignDue()
        #expect(try fixture.cosigned(by: vkeys)?.cosignatures.count == 2)

        let folder = try TemporaryFolder()
        let rows = try await fixture.ledger.storage.journal(from: 0, limit: 300)
        let tree = TreeOfRows(rows.map { Merkle.leafHash($0.leaf) })
        let proof = try TlogProof(index: 123, path: tree.inclusion(123), checkpoint: Fixtures.bytes(fixture.file))
        _ = try proof.verified(entry: rows[123].leaf, key: verifier)
        let (proofFile, leafFile) = (try folder.write(proof.text, to: "p.tlog-proof"), try folder.write(rows[123].leaf, to: "leaf"))
        func verdict(_ threshold: Int, _ witnesses: [String]) throws -> Int32 {
            try Tool.judge(
                "tlog_proof.py",
                [proofFile.path, leafFile.path, "\(verifier)", verifier.name, "\(threshold)"] + witnesses
            ).status
        }
        #expect(try verdict(2, vkeys) == 0)
        // One witness twice is one witness.
        #expect(try verdict(2, [vkeys[0], vkeys[0]]) == 1 && verdict(1, [vkeys[1]]) == 0)
        // Any byte of the proof, from the index to the last cosignature.
        var generator = SeededGenerator(seed: 12)
        let lines = String(decoding: proof.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.indices where !lines[line].isEmpty {
            var bytes = lines.map { Array($0.utf8) }
            let place = Int.random(in: 0..<bytes[line].count, using: &generator)
            bytes[line][place] ^= 1
            try folder.write(Array(bytes.joined(separator: [0x0A])), to: "p.tlog-proof")
            #expect(try verdict(2, vkeys) == 1, "line \(line), byte \(place)")
        }
        try folder.write(proof.text, to: "p.tlog-proof")
        try folder.write(rows[124].leaf, to: "leaf")
        #expect(try verdict(2, vkeys) == 1)
        for witness in running { witness.stop() }
        try await fixture.expectClean(300, witnesses: vkeys)
    }
}

/// A tree over an array.
struct TreeOfRows {
    let leaves: [[UInt8]]

    init(_ leaves: [[UInt8]]) { self.leaves = leaves }

    func inclusion(_ index: UInt64) -> [[UInt8]] { Merkle.inclusionProof(of: index, size: UInt64(leaves.count)) { node($0) } }

    func node(_ node: TreeNode) -> [UInt8] {
        var level = Array(leaves[(Int(node.index) << node.height)..<((Int(node.index) + 1) << node.height)])
        while level.count > 1 { level = stride(from: 0, to: level.count, by: 2).map { Merkle.nodeHash(level[$0], level[$0 + 1]) } }
        return level[0]
    }
}
