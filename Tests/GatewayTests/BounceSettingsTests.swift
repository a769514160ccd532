import Council
import Curl
import DefaultFiles
import Foundation
import Gateway
import Links
import TestSupport
import Testing

@Suite struct BounceSettingsTests {
    let folder: TemporaryFolder
    let shipped: String

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("secret\n", to: "relay.password")
        shipped = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/appariteur.yml"), encoding: .utf8)
            .replacingOccurrences(of: "/etc/appariteur/relay.password", with: "relay.password")
    }

    private func reading(_ section: String, sender: String = "retours") -> SettingsReading {
        SettingsReading(
            yaml: shipped.replacingOccurrences(of: "envelopeSender: retours@", with: "envelopeSender: \(sender)@") + "\n" + section + "\n",
            folder: folder.url, name: "test.yml")
    }

    @Test func `the section in the shipped file is right when its marks are taken off`() throws {
        let start = try #require(shipped.range(of: "# bounces:\n"))
        let lines = shipped[start.lowerBound...].split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("#") }
        try folder.write("x\n", to: "imap.password")
        let section = lines.map { $0.dropFirst(2) }.joined(separator: "\n")
            .replacingOccurrences(of: "/etc/appariteur/imap.password", with: "imap.password")
        // It shows both ways: one of them is commented out still.
        let settings = try #require(reading(section).settings, "\(reading(section).mistakes)")
        #expect(settings.bounces != nil)
    }

    @Test func `a Maildir, a mailbox, and nothing`() throws {
        #expect(try #require(reading("").settings).bounces == nil)
        let maildir = try #require(reading("bounces:\n  maildir: retours\n  separator: \"-\"\n  interval: 2m").settings?.bounces)
        #expect(maildir.source == .maildir(folder["retours"].standardizedFileURL))
        #expect(maildir.separator == .hyphen && maildir.interval == .seconds(120))
        let mailbox = try #require(
            reading(
                "bounces:\n  imap:\n    host: imap.agglo.example\n    user: retours\n    passwordEnvironment: RETOURS\n    done: Traités"
            ).settings?
            .bounces)
        guard case .imap(let imap) = mailbox.source else {
            Issue.record("no mailbox")
            return
        }
        #expect(imap.port == 993 && imap.security == .implicit && imap.folder.name == "INBOX" && imap.done?.name == "Traités")
        #expect(mailbox.separator == .plus && mailbox.interval == .seconds(60))
    }

    @Test func `a mailbox that takes tokens has no password, and the other way round`() throws {
        let oauth = "oauth: { tokenURL: https://login.example/token, clientID: a, clientSecretEnvironment: SECRET }"
        func mailbox(_ more: String) -> SettingsReading {
            reading("bounces:\n  imap:\n    host: imap.agglo.example\n    user: retours@agglo.example\n    \(more)")
        }
        guard case .imap(let imap) = try #require(mailbox(oauth).settings?.bounces, "\(mailbox(oauth).mistakes)").source else {
            Issue.record("no mailbox")
            return
        }
        #expect(imap.password == nil && imap.mechanism == .xoauth2 && imap.tokens?.url == "https://login.example/token")
        #expect(mailbox(oauth + "\n    passwordEnvironment: RETOURS").mistakes.map(\.key) == ["bounces.imap.passwordFile"])
        #expect(mailbox("passwordEnvironment: RETOURS\n    authentication: xoauth2").mistakes.map(\.key) == ["bounces.imap.authentication"])
        #expect(mailbox("folder: INBOX").mistakes.map(\.key) == ["bounces.imap.passwordFile"])
    }

    @Test(arguments: [
        ("bounces:\n  interval: 1m", "bounces.maildir"),
        ("bounces:\n  maildir: a\n  imap: { host: b }", "bounces.maildir"),
        ("bounces:\n  maildir: a\n  separator: \"=\"", "bounces.separator"),
        ("bounces:\n  maildir: a\n  interval: 1s", "bounces.interval"),
        ("bounces:\n  maildir: a\n  maidlir: b", "bounces.maidlir"),
        ("bounces:\n  imap:\n    host: a.example\n    user: b", "bounces.imap.passwordFile"),
        ("bounces:\n  imap:\n    host: a.example\n    user: b\n    password: c\n    passwordEnvironment: D", "bounces.imap.password"),
        ("bounces:\n  imap:\n    host: a.example\n    user: b\n    passwordEnvironment: D\n    tls: none", "bounces.imap.tls"),
        ("bounces:\n  imap:\n    host: a.example\n    user: b\n    passwordEnvironment: D\n    done: INBOX", "bounces.imap.done"),
        ("bounces:\n  imap:\n    host: a.example\n    user: b\n    passwordEnvironment: D\n    folder: 'a\"b'", "bounces.imap.folder"),
        ("bounces:\n  imap:\n    user: b\n    passwordEnvironment: D", "bounces.imap.host"),
    ])
    func `mistakes are told by key`(section: String, key: String) throws {
        let found = reading(section)
        #expect(found.settings == nil)
        #expect(found.mistakes.map(\.key).contains(key), "\(found.mistakes)")
        #expect(found.mistakes.count == 1, "\(found.mistakes)")
    }

    @Test func `a sender's name without room for number and signature is a mistake, only with bounces`() throws {
        let long = String(repeating: "r", count: BounceAddress.baseLimit + 1)
        #expect(reading("", sender: long).settings != nil)
        #expect(reading("bounces:\n  maildir: a", sender: long).mistakes.map(\.key) == ["mail.envelopeSender"])
    }

    @Test func `check tells of a folder that is no Maildir, and of a password that isn't there`() throws {
        func findings(_ section: String) throws -> [String] {
            Gateway.check(try #require(reading(section).settings)).map { $0.text(.english) }.filter { $0.contains("bounces") }
        }
        #expect(try findings("").isEmpty)
        #expect(try findings("bounces:\n  maildir: retours").count == 1)
        for name in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(at: folder["retours/\(name)"], withIntermediateDirectories: true)
        }
        #expect(try findings("bounces:\n  maildir: retours") == [])
        let section = "bounces:\n  imap:\n    host: imap.example\n    user: retours\n    passwordEnvironment: APPARITEUR_NO_SUCH_VARIABLE"
        #expect(try findings(section).count == 1)
    }
}
