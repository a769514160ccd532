import Council
import Foundation
import Ledger
import Logging
import Notary
import TestSupport
import Testing

/// The client before witnesses that err, lie or fall silent.
@Suite struct WitnessServiceTests {
    private let fixture: WitnessFixture
    private let rude: RudeWitness
    private let witness: CosigningKey

    init() async throws {
        fixture = try WitnessFixture()
        rude = try RudeWitness()
        witness = try CosigningKey(name: "temoin.example/rude", seed: Array(repeating: 8, count: 32))
        try await fixture.grow(to: 20)
    }

    private var vkey: String { "\(witness.verifier)" }

    private func line(_ key: CosigningKey? = nil, at time: Date? = nil) throws -> String {
        let body = try #require(try fixture.ledger.published()).body
        return try (key ?? witness).cosign(body, at: UInt64((time ?? fixture.clock.wall.now()).timeIntervalSince1970)).line.line
    }

    @Test func `answers that are no cosignature of this checkpoint by the configured key are refused, and the next right one is taken`()
        async throws
    {
        let other = try CosigningKey(name: "temoin.example/rude", seed: Array(repeating: 7, count: 32))
        let old = try line()
        try await fixture.grow(to: 21)
        let good = try line()
        let wrong: [String] = [
            "", "\n", "hello\n", old, try line(other), String(good.dropLast()), good + "\n", try line(at: fixture.clock.wall.now() + 3600),
            good.replacing("temoin.example", with: "temoin.exemple"), String(repeating: good, count: 100),
        ]
        for body in wrong {
            try rude.answer([(200, "text/plain", body)])
            // Each by a service of its own: none waits for the one before.
            try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
            #expect(try fixture.cosigned(by: [vkey]) == nil, "\(body)")
            #expect(try rude.asked() == ["old 0"])
        }
        #expect(fixture.lines.count(.error) == wrong.count, "\(fixture.lines.all)")
        // Lines of strangers beside the right one are ignored.
        try rude.answer([(200, "text/plain", try line(other) + good)])
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        #expect(try fixture.cosigned(by: [vkey])?.cosignatures.count == 1)
        let lines = try UnverifiedNote(parsing: Fixtures.bytes(fixture.file)).signatures
        #expect(lines.map(\.keyID) == [fixture.ledger.key.verifier.id, witness.verifier.id])
        try await fixture.expectClean(21, witnesses: [vkey])
    }

    @Test func `a stale size is tried again at once from there; a size above ours, our own again, or none is not`() async throws {
        let good = try line()
        let size = TreeSizeText.mediaType
        try rude.answer([(409, size, "7\n"), (409, size + "; charset=utf-8", "13\n"), (200, "text/plain", good)])
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        #expect(try rude.asked() == ["old 0", "old 7", "old 13"])
        #expect(try fixture.cosigned(by: [vkey])?.size == 20)

        try FileManager.default.removeItem(at: fixture.file)
        let cases: [(answers: [(Int, String, String)], asked: [String], level: String, words: String)] = [
            ([(409, size, "21\n")], ["old 0"], "critical", "it has cosigned 21 entries"),
            ([(409, size, "20\n"), (409, size, "20\n")], ["old 0", "old 20"], "critical", "another state of our ledger with 20 entries"),
            ([(409, size, "0\n")], ["old 0"], "warning", "the very size"),
            ([(409, "text/plain", "7\n")], ["old 0"], "warning", "without its size"),
            ([(409, size, "007\n")], ["old 0"], "warning", "without its size"),
            (
                [(409, size, "1\n"), (409, size, "2\n"), (409, size, "3\n"), (409, size, "4\n")], ["old 0", "old 1", "old 2", "old 3"],
                "warning", "another size each time"
            ),
            ([(409, size, "7\n"), (422, "text/plain", "")], ["old 0", "old 7"], "critical", "doesn't continue what it cosigned at 7"),
            ([(400, "text/plain", "w\u{1B}[31mhat?")], ["old 0"], "error", "HTTP 400, it can't read our request: w[31mhat?"),
            ([(403, "text/plain", "")], ["old 0"], "error", "HTTP 403"),
            ([(404, "text/plain", "")], ["old 0"], "error", "HTTP 404"),
            ([(503, "text/plain", "")], ["old 0"], "warning", "HTTP 503"),
        ]
        for one in cases {
            try rude.answer(one.answers.map { (status: $0.0, type: $0.1, body: $0.2) })
            try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
            #expect(try rude.asked() == one.asked, "\(one)")
            let last = fixture.lines.all.last ?? ""
            #expect(last.hasPrefix(one.level + " ") && last.contains(one.words), "\(one): \(last)")
        }
        #expect(try fixture.cosigned(by: [vkey]) == nil)
        try await fixture.expectClean(20)
    }

