import Foundation
import Synchronization

/// A real Dovecot on loopback with one mailbox of its own (`Tests/fixtures/dovecot`). Needs root, and Debian's dovecot-imapd.
/// It ends with this value, or with the test's process, whatever ends that.
package final class Dovecot: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package static let user = "retours"
    package static let password = "Sésame, ouvre-toi"

    package let folder: TemporaryFolder
    /// STARTTLS, before which no login is taken.
    package let port: Int
    /// TLS from the first byte.
    package let tlsPort: Int
    /// The authority of its certificate, which is good for 127.0.0.1.
    package let caFile: String
    /// An authority that has nothing to do with it.
    package let otherCAFile: String

    private let process: ChildProcess

    /// It accepts connections when this returns.
    /// - Parameter introspection: asked about each access token (RFC 7662, as Dovecot does with GET); nil: no tokens are taken.
    package init(introspection: String? = nil) async throws {
        folder = try TemporaryFolder()
        let ports = try Loopback.freePorts(2)
        (port, tlsPort) = (ports[0], ports[1])
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        caFile = authority.certificate.path
        otherCAFile = try TestCertificateAuthority(name: "stranger", in: folder.url).certificate.path
        try authority.issue("imap", for: ["IP:127.0.0.1"])
        // Nobody's: Dovecot opens no mailbox as root, and its children must reach it.
        chmod(folder.url.path, 0o755)
        for name in ["mail", "home"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
            chown(folder[name].path, 65534, 65534)
        }
        try folder.write("\(Self.user):{PLAIN}\(Self.password)\n", to: "users")
        let values = [
            "FOLDER": folder.url.path, "PORT": "\(port)", "TLSPORT": "\(tlsPort)", "UID": "65534", "GID": "65534",
            "MECHANISMS": introspection == nil ? "" : " xoauth2 oauthbearer",
            "TOKENS": introspection == nil
                ? "" : "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = \(folder["oauth2.conf"].path)\n}",
        ]
        if let introspection {
            try folder.write(
                "introspection_mode = get\nintrospection_url = \(introspection)\nactive_attribute = active\nactive_value = true\n"
                    + "username_attribute = username\ntokeninfo_url =\n", to: "oauth2.conf")
        }
        let source = Tool.repository.appendingPathComponent("Tests/fixtures/dovecot/dovecot.conf")
        let text = try values.reduce(String(contentsOf: source, encoding: .utf8)) {
            $0.replacingOccurrences(of: "@\($1.key)@", with: $1.value)
        }
        let configuration = try folder.write(text, to: "dovecot.conf")
        // The shell reads a pipe whose other end the test holds: its end is certain, whatever kills the test.
        process = try ChildProcess(
            "/bin/sh", ["-c", #"dovecot -F -c "$0" </dev/null & read -r _; kill -TERM $!; wait $!"#, configuration.path],
            output: folder["dovecot.out"], holdsInput: true)
        let ready = await eventually(within: .seconds(30)) { [port, tlsPort].allSatisfy { Loopback.answers(on: $0) } }
        guard ready else { throw Fault(description: "Dovecot doesn't answer: \(log)") }
    }

    deinit {
        process.closeInput()
        process.wait()
    }

    /// Only shown to people, so what can't be read is nothing.
    package var log: String {
        ["dovecot.log", "dovecot.out"].map { (try? String(contentsOf: folder[$0], encoding: .utf8)) ?? "" }.joined()
    }

    /// Puts messages into a folder, through Python's own IMAP client; creates it where it is missing.
    package func append(_ messages: [[UInt8]], to mailbox: String = "INBOX") throws {
        for (number, message) in messages.enumerated() { try folder.write(message, to: "append-\(number)") }
        _ = try ask("append", mailbox, messages.indices.map { folder["append-\($0)"].path })
    }

    /// `<uid> <flags>` of each message of a folder, by number, as Python's IMAP client sees them.
    package func messages(in mailbox: String = "INBOX") throws -> [String] {
        try ask("list", mailbox, []).split(separator: "\n").map(String.init)
    }

    private func ask(_ command: String, _ mailbox: String, _ files: [String]) throws -> String {
        let script = Tool.repository.appendingPathComponent("Tests/judges/imap_client.py").path
        let result = try Tool.run(
            "python3", [script, "\(tlsPort)", caFile, Self.user, Self.password, command, mailbox] + files)
        guard result.status == 0 else { throw Fault(description: "imap_client.py \(command): \(result.errors) \(log)") }
        return String(decoding: result.output, as: UTF8.self)
    }
}
