import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// Our own witness, asked without HTTP: what it promises about its memory.
@Suite struct WitnessTests {
    private let folder: TemporaryFolder
    private let key: CosigningKey
    private let log: NoteSigningKey
    private let clock = SetClock(Date(timeIntervalSince1970: 1_800_000_000))
    private let lines = LogLines()
    private let leaves = (0..<300).map { Merkle.leafHash(Array("entry \($0)".utf8)) }
    private let forged = (0..<300).map { Merkle.leafHash(Array("entry \($0 == 3 ? -3 : $0)".utf8)) }

    init() throws {
        folder = try TemporaryFolder()
        key = try CosigningKey(name: "temoin.example/nous", seed: Array(repeating: 5, count: 32))
        log = try NoteSigningKey(name: "voisine.example/ledger", seed: Array(repeating: 6, count: 32))
        try WitnessStateFolder.create(folder["etat"], for: key.verifier)
    }

    private func witness() throws -> Witness {
        Witness(
            key: key, logs: [WitnessedLog(origin: log.verifier.name, keys: [log.verifier])],
            state: try WitnessStateFolder(opening: folder["etat"], for: key.verifier), clock: clock.wall, logger: lines.logger)
    }

    private func root(_ leaves: [[UInt8]], _ size: Int) -> [UInt8] {
        Merkle.root(size: UInt64(size)) { TreeOfRows(leaves).node($0) }
    }

    private func request(_ leaves: [[UInt8]], from old: Int, to new: Int) throws -> [UInt8] {
        let tree = TreeOfRows(leaves)
        let proof = old <= new ? Merkle.consistencyProof(from: UInt64(old), to: UInt64(new)) { tree.node($0) } : []
        let note = try log.checkpoint(size: UInt64(new), root: root(leaves, new)).note
        return try AddCheckpointRequest(oldSize: UInt64(old), proof: proof, checkpoint: UnverifiedCheckpoint(parsing: note)).text
    }

    /// The size and time that an answer cosigns, checked against what it should be of.
    private func time(_ answer: WitnessAnswer, of leaves: [[UInt8]], _ size: Int) throws -> UInt64? {
        guard case .cosigned(let line) = answer else { return nil }
        let body = try log.checkpoint(size: UInt64(size), root: root(leaves, size)).body
        return try key.verifier.cosignature(in: NoteSignature.lines(parsing: Array(line.utf8))[0], of: body)?.time
    }

