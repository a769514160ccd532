import Foundation
import Synchronization

/// A real Postfix on loopback with a configuration, queue and mailbox of its own (`Tests/fixtures/postfix`). It delivers
/// mail for every address of every domain into one Maildir, looks no name up and sends nothing outside. Needs root, and
/// Debian's packages postfix, sasl2-bin, libsasl2-modules, openssl.
///
/// It ends with this value, with `stop`, or with the test's process, whatever ends that.
package final class Postfix: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package static let user = "appariteur"
    package static let password = "Sésame, ouvre-toi"

    package let folder: TemporaryFolder
    /// Offers STARTTLS, asks for no account.
    package let port: Int
    /// Demands STARTTLS and an account.
    package let submissionPort: Int
    /// TLS from the first byte; demands an account.
    package let smtpsPort: Int
    /// The authority of its certificate, which is good for 127.0.0.1 and relay.test, not for localhost.
    package let caFile: String
    /// An authority that has nothing to do with it.
    package let otherCAFile: String

    private let running = Mutex<PostfixProcess?>(nil)
    private let changes = Mutex(0)

    /// Made and started; it accepts connections when this returns.
    /// - Parameters:
    ///   - certificateDays: how long its certificate is good; -1: it ended yesterday.
    ///   - sizeLimit: the largest message that it takes, in bytes.
    ///   - settings: lines of `main.cf` that win over the fixture's.
    package init(certificateDays: Int = 2, sizeLimit: Int = 52_428_800, settings: [String] = []) async throws {
        folder = try TemporaryFolder()
        let ports = try Loopback.freePorts(3)
        (port, submissionPort, smtpsPort) = (ports[0], ports[1], ports[2])
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        caFile = authority.certificate.path
        otherCAFile = try TestCertificateAuthority(name: "stranger", in: folder.url).certificate.path
        try authority.issue("relay", for: ["IP:127.0.0.1", "DNS:relay.test"], days: certificateDays)
        try makeFolders()
        try writeSettings(sizeLimit: sizeLimit, settings)
        try writeMap("access")
        try writeMap("transport")
        try addUser()
        try await start()
    }

    deinit { running.withLock { $0?.end() } }

    /// Starts it again after `stop`, on the same ports. It greets and keeps its log when this returns: its master has the system
    /// accept connections before any of its daemons works, and where the one that writes the log doesn't, all the others wait for it.
    package func start() async throws {
        let end = ContinuousClock.now + .seconds(120)
        repeat {
            try running.withLock { running in
                if running == nil { running = try PostfixProcess(configuration: folder.url) }
            }
            // Its own check of its files takes long where others use the disk.
            let works = await eventually(within: .seconds(40)) {
                [submissionPort, smtpsPort].allSatisfy { Loopback.answers(on: $0) }
                    && Loopback.greeting(on: port)?.hasPrefix("220") == true
                    && FileManager.default.fileExists(atPath: folder["mail.log"].path)
            }
            if works { return }
            stop()
        } while ContinuousClock.now < end
        throw Fault(description: "Postfix doesn't greet: \(log)")
    }

    /// Ends all its processes; queue and mailbox stay.
    package func stop() {
        running.withLock { running in
            running?.end()
            running = nil
        }
    }

    /// What RCPT gets for this address from the next connection on, for instance `550 5.1.1 unknown` or `450 4.2.1 later`.
    package func answer(_ recipient: String, with reply: String) throws { try set("access", recipient, to: reply) }

    /// Where Postfix sends mail for this address, for instance `error:5.1.1 moved away` or `retry:4.2.1 mailbox locked`.
    /// Known to new connections and to the queue within a few seconds.
    package func route(_ recipient: String, to transport: String) throws {
        try set("transport", recipient, to: transport)
        running.withLock { $0?.reload() }
    }

    /// Its log so far, and what its master said where there is none. Only shown to people and searched.
    package var log: String {
        if let text = try? Data(contentsOf: folder["mail.log"]) { return String(decoding: text, as: UTF8.self) }
        return "(no log) " + ((try? String(contentsOf: folder["master.out"], encoding: .utf8)) ?? "(no output)")
    }

    /// Everything delivered so far, in the order of delivery.
    package func delivered() throws -> [DeliveredMessage] { try DeliveredMessage.all(in: folder["mail/all/new"]) }

    /// Waits until at least `count` messages are delivered; throws with Postfix's log when they don't come.
    package func delivered(count: Int, within limit: Duration = .seconds(30)) async throws -> [DeliveredMessage] {
        let arrived = try await eventually(within: limit) { try delivered().count >= count }
        let messages = try delivered()
        guard arrived else { throw Fault(description: "\(messages.count) of \(count) messages were delivered: \(log)") }
        return messages
    }

    // MARK: - Setting up

    private func makeFolders() throws {
        let files = FileManager.default
        let owner = try Self.identifiers(of: "postfix")
        let postdrop = try Self.group("postdrop")
        for name in ["data", "spool", "mail", "sasl"] {
            try files.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
        chown(folder["data"].path, owner.user, owner.group)
        chown(folder["mail"].path, Self.mailbox.user, Self.mailbox.group)
        let queues = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"]
        for name in queues + ["maildrop", "public", "pid"] {
            let directory = folder["spool/" + name]
            try files.createDirectory(at: directory, withIntermediateDirectories: true)
            let isShared = name == "maildrop" || name == "public"
            if name != "pid" { chown(directory.path, owner.user, isShared ? postdrop : 0) }
            chmod(directory.path, name == "pid" ? 0o755 : name == "public" ? 0o710 : isShared ? 0o730 : 0o700)
        }
    }

    /// Nobody's: Postfix delivers as no user with a number below 100.
    private static let mailbox: (user: uid_t, group: gid_t) = (65534, 65534)

    private static func identifiers(of user: String) throws -> (user: uid_t, group: gid_t) {
        guard let entry = getpwnam(user) else { throw Fault(description: "no user \(user): is Debian's package postfix installed?") }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    private static func group(_ name: String) throws -> gid_t {
        guard let entry = getgrnam(name) else { throw Fault(description: "no group \(name): is Debian's package postfix installed?") }
        return entry.pointee.gr_gid
    }

    private func writeSettings(sizeLimit: Int, _ more: [String]) throws {
        let values = [
            "FOLDER": folder.url.path, "PORT": "\(port)", "SUBMISSION": "\(submissionPort)", "SMTPS": "\(smtpsPort)",
            "UID": "\(Self.mailbox.user)", "GID": "\(Self.mailbox.group)", "SIZE": "\(sizeLimit)",
        ]
        for name in ["main.cf", "master.cf"] {
            let source = Tool.repository.appendingPathComponent("Tests/fixtures/postfix/" + name)
            let text = try values.reduce(String(contentsOf: source, encoding: .utf8)) {
                $0.replacingOccurrences(of: "@\($1.key)@", with: $1.value)
            }
            // Of a name that comes twice Postfix takes the second, and says so in its log.
            try folder.write(name == "main.cf" ? text + more.map { $0 + "\n" }.joined() : text, to: name)
        }
        let sasl = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: \(folder["sasldb2"].path)\nmech_list: PLAIN LOGIN\n"
        try folder.write(sasl, to: "sasl/smtpd.conf")
    }

    private func addUser() throws {
        let database = folder["sasldb2"].path
        let result = try Tool.run(
            "saslpasswd2", ["-p", "-c", "-f", database, "-u", "relay.test", Self.user], input: Array(Self.password.utf8))
        guard result.status == 0 else { throw Fault(description: "saslpasswd2: \(result.errors)") }
        let owner = try Self.identifiers(of: "postfix")
        chown(database, owner.user, owner.group)
    }

    private func set(_ map: String, _ address: String, to value: String) throws {
        let others = try String(contentsOf: folder[map], encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix(address + " ") }
        try writeMap(map, (others + ["\(address) \(value)"]).joined(separator: "\n") + "\n")
    }

    private func writeMap(_ name: String, _ text: String = "") throws {
        let file = try folder.write(text, to: name)
        let result = try Tool.run("postmap", ["-c", folder.url.path, "hash:" + file.path])
        guard result.status == 0 else { throw Fault(description: "postmap: \(result.errors)") }
        // Postfix sees a change by the file's time, to the second: two changes in one second must not look like one.
        let step = changes.withLock { changes in
            changes += 1
            return changes
        }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: Double(10 * step))], ofItemAtPath: file.path + ".db")
    }
}
