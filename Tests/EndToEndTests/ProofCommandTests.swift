import Council
import Demonstration
import Foundation
import Ledger
import TestSupport
import Testing

/// Proofs as the command line makes and checks them, with a witness of our own watching.
@Suite(.serialized) struct ProofCommandTests {
    @Test(.timeLimit(.minutes(15)))
    func `editions, witnesses, refusals and overwriting, as IT and citizens meet them`() async throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        let sample = SampleSitting(
            authority: SampleSitting.authority(timeZone: try #require(TimeZone(identifier: "Europe/Paris"))), clock: WallClock { Date() })
        try await house.start()
        try sample.writeRoll(to: house.depot)
        _ = try await house.eventually("the roll") { try house.json("members", "list").first }
        try sample.writeFolder(to: house.depot)
        let sitting = try await house.eventually("the sitting") { try house.json("sittings", "list").first?["id"] as? String }
        #expect(try house.command("sittings", "approve", sitting).status == 0)
        #expect(house.stop() == 0)

        // A witness comes later, as neighbours do.
        let key = try String(contentsOf: house.ledger.appendingPathComponent("vkey"), encoding: .utf8).trimmingCharacters(in: .newlines)
        let witness = try WitnessProgram(watching: [key])
        try await witness.start()
        let settings = "witnesses:\n  - { name: voisine, url: \"\(witness.url)\", vkey: \(witness.vkey) }\n"
        let yaml = try String(contentsOf: house.configuration, encoding: .utf8)
        try Data((yaml + settings).utf8).write(to: house.configuration)
        try await house.start()
        let convened = try await house.eventually("the convocations") {
            let rows = try house.json("sittings", "status", sitting)
            return !rows.isEmpty && !rows.contains { $0["state"] as? String == "composing" } ? rows : nil
        }
        let state = try await house.eventually("all of it cosigned") { () -> [String: Any]? in
            let row = try one(house.command("ledger", "checkpoint", "--json"))
            let cosigned = row["cosigned"] as? [String: Any]
            let size = row["size"] as? Int
            return size != nil && size == cosigned?["size"] as? Int && (size ?? 0) > convened.count ? row : nil
        }
        let names = (state["cosigned"] as? [String: Any])?["signatures"] as? [[String: Any]]
        #expect(names?.last?["name"] as? String == "temoin.example/nous" && state["origin"] as? String == names?.first?["name"] as? String)
        #expect(try house.command("ledger", "checkpoint").text == state["note"] as? String)
        #expect(house.stop() == 0)
        _ = witness.stop()

        try editions(house, sitting, convened)
        try verifying(house, key, witness.vkey)
    }

    private func one(_ result: ToolResult) throws -> [String: Any] {
        guard let row = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any] else {
            throw Gatehouse.Fault(description: "\(result)")
        }
        return row
    }

