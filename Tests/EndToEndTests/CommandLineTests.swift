import Demonstration
import Foundation
import Gateway
import TestSupport
import Testing

/// The program as IT meets it in a French terminal: sentences, exit states, and nothing else.
@Suite(.serialized) struct CommandLineTests {
    private let relay = "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }"

    private func run(_ words: [String], language: String = "fr_FR.UTF-8") throws -> ToolResult {
        try Tool.run(try Gatehouse.program(), words, environment: ["LC_ALL": language])
    }

    /// One line of plain words, on the error channel, with exit state 2.
    private func expectSentence(_ result: ToolResult, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(result.status == 2, "\(result.errors)", sourceLocation: sourceLocation)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
        for part in parts { #expect(result.errors.contains(part), "\(part) in \(result.errors)", sourceLocation: sourceLocation) }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a port that is taken, and a second service, are refused in one sentence; listening is logged once`() async throws {
        let house = try Gatehouse(relay: relay)
        try await house.start()
        let other = try Gatehouse(relay: relay)
        let yaml = try String(contentsOf: other.configuration, encoding: .utf8)
        try Data(yaml.replacing("listen: 127.0.0.1:\(other.port)", with: "listen: 127.0.0.1:\(house.port)").utf8).write(
            to: other.configuration)
        expectSentence(try other.command("serve"), "127.0.0.1:\(house.port)", "un autre programme y écoute", "« listen: »")
        expectSentence(try run(["demo", "--once", "--port", "\(house.port)"]), "un autre programme y écoute", "--port N")
        expectSentence(try house.command("serve"), house.data.path, "(processus ", "arrêtez-le d'abord")
        #expect(house.stop() == 0)
        #expect(house.log.components(separatedBy: "listening").count == 2, "\(house.log)")
        #expect(house.log.contains("address=127.0.0.1:\(house.port) "), "\(house.log)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `a port taken at the last moment gets the same sentence, without the noise of services cancelled`() throws {
        let house = try Gatehouse(relay: relay)
        let inject = ["-f", "-o", house.folder["trace"].path, "-e", "trace=listen", "-e", "inject=listen:error=EADDRINUSE"]
        let result = try Tool.run(
            "strace", inject + [try Gatehouse.program(), "serve", "--config", house.configuration.path],
            environment: ["LC_ALL": "fr_FR.UTF-8"])
        expectSentence(result, "127.0.0.1:\(house.port)", "un autre programme y écoute", "« listen: »")
    }

    @Test(arguments: [
        (["demo", "--port", "99999"], "99999 n'est pas un port", "Usage: appariteur demo "),
        (["init", ""], "Donnez le nom du dossier", "Usage: appariteur init "),
        (["sittings", "paper", "x", "1", "--on", "demain"], "« demain » n'est pas une date", "Usage: appariteur sittings paper "),
        (["sittings", "preview", "x", "--language", "de"], "« de » n'est ni fr ni en", "Usage: appariteur sittings preview "),
        (["proof", "chainpoint", "-o", "x"], "Donnez --document ou --checkpoint", "Usage: appariteur proof chainpoint "),
        (["verify", "x", "--node", "http://127.0.0.1:1"], "--node et --node-cookie vont ensemble", "Usage: appariteur verify "),
        (["proof", "export", "-o", "x"], "Donnez une et une seule", "Usage: appariteur proof export "),
    ])
    func `a wrong argument gets a sentence and the usage of its own command`(words: [String], sentence: String, usage: String) throws {
        let result = try run(words)
        #expect(result.status == 2 && result.errors.contains(sentence) && result.errors.contains(usage), "\(result.errors)")
    }

    @Test func `help speaks the terminal's language`() throws {
        #expect(try run(["keys", "--help"]).text.contains("Les clés de liens"))
        #expect(try run(["keys", "--help"], language: "en_GB.UTF-8").text.contains("Link keys"))
    }

    @Test func `the demonstration leaves a folder that holds data alone`() throws {
        let house = try Gatehouse(relay: relay)
        _ = try house.command("keys", "list")
        expectSentence(try run(["demo", "--once", "--data", house.data.path]), house.data.path, "contient déjà des données")
    }

    @Test func `every listing answers in JSON, with nothing in it`() throws {
        let house = try Gatehouse(relay: relay)
        for words in [["members", "list"], ["sittings", "list"], ["keys", "list"]] {
            let result = try run(words + ["--json", "--config", house.configuration.path])
            let rows = try JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]]
            #expect(rows?.count == (words[0] == "keys" ? 2 : 0), "\(words): \(result.text)\(result.errors)")
        }
        let keys = try house.json("keys", "list")
        #expect(keys.compactMap { $0["kind"] as? String } == ["link", "ledger"] && keys[0]["signs"] as? Bool == true)
        #expect(!"\(keys)".contains(try String(contentsOf: house.data.appendingPathComponent("keys/ledger.key"), encoding: .utf8)))
        #expect(try house.command("keys", "rotate").text.contains("La clé de liens 2 signe désormais"))
    }

    @Test func `keys that this account may not read are not called missing`() throws {
        let house = try Gatehouse(relay: relay)
        try #require(try house.command("keys", "list").status == 0)
        let keys = house.data.appendingPathComponent("keys")
        // Root reads everything: then the command runs as nobody, on a folder that all may enter.
        let isRoot = geteuid() == 0
        if isRoot {
            for (path, mode) in [(house.folder.url.path, 0o755), (house.data.path, 0o777), (house.data.path + "/appariteur.db", 0o666)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
        } else {
            try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: keys.path)
        }
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: keys.path) }
        let words = [try Gatehouse.program(), "keys", "list", "--config", house.configuration.path]
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        let result = try Tool.run(isRoot ? "setpriv" : "env", (isRoot ? nobody : []) + words, environment: ["LC_ALL": "fr_FR.UTF-8"])
        // The remedy touches nothing but the installation's own folder.
        if isRoot { expectSentence(result, "chown -R COMPTE: \(keys.path)\n") }
        expectSentence(result, keys.path, isRoot ? "appartient au compte « root »" : "chmod")
        #expect(!result.errors.contains("manque"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can work for another account"))
    func `keys that root rotates stay the service account's`() throws {
        let house = try Gatehouse(relay: relay)
        try #require(try house.command("keys", "list").status == 0)
        let keys = house.data.appendingPathComponent("keys")
        for file in [keys.path, keys.path + "/links.keys", keys.path + "/ledger.key"] {
            try FileManager.default.setAttributes([.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: file)
        }
        try #require(try house.command("keys", "rotate").status == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: keys.path + "/links.keys")
        #expect((attributes[.ownerAccountID] as? NSNumber)?.intValue == 65534)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func `what is said twice the second time says so, and lists show words`() throws {
        let house = try Gatehouse(relay: relay)
        try house.folder.write("civilité;nom;prénom;courriel;instances;mode\nMme;Le Goff;Éloïse;;Bureau;papier\n", to: "liste.csv")
        #expect(try house.command("members", "import", house.folder["liste.csv"].path).text == "1 élu : 1 ajouté, 0 modifié, 0 retiré.\n")
        #expect(try house.command("members", "list").text.contains("  papier  bureau"))
        try house.folder.write(
            "civilité;nom;prénom;courriel;instances;mode\nMme;Le Goff;Éloïse;eloise.fr;Bureau;électronique\n", to: "faux.csv")
        let refused = try house.command("members", "import", house.folder["faux.csv"].path)
        #expect(
            refused.status == 1 && !refused.errors.contains("de Éloïse") && refused.errors.contains("Ligne 2, Éloïse Le Goff"),
            "\(refused.errors)")
    }
}
