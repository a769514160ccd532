import Council
import Curl
import Foundation
import Gateway
import TestSupport

/// One installation run as IT runs it: the real program, as a process of its own, on a configuration file.
final class Gatehouse {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let folder: TemporaryFolder
    let port: Int
    let http = HTTPClient()
    private(set) var service: ChildProcess?

    var base: String { "http://127.0.0.1:\(port)" }
    var configuration: URL { folder["appariteur.yml"] }
    var data: URL { folder["donnees"] }
    var depot: URL { folder["depot"] }
    var ledger: URL { data.appendingPathComponent("ledger") }

    /// - Parameters:
    ///   - relay: the lines of `relay:`, as one YAML flow mapping.
    ///   - anchors: likewise.
    init(relay: String, anchors: String = "{ interval: 1s, timestampAuthorities: [], calendars: [] }", policy: String = "adaptive") throws {
        folder = try TemporaryFolder()
        port = try Loopback.freePorts(1)[0]
        for name in ["donnees", "depot"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
        try folder.write(
            """
            authority: { name: "Communauté de communes du Pays de Valmorée", siren: "999000011", timeZone: Europe/Paris }
            clerk: { name: Secrétariat des assemblées, address: assemblees@valmoree.example }
            bodies:
              conseil: { name: Conseil communautaire, aliases: [Conseil], clearDays: 5 }
              bureau: { name: Bureau communautaire, aliases: [Bureau], clearDays: 3 }
            publicURL: \(base)
            listen: 127.0.0.1:\(port)
            relay: \(relay)
            mail:
              from: { name: "Pays de Valmorée – Assemblées", address: convocations@valmoree.example }
              envelopeSender: retours@valmoree.example
            folders: { data: donnees, drop: depot }
            intake: { settle: 1s, rescan: 1s }
            reception: { policy: \(policy) }
            anchors: \(anchors)

            """, to: "appariteur.yml")
    }

    /// The program, beside the tests' own.
    static func program() throws -> String {
        let beside = Bundle.allBundles.map(\.bundleURL).flatMap { [$0, $0.deletingLastPathComponent()] }
        let found = (beside + [Bundle.main.executableURL?.deletingLastPathComponent()].compactMap { $0 })
            .map { $0.appendingPathComponent("appariteur") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { throw Fault(description: "the program appariteur is not beside the tests") }
        return found.path
    }

    /// Starts the service and waits until it answers.
    func start() async throws {
        service = try ChildProcess(try Self.program(), ["serve", "--config", configuration.path], output: folder["log"])
        for _ in 0..<600 {
            if let answer = try? await http.get(base + "/sante"), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Fault(description: "the service does not answer: \(log)")
    }

    /// Ends it as systemd does; its exit status.
    func stop() -> Int32? {
        defer { service = nil }
        service?.kill(SIGTERM)
        return service?.wait()
    }

    func kill() {
        service?.kill(SIGKILL)
        service?.wait()
        service = nil
    }

    /// The service's highest resident size so far, kB.
    func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(service?.pid ?? 0)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }), let size = Int(line.filter(\.isNumber))
        else {
            throw Fault(description: "no VmHWM in \(status)")
        }
        return size
    }

    var log: String { (try? String(contentsOf: folder["log"], encoding: .utf8)) ?? "(no log)" }

    /// Runs another command on the same installation.
    func command(_ words: String...) throws -> ToolResult {
        try Tool.run(try Self.program(), words + ["--config", configuration.path], environment: ["LC_ALL": "C.UTF-8"])
    }

    func json(_ words: String...) throws -> [[String: Any]] {
        let result = try Tool.run(try Self.program(), words + ["--json", "--config", configuration.path])
        guard result.status == 0, let rows = try JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]] else {
            throw Fault(description: "\(words): \(result.errors)\(result.text)")
        }
        return rows
    }

    /// Looks until `look` finds something; throws after `seconds` with the service's log.
    func eventually<T>(_ what: String, seconds: Int = 60, _ look: () async throws -> T?) async throws -> T {
        for _ in 0..<(seconds * 10) {
            if let found = try await look() { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Fault(description: "not in \(seconds) s: \(what). \(log.suffix(4000))")
    }
}