    @Test func `of many requests at once for one ledger, each state is cosigned after its predecessor only`() async throws {
        let witness = try witness()
        // Two histories race from the empty ledger: whichever is first excludes the other.
        let answers = try await withThrowingTaskGroup(of: (Int, Bool, WitnessAnswer).self) { group in
            for size in 4..<60 {
                for isForged in [false, true] {
                    let body = try request(isForged ? forged : leaves, from: 0, to: size)
                    group.addTask { (size, isForged, await witness.answer(body)) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let cosigned = answers.filter { if case .cosigned = $0.2 { true } else { false } }
        #expect(cosigned.count == 1 && answers.count == 112)
        #expect(answers.allSatisfy { [200, 409].contains($0.2.status) })
        let (size, isForged, answer) = try #require(cosigned.first)
        #expect(try time(answer, of: isForged ? forged : leaves, size) == 1_800_000_000)
    }

    @Test func `what it cosigned survives a restart; a fork, a step back and an earlier time are refused; evidence is kept`() async throws {
        var witness = try? witness()
        #expect(try time(await #require(witness).answer(request(leaves, from: 0, to: 20)), of: leaves, 20) == 1_800_000_000)
        // One process at a time.
        #expect(throws: DataFolderLockError.self) { try self.witness() }
        witness = nil
        witness = try self.witness()
        let again = try #require(witness)
        let hash = WitnessStateFolder.hash(ofOrigin: log.verifier.name)
        #expect(await again.answer(try request(forged, from: 0, to: 20)) == .conflict(size: 20))
        #expect(await again.answer(try request(forged, from: 20, to: 20)) == .conflict(size: 20))
        #expect(await again.answer(try request(forged, from: 20, to: 25)) == .inconsistent)
        #expect(await again.answer(try request(leaves, from: 10, to: 20)) == .conflict(size: 20))
        #expect(await again.answer(try request(leaves, from: 10, to: 15)) == .conflict(size: 20))
        #expect(await again.answer(try request(leaves, from: 20, to: 15)).status == 400)
        let evidence = folder["etat/logs/\(hash)/fork-20"]
        let kept = try ["a", "b"].map { try UnverifiedCheckpoint(parsing: Fixtures.bytes(evidence.appendingPathComponent($0))) }
        #expect(try kept.map { try $0.verified(by: log.verifier).root } == [root(leaves, 20), root(forged, 20)])
        #expect(lines.count(.critical) == 1, "\(lines.all)")

        clock.advance(-1)
        #expect(await again.answer(try request(leaves, from: 20, to: 30)) == .unavailable)
        clock.advance(2)
        #expect(try time(await again.answer(request(leaves, from: 20, to: 30)), of: leaves, 30) == 1_800_000_001)
        clock.advance(5)
        #expect(try time(await again.answer(request(leaves, from: 30, to: 30)), of: leaves, 30) == 1_800_000_006)
        let note = try #require(try await again.latest(originHash: hash))
        #expect(try UnverifiedNote(parsing: note).cosignatures(by: [key.verifier]).map(\.time) == [1_800_000_006])
        #expect(try await again.latest(originHash: WitnessStateFolder.hash(ofOrigin: "other")) == nil)
    }

    @Test func `a memory that is missing, another's or damaged is refused, and nothing is cosigned on it`() async throws {
        let path = "etat/logs/\(WitnessStateFolder.hash(ofOrigin: log.verifier.name))/checkpoint"
        do {
            let witness = try witness()
            _ = await witness.answer(try request(leaves, from: 0, to: 20))
            let right = try Fixtures.bytes(folder[path])
            var refused = 0
            for place in right.indices {
                var bytes = right
                bytes[place] ^= 1 << UInt8(place % 8)
                try FileManager.default.removeItem(at: folder[path])
                try folder.write(bytes, to: path)
                let answer = await witness.answer(try request(leaves, from: 20, to: 21))
                if answer == .unavailable { refused += 1 } else { try expectOwnWords(bytes, answer) }
            }
            // All of the text and of our own line.
            #expect(refused >= right.count - 140 && refused > 200, "\(refused) of \(right.count)")
        }
        do {
            // Lost, though a fork that it has seen lies beside it.
            let witness = try witness()
            try FileManager.default.removeItem(at: folder[path])
            #expect(try time(await witness.answer(request(leaves, from: 0, to: 20)), of: leaves, 20) == 1_800_000_000)
            #expect(await witness.answer(try request(forged, from: 20, to: 20)) == .conflict(size: 20))
            try FileManager.default.removeItem(at: folder[path])
            #expect(await witness.answer(try request(forged, from: 0, to: 20)) == .unavailable)
        }
        let other = try CosigningKey(name: "temoin.example/autre", seed: Array(repeating: 5, count: 32))
        #expect(throws: WitnessStateFault.self) { try WitnessStateFolder(opening: folder["etat"], for: other.verifier) }
        #expect(throws: WitnessStateFault.self) { try WitnessStateFolder.create(folder["etat"], for: key.verifier) }
        #expect(throws: WitnessStateFault.missing(path: folder["rien"].path)) {
            try WitnessStateFolder(opening: folder["rien"], for: key.verifier)
        }
    }

    /// Where it goes on, our cosignature of the right state still stands in the file: only the ledger's line was touched.
    private func expectOwnWords(_ bytes: [UInt8], _ answer: WitnessAnswer) throws {
        let read = try UnverifiedCheckpoint(parsing: bytes)
        #expect(try read.note.cosignatures(by: [key.verifier]).count == 1 && read.checkpoint.root == root(leaves, 20))
        #expect(try time(answer, of: leaves, 21) == 1_800_000_000)
    }

    @Test func `what strangers add to a note is neither kept nor cosigned, and extension lines are`() async throws {
        let witness = try witness()
        let stranger = try CosigningKey(name: "x", seed: Array(repeating: 1, count: 32))
        let body = try log.checkpoint(size: 20, root: root(leaves, 20)).body + Array("extension\n".utf8)
        let note = try UnverifiedNote.signed(body, by: log)
        let stuffed = try note.adding([stranger.cosign(body, at: 1).line])
        let request = try AddCheckpointRequest(
            oldSize: 0, proof: [], checkpoint: UnverifiedCheckpoint(parsing: stuffed.bytes, extensions: true))
        guard case .cosigned(let line) = await witness.answer(request.text) else { throw CancellationError() }
        #expect(try key.verifier.cosignature(in: NoteSignature.lines(parsing: Array(line.utf8))[0], of: body) != nil)
        let kept = try await witness.latest(originHash: WitnessStateFolder.hash(ofOrigin: log.verifier.name))
        #expect(kept == note.bytes + Array(line.utf8))
    }
}
