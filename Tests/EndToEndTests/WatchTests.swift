import Curl
import Demonstration
import Foundation
import Ledger
import TestSupport
import Testing

/// `appariteur ledger watch`, before a register that is served, grows, is rewritten, damaged or gone.
@Suite(.serialized) struct WatchTests {
    private let folder: TemporaryFolder
    private let served: URL
    private let ledger: SmallLedger

    init() throws {
        folder = try TemporaryFolder()
        served = folder["served"]
        ledger = try SmallLedger(entries: 70_000)
        try FileManager.default.createDirectory(at: served, withIntermediateDirectories: true)
    }

    /// Any web server can carry a register: here Python's.
    private func server() throws -> (BackgroundProgram, String) {
        let script = """
            import functools, http.server, os, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            open(sys.argv[2] + ".new", "w").write(str(server.server_address[1]))
            os.rename(sys.argv[2] + ".new", sys.argv[2])
            server.serve_forever()
            """
        let name = UUID().uuidString
        let program = try BackgroundProgram(
            Tool.python, ["-c", script, served.path, folder[name].path], errors: folder["errors"])
        return (program, "http://127.0.0.1:\(try program.port(in: folder[name]))")
    }

    private func watch(_ url: String, state: String = "etat", key: String? = nil, language: String = "fr_FR.UTF-8") async throws
        -> ToolResult
    {
        let words = [
            "ledger", "watch", url, "--log-key", key ?? "\(ledger.key.verifier)", "--state", folder[state].path, "--once",
        ]
        let program = try Gatehouse.program()
        return try await aside { try Tool.run(program, words, environment: ["LC_ALL": language]) }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a register that grows over tile levels is followed; a rewritten one is an alarm, with both signed states`() async throws {
        let (server, url) = try server()
        defer { server.stop() }
        var last = 0
        for size: UInt64 in [1, 5, 255, 256, 257, 300, 65_535, 65_600, 70_000] {
            try ledger.publish(size, in: served)
            let result = try await watch(url + "/")
            #expect(result.status == 0 && result.text.contains("\(size) entrées"), "\(size): \(result.text)\(result.errors)")
            if last > 0 { #expect(result.text.contains("les \(last) d'avant y sont, inchangées"), "\(result.text)") }
            last = Int(size)
        }
        let same = try await watch(url, language: "en_GB.UTF-8")
        #expect(same.status == 0 && same.text.contains("70000 entries, unchanged"))
        #expect(try Data(contentsOf: folder["etat/checkpoint"]) == Data(ledger.checkpoint(70_000).note))

        // Another history of the same size, of a larger one, and of a smaller one.
        for (seen, forgedFrom, shown, name) in [
            (UInt64(300), 299, UInt64(300), "fork-300-300"), (300, 5, 301, "fork-300-301"), (300, 299, 66_000, "fork-300-66000"),
            (300, 1, 200, "shrunk-300-200"),
        ] {
            try FileManager.default.removeItem(at: served.appendingPathComponent("tile"))
            try ledger.publish(seen, in: served)
            let state = "state-\(name)"
            #expect(try await watch(url, state: state).status == 0)
            try FileManager.default.removeItem(at: served.appendingPathComponent("tile"))
            let fork = try SmallLedger(entries: 70_000, forgedFrom: forgedFrom)
            try fork.publish(shown, in: served)
            for (language, sentence) in [("fr_FR.UTF-8", "ALERTE : ce registre"), ("en_GB.UTF-8", "ALARM: this register")] {
                let result = try await watch(url, state: state, language: language)
                #expect(result.status == 1 && result.errors.contains(sentence), "\(result.errors)")
                #expect(result.errors.contains(folder["\(state)/\(name)"].path) && result.errors.split(separator: "\n").count == 1)
            }
            let notes = try ["a", "b"].map { Array(try Data(contentsOf: folder["\(state)/\(name)/\($0)"])) }
            #expect(try notes == [ledger.checkpoint(seen).note, fork.checkpoint(shown).note])
            #expect(try Data(contentsOf: folder["\(state)/checkpoint"]) == Data(notes[0]), "the state stays")
            if name.hasPrefix("fork"), shown > seen { try expectProof(folder["\(state)/\(name)/proof"], old: seen, fork, shown) }
            // The register's true history again: it is followed as before.
            try FileManager.default.removeItem(at: served.appendingPathComponent("tile"))
            try ledger.publish(310, in: served)
            #expect(try await watch(url, state: state).status == 0)
        }
    }

    /// Whoever has the evidence alone can see that `b` begins with other entries than `a`.
    private func expectProof(_ file: URL, old: UInt64, _ fork: SmallLedger, _ new: UInt64) throws {
        let hashes = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            Array(try #require(Data(base64Encoded: String($0))))
        }
        try Merkle.verifyConsistency(
            from: old, root: hashes[0], to: new, root: fork.checkpoint(new).root, path: Array(hashes.dropFirst()))
        #expect(hashes[0] != (try ledger.checkpoint(old).root))
    }

    @Test(.timeLimit(.minutes(15)))
    func `damaged tiles, a stranger's key, another state's folder, a page that is no checkpoint and silence each have their sentence`()
        async throws
    {
        let (server, url) = try server()
        try ledger.publish(300, in: served)
        #expect(try await watch(url).status == 0)
        try ledger.publish(600, in: served)
        // Each of the tiles that the proof is made of.
        for path in ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"] {
            let file = served.appendingPathComponent(path)
            let right = try Data(contentsOf: file)
            var wrong = right
            wrong[40] ^= 1
            try wrong.write(to: file)
            let damaged = try await watch(url)
            #expect(damaged.status == 1 && damaged.errors.contains("n'ont pas la racine"), "\(path): \(damaged.errors)")
            // What was signed is kept, with the state before it.
            let kept = try FileManager.default.contentsOfDirectory(atPath: folder["etat"].path).filter { $0.hasPrefix("unproven-600-") }
            #expect(kept.count == 1 && damaged.errors.contains(kept.first ?? "?"), "\(kept) \(damaged.errors)")
            let note = try Data(contentsOf: folder["etat/\(kept.first ?? "?")/b"])
            #expect(note == (try Data(contentsOf: served.appendingPathComponent("checkpoint"))))
            #expect(try Data(contentsOf: folder["etat/\(kept.first ?? "?")/a"]) == (try Data(contentsOf: folder["etat/checkpoint"])))
            try right.dropLast().write(to: file)
            #expect(try await watch(url).status == 1)
            try right.write(to: file)
        }
        #expect(!FileManager.default.fileExists(atPath: folder["etat/fork-300-600"].path))
        let tile = served.appendingPathComponent("tile/0/002.p/88")
        let bytes = try Data(contentsOf: tile)
        try FileManager.default.removeItem(at: tile)
        let missing = try await watch(url)
        #expect(missing.status == 2 && missing.errors.contains("HTTP 404"), "\(missing.errors)")
        // The full one is there: the partial one isn't needed any more.
        try (bytes + Data(repeating: 7, count: 168 * 32)).write(to: served.appendingPathComponent("tile/0/002"))
        #expect(try await watch(url).status == 0)

        let stranger = try NoteSigningKey(name: ledger.key.verifier.name, seed: Array(repeating: 1, count: 32))
        let unsigned = try await watch(url, state: "autre", key: "\(stranger.verifier)")
        #expect(unsigned.status == 1 && unsigned.errors.contains("n'est pas signé par la clé donnée"), "\(unsigned.errors)")
        let other = try await watch(url, key: "\(stranger.verifier)")
        #expect(other.status == 2 && other.errors.contains("suit un autre registre"), "\(other.errors)")
        try Data("<html>Bonjour</html>\n".utf8).write(to: served.appendingPathComponent("checkpoint"))
        let page = try await watch(url)
        #expect(page.status == 2 && page.errors.contains("ce n'est pas un point de contrôle"), "\(page.errors)")
        server.stop()
        let silent = try await watch(url)
        #expect(silent.status == 2 && silent.errors.contains("pas de réponse"), "\(silent.errors)")
        for wrong in [try await watch("ftp://x"), try await watch(url, key: "x")] { #expect(wrong.status == 2) }
    }

    @Test(.timeLimit(.minutes(15)))
    func `our own gateway's register is followed while it grows`() async throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        try await house.start()
        try house.folder.write(SampleRollText.csv, to: "depot/membres.csv")
        _ = try await house.eventually("a checkpoint") {
            try await house.http.get(house.base + "/ledger/checkpoint").status == 200 ? true : nil
        }
        let vkey = try await house.http.get(house.base + "/ledger/vkey").text.trimmingCharacters(in: .whitespacesAndNewlines)
        let first = try await watch(house.base + "/ledger", key: vkey)
        #expect(first.status == 0 && first.text.contains("premier état retenu"), "\(first.text)\(first.errors)")
        try house.folder.write(SampleRollText.csv + "M.;Jean;Petit;jean.petit@valmoree.example;conseil\n", to: "depot/membres.csv")
        let grown = try await house.eventually("growth") {
            let result = try await watch(house.base + "/ledger", key: vkey)
            return result.text.contains("inchangées") || result.status != 0 ? result : nil
        }
        #expect(grown.status == 0, "\(grown.errors)")
        #expect(house.stop() == 0)
    }
}
