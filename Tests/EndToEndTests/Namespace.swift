import Foundation
import TestSupport

/// Commands in a network of their own, with a real DNS server (dnsmasq) on its port 53 and a resolv.conf that names it: what the C
/// library asks there is answered from a zone of the test's, and nothing is asked outside. Needs root.
struct Namespace {
    let folder: TemporaryFolder

    /// - Parameter zone: dnsmasq's lines; nil: no server runs, and resolv.conf names one that doesn't answer.
    init(zone: [String]?) throws {
        folder = try TemporaryFolder()
        try folder.write("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n", to: "resolv.conf")
        let settings = [
            "no-resolv", "no-hosts", "bind-interfaces", "listen-address=127.0.0.1", "user=root", "local=/example/", "local=/test/",
        ]
        try folder.write((settings + (zone ?? [])).joined(separator: "\n") + "\n", to: "dnsmasq.conf")
        let server = zone == nil ? "" : "dnsmasq --conf-file=\"$0/dnsmasq.conf\" --pid-file=\"$0/pid\"\n"
        // dnsmasq returns once it listens; it ends with the namespace of processes.
        try folder.write("set -e\nip link set lo up\nmount --bind \"$0/resolv.conf\" /etc/resolv.conf\n\(server)", to: "begin.sh")
    }

    /// Runs shell lines there. Their variable `$0` is the folder.
    func run(_ lines: String, language: String = "en_GB.UTF-8") throws -> ToolResult {
        let begin = try String(contentsOf: folder["begin.sh"], encoding: .utf8)
        return try Tool.run(
            // With a /proc of its own: libdispatch looks its threads up there, and stops at numbers of another namespace.
            "unshare", ["--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c", begin + lines, folder.url.path],
            environment: ["LC_ALL": language])
    }
}

/// One row of `appariteur doctor --json`.
struct DoctorRow: Decodable, Hashable {
    let check: String
    let place: String
    let grade: String
    let found: String
    let why: String?
    let key: String?
    let change: String?
}