    @Test func `a witness that fails is asked later and later, and told of once; the others go on`() async throws {
        let second = try RudeWitness()
        let other = try CosigningKey(name: "temoin.example/second", seed: Array(repeating: 6, count: 32))
        try second.answer([(200, "text/plain", try line(other))])
        let service = try fixture.service([(rude.url, vkey), (second.url, "\(other.verifier)")], threshold: 2)
        try rude.answer([(500, "text/plain", "")])
        for _ in 0..<3 { try await service.cosignDue() }
        #expect(try rude.asked().count == 1 && second.asked().count == 1)
        fixture.clock.advance(7)
        try await service.cosignDue()
        #expect(try rude.asked().count == 2 && second.asked().count == 1)
        fixture.clock.advance(7)
        try await service.cosignDue()
        #expect(try rude.asked().count == 2, "10 s after the second attempt")
        #expect(fixture.lines.count(.warning) == 1)
        #expect(try fixture.cosigned(by: [vkey]) == nil)
        // It comes back: what the other one gave meanwhile still counts. A clock set back by a year doesn't keep it waiting.
        fixture.clock.advance(-365 * 86_400)
        try rude.answer([(200, "text/plain", try line())])
        try await service.cosignDue()
        let cosigned = try #require(try fixture.cosigned(by: [vkey, "\(other.verifier)"]))
        #expect(cosigned.size == 20 && cosigned.cosignatures.map(\.key.name) == ["temoin.example/rude", "temoin.example/second"])
        #expect(fixture.lines.all.contains { $0.hasPrefix("notice the witness cosigns again") })
        try await fixture.expectClean(20, witnesses: [vkey, "\(other.verifier)"])
    }

    @Test func `a smaller checkpoint never replaces a larger cosigned one, a damaged file is replaced, and leftovers go`() async throws {
        let earlier = try Fixtures.bytes(fixture.ledger.publicFolder.appendingPathComponent("checkpoint"))
        let goodEarlier = try line()
        try await fixture.grow(to: 30)
        try rude.answer([(200, "text/plain", try line())])
        let incoming = fixture.ledger.publicFolder.appendingPathComponent(".incoming-witness")
        try FileManager.default.createDirectory(at: incoming, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: incoming.appendingPathComponent("xyz"))
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        #expect(try FileManager.default.contentsOfDirectory(atPath: incoming.path).isEmpty)
        let right = try Fixtures.bytes(fixture.file)

        // As if an older copy of `checkpoint` lay there for a moment.
        let now = try Fixtures.bytes(fixture.ledger.publicFolder.appendingPathComponent("checkpoint"))
        try fixture.ledger.replace("checkpoint", with: earlier)
        try rude.answer([(200, "text/plain", goodEarlier)])
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        #expect(try rude.asked() == ["old 0"])
        #expect(try Fixtures.bytes(fixture.file) == right)
        try fixture.ledger.replace("checkpoint", with: now)

        try fixture.ledger.replace("cosigned", with: Array(right.dropLast(9)))
        #expect(try await fixture.findings([vkey]) == ["cosigned"])
        try rude.answer([(200, "text/plain", try line())])
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        #expect(try fixture.cosigned(by: [vkey])?.size == 30 && fixture.lines.count(.warning) == 1)
        try await fixture.expectClean(30, witnesses: [vkey])
    }

    @Test func `a fault of the disk is thrown, and the next pass begins anew`() async throws {
        try rude.answer([(200, "text/plain", try line())])
        let service = try fixture.service([(rude.url, vkey)], threshold: 1)
        try FileManager.default.createDirectory(at: fixture.file, withIntermediateDirectories: true)
        for _ in 0..<2 { await #expect(throws: PublicFileFault.self) { try await service.cosignDue() } }
        try FileManager.default.removeItem(at: fixture.file)
        try await service.cosignDue()
        #expect(try fixture.cosigned(by: [vkey])?.size == 20 && rude.asked().count == 3)
        try await fixture.expectClean(20, witnesses: [vkey])
    }

    @Test func `the audit finds any flipped bit of the cosigned checkpoint, a stranger's line, a larger size and another root`()
        async throws
    {
        try rude.answer([(200, "text/plain", try line())])
        try await fixture.service([(rude.url, vkey)], threshold: 1).cosignDue()
        let right = try Fixtures.bytes(fixture.file)
        for place in right.indices {
            var bytes = right
            bytes[place] ^= 1 << UInt8(place % 8)
            try fixture.ledger.replace("cosigned", with: bytes)
            #expect(try await fixture.findings([vkey]) == ["cosigned"], "byte \(place)")
        }
        let key = fixture.ledger.key
        for checkpoint in [
            try key.checkpoint(size: 20, root: Merkle.leafHash([1])), try key.checkpoint(size: 99, root: Merkle.leafHash([2])),
        ] {
            try fixture.ledger.replace("cosigned", with: checkpoint.note)
            #expect(try await fixture.findings([]) == ["cosigned"])
        }
        let stranger = try CosigningKey(name: "x", seed: Array(repeating: 1, count: 32))
        let note = try UnverifiedNote(parsing: right)
        try fixture.ledger.replace("cosigned", with: note.adding([stranger.cosign(note.text, at: 1).line]).bytes)
        #expect(try await fixture.findings([vkey]) == ["cosigned"])
        #expect(try await fixture.findings([]) == [])
        try fixture.ledger.replace("cosigned", with: right)
        try await fixture.expectClean(20, witnesses: [vkey])
    }
}
