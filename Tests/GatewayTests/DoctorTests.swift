import Council
import DefaultFiles
import Foundation
import Gateway
import Logging
import TestSupport
import Testing

/// What `doctor` says of real relays, timestamp authorities, calendars and folders.
@Suite("Doctor", .timeLimit(.minutes(15)))
struct DoctorTests {
    private let folder: TemporaryFolder
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["donnees", "depot"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
    }

    private func findings(
        relay: String, anchors: String = "{ calendars: [] }", attach: String = "5 MB", limit: Duration = .seconds(180),
        to recipient: String? = nil, ahead: TimeInterval = 0, bounces: String? = nil, wait: Duration = .seconds(20)
    ) async throws -> [DoctorFinding] {
        let port = try Loopback.freePorts(1)[0]
        let yaml = """
            authority: { name: "Communauté de communes du Pays de Valmorée", siren: "999000011", timeZone: Europe/Paris }
            clerk: { name: Secrétariat des assemblées, address: assemblees@valmoree.example }
            bodies:
              conseil: { name: Conseil communautaire, clearDays: 5 }
            publicURL: http://127.0.0.1:\(port)
            listen: 127.0.0.1:\(port)
            relay: \(relay)
            mail:
              from: { name: Pays de Valmorée, address: convocations@valmoree.example }
              envelopeSender: retours@valmoree.example
              attachUpTo: \(attach)
            folders: { data: donnees, drop: depot }
            anchors: \(anchors)
            \(bounces.map { "bounces: " + $0 } ?? "")
            """
        let reading = SettingsReading(yaml: yaml, folder: folder.url, name: "test.yml")
        #expect(reading.mistakes == [])
        let recipient = try recipient.map { try EmailAddress(parsing: $0) }
        let clock = WallClock { Date().addingTimeInterval(ahead) }
        return await Doctor(reading.found, .init(limit: limit, recipient: recipient, reportLimit: wait), clock: clock, logger: silent)
            .examine()
    }

    @Test func `the test message's report is waited for in the mailbox, and told`() async throws {
        let postfix = try await Postfix()
        try folder.write(Postfix.password + "\n", to: "relay.password")
        // Postfix delivers what it reports to the sender into the same Maildir.
        let mails = postfix.folder["mail/all"]
        for part in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(at: mails.appendingPathComponent(part), withIntermediateDirectories: true)
            for name in [mails, mails.appendingPathComponent(part)] { chown(name.path, 65534, 65534) }
        }
        let all = try await findings(relay: relay(postfix), to: "essai@ailleurs.example", bounces: "{ maildir: \(mails.path) }")
        let delivery = try only("relay.delivery", all)
        #expect(delivery.grade == .ok && delivery.found.english.contains("delivered into the mailbox"), "\(delivery) \(postfix.log)")
        #expect(try only("bounces.mailbox", all).grade == .ok)

