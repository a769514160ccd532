import Council
import Foundation
import Gateway
import Logging
import TestSupport
import Testing

/// What `doctor` says of relays that refuse, and of ports where no relay is.
@Suite("Doctor: relays that refuse", .timeLimit(.minutes(10)))
struct DoctorRelayTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["donnees", "depot"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
    }

    /// Of the conversation with what listens at `port`: one failure, in both languages and none of libcurl's English in the French.
    private func finding(
        _ port: Int, tls: String = "starttls", more: String = "", limit: Duration = .seconds(6),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DoctorFinding {
        let site = try Loopback.freePorts(1)[0]
        let yaml = """
            authority: { name: Pays de Valmorée, siren: "999000011", timeZone: Europe/Paris }
            clerk: { name: Secrétariat, address: assemblees@valmoree.example }
            bodies: { conseil: { name: Conseil communautaire, clearDays: 5 } }
            publicURL: http://127.0.0.1:\(site)
            listen: 127.0.0.1:\(site)
            relay: { host: 127.0.0.1, port: \(port), tls: \(tls)\(more) }
            mail: { from: { name: Valmorée, address: a@valmoree.example }, envelopeSender: b@valmoree.example }
            folders: { data: donnees, drop: depot }
            anchors: { calendars: [] }
            """
        let reading = SettingsReading(yaml: yaml, folder: folder.url, name: "test.yml")
        #expect(reading.mistakes == [], sourceLocation: sourceLocation)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let all = await Doctor(reading.found, .init(limit: limit), clock: .system, logger: logger).examine()
        let found = all.filter { $0.check.hasPrefix("relay.") }
        #expect(found.map(\.grade) == [.failure], "\(found)", sourceLocation: sourceLocation)
        let first = try #require(found.first, sourceLocation: sourceLocation)
        #expect(first.found.french != first.found.english && first.change != nil, "\(first)", sourceLocation: sourceLocation)
        for english in ["server response", "timed out", "errno", "denied", "failed"] {
            #expect(!first.found.french.contains(english), "\(first)", sourceLocation: sourceLocation)
        }
        return first
    }

    /// A relay that offers STARTTLS, and behaves as `manner` says.
    private func relay(_ manner: @escaping RudeServer.Manner) throws -> RudeServer {
        try RudeServer { moment in
            manner(moment) ?? (moment.step == .hello ? [.reply("250-rude.test"), .reply("250 STARTTLS")] : nil)
        }
    }

    @Test func `a relay whose STARTTLS is out of order is told with its reply, and tls is not to be changed`() async throws {
        let broken = try relay { $0.step == .startTLS ? [.reply("454 4.7.0 TLS not available due to local problem")] : nil }
        defer { broken.stop() }
        let finding = try await finding(broken.port)
        #expect(finding.check == "relay.tls" && finding.key == nil, "\(finding)")
        #expect(
            finding.found.french == "offre STARTTLS et ne peut pas le faire maintenant (454 4.7.0 TLS not available due to local problem)")
        #expect(
            finding.change?.english.contains("tell who runs the relay") == true && finding.change?.english.contains("relay.tls") == false)

        let refusing = try relay { $0.step == .startTLS ? [.reply("554 5.7.1 not for you")] : nil }
        defer { refusing.stop() }
        let refused = try await self.finding(refusing.port)
        #expect(refused.key == nil && refused.found.english == "offers STARTTLS and refuses it (554 5.7.1 not for you)", "\(refused)")

        // One that doesn't offer it is still told as that.
        let plain = try RudeServer()
        defer { plain.stop() }
        let without = try await self.finding(plain.port)
        #expect(without.key == "relay.tls" && without.found.english == "doesn't offer STARTTLS at this port", "\(without)")
    }

    @Test(arguments: [
        (
            "554 5.7.1 Service unavailable; client blocked", "relay.host", "refuse cette machine dès l'accueil",
            "refuses this machine at the door"
        ),
        ("421 4.7.0 Too many connections", nil, "ne reçoit personne pour le moment", "receives nobody for the moment"),
    ])
    func `a relay that refuses in its greeting is told with its reply, and its keeper is to be asked`(
        greeting: String, key: String?, french: String, english: String
    ) async throws {
        let server = try relay { $0.step == .greeting ? [.reply(greeting)] : nil }
        defer { server.stop() }
        for tls in ["starttls", "none"] {
            let finding = try await finding(server.port, tls: tls)
            #expect(finding.check == "relay.connection" && finding.key == key, "\(finding)")
            #expect(finding.found.french == "\(french) (\(greeting))" && finding.found.english == "\(english) (\(greeting))", "\(finding)")
            #expect(finding.change?.english.contains("ask who runs the relay to admit this machine's address") == true, "\(finding)")
        }
    }

    @Test func `a relay that refuses our name, one that hangs up or falls silent on the way, and a server without EHLO`() async throws {
        func says(_ actions: [RudeServer.Action]) async throws -> DoctorFinding {
            let server = try relay { $0.step == .hello ? actions : nil }
            defer { server.stop() }
            return try await finding(server.port, more: ", heloName: mairie.valmoree.example")
        }
        let name = try await says([.reply("550 5.7.1 HELO rejected")])
        #expect(
            name.key == "relay.heloName" && name.found.french.contains("« mairie.valmoree.example » (550 5.7.1 HELO rejected)"), "\(name)")
        let other = try await says([.reply("500 Unknown command")])
        #expect(other.key == "relay.port" && other.found.english.contains("doesn't know EHLO (500 Unknown command)"), "\(other)")
        let busy = try await says([.reply("421 4.3.2 closing")])
        #expect(busy.key == nil && busy.found.french == "ne reçoit personne pour le moment (421 4.3.2 closing)", "\(busy)")
        let gone = try await says([.close])
        #expect(gone.found.french == "raccroche en cours de route, après « 220 rude.test ESMTP »", "\(gone)")
        let mute = try await says([.hang])
        #expect(mute.found.english == "falls silent on the way, after “220 rude.test ESMTP”", "\(mute)")
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.2p1", "un serveur SSH", "an SSH server"), ("* OK IMAP4rev1 ready", "un serveur IMAP", "an IMAP server"),
        ("+OK POP3 ready", "un serveur POP3", "a POP3 server"), ("bonjour", "autre chose qu'un relais", "something other than a relay"),
    ])
    func `a port where another server speaks is told by its own words, whatever tls is`(line: String, french: String, english: String)
        async throws
    {
        let server = try RudeServer { $0.step == .greeting ? [.reply(line)] : [.hang] }
        defer { server.stop() }
        for tls in ["starttls", "implicit"] {
            let finding = try await finding(server.port, tls: tls)
            #expect(finding.check == "relay.connection" && finding.key == "relay.port", "\(finding)")
            #expect(finding.found.french == "\(french) répond, et non un relais (« \(line) »)", "\(finding)")
            #expect(finding.found.english == "\(english) answers, not a relay (“\(line)”)", "\(finding)")
            #expect(finding.change?.french.contains("relay.port : 587") == true)
        }
    }

    @Test func `a web server, which waits to be spoken to, is told as one, and a silent port as silent`() async throws {
        let web = try RawHTTPServer { _ in "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" }
        defer { web.stop() }
        let finding = try await finding(web.port)
        #expect(
            finding.key == "relay.port" && finding.found.french == "un serveur web répond, et non un relais (« HTTP/1.1 400 Bad Request »)")
        let mute = try RudeServer { _ in [.hang] }
        defer { mute.stop() }
        let silent = try await self.finding(mute.port)
        #expect(silent.found.french == "accepte la connexion et ne dit rien" && silent.key == "relay.tls", "\(silent)")
        #expect(silent.change?.english.contains("relay.tls: implicit") == true)
        let impatient = try await self.finding(mute.port, tls: "implicit")
        #expect(impatient.change?.english.contains("relay.tls: starttls") == true, "\(impatient)")
    }

    @Test(arguments: ["starttls", "implicit", "none"])
    func `a port that hangs up at once is told so`(tls: String) async throws {
        let server = try RudeServer { _ in [.close] }
        defer { server.stop() }
        let finding = try await finding(server.port, tls: tls)
        #expect(finding.check == "relay.connection" && finding.key == "relay.port", "\(finding)")
        #expect(finding.found.french == "raccroche sans un mot" && finding.found.english == "hangs up without a word", "\(finding)")
        #expect(finding.change?.french.contains("admettre l'adresse de cette machine") == true)
    }

    @Test func `TLS from the first byte, spoken to in clear, and the other way round, each name the line to write`() async throws {
        let postfix = try await Postfix()
        let hidden = try await finding(postfix.smtpsPort)
        #expect(hidden.key == "relay.tls" && hidden.change?.french == "relay.tls: implicit", "\(hidden)")
        #expect(hidden.found.french == "ce port parle TLS dès le premier octet")
        let clear = try await finding(postfix.submissionPort, tls: "implicit")
        #expect(clear.key == "relay.tls" && clear.change?.french == "relay.tls: starttls, ou relay.port: 465", "\(clear)")
        #expect(clear.found.french.contains("parle d'abord en clair à ce port (« 220 "), "\(clear)")
    }

    @Test func `a relay that can't look the account up now is not told as a wrong password`() async throws {
        let server = try RudeServer { moment in
            switch moment.step {
            case .hello: [.reply("250-rude.test"), .reply("250 AUTH PLAIN")]
            case .other(let line) where line.hasPrefix("AUTH"): [.reply("454 4.7.0 Temporary authentication failure")]
            default: nil
            }
        }
        defer { server.stop() }
        try folder.write("mot-de-passe\n", to: "relay.password")
        let finding = try await finding(server.port, tls: "none", more: ", user: a, passwordFile: relay.password")
        #expect(finding.check == "relay.account" && finding.key == nil, "\(finding)")
        #expect(finding.found.french == "le relais ne peut pas vérifier le compte maintenant (454 4.7.0 Temporary authentication failure)")
    }
}
