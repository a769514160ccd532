import Council
import DefaultFiles
import Foundation
import Gateway
import TestSupport
import Testing

@Suite struct SettingsTests {
    let folder: TemporaryFolder
    let shipped: String

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("secret\n", to: "relay.password")
        shipped = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/appariteur.yml"), encoding: .utf8)
            .replacingOccurrences(of: "/etc/appariteur/relay.password", with: "relay.password")
    }

    private func mistakes(_ yaml: String) -> [SettingsMistake] {
        do throws(SettingsMistakes) {
            _ = try Settings(yaml: yaml, folder: folder.url, name: "test.yml")
            return []
        } catch {
            return error.mistakes
        }
    }

    @Test func `the shipped file is right once its password file exists`() throws {
        let settings = try Settings(yaml: shipped, folder: folder.url, name: "test.yml")
        #expect(settings.authority.bodies.map(\.id.rawValue) == ["conseil", "bureau", "commission-finances"])
        #expect(settings.authority.body(named: "CONSEIL D’AGGLOMÉRATION")?.id.rawValue == "conseil")
        #expect(settings.publicURL == "https://convocations.agglo-valmont.example")
        #expect(settings.ledgerOrigin == "convocations.agglo-valmont.example/ledger")
        #expect(settings.relay.heloName == "convocations.agglo-valmont.example")
        #expect(settings.relay.port == 587 && settings.relay.security == .startTLS)
        #expect(settings.settle == .seconds(20) && settings.anchors.interval == .seconds(600))
        #expect(try settings.relay.password?.read() == "secret")
    }

    @Test func `every mistake is reported at once, each with its line, key and remedy`() throws {
        let broken =
            shipped
            .replacingOccurrences(of: "siren: \"200012345\"", with: "siren: \"2000\"")
            .replacingOccurrences(of: "port: 587", with: "port: 99999")
            .replacingOccurrences(of: "tls: starttls", with: "tls: ssl")
            .replacingOccurrences(of: "policy: adaptive", with: "polcy: adaptive")
            .replacingOccurrences(of: "settle: 20s", with: "settle: vingt")
            .replacingOccurrences(of: "publicURL: https:", with: "publicURL: http:")
            .replacingOccurrences(of: "envelopeSender: retours@agglo", with: "envelopeSender: retours@@agglo")
        let found = mistakes(broken)
        #expect(
            found.map(\.key).sorted() == [
                "authority.siren", "intake.settle", "mail.envelopeSender", "publicURL", "reception.polcy", "relay.port", "relay.tls",
            ])
        let lines = broken.split(separator: "\n", omittingEmptySubsequences: false)
        for mistake in found {
            let line = try #require(mistake.line)
            let key = try #require(mistake.key.split(separator: ".").last)
            #expect(lines[line - 1].contains("\(key):"), "\(mistake)")
            #expect(!mistake.remedy.french.isEmpty && !mistake.problem.english.isEmpty)
        }
        #expect(found.first { $0.key == "reception.polcy" }?.remedy.french == "policy:")
    }

    @Test(arguments: [
        ("clerk:\n  name: Secrétariat général\n  address: assemblees@agglo-valmont.example\n", "", "clerk"),
        ("    clearDays: 3", "    clearDays: -3", "bodies.bureau.clearDays"),
        ("    aliases: [Bureau]", "    aliases: [Conseil]", "bodies.bureau"),
        ("  data: /var/lib/appariteur", "  data: /srv/appariteur/depot/donnees", "folders.data"),
        ("  passwordFile: relay.password", "  password: hunter2", "relay.password"),
        ("  passwordFile: relay.password", "  passwordFile: nulle-part", "relay.passwordFile"),
        ("  tls: starttls", "  tls: none", "relay.tls"),
        ("  timeZone: Europe/Paris", "  timeZone: Paris", "authority.timeZone"),
        ("    - https://a.pool.opentimestamps.org", "    - pool", "anchors.calendars"),
        (
            "  timestampAuthorities: []", "  timestampAuthorities: [ { name: un, url: \"https://t.example\" } ]",
            "anchors.timestampAuthorities[1].caFile"
        ),
    ])
    func `a single mistake names its key`(original: String, replacement: String, key: String) {
        #expect(shipped.contains(original))
        let found = mistakes(shipped.replacingOccurrences(of: original, with: replacement))
        #expect(found.contains { $0.key == key }, "\(found)")
        #expect(found.allSatisfy { !$0.text(.french).contains("hunter2") })
    }

    @Test func `a tab, a key written twice, an empty file and a list are mistakes, not crashes`() {
        #expect(mistakes("authority:\n\tname: x\n").first?.line == 2)
        #expect(mistakes("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n").contains { $0.problem.english.contains("twice") })
        #expect(mistakes("").contains { $0.key == "authority" })
        #expect(!mistakes("- a\n- b\n").isEmpty)
        #expect(!mistakes("a: [").isEmpty)
    }

    @Test func `a notice rule can change at a date`() throws {
        let yaml = shipped.replacingOccurrences(
            of: "    clearDays: 5", with: "    clearDays: [ { days: 5 }, { from: 2027-03-01, days: 7 } ]")
        let rule = try #require(try Settings(yaml: yaml, folder: folder.url, name: "t").authority.bodies.first).notice
        let before = try #require(CivilDate(iso: "2027-02-28")), after = try #require(CivilDate(iso: "2027-03-01"))
        #expect(rule.clearDays(on: before, urgent: false) == 5)
        #expect(rule.clearDays(on: after, urgent: false) == 7)
        #expect(rule.clearDays(on: after, urgent: true) == 1)
    }

    @Test func `a secret from the environment is read when it is needed, and its absence is told`() throws {
        #expect(try SecretSource.environment("X").read(environment: ["X": "s3"]) == "s3")
        #expect(throws: SecretError.variableNotSet("X")) { try SecretSource.environment("X").read(environment: [:]) }
    }
}
