import Foundation
import Synchronization

/// A real Exim on loopback, the second make of relay beside `Postfix`, with a configuration, spool and mailbox of its own
/// (`Tests/fixtures/exim`). It delivers mail for every address into one Maildir. Needs root, and Debian's exim4-daemon-light
/// unpacked into `.build/exim`, as `Tests/run.sh` does: installed, it would put Postfix away.
///
/// It ends with this value, with `stop`, or with the test's process, whatever ends that.
package final class Exim: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package static let user = "appariteur"
    package static let password = "Sesame-ouvre-toi"

    package let folder: TemporaryFolder
    /// Offers STARTTLS and, under it, AUTH PLAIN; asks for no account.
    package let port: Int
    /// TLS from the first byte.
    package let tlsPort: Int
    /// The authority of its certificate, which is good for 127.0.0.1.
    package let caFile: String

    private let running = Mutex<ChildProcess?>(nil)

    /// It accepts connections when this returns.
    package init() async throws {
        folder = try TemporaryFolder()
        let ports = try Loopback.freePorts(2)
        (port, tlsPort) = (ports[0], ports[1])
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        caFile = authority.certificate.path
        try authority.issue("relay", for: ["IP:127.0.0.1", "DNS:second.test"])
        try prepare()
        try await start()
    }

    deinit { running.withLock { $0?.closeInput() } }

    /// Starts it again after `stop`, on the same ports.
    package func start() async throws {
        try running.withLock { running in
            guard running == nil else { return }
            running = try ChildProcess(
                "unshare", ["-m", "/bin/sh", "-c", Self.script, folder.url.path, try Self.program()], output: folder["exim.out"],
                holdsInput: true)
        }
        let ready = await eventually(within: .seconds(60)) { [port, tlsPort].allSatisfy { Loopback.answers(on: $0) } }
        guard ready else { throw Fault(description: "Exim doesn't answer: \(log)") }
    }

    /// Ends it; spool and mailbox stay.
    package func stop() {
        running.withLock { running in
            running?.closeInput()
            running?.wait()
            running = nil
        }
    }

    /// What RCPT gets for this address from now on: `550 5.1.1 unknown`, `451 4.2.1 later`; nil: it is taken again.
    package func answer(_ recipient: String, with reply: String?) throws {
        for (file, digit) in [("deferred", "4"), ("refused", "5")] {
            let others = try String(contentsOf: folder[file], encoding: .utf8).split(separator: "\n").filter {
                !$0.hasPrefix(recipient + ":")
            }
            let mine = reply.flatMap { $0.hasPrefix(digit) ? ["\(recipient): \($0)"] : nil } ?? []
            try folder.write((others.map(String.init) + mine).joined(separator: "\n") + "\n", to: file)
        }
    }

    /// Its logs so far. Only shown to people and searched: what isn't there is nothing.
    package var log: String {
        ["log/mainlog", "log/paniclog", "log/rejectlog", "exim.out"]
            .map { (try? String(contentsOf: folder[$0], encoding: .utf8)) ?? "" }.joined()
    }

    /// Everything delivered so far, in the order of delivery.
    package func delivered() throws -> [DeliveredMessage] { try DeliveredMessage.all(in: folder["mail/new"]) }

    /// Waits until at least `count` messages are delivered; throws with Exim's log when they don't come.
    package func delivered(count: Int, within limit: Duration = .seconds(30)) async throws -> [DeliveredMessage] {
        let arrived = try await eventually(within: limit) { try delivered().count >= count }
        let messages = try delivered()
        guard arrived else { throw Fault(description: "\(messages.count) of \(count) messages were delivered: \(log)") }
        return messages
    }

    // MARK: - Setting up

    /// Nobody has this number on a Debian system: its own ones are given from 100 and from 1000 on.
    private static let account: uid_t = 64_998

    /// Debian's Exim looks its user up by name: it has one in a private /etc/passwd. The shell reads a pipe whose other end the test
    /// holds: its end is certain, whatever kills the test.
    private static let script = #"""
        cd "$0" && mount --bind passwd /etc/passwd && mount --bind group /etc/group || exit 1
        "$1" -C "$0/exim.conf" -bdf -q5s </dev/null & read -r _; kill -TERM $!; wait $!
        """#

    private static func program() throws -> String {
        let path = Tool.repository.appendingPathComponent(".build/exim/usr/sbin/exim4").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Fault(description: "\(path) is missing: Tests/run.sh fetches it (apt-get download exim4-daemon-light, dpkg-deb -x)")
        }
        return path
    }

    private func prepare() throws {
        // Exim's own processes reach what is theirs; the key isn't readable by others.
        chmod(folder.url.path, 0o755)
        for name in ["spool", "log", "mail"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
            chown(folder[name].path, Self.account, Self.account)
        }
        for name in ["deferred", "refused"] { try folder.write("", to: name) }
        for name in ["relay.key", "relay.pem"] { chown(folder[name].path, Self.account, Self.account) }
        try folder.write(
            String(contentsOfFile: "/etc/passwd", encoding: .utf8)
                + "Debian-exim:x:\(Self.account):\(Self.account)::/nonexistent:/usr/sbin/nologin\n", to: "passwd")
        try folder.write(
            String(contentsOfFile: "/etc/group", encoding: .utf8) + "Debian-exim:x:\(Self.account):\n", to: "group")
        let values = [
            "FOLDER": folder.url.path, "PROGRAM": try Self.program(), "PORT": "\(port)", "TLSPORT": "\(tlsPort)", "USER": Self.user,
            "PASSWORD": Self.password,
        ]
        let source = Tool.repository.appendingPathComponent("Tests/fixtures/exim/exim.conf")
        let text = try values.reduce(String(contentsOf: source, encoding: .utf8)) {
            $0.replacingOccurrences(of: "@\($1.key)@", with: $1.value)
        }
        try folder.write(text, to: "exim.conf")
        // Exim reads no configuration that others could write.
        chmod(folder["exim.conf"].path, 0o644)
    }
}
