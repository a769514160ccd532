import Foundation
import TestSupport
import Testing

/// `keys/links.keys` replaced by another well-formed file, as IT meets it.
@Suite(.serialized) struct LinkKeyFileTests {
    @Test(.timeLimit(.minutes(15)))
    func `the service refuses to start, audit and check name the file, and a new file is taken only when accepted`() async throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 9, tls: none, heloName: gateway.test }")
        try await house.start()
        #expect(house.stop() == 0)
        let file = house.data.appendingPathComponent("keys/links.keys")
        let right = try String(contentsOf: file, encoding: .utf8)
        func write(_ text: String) throws {
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        func audit() throws -> ToolResult {
            try Tool.run(try Gatehouse.program(), ["ledger", "audit", "--data", house.data.path], environment: ["LC_ALL": "fr_FR.UTF-8"])
        }
        // A register without entries: nothing else to look at.
        #expect(try audit().status == 0)
        #expect(try house.command("keys", "rotate").status == 0)
        let rotated = try String(contentsOf: file, encoding: .utf8)
        var characters = Array(right)
        let place = characters.count - 20
        characters[place] = characters[place] == "A" ? "B" : "A"
        try write(String(characters))
        let audited = try audit()
        #expect(
            audited.status == 1 && audited.text.contains("keys/links.keys : ") && audited.text.contains("la clé de liens 1"), "\(audited)")
        for words in [["serve"], ["keys", "rotate"]] {
            let refused = try Tool.run(
                try Gatehouse.program(), words + ["--config", house.configuration.path], environment: ["LC_ALL": "fr_FR.UTF-8"])
            #expect(refused.status == 2 && refused.errors.contains("Reprenez keys/links.keys"), "\(words): \(refused)")
        }
        let checked = try house.command("check")
        #expect(checked.status == 2 && checked.errors.contains("la clé de liens 1 n'est pas celle"), "\(checked)")
        try write(rotated)
        #expect(try audit().status == 0)
        #expect(try house.command("keys", "accept").text.contains("Rien à accepter"))
        try write(String(characters))
        let accepted = try house.command("keys", "accept")
        #expect(
            accepted.status == 0 && accepted.errors.contains("la clé de liens 1") && accepted.text.contains("sittings remind"),
            "\(accepted)")
        #expect(try audit().status == 0)
        try await house.start()
        #expect(house.stop() == 0)
    }
}
