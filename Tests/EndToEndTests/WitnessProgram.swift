import Curl
import Foundation
import Ledger
import TestSupport

/// `appariteur witness` as IT runs it: the real program, on a configuration that `witness init` made.
final class WitnessProgram {
    let folder: TemporaryFolder
    let vkey: String
    private(set) var port = 0
    private var service: ChildProcess?
    private let http = HTTPClient(.init(timeout: .seconds(20), proxy: .none))

    var url: String { "http://127.0.0.1:\(port)" }
    var configuration: URL { folder["t/temoin.yml"] }
    var log: String { (try? String(contentsOf: folder["log"], encoding: .utf8)) ?? "" }

    init(watching vkeys: [String]) throws {
        folder = try TemporaryFolder()
        let made = try Tool.run(try Gatehouse.program(), ["witness", "init", folder["t"].path, "--name", "temoin.example/nous"])
        guard made.status == 0 else { throw Gatehouse.Fault(description: made.errors) }
        vkey = made.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let logs = vkeys.map { "\n  - vkey: \($0)" }.joined()
        let yaml = try String(contentsOf: configuration, encoding: .utf8)
            .replacing("127.0.0.1:8090", with: "127.0.0.1:0").replacing("logs: []", with: "logs:" + logs)
        try Data(yaml.utf8).write(to: configuration)
    }

    /// Starts it and waits until it has said its port. `injecting`: what strace does to one of its system calls.
    func start(injecting fault: String? = nil) async throws {
        try? FileManager.default.removeItem(at: folder["log"])
        let words = [try Gatehouse.program(), "witness", "--config", configuration.path]
        // -D: the tracer is the grandchild, so that the process we kill is the witness.
        let strace = fault.map {
            ["strace", "-D", "-f", "-o", folder["trace"].path, "-e", "trace=fsync,rename,writev", "-e", "inject=\($0)"]
        }
        let command = (strace ?? []) + words
        service = try ChildProcess(command[0], Array(command.dropFirst()), output: folder["log"])
        for _ in 0..<600 {
            if let match = log.firstMatch(of: /address=127\.0\.0\.1:([0-9]+)/), let port = Int(match.1) {
                self.port = port
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Gatehouse.Fault(description: "the witness does not listen: \(log)")
    }

    func kill() {
        service?.kill(SIGKILL)
        service?.wait()
        service = nil
    }

    /// As systemd ends it; its exit status.
    func stop() -> Int32? {
        defer { service = nil }
        service?.kill(SIGTERM)
        return service?.wait()
    }

    func post(_ request: AddCheckpointRequest) async throws -> HTTPClient.Answer {
        try await http.post(url + "/add-checkpoint", body: request.text)
    }

    func get(_ path: String) async throws -> HTTPClient.Answer { try await http.get(url + path) }
}

/// A ledger in memory, which can be forged: two histories of one key.
struct SmallLedger {
    let key: NoteSigningKey
    private let leaves: [[UInt8]]

    init(name: String = "voisine.example/ledger", entries: Int = 600, forgedFrom: Int? = nil) throws {
        key = try NoteSigningKey(name: name, seed: Array(repeating: 6, count: 32))
        leaves = (0..<entries).map { Merkle.leafHash(Array("entry \($0)\($0 >= forgedFrom ?? .max ? " forged" : "")".utf8)) }
    }

    private func node(_ node: TreeNode) -> [UInt8] {
        var level = Array(leaves[(Int(node.index) << node.height)..<((Int(node.index) + 1) << node.height)])
        while level.count > 1 { level = stride(from: 0, to: level.count, by: 2).map { Merkle.nodeHash(level[$0], level[$0 + 1]) } }
        return level[0]
    }

    func checkpoint(_ size: UInt64) throws -> VerifiedCheckpoint {
        try key.checkpoint(size: size, root: Merkle.root(size: size) { node($0) })
    }

    func request(from old: UInt64, to new: UInt64) throws -> AddCheckpointRequest {
        try AddCheckpointRequest(
            oldSize: old, proof: old <= new ? Merkle.consistencyProof(from: old, to: new) { node($0) } : [],
            checkpoint: UnverifiedCheckpoint(parsing: checkpoint(new).note))
    }

    /// Writes the public folder of this size, as any C2SP log would.
    func publish(_ size: UInt64, in folder: URL) throws {
        var edge = HashEdge()
        var files: [TileFile] = []
        for leaf in leaves.prefix(Int(size)) { files += edge.append(leafHash: leaf) }
        for file in files + edge.partialTiles {
            let place = folder.appendingPathComponent(file.tile.path)
            try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.bytes).write(to: place)
        }
        try Data(checkpoint(size).note).write(to: folder.appendingPathComponent("checkpoint"), options: .atomic)
    }
}