    private func editions(_ house: Gatehouse, _ sitting: String, _ convened: [[String: Any]]) throws {
        let mine = try #require(convened.first { $0["state"] as? String == "queued" })
        let (member, name) = (try #require(mine["member"] as? Int), try #require(mine["name"] as? String))
        let file = house.folder["preuve.asice"].path
        func export(_ words: String...) throws -> ToolResult {
            try Tool.run(
                try Gatehouse.program(), ["proof", "export", "-o", file, "--config", house.configuration.path] + words,
                environment: ["LC_ALL": "fr_FR.UTF-8"])
        }
        #expect(try export("--sitting", sitting).text.contains("édition du secrétariat"))
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        // What is there is somebody's.
        let refused = try export("--sitting", sitting, "--anonymous")
        #expect(
            refused.status == 2
                && refused.errors == "\(file) existe déjà et n'a pas été touché : donnez un autre nom, ou --force pour le remplacer.\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        #expect(try export("--sitting", sitting, "--anonymous", "--force").text.contains("édition du citoyen"))
        let citizen = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(citizen != before && citizen.range(of: Data(name.utf8)) == nil)
        // Paper members have no entry of their own before they are served.
        let names = try convened.filter { $0["state"] as? String == "queued" }.map { try #require($0["name"] as? String) }
        try #require(names.count > 30)
        #expect(names.allSatisfy { before.range(of: Data($0.utf8)) != nil && citizen.range(of: Data($0.utf8)) == nil })
        let own = try export("--sitting", sitting, "--edition", "member", "--member", "\(member)", "--force")
        #expect(own.status == 0 && own.text.contains("édition de l'élu"), "\(own)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(names.filter { bytes.range(of: Data($0.utf8)) != nil } == [name])
        let told = try Tool.run(try Gatehouse.program(), ["verify", file, "--json"])
        #expect(try one(told)["edition"] as? String == "member")
        // Nothing of a half-written file is left beside it.
        let left = try FileManager.default.contentsOfDirectory(atPath: house.folder.url.path).filter { $0.hasPrefix(".appariteur") }
        #expect(left.isEmpty)

        let nobody = try export("--sitting", sitting, "--edition", "member", "--member", "99999", "--force")
        #expect(nobody.status == 1 && nobody.errors.contains("L'élu n° 99999 n'est pas convoqué"), "\(nobody)")
        for (words, sentence) in [
            (["--edition", "member"], "L'édition de l'élu demande --convocation, ou --sitting avec --member"),
            (["--member", "1"], "--member va avec --sitting et --edition member"),
            (["--anonymous", "--edition", "clerk"], "--anonymous est l'édition du citoyen"),
        ] {
            let result = try Tool.run(
                try Gatehouse.program(), ["proof", "export", "-o", file, "--sitting", sitting] + words,
                environment: ["LC_ALL": "fr_FR.UTF-8"])
            #expect(result.status == 2 && result.errors.contains(sentence), "\(result.errors)")
        }
        let folder = try Tool.run(
            try Gatehouse.program(),
            ["proof", "export", "-o", house.data.path, "--force", "--sitting", sitting, "--config", house.configuration.path],
            environment: ["LC_ALL": "en_GB.UTF-8"])
        #expect(folder.status == 2 && folder.errors.contains("is a folder: name a file"), "\(folder)")
    }

    private func verifying(_ house: Gatehouse, _ key: String, _ witness: String) throws {
        let documents = try #require(
            FileManager.default.enumerator(at: house.depot, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
                .filter { $0.pathExtension == "pdf" }.map(\.path).sorted())
        let proof = house.folder["document.asice"].path
        #expect(try house.command("proof", "export", "--document", documents[0], "-o", proof).status == 0)
        func verify(_ words: [String], file: String = proof, language: String = "fr_FR.UTF-8") throws -> ToolResult {
            try Tool.run(try Gatehouse.program(), ["verify", file] + words, environment: ["LC_ALL": language])
        }
        let good = try verify(["--document", documents[0], "--log-key", key, "--witness-key", witness])
        #expect(good.status == 0 && good.text.contains("est cosigné par « temoin.example/nous »"), "\(good)")
        #expect(good.text.contains("Tout ce qui suit existait au plus tard le "), "\(good)")
        let bare = try verify([], language: "en_GB.UTF-8")
        #expect(bare.status == 0 && bare.text.contains("A cosignature by “temoin.example/nous”"), "\(bare)")
        #expect(bare.text.contains("--witness-key") && bare.text.contains("--log-key") && bare.text.contains("--document"), "\(bare)")

        // Each of these is refused with its reason, in words and as a code.
        let stranger = try WitnessProgram(watching: [key]).vkey
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: proof)))
        let cut = try house.folder.write(Array(whole.dropLast(100)), to: "coupe.asice").path
        let bomb = house.folder["bombe.asice"].path
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open("mimetype", "w") as file:
                    for _ in range(1024): file.write(bytes(1 << 20))
            """
        #expect(try Tool.run(Tool.python, ["-c", script, bomb]).status == 0)
        let huge = house.folder["enorme.asice"].path
        #expect(try Tool.run("truncate", ["-s", "900G", huge]).status == 0)
        let otherKey = "autre+" + key.split(separator: "+").dropFirst().joined(separator: "+")
        let cases: [(words: [String], file: String, sentence: String, code: String)] = [
            (["--document", documents[1]], proof, "le document donné n'est pas le bon", "otherDocument"),
            (["--log-key", try neighboursKey()], proof, "elle est d'un autre registre", "otherKey"),
            (["--witness-key", stranger], proof, "n'est pas couverte par assez de témoins : 0", "tooFewWitnesses"),
            (["--witness-key", witness, "--witness-key", stranger], proof, "par assez de témoins : 1", "tooFewWitnesses"),
            ([], cut, "la fin de l'archive manque : coupée", "archive"),
            ([], bomb, "y est comprimé ou chiffré", "archive"),
            ([], huge, "octets ; 268435456 au plus sont lus", "archive"),
        ]
        for one in cases {
            let result = try verify(one.words, file: one.file)
            #expect(result.status == 1 && result.errors.contains(one.sentence), "\(one): \(result)")
            let json = try verify(one.words + ["--json"], file: one.file)
            #expect(json.status == 1 && json.text.contains("\"code\":\"\(one.code)\""), "\(one): \(json)")
        }
        let enough = try verify(["--witness-key", witness, "--witness-key", stranger, "--witness-threshold", "1"])
        #expect(enough.status == 0, "\(enough)")
        // What is no answer of the proof's but a mistake of the asker's.
        for words in [
            ["--witness-threshold", "1"], ["--witness-key", witness, "--witness-threshold", "2"], ["--witness-key", key],
            ["--witness-key", witness, "--witness-key", witness, "--witness-threshold", "2"], ["--log-key", otherKey],
        ] {
            let result = try verify(words)
            #expect(result.status == 2 && !result.errors.isEmpty, "\(words): \(result)")
        }
    }

    /// Of a register that isn't ours.
    private func neighboursKey() throws -> String { "\(try SmallLedger(entries: 1).key.verifier)" }
}
