import Composition
import Council
import Foundation
import Gateway
import TestSupport
import Testing

@Suite("Attachments and signatures in the configuration")
struct MailSettingsTests {
    /// The shipped configuration with lines added under `mail:`.
    func reading(_ lines: String, in folder: TemporaryFolder) throws -> SettingsReading {
        try folder.write("secret\n", to: "relay.password")
        let yaml = try String(contentsOf: Tool.repository.appendingPathComponent("Templates/init/appariteur.yml"), encoding: .utf8)
            .replacing("/etc/appariteur/relay.password", with: "relay.password")
            .replacing("\n  attachUpTo: 5 MB", with: "\n ")
            .replacing("\nmail:\n", with: "\nmail:\n\(lines)\n")
        return SettingsReading(yaml: yaml, folder: folder.url, name: "appariteur.yml")
    }

    func key(_ arguments: [String], _ name: String, in folder: TemporaryFolder, mode: Int = 0o600) throws {
        let made = try Tool.run("openssl", ["genpkey", "-out", folder[name].path] + arguments)
        try #require(made.status == 0, "\(made.errors)")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder[name].path)
    }

    @Test(arguments: [("", []), ("[48h, 24h]", [48, 24]), ("[24h, 3j, 2d]", [72, 48, 24]), ("[1h, 720h]", [720, 1])])
    func `hours of reminders are read, the longest first`(list: String, hours: [Int]) throws {
        let folder = try TemporaryFolder()
        try folder.write("secret\n", to: "relay.password")
        let yaml =
            try String(contentsOf: Tool.repository.appendingPathComponent("Templates/init/appariteur.yml"), encoding: .utf8)
            .replacing("/etc/appariteur/relay.password", with: "relay.password") + "\nreminders: \(list)\n"
        let reading = SettingsReading(yaml: yaml, folder: folder.url, name: "appariteur.yml")
        #expect(reading.settings?.reminderHours == hours, "\(reading.mistakes.map { $0.text(.english) })")
    }

    @Test(arguments: ["[48]", "[0h]", "[31d]", "[721h]", "[-2h]", "[24h, 1d]", "48h", "[h]", "[1 week]"])
    func `mistaken reminders are told with their line`(list: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("secret\n", to: "relay.password")
        let yaml =
            try String(contentsOf: Tool.repository.appendingPathComponent("Templates/init/appariteur.yml"), encoding: .utf8)
            .replacing("/etc/appariteur/relay.password", with: "relay.password") + "\nreminders: \(list)\n"
        let reading = SettingsReading(yaml: yaml, folder: folder.url, name: "appariteur.yml")
        #expect(reading.settings == nil)
        #expect(reading.mistakes.map(\.key) == ["reminders"])
        #expect(reading.mistakes.first?.line == yaml.split(separator: "\n", omittingEmptySubsequences: false).count - 1)
    }

    @Test(
        arguments: [
            ("{ at: \"07:30\" }", SummaryTime(hour: 7, minute: 30)),
            ("{ at: 18h05, evenIfEmpty: true }", SummaryTime(hour: 18, minute: 5, evenIfEmpty: true)),
            ("{ at: \"7:30\" }", nil), ("{ at: \"24:00\" }", nil), ("{ evenIfEmpty: true }", nil),
            ("{ at: \"07:30\", evenIfEmpty: parfois }", nil),
            ("{ at: \"07:30\", day: monday }", nil),
        ] as [(String, SummaryTime?)])
    func `the summary's hour is read, and its mistakes are told`(lines: String, time: SummaryTime?) throws {
        let folder = try TemporaryFolder()
        try folder.write("secret\n", to: "relay.password")
        let yaml =
            try String(contentsOf: Tool.repository.appendingPathComponent("Templates/init/appariteur.yml"), encoding: .utf8)
            .replacing("/etc/appariteur/relay.password", with: "relay.password")
        let reading = SettingsReading(yaml: yaml + "\nsummary: \(lines)\n", folder: folder.url, name: "appariteur.yml")
        #expect(reading.settings?.summary == time)
        #expect(reading.mistakes.allSatisfy { $0.key.hasPrefix("summary.") } && reading.mistakes.isEmpty == (time != nil))
        #expect(try Settings(yaml: yaml, folder: folder.url, name: "appariteur.yml").summary == nil, "off unless it is asked for")
    }

    @Test(arguments: [("", 5_000_000), ("  attachUpTo: 0", 0), ("  attachUpTo: 800 kB", 800_000), ("  attachUpTo: 12Mo", 12_000_000)])
    func `sizes are read as people write them`(line: String, size: Int) throws {
        let folder = try TemporaryFolder()
        let mail = try #require(try reading(line, in: folder).settings).mail
        #expect(mail.attachUpTo == size && mail.dkim.isEmpty && mail.smime == nil)
    }

