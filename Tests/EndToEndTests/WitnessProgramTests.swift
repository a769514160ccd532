import Curl
import Foundation
import Ledger
import TestSupport
import Testing

/// Our witness as a program: before another maker's client, before our own gateway, and killed.
@Suite(.serialized) struct WitnessProgramTests {
    @Test(.timeLimit(.minutes(15)))
    func `aics-witness' client feeds it, each status is the specification's, and a fork is refused`() async throws {
        let seed = Array(repeating: UInt8(6), count: 32)
        let key = try NoteSigningKey(name: "voisine.example/ledger", seed: seed)
        let witness = try WitnessProgram(watching: ["\(key.verifier)"])
        try await witness.start()
        let hex = seed.map { _ in "06" }.joined()
        let arguments = [witness.url, witness.vkey, hex, key.verifier.name, "1", "2", "3", "64", "65", "256", "257", "300"]
        let result = try await aside { try Tool.judge("witness_feed.py", arguments) }
        #expect(result.status == 0, "\(result.errors)\(result.text)\(witness.log)")
        let found = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(found["cosigned"] as? [Int] == [1, 2, 3, 64, 65, 256, 257, 300])
        #expect([409, 422].contains(found["fork"] as? Int))
        let size = "text/x.tlog.size"
        let expected: [(String, Int, String?, String?)] = [
            ("malformed", 400, nil, nil), ("old above", 400, nil, nil), ("unknown", 404, nil, nil), ("stranger's", 403, nil, nil),
            ("stale", 409, size, "300\n"), ("same again", 200, nil, nil), ("same forged", 409, size, "300\n"),
            ("larger forged", 422, nil, nil), ("bad proof", 422, nil, nil), ("smaller", 409, size, "300\n"), ("larger", 200, nil, nil),
        ]
        for (name, status, type, body) in expected {
            let answer = try #require(found[name] as? [Any], "\(name)")
            #expect(answer[0] as? Int == status, "\(name): \(answer)")
            if let type { #expect(answer[1] as? String == type && answer[2] as? String == body, "\(name): \(answer)") }
        }
        #expect(found["latest"] as? [Int] == [200, 303, 2])
        #expect(try await witness.get("/sante").status == 200)
        #expect(try await witness.get("/0/checkpoint").status == 404)
        // Too long a body ends there.
        let http = HTTPClient(.init(proxy: .none))
        let long = try? await http.post(witness.url + "/add-checkpoint", body: [UInt8](repeating: 0x41, count: 2 << 20))
        #expect(long == nil || long?.status == 413)
        #expect(witness.stop() == 0)
    }

    @Test(.timeLimit(.minutes(15)))
    func `killed again and again, it never cosigns two states of one size, nor goes back`() async throws {
        let (ledger, fork) = (try SmallLedger(entries: 4_000), try SmallLedger(entries: 4_000, forgedFrom: 5))
        let witness = try WitnessProgram(watching: ["\(ledger.key.verifier)"])
        let key = try CosignerKey(parsing: witness.vkey)
        var generator = SystemRandomNumberGenerator()
        var cosigned: [UInt64: Set<[UInt8]>] = [:]
        var (largest, answered, refused) = (UInt64(0), 0, 0)
        try await witness.start()
        // The first state excludes the other history from here on.
        #expect(try await witness.post(ledger.request(from: 0, to: 6)).status == 200)
        var kills = 0
        while answered < 60, kills < 300 {
            kills += 1
            let (url, start) = (witness.url, largest)
            let delay = Int.random(in: 0...150, using: &generator)
            async let told = Self.feed(url, ledger, fork, from: start, key: key)
            try await Task.sleep(for: .milliseconds(delay))
            witness.kill()
            let sights = try await told
            answered += sights.count
            for sight in sights {
                cosigned[sight.size, default: []].insert(sight.root)
                largest = max(largest, sight.size)
            }
            try await witness.start()
            // What it says that it cosigned last is never less than what anyone got from it.
            let latest = try await witness.get("/\(Self.hash(ledger))/checkpoint")
            let stands = try UnverifiedCheckpoint(parsing: latest.body).verified(by: ledger.key.verifier)
            #expect(stands.size >= largest && latest.status == 200)
            largest = stands.size
            for size in [largest, largest + 1] {
                let answer = try await witness.post(fork.request(from: largest, to: size))
                #expect([409, 422].contains(answer.status), "a fork of \(size) after \(largest) entries")
                refused += 1
            }
        }
        #expect(cosigned.values.allSatisfy { $0.count == 1 })
        for (size, roots) in cosigned { #expect(roots == [try ledger.checkpoint(size).root], "\(size)") }
        #expect(answered >= 60 && refused == 2 * kills && kills >= 5, "\(answered) answers, \(refused) refusals")
        #expect(witness.stop() == 0)
    }

    /// In the order of the steps: the file aside is synced, renamed, its folder synced, the answer sent.
    @Test(
        .timeLimit(.minutes(15)),
        arguments: [
            ("fsync:signal=KILL:when=1", 6), ("rename:signal=KILL:when=1", 6), ("fsync:signal=KILL:when=2", 9),
            ("writev:signal=KILL:when=1", 9), ("fsync:error=EIO:when=1", 6), ("rename:error=ENOSPC:when=1", 6),
            ("fsync:error=EIO:when=2", 9),
        ] as [(String, UInt64)])
    func `struck at each step, it has signed nothing that it doesn't remember`(fault: String, remembered: UInt64) async throws {
        let (ledger, fork) = (try SmallLedger(entries: 20), try SmallLedger(entries: 20, forgedFrom: 7))
        let witness = try WitnessProgram(watching: ["\(ledger.key.verifier)"])
        try await witness.start()
        #expect(try await witness.post(ledger.request(from: 0, to: 6)).status == 200)
        witness.kill()
        try await witness.start(injecting: fault)
        // No answer, or that it can't: never a signature.
        let answer = try? await witness.post(ledger.request(from: 6, to: 9))
        #expect(answer?.status == (fault.contains("error") ? 503 : nil), "\(witness.log)")
        witness.kill()
        try await witness.start()
        let path = "/\(try Self.hash(ledger))/checkpoint"
        let stands = try UnverifiedCheckpoint(parsing: await witness.get(path).body).verified(by: ledger.key.verifier)
        #expect(try stands.body == ledger.checkpoint(remembered).body)
        // The true history goes on, and the other one is excluded.
        #expect(try await witness.post(ledger.request(from: remembered, to: 9)).status == 200)
        for (old, new) in [(9, 9), (9, 12), (6, 9)] as [(UInt64, UInt64)] {
            #expect([409, 422].contains(try await witness.post(fork.request(from: old, to: new)).status))
        }
        #expect(try await witness.post(ledger.request(from: 9, to: 12)).status == 200)
        #expect(witness.stop() == 0)
    }

    private struct Sight {
        let size: UInt64
        let root: [UInt8]
    }

    /// Asks for one size after the other, of the true history and of the forged one, until nobody answers; what was cosigned.
    private static func feed(
        _ url: String, _ ledger: SmallLedger, _ fork: SmallLedger, from start: UInt64, key: CosignerKey
    ) async throws -> [Sight] {
        let http = HTTPClient(.init(timeout: .seconds(20), proxy: .none))
        var sights: [Sight] = []
        var old = start
        while old < 3_990 {
            for history in [fork, ledger] {
                let request = try history.request(from: old, to: old + 1)
                guard let answer = try? await http.post(url + "/add-checkpoint", body: request.text) else { return sights }
                if answer.status == 409, let size = TreeSizeText.decode(answer.body) {
                    old = size
                    break
                }
                guard answer.status == 200 else { continue }
                let line = try NoteSignature.lines(parsing: answer.body)[0]
                let checkpoint = request.checkpoint
                guard try key.cosignature(in: line, of: checkpoint.note.text) != nil else { throw CancellationError() }
                sights.append(Sight(size: checkpoint.checkpoint.size, root: checkpoint.checkpoint.root))
                old = checkpoint.checkpoint.size
            }
        }
        return sights
    }

    private static func hash(_ ledger: SmallLedger) throws -> String {
        let result = try Tool.run("sha256sum", input: Array(ledger.key.verifier.name.utf8))
        return String(result.text.prefix(64))
    }

    @Test(.timeLimit(.minutes(15)))
    func `a gateway has its register cosigned by it, publishes that, and goes on without it`() async throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        try await house.start()
        let vkey = try await HTTPClient().get(house.base + "/ledger/vkey").text.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(house.stop() == 0)
        let witness = try WitnessProgram(watching: [vkey])
        try await witness.start()
        let yaml = try String(contentsOf: house.configuration, encoding: .utf8)
        let section = "witnesses: [ { name: voisine, url: \"\(witness.url)/\", vkey: \(witness.vkey) } ]\nwitnessThreshold: 1\n"
        try Data((yaml + section).utf8).write(to: house.configuration)
        try await house.start()
        try house.folder.write(SampleRollText.csv, to: "depot/membres.csv")
        let note = try await house.eventually("a cosigned checkpoint") {
            let answer = try await house.http.get(house.base + "/ledger/cosigned")
            return answer.status == 200 ? answer : nil
        }
        #expect(note.header("Content-Type") == "text/plain; charset=utf-8" && note.header("Cache-Control") == "no-cache")
        let read = try UnverifiedCheckpoint(parsing: note.body)
        let checkpoint = try read.verified(by: NoteVerifierKey(parsing: vkey))
        #expect(try read.note.cosignatures(by: [CosignerKey(parsing: witness.vkey)]).count == 1 && checkpoint.size >= 1)
        let audit = try house.command("ledger", "audit")
        #expect(audit.status == 0, "\(audit.text)\(audit.errors)")
        #expect(witness.stop() == 0)
        #expect(house.stop() == 0)
    }
}

enum SampleRollText {
    static let csv = "civilité;prénom;nom;courriel;instances\nMme;Ada;Martin;ada.martin@valmoree.example;conseil\n"
}