        // A mailbox into which nothing comes.
        for part in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(at: folder["retours/" + part], withIntermediateDirectories: true)
        }
        let silent = try await findings(
            relay: relay(postfix), to: "essai@ailleurs.example", bounces: "{ maildir: retours }", wait: .seconds(2))
        let nothing = try only("relay.delivery", silent)
        #expect(nothing.grade == .warning && nothing.found.english.contains("within 2 s"), "\(nothing)")
    }

    @Test func `the mailbox of returns is opened: a wrong password, a missing folder, a server that is gone are told apart`() async throws {
        let dovecot = try await Dovecot()
        try folder.write(Dovecot.password + "\n", to: "imap.password")
        try folder.write("faux-mot\n", to: "faux.password")
        let gone = try Loopback.freePorts(1)[0]
        func mailbox(_ more: String = "", port: Int? = nil, password: String = "imap.password") async throws -> DoctorFinding {
            let bounces =
                "{ imap: { host: 127.0.0.1, port: \(port ?? dovecot.tlsPort), caFile: \(dovecot.caFile), user: \(Dovecot.user), passwordFile: \(password)\(more) } }"
            return try only("bounces.mailbox", try await findings(relay: "{ host: 127.0.0.1, port: \(gone), tls: none }", bounces: bounces))
        }
        #expect(try await mailbox().grade == .ok)
        let wrong = try await mailbox(password: "faux.password")
        #expect(wrong.grade == .failure && wrong.key == "bounces.imap.passwordFile" && !"\(wrong)".contains("faux-mot"), "\(wrong)")
        let missing = try await mailbox(", folder: Nulle part")
        #expect(missing.grade == .failure && missing.key == "bounces.imap.folder", "\(missing)")
        let absent = try await mailbox(port: gone)
        #expect(absent.grade == .failure && absent.key == "bounces.imap.host", "\(absent)")
    }

    @Test func `a refresh token is tried: until when its token is good, and the next one is kept for the service`() async throws {
        let issuer = try RawHTTPServer { _ in
            let body = #"{"access_token":"jeton","expires_in":3600,"refresh_token":"suivant"}"#
            return "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        defer { issuer.stop() }
        try folder.write("premier\n", to: "oauth.refresh")
        let gone = try Loopback.freePorts(1)[0]
        let relay =
            "{ host: 127.0.0.1, port: \(gone), tls: none, user: a, oauth: { tokenURL: \"\(issuer.url)/token\", clientID: a, refreshTokenFile: oauth.refresh } }"
        // Without the keys' folder the next one could not be kept: it isn't asked for.
        let untried = try only("relay.token", try await findings(relay: relay))
        #expect(untried.grade == .warning && issuer.requests.isEmpty, "\(untried)")
        try FileManager.default.createDirectory(at: folder["donnees/keys"], withIntermediateDirectories: true)
        let all = try await findings(relay: relay)
        let token = try only("relay.token", all)
        #expect(token.grade == .ok && token.found.english.contains("good until 20"), "\(token)")
        #expect(!"\(all)".contains("jeton\"") && !"\(all)".contains("premier") && !"\(all)".contains("suivant"))
        #expect(try String(contentsOf: folder["donnees/keys/oauth-127.0.0.1.token"], encoding: .utf8) == "suivant\n")
    }

    private func only(_ check: String, _ findings: [DoctorFinding], sourceLocation: SourceLocation = #_sourceLocation) throws
        -> DoctorFinding
    {
        let found = findings.filter { $0.check == check }
        #expect(found.count == 1, "\(check): \(findings)", sourceLocation: sourceLocation)
        let first = try #require(found.first, sourceLocation: sourceLocation)
        // A finding that is not well says why, and what to do, in both languages.
        #expect((first.grade == .ok) == (first.why == nil) && (first.grade == .ok) == (first.change == nil), sourceLocation: sourceLocation)
        for text in [first.found, first.why, first.change].compactMap({ $0 }) {
            #expect(!text.french.isEmpty && !text.english.isEmpty, sourceLocation: sourceLocation)
        }
        return first
    }

    private func relay(_ postfix: Postfix, port: Int? = nil, tls: String = "starttls", ca: String? = nil, account: Bool = true) -> String {
        let who = account ? ", user: \(Postfix.user), passwordFile: relay.password" : ""
        return "{ host: 127.0.0.1, port: \(port ?? postfix.submissionPort), tls: \(tls), caFile: \(ca ?? postfix.caFile)\(who) }"
    }

    @Test func `a relay that is right in all respects takes a test message`() async throws {
        let postfix = try await Postfix()
        try folder.write(Postfix.password + "\n", to: "relay.password")
        let all = try await findings(relay: relay(postfix), to: "essai@ailleurs.example")
        for check in ["relay.connection", "relay.tls", "relay.account", "relay.size", "relay.reports", "relay.message"] {
            #expect(try only(check, all).grade == .ok, "\(all)")
        }
        // The tests' certificates end in two days.
        let certificate = try only("relay.certificate", all)
        #expect(certificate.grade == .warning && certificate.found.english.hasSuffix(": tomorrow"), "\(certificate)")
        #expect(try only("relay.reports", all).found.english.contains("DSN"))
        let message = try #require(try await postfix.delivered(count: 1).first)
        #expect(message.recipient == "essai@ailleurs.example")
        // Python's email package, strict, finds nothing wrong with it.
        let script = """
            import email, email.policy, sys
            message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.strict)
            assert not message.defects and "aucune action" in message.get_content() and message["date"].datetime
            assert message["to"].addresses[0].addr_spec == "essai@ailleurs.example" and message["subject"]
            """
        let judged = try Tool.run(Tool.python, ["-c", script], input: message.bytes)
        #expect(judged.status == 0, "\(judged.errors)")
    }

    @Test func `a wrong password is a failure that names the key, and no finding shows it`() async throws {
        let postfix = try await Postfix()
        try folder.write("mot-de-passe-faux", to: "relay.password")
        let all = try await findings(relay: relay(postfix))
        let account = try only("relay.account", all)
        #expect(account.grade == .failure && account.key == "relay.passwordFile" && account.found.english.contains("535"), "\(account)")
        #expect(!"\(all)".contains("mot-de-passe-faux") && !"\(all)".contains(Data("mot-de-passe-faux".utf8).base64EncodedString()))
    }

    @Test func `an expired certificate, and another authority's, are told apart`() async throws {
        let postfix = try await Postfix()
        try folder.write(Postfix.password, to: "relay.password")
        let unknown = try only("relay.certificate", try await findings(relay: relay(postfix, ca: postfix.otherCAFile)))
        #expect(
            unknown.grade == .failure && unknown.key == "relay.caFile" && unknown.found.english.contains("not known here"), "\(unknown)")
        let named = relay(postfix).replacing("host: 127.0.0.1", with: "host: localhost")
        let other = try only("relay.certificate", try await findings(relay: named))
        #expect(
            other.key == "relay.host" && other.found.english.contains("other names") && other.found.french.contains("relay.test"),
            "\(other)")
        let late = try await Postfix(certificateDays: -1)
        let expired = try only("relay.certificate", try await findings(relay: relay(late)))
        #expect(expired.grade == .failure && expired.found.english.contains("expired on"), "\(expired)")
        #expect(expired.found.french.contains("a expiré le"))
    }

    @Test func `a closed port, TLS where there is none, and no account, each name the key to change`() async throws {
        let postfix = try await Postfix()
        try folder.write(Postfix.password, to: "relay.password")
        let closed = try only("relay.connection", try await findings(relay: relay(postfix, port: try Loopback.freePorts(1)[0])))
        #expect(closed.grade == .failure && closed.key == "relay.port" && closed.found.french.contains("rien n'écoute"), "\(closed)")
        let implicit = try only("relay.tls", try await findings(relay: relay(postfix, tls: "implicit")))
        #expect(implicit.grade == .failure && implicit.change?.english.contains("relay.tls: starttls") == true, "\(implicit)")
        let nobody = try only("relay.account", try await findings(relay: relay(postfix, port: postfix.port)))
        #expect(nobody.grade == .failure && nobody.found.english.contains("offers no account"), "\(nobody)")
        let silent = try await findings(relay: relay(postfix, port: postfix.smtpsPort), limit: .seconds(4))
        let waits = try only("relay.connection", silent)
        #expect(waits.grade == .failure && waits.change?.english.contains("relay.tls: implicit") == true, "\(waits)")
    }

    @Test func `attachments above the relay's limit are told with the size that fits`() async throws {
        let postfix = try await Postfix(certificateDays: 30, sizeLimit: 4_000_000)
        let relay = relay(postfix, port: postfix.port, account: false)
        let all = try await findings(relay: relay)
        let size = try only("relay.size", all)
        #expect(size.grade == .failure && size.key == "mail.attachUpTo" && size.change?.french == "mail.attachUpTo: 3800 kB", "\(size)")
        #expect(try only("relay.certificate", all).grade == .ok)
        #expect(try only("relay.size", try await findings(relay: relay, attach: "3800 kB")).grade == .ok)
    }

    @Test func `a relay that never answers after the message's end is a failure after the limit, not a wait`() async throws {
        let server = try RudeServer { moment in
            guard case .message = moment.step else { return nil }
            return [.hang]
        }
        defer { server.stop() }
        let all = try await findings(
            relay: "{ host: 127.0.0.1, port: \(server.port), tls: none }", limit: .seconds(4), to: "essai@ailleurs.example")
        let message = try only("relay.message", all)
        #expect(message.grade == .failure && message.found.english == "nothing within 4 s", "\(message)")
        #expect(try only("relay.connection", all).grade == .ok)
    }

    @Test func `timestamp authorities stamp, calendars answer, and their clocks judge ours`() async throws {
        let authority = try TimestampAuthority()
        let calendar = try TestCalendar(node: nil)
        let relay = "{ host: 127.0.0.1, port: \(try Loopback.freePorts(1)[0]), tls: none }"
        let good = "{ name: un, url: \"\(authority.url())\", caFile: \"\(authority.authorities.path)\" }"
        let bad = "{ name: deux, url: \"\(authority.url())\", caFile: \"\(authority.otherAuthorities.path)\" }"
        let anchors = "{ timestampAuthorities: [ \(good), \(bad) ], calendars: [ \"\(calendar.url)\" ] }"
        let now = try await findings(relay: relay, anchors: anchors)
        let stamps = now.filter { $0.check == "anchors.timestamp" }
        #expect(stamps.map(\.grade) == [.ok, .failure] && stamps.last?.place == "deux", "\(stamps)")
        #expect(try authority.queries() == 2)
        #expect(try only("anchors.calendar", now).grade == .ok)
        #expect(try only("clock", now).grade == .ok)
        let fast = try only("clock", try await findings(relay: relay, anchors: anchors, ahead: 30))
        #expect(fast.grade == .warning && fast.found.english.contains("fast"), "\(fast)")
        let slow = try only("clock", try await findings(relay: relay, anchors: anchors, ahead: -300))
        #expect(slow.grade == .failure && slow.found.french.contains("retarde d'environ"), "\(slow)")
        calendar.stop()
        authority.stop()
        let gone = try await findings(relay: relay, anchors: anchors)
        #expect(try only("anchors.calendar", gone).key == "anchors.calendars")
        #expect(try only("clock", gone).grade == .warning)
    }

    @Test func `the disk is measured and written to, and nothing is left there`() async throws {
        let relay = "{ host: 127.0.0.1, port: \(try Loopback.freePorts(1)[0]), tls: none }"
        let all = try await findings(relay: relay)
        let write = try only("disk.write", all)
        #expect(write.grade == .ok && write.found.english.contains("a durable write"), "\(write)")
        #expect(all.filter { $0.check == "disk.room" }.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["donnees"].path) == [])
        // A full disk: the real system's answer on a small file system of its own.
        let mounted = try Tool.run("mount", ["-t", "tmpfs", "-o", "size=64k,nr_inodes=4", "tmpfs", folder["donnees"].path])
        try #require(mounted.status == 0, "\(mounted.errors)")
        defer { _ = try? Tool.run("umount", [folder["donnees"].path]) }  // only tidies up
        try folder.write([UInt8](repeating: 1, count: 64 * 1024), to: "donnees/plein")
        let full = try await findings(relay: relay)
        #expect(try only("disk.write", full).grade == .failure)
        #expect(full.contains { $0.check == "disk.room" && $0.grade == .failure && $0.key == "folders.data" })
        #expect(try only("disk.inodes", full.filter { $0.place.hasSuffix("donnees") }).grade == .failure)
    }
}