    @Test(arguments: [
        ("  attachUpTo: 5", "mail.attachUpTo"), ("  attachUpTo: 51 MB", "mail.attachUpTo"), ("  attachUpTo: -1 MB", "mail.attachUpTo"),
        ("  dkim:\n    - { selector: a_b, keyFile: k.pem }", "mail.dkim[1].selector"),
        ("  dkim:\n    - { selector: a, keyFile: absent.pem }", "mail.dkim[1].keyFile"),
        ("  dkim:\n    - { selector: a, keyFile: k.pem }\n    - { selector: A, keyFile: k.pem }", "mail.dkim"),
        ("  dkim:\n    - { selector: a, domain: pas un domaine, keyFile: k.pem }", "mail.dkim[1].domain"),
        ("  dkim:\n    - { selector: a, keyFile: k.pem, bits: 4 }", "mail.dkim[1].bits"),
        ("  smime: { certificateFile: k.pem, keyFile: k.pem, passphrase: hunter2 }", "mail.smime.passphrase"),
        ("  smime: { certificateFile: absent.pem, keyFile: k.pem }", "mail.smime.certificateFile"),
        ("  smime: { keyFile: k.pem }", "mail.smime.certificateFile"),
    ]) func `mistakes name their key, and quote no secret`(lines: String, key: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "k.pem")
        let reading = try reading(lines, in: folder)
        #expect(reading.settings == nil)
        #expect(Set(reading.mistakes.map(\.key)) == [key], "\(reading.mistakes.map { $0.text(.english) })")
        let told = try #require(reading.refusal).words
        #expect(!told.french.contains("hunter2"))
    }

    @Test func `check refuses keys that can't sign, and warns of a domain that isn't the sender's`() throws {
        let folder = try TemporaryFolder()
        try key(["-algorithm", "ED25519"], "good.pem", in: folder)
        try key(["-algorithm", "ED25519"], "open.pem", in: folder, mode: 0o640)
        try key(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "small.pem", in: folder)
        try folder.write("nothing", to: "none.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder["none.pem"].path)
        let names = ["good", "open", "small", "none"]
        let lines =
            "  dkim:\n" + names.map { "    - { selector: \($0), keyFile: \($0).pem }" }.joined(separator: "\n")
            + "\n    - { selector: below, domain: envoi.agglo-valmont.example, keyFile: good.pem }"
            + "\n    - { selector: other, domain: prestataire.example, keyFile: good.pem }"
        let reading = try reading(lines, in: folder)
        let findings = Gateway.check(try #require(reading.settings)).map { $0.text(.english) }.filter { $0.contains("mail.dkim") }
        let expected = [
            ("open", "can be read by other users"), ("small", "has only 1024 bits"), ("none", "no private key"), ("other", "DMARC"),
        ]
        #expect(findings.count == expected.count)
        for (finding, (name, words)) in zip(findings, expected) {
            #expect(finding.contains("mail.dkim, \(name): ") && finding.contains(words), "\(finding)")
        }
        #expect(findings.filter { $0.hasPrefix("note: ") }.count == 1)
    }

    @Test func `check reads the certificate: whose it is, and until when`() throws {
        let folder = try TemporaryFolder()
        func certificate(_ address: String, days: Int) throws {
            let made = try Tool.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder["k.pem"].path, "-out", folder["c.pem"].path, "-days",
                    "\(days)", "-subj", "/CN=Assemblées", "-utf8", "-addext", "subjectAltName=email:\(address)",
                ])
            try #require(made.status == 0, "\(made.errors)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder["k.pem"].path)
        }
        func findings(inDays days: Double = 0) throws -> [String] {
            let now = Date().addingTimeInterval(days * 86_400)
            let settings = try #require(try reading("  smime: { certificateFile: c.pem, keyFile: k.pem }", in: folder).settings)
            return Gateway.check(settings, at: now).map { $0.text(.english) }.filter { $0.contains("mail.smime") }
        }
        try certificate("convocations@agglo-valmont.example", days: 60)
        #expect(try findings() == [])
        #expect(try findings(inDays: 29).isEmpty)
        #expect(try findings(inDays: 31).map { $0.hasPrefix("note: mail.smime: the certificate expires on ") } == [true])
        #expect(try findings(inDays: 61).map { $0.hasPrefix("mail.smime: the certificate expired on ") } == [true])
        #expect(try findings(inDays: -1).map { $0.contains("is valid from") } == [true])
        try certificate("autre@agglo-valmont.example", days: 60)
        #expect(try findings().map { $0.contains("is for autre@agglo-valmont.example, not for the sender") } == [true])
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder["k.pem"].path)
        #expect(try findings().map { $0.contains("can be read by other users") } == [true])
    }
}
