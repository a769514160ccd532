import Foundation

/// A real witness of another maker, `aics-witness` (PyPI), on loopback. What it remembers is in its folder: it can be stopped and
/// started again.
package final class JudgeWitness: Sendable {
    private let folder: TemporaryFolder
    /// Its public key.
    package let vkey: String

    package init(name: String = "temoin.example/w1") throws {
        folder = try TemporaryFolder()
        let made = try Tool.run(
            Tool.python,
            ["-m", "aics_witness", "init", "--config", folder["w.json"].path, "--name", name, "--listen", "127.0.0.1:0"])
        guard made.status == 0 else { throw BackgroundProgram.DidNotStart(description: "aics-witness init: \(made.errors)") }
        vkey = made.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    package func add(origin: String, vkey: String) throws {
        let result = try Tool.run(
            Tool.python,
            ["-m", "aics_witness", "add-log", "--config", folder["w.json"].path, "--origin", origin, "--vkey", vkey])
        guard result.status == 0 else { throw BackgroundProgram.DidNotStart(description: "aics-witness add-log: \(result.errors)") }
    }

    package func start() throws -> Running { try Running(folder) }

    /// Stops when it goes.
    package final class Running: Sendable {
        private let program: BackgroundProgram
        package let url: String

        fileprivate init(_ folder: TemporaryFolder) throws {
            let log = folder["log-\(UUID().uuidString)"]
            program = try BackgroundProgram(Tool.python, ["-m", "aics_witness", "serve", "--config", folder["w.json"].path], errors: log)
            let pattern = try Regex(#"listening on (http://127\.0\.0\.1:[0-9]+)"#, as: (Substring, Substring).self)
            url = try program.wait {
                try String(contentsOf: log, encoding: .utf8).firstMatch(of: pattern).map { String($0.output.1) }
            }
        }

        package func stop() { program.stop() }
    }
}

/// A witness that answers as the test says (`Tests/fixtures/witness/rude_witness.py`).
package final class RudeWitness: Sendable {
    private let folder: TemporaryFolder
    private let program: BackgroundProgram
    package let url: String

    package init() throws {
        folder = try TemporaryFolder()
        try folder.write(#"{"status": 500}"#, to: "answers")
        program = try BackgroundProgram(
            Tool.python, [Tool.repository.appendingPathComponent("Tests/fixtures/witness/rude_witness.py").path, folder.url.path],
            errors: folder["errors"])
        url = "http://127.0.0.1:\(try program.port(in: folder["port"]))"
    }

    /// The answers to come, one a request; the last one stays.
    package func answer(_ answers: [(status: Int, type: String, body: String)]) throws {
        let lines = try answers.map { answer in
            let object: [String: Any] = ["status": answer.status, "type": answer.type, "body": answer.body]
            return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "answers")
        try? FileManager.default.removeItem(at: folder["requests"])
    }

    /// First lines (`old N`) of what it was asked since.
    package func asked() throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder["requests"].path) else { return [] }
        return try String(contentsOf: folder["requests"], encoding: .utf8).split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            return String(object?["body"]?.prefix { $0 != "\n" } ?? "")
        }
    }

    package func stop() { program.stop() }
}
