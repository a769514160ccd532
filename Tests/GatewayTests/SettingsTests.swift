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
        #expect(
            mistakes("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n").contains { $0.problem.english.contains("written 2 times (lines 1, 2)") })
        #expect(mistakes("").contains { $0.key == "authority" })
        #expect(!mistakes("- a\n- b\n").isEmpty)
        #expect(!mistakes("a: [").isEmpty)
    }

    @Test func `a key written twice hides nothing: what else is wrong is told in the same run`() {
        let broken =
            shipped.replacingOccurrences(of: "siren: \"200012345\"", with: "siren: \"2000\"")
            .replacingOccurrences(of: "    clearDays: 3", with: "    clearDays: 3\n    'clearDays': -4")
            + "\nrelay:\n  tls: bof\nlisten: ici\nlisten: là\n"
        let found = mistakes(broken)
        #expect(
            Set(found.map(\.key)) == [
                "authority.siren", "bodies.bureau.clearDays", "bodies.commission-finances.clearDays", "relay", "relay.tls", "listen",
            ], "\(found)")
        #expect(found.filter { $0.key == "listen" && $0.problem.french.contains("3 fois") }.count == 1)
        // The first relay's keys still count: its host is not called missing.
        #expect(!found.contains { $0.key == "relay.host" })
    }

    @Test func `known keys are listed once, and a quoted value can't write to the terminal`() throws {
        let unknown = shipped.replacingOccurrences(of: "    clearDays: 5", with: "    clearDays: 5\n    quelquechose: 5")
        let remedy = try #require(mistakes(unknown).first).remedy.french
        #expect(remedy.components(separatedBy: " clearDays").count == 2, "\(remedy)")
        let nasty = shipped.replacingOccurrences(
            of: "envelopeSender: retours@agglo-valmont.example", with: "envelopeSender: \"a@b.fr\\r\\nRCPT TO:<x@y.fr>\\e[31m\"")
        let text = try #require(mistakes(nasty).first).text(.french)
        #expect(text.contains("a@b.fr\\r\\nRCPT TO:<x@y.fr>\\u{1b}[31m"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test func `folders and certificates are looked at although the file has mistakes`() throws {
        let pem = try folder.write("none\n", to: "ca.pem")
        let broken =
            shipped.replacingOccurrences(of: "siren: \"200012345\"", with: "siren: \"2000\"")
            .replacingOccurrences(of: "/var/lib/appariteur ", with: "nulle-part ")
            .replacingOccurrences(of: "/srv/appariteur/depot ", with: "\(pem.path) ")
            .replacingOccurrences(
                of: "timestampAuthorities: []",
                with: "timestampAuthorities: [ { name: un, url: \"https://t.example\", caFile: ca.pem }, { name: Deux } ]")
        let reading = SettingsReading(yaml: broken, folder: folder.url, name: "test.yml")
        #expect(reading.settings == nil)
        let findings = Gateway.check(reading.found, mistaken: reading.mistakes.map(\.key)).map { $0.text(.french) }
        #expect(findings.contains { $0.contains("folders.data") && $0.contains("mkdir -p \(folder["nulle-part"].path)") }, "\(findings)")
        #expect(
            findings.contains { $0.contains("folders.drop") && $0.contains("n'est pas un dossier") && !$0.contains("chown") }, "\(findings)"
        )
        #expect(findings.contains { $0.contains("ca.pem") && $0.contains("BEGIN CERTIFICATE") }, "\(findings)")
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
