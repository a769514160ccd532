import Council
import Curl
import DefaultFiles
import Foundation
import Gateway
import Ledger
import Notary
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
        #expect(settings.relays[0].heloName == "convocations.agglo-valmont.example")
        #expect(settings.relays[0].port == 587 && settings.relays[0].security == .startTLS)
        #expect(settings.settle == .seconds(20) && settings.anchors.interval == .seconds(600))
        #expect(try settings.relays[0].password?.read() == "secret")
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
        ("  user: appariteur\n", "", "relay.user"),
        ("  timeZone: Europe/Paris", "  timeZone: Paris", "authority.timeZone"),
        ("    - https://a.pool.opentimestamps.org", "    - pool", "anchors.calendars"),
        (
            "  timestampAuthorities: []", "  timestampAuthorities: [ { name: un, url: \"https://t.example\" } ]",
            "anchors.timestampAuthorities[1].caFile"
        ),
        (
            "  timestampAuthorities: []", "  timestampAuthorities: [ { name: renewal-2, url: \"https://t.example\" } ]",
            "anchors.timestampAuthorities[1].name"
        ),
        ("  timestampUse: every", "  timestampUse: some", "anchors.timestampUse"),
        ("  renewalDays: 90", "  renewalDays: 0", "anchors.renewalDays"),
        ("  revocationDays: 7", "  revocationDays: -1", "anchors.revocationDays"),
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

    @Test func `an invisible character, an urgency longer than the rule and a misspelt password are told`() throws {
        #expect(shipped.contains("siren: \"200012345\"") && shipped.contains("clearDays: 5"))
        let turned = mistakes(shipped.replacingOccurrences(of: "validDays: 60", with: "validDays: \"6\u{202E}0\""))
        #expect(turned.map(\.key) == ["links.validDays"] && turned[0].problem.french.contains("U+202E"), "\(turned)")
        let urgent = mistakes(shipped.replacingOccurrences(of: "clearDays: 5", with: "clearDays: 5\n    urgentClearDays: 9"))
        #expect(urgent.contains { $0.key.hasSuffix("urgentClearDays") }, "\(urgent)")
        let misspelt = mistakes(shipped.replacingOccurrences(of: "passwordFile:", with: "passord:"))
        #expect(misspelt.allSatisfy { $0.remedy.french != "password:" }, "\(misspelt)")
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

    // MARK: - Witnesses

    private let witnessKeys = [
        "witness.example/w1+692e233f+BJBpJc2Hfa4JjHLqa+C3qsEGiDzZCfXRaFFS4AtqSg4u"
    ]

    private func witnessYAML(_ section: String) -> String { shipped + "\n" + section + "\n" }

    @Test func `witnesses are read, and by default more than half must cosign`() throws {
        #expect(try Settings(yaml: shipped, folder: folder.url, name: "t").witnesses == .none)
        let other = try CosigningKey(name: "temoin.example/w2", seed: Array(repeating: 2, count: 32)).verifier
        let third = try CosigningKey(name: "temoin.example/w3", seed: Array(repeating: 3, count: 32)).verifier
        let entries = ["\(witnessKeys[0])", "\(other)", "\(third)"].enumerated().map { index, key in
            "  - { name: temoin-\(index), url: \"https://temoin\(index).example/\", vkey: \(key) }"
        }
        let yaml = witnessYAML("witnesses:\n" + entries.joined(separator: "\n"))
        let settings = try Settings(yaml: yaml, folder: folder.url, name: "t")
        #expect(settings.witnesses.threshold == 2 && settings.witnesses.list.map(\.url).first == "https://temoin0.example")
        #expect(settings.witnesses.list.map { "\($0.key)" } == [witnessKeys[0], "\(other)", "\(third)"])
        let all = try Settings(yaml: yaml + "witnessThreshold: 3\n", folder: folder.url, name: "t")
        #expect(all.witnesses.threshold == 3 && all.with(dataFolder: folder.url).witnesses == all.witnesses)
    }

    @Test func `mistakes about witnesses are told each with its key`() throws {
        let key = witnessKeys[0]
        let log = try NoteSigningKey(name: "x.example", seed: Array(repeating: 2, count: 32)).verifier
        let cases: [(String, [String])] = [
            ("witnessThreshold: 1", ["witnessThreshold"]),
            ("witnesses: [ { name: a, url: \"https://a.example\", vkey: \(key) } ]\nwitnessThreshold: 2", ["witnessThreshold"]),
            ("witnesses: [ { name: a, url: \"https://a.example\", vkey: \(log) } ]", ["witnesses[1].vkey"]),
            ("witnesses: [ { name: a, url: \"https://a.example\", vkey: \(key.dropLast()) } ]", ["witnesses[1].vkey"]),
            ("witnesses: [ { name: A b, url: \"ftp://a.example\" } ]", ["witnesses[1].name", "witnesses[1].url", "witnesses[1].vkey"]),
            (
                "witnesses: [ { name: a, url: \"https://a.example\", vkey: \(key) }, { name: a, url: \"https://b.example\", vkey: \(key), port: 1 } ]",
                ["witnesses[2].name", "witnesses[2].port", "witnesses[2].vkey"]
            ),
            ("witnesses: a", ["witnesses"]),
        ]
        for (section, expected) in cases {
            let found = mistakes(witnessYAML(section))
            #expect(found.map(\.key).sorted() == expected, "\(section): \(found)")
            #expect(found.allSatisfy { !$0.problem.french.isEmpty && !$0.remedy.english.isEmpty })
        }
    }

    @Test func `the witness's own file is read, with each mistake in it`() throws {
        let log = try NoteSigningKey(name: "x.example/ledger", seed: Array(repeating: 2, count: 32)).verifier
        let next = try NoteSigningKey(name: "x.example/ledger", seed: Array(repeating: 3, count: 32)).verifier
        let shipped = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/temoin.yml"), encoding: .utf8)
        func read(_ logs: String) throws -> WitnessConfiguration {
            try WitnessConfiguration(yaml: shipped.replacing("logs: []", with: "logs:" + logs), folder: folder.url, name: "t")
        }
        #expect(try read(" []").logs.isEmpty && read(" []").listen.port == 8090)
        let logs = try read("\n  - vkey: \(log)\n  - vkey: \(next)\n  - { vkey: \(log), origin: y.example }\n").logs
        #expect(logs.map(\.origin) == ["x.example/ledger", "y.example"] && logs.map(\.keys) == [[log, next], [log]])
        do {
            _ = try read("\n  - vkey: \(witnessKeys[0])\n  - origin: z\n    key: 1\n")
            Issue.record("not refused")
        } catch let error as SettingsMistakes {
            #expect(error.mistakes.map(\.key).sorted() == ["logs[1].vkey", "logs[2].key", "logs[2].vkey"])
        }
    }

    @Test func `a witness is installed once, and its key is nobody else's to read`() throws {
        let installation = WitnessInstallation(root: folder["temoin"])
        let key = try installation.create(name: "temoin.example/w1", randomness: .system)
        let configuration = try WitnessConfiguration(file: installation.configuration)
        #expect(try CosigningKey(file: configuration.keyFile).verifier == key)
        let mode = try FileManager.default.attributesOfItem(atPath: configuration.keyFile.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: InstallationError.self) { try installation.create(name: "temoin.example/w1", randomness: .system) }
        #expect(throws: NoteError.self) { try WitnessInstallation(root: folder["autre"]).create(name: "a b", randomness: .system) }
        #expect(!FileManager.default.fileExists(atPath: folder["autre"].path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: configuration.keyFile.path)
        #expect(throws: KeyError.self) { try CosigningKey(file: configuration.keyFile) }
    }
}
