import Foundation
import TestSupport
import Testing

/// `appariteur doctor`, the real program, against real DNS answers and on the demonstration's installation.
@Suite("appariteur doctor", .timeLimit(.minutes(15)))
struct DoctorTests {
    /// A sender's domain, its records, and what is to be said of it.
    struct Domain: Sendable, CustomTestStringConvertible {
        let name: String
        let zone: [String]
        var envelope: String?
        /// For each check: grade, and words in it.
        let expected: [String: [String]]
        var testDescription: String { name }
    }

    private static let relay = "host-record=smtp.agglo.test,198.51.100.7"
    private static func spf(_ name: String, _ text: String) -> String { "txt-record=\(name),\"\(text)\"" }

    static let domains: [Domain] = [
        Domain(
            name: "bien.example",
            zone: [
                spf("bien.example", "v=spf1 include:spf.fai.example -all"), spf("spf.fai.example", "v=spf1 a:smtp.agglo.test ?all"),
                "mx-host=bien.example,mx.bien.example,10", spf("_dmarc.bien.example", "v=DMARC1; p=reject"),
            ],
            expected: [
                "spf": ["ok", "names the relay"], "returns": ["ok", "mx.bien.example"], "dmarc": ["ok", "aligned by SPF", "p=reject"],
            ]),
        Domain(
            name: "vide.example", zone: ["host-record=www.vide.example,198.51.100.9"],
            expected: ["spf": ["warning", "no SPF"], "returns": ["failure", "receives no mail"], "dmarc": ["warning", "no DMARC"]]),
        Domain(
            name: "double.example",
            zone: [
                spf("double.example", "v=spf1 -all"), spf("double.example", "v=spf1 a:smtp.agglo.test -all"),
                spf("double.example", "une autre chose"), "host-record=double.example,198.51.100.8",
                spf("_dmarc.double.example", "v=DMARC1; p=none"), spf("_dmarc.double.example", "v=DMARC1; p=reject"),
            ],
            expected: ["spf": ["failure", "several records"], "returns": ["ok", "without MX"], "dmarc": ["warning", "no DMARC"]]),
        Domain(
            name: "autrui.example",
            zone: [
                spf("autrui.example", "v=spf1 ip4:203.0.113.0/24 ~all"), "mx-host=autrui.example,mx.autrui.example,10",
                spf("_dmarc.autrui.example", "v=DMARC1;p=quarantine;aspf=r"), spf("ailleurs.example", "v=spf1 ip4:198.51.100.0/28 -all"),
                "mx-host=ailleurs.example,mx.ailleurs.example,10",
            ], envelope: "retours@ailleurs.example",
            expected: [
                "spf": ["ok", "names the relay"], "returns": ["ok", "mx.ailleurs.example"],
                "dmarc": ["failure", "ailleurs.example doesn't align with autrui.example"],
            ]),
        Domain(
            name: "convocations.ville.example",
            zone: [
                spf("convocations.ville.example", "v=spf1 mx ip6:2001:db8::/32 redirect=tous.example"), spf("tous.example", "v=spf1 +all"),
                "mx-host=convocations.ville.example,mx.ville.example,10", "host-record=mx.ville.example,203.0.113.5",
                spf("_dmarc.ville.example", "v=DMARC1; p=none; sp=reject; aspf=s"),
            ], envelope: "retours@ville.example",
            expected: [
                "spf": ["warning", "no SPF"], "returns": ["failure", "receives no mail"],
                "dmarc": ["failure", "p=reject", "_dmarc.ville.example"],
            ]),
        Domain(
            name: "boucle.example",
            zone: [spf("boucle.example", "v=spf1 include:boucle.example -all"), "mx-host=boucle.example,mx.boucle.example,10"],
            expected: ["spf": ["failure", "more than ten"]]),
        Domain(
            name: "faux.example", zone: [spf("faux.example", "v=spf1 ip4:198.51.100.7/33 -all")],
            expected: ["spf": ["failure", "unknown term"]]),
        Domain(
            name: "creux.example", zone: [spf("creux.example", "v=spf1 include:rien.example -all")],
            expected: ["spf": ["failure", "rien.example has no SPF"]]),
        Domain(
            name: "refus.example", zone: [spf("refus.example", "v=spf1 ip4:203.0.113.9 -all")],
            expected: ["spf": ["warning", "doesn't name the relay"]]),
        Domain(
            name: "macros.example", zone: [spf("macros.example", "v=spf1 exists:%{i}.listes.example -all")],
            expected: ["spf": ["ok", "depends on each message"]]),
        Domain(
            name: "ouvert.example", zone: [spf("ouvert.example", "v=spf1 +all")], expected: ["spf": ["warning", "lets everybody send"]]),
    ]

    private func configuration(_ domain: Domain, _ house: Gatehouse, dkim: String = "") throws -> URL {
        let yaml = try String(contentsOf: house.configuration, encoding: .utf8)
            .replacing("convocations@valmoree.example }", with: "convocations@\(domain.name) }\(dkim)")
            .replacing("retours@valmoree.example", with: domain.envelope ?? "retours@\(domain.name)")
        return try house.folder.write(yaml, to: domain.name + ".yml")
    }

    private func house() throws -> Gatehouse { try Gatehouse(relay: "{ host: smtp.agglo.test, port: 587 }") }

    private func rows(_ file: URL) throws -> [DoctorRow] { try JSONDecoder().decode([DoctorRow].self, from: Data(contentsOf: file)) }

    @Test func `SPF, DMARC and returns are told as DNS has them; pyspf agrees`() throws {
        let house = try house()
        let world = try Namespace(zone: [Self.relay] + Self.domains.flatMap(\.zone))
        let program = try Gatehouse.program()
        var lines = "set +e\n"
        for domain in Self.domains {
            let file = try configuration(domain, house)
            // The judge: another implementation of RFC 7208, asking the same server.
            let judge = "import sys, spf; print(spf.check2(i='198.51.100.7', s=sys.argv[1], h='gateway.test')[0])"
            lines += "'\(program)' doctor --json --timeout 5 --config '\(file.path)' > \"$0/\(domain.name).json\" 2>> \"$0/errors\"\n"
            lines +=
                "'\(Tool.python)' -c \"\(judge)\" '\(domain.envelope ?? "retours@" + domain.name)' > \"$0/\(domain.name).spf\" 2>> \"$0/errors\"\n"
        }
        let run = try world.run(lines)
        let errors = try String(contentsOf: world.folder["errors"], encoding: .utf8)
        for domain in Self.domains {
            let found = try rows(world.folder[domain.name + ".json"])
            for (check, words) in domain.expected {
                let row = try #require(found.first { $0.check == "sender." + check }, "\(found) \(run.errors) \(errors)")
                #expect(row.grade == words[0], "\(domain.name) \(row)")
                for word in words.dropFirst() { #expect(row.found.contains(word), "\(domain.name) \(row)") }
                #expect((row.grade == "ok") == (row.why == nil && row.change == nil), "\(row)")
            }
            let verdict = try String(contentsOf: world.folder[domain.name + ".spf"], encoding: .utf8).trimmingCharacters(in: .newlines)
            let grade = try #require(found.first { $0.check == "sender.spf" }).grade
            // What lets everybody pass is no praise, and macros are not judged.
            if ["ouvert.example", "macros.example"].contains(domain.name) { continue }
            let expected = verdict == "pass" ? "ok" : verdict == "permerror" ? "failure" : "warning"
            #expect(grade == expected, "\(domain.name): pyspf says \(verdict). \(errors)")
        }
    }

    @Test func `a DKIM key is ours, another's, revoked, on trial or not there`() throws {
        let house = try house()
        let key = house.folder["dkim.pem"].path
        let made = try Tool.run(try Gatehouse.program(), ["keys", "dkim", "--make", key], environment: ["LC_ALL": "en"])
        let record = made.text.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
        try #require(record.joined().hasPrefix("v=DKIM1; k=rsa; p="), "\(made.text)\(made.errors)")
        let pieces = record.map { "\"\($0)\"" }.joined(separator: ",")
        let other = record.joined().replacing("p=MIIB", with: "p=MIIC").prefix(200)
        let world = try Namespace(zone: [
            Self.relay, "txt-record=nous._domainkey.cles.example,\(pieces)", "txt-record=autre._domainkey.cles.example,\"\(other)\"",
            "txt-record=nul._domainkey.cles.example,\"v=DKIM1; k=rsa; p=\"",
            "txt-record=essai._domainkey.cles.example,\"t=y; \",\(pieces)",
        ])
        let selectors = ["nous", "autre", "nul", "essai", "rien"].map { "{ selector: \($0), keyFile: dkim.pem }" }.joined(separator: ", ")
        let domain = Domain(name: "cles.example", zone: [], expected: [:])
        let file = try configuration(domain, house, dkim: "\n  dkim: [ \(selectors) ]")
        _ = try world.run("'\(try Gatehouse.program())' doctor --json --timeout 5 --config '\(file.path)' > \"$0/out\"")
        let found = try rows(world.folder["out"]).filter { $0.check == "sender.dkim" }
        #expect(found.map(\.grade) == ["ok", "failure", "failure", "warning", "failure"], "\(found)")
        for (row, word) in zip(found, ["is ours", "another DKIM key", "revoked", "t=y", "not published"]) {
            #expect(row.found.contains(word), "\(row)")
        }
        #expect(found[1].change?.contains(record.joined()) == true && found[1].key == "mail.dkim")
    }

    @Test func `without a DNS server it ends all the same, in French, and says so`() throws {
        let house = try house()
        let world = try Namespace(zone: nil)
        let command = "'\(try Gatehouse.program())' doctor --timeout 3 --config '\(house.configuration.path)'; echo \"statut $?\""
        let result = try world.run("set +e\n" + command, language: "fr_FR.UTF-8")
        #expect(result.text.contains("smtp.agglo.test : aucun serveur DNS ne répond"), "\(result.text)\(result.errors)")
        #expect(result.text.contains("attention valmoree.example : aucun serveur DNS ne répond"), "\(result.text)")
        #expect(result.text.contains("statut 1"))
    }

    @Test func `all is well on the demonstration's configuration, beside its running service, and nothing changes`() throws {
        let data = try TemporaryFolder()
        let port = try Loopback.freePorts(1)[0]
        let world = try Namespace(zone: [
            "txt-record=valmoree.example,\"v=spf1 ip4:198.51.100.7 -all\"", "mx-host=valmoree.example,mx.valmoree.example,10",
            "txt-record=_dmarc.valmoree.example,\"v=DMARC1; p=reject\"",
        ])
        let program = try Gatehouse.program()
        let installation = data.url.path
        let result = try world.run(
            """
            set +e
            '\(program)' demo --port \(port) --data '\(installation)' > "$0/demo" 2>&1 < /dev/null &
            for i in $(seq 300); do [ -d '\(installation)/ledger/anchors' ] && break; sleep 0.2; done
            '\(program)' doctor --json --data '\(installation)' > "$0/all"
            echo "status $?"
            '\(program)' doctor --quiet --send-to marie@valmoree.example --data '\(installation)'
            echo "status $?"
            """)
        let demo = try String(contentsOf: world.folder["demo"], encoding: .utf8)
        let found = try rows(world.folder["all"])
        #expect(result.text.hasPrefix("status 0"), "\(found.filter { $0.grade == "failure" }) \(demo)")
        let good = found.filter { $0.grade == "ok" }.map(\.check)
        for check in [
            "relay.connection", "relay.tls", "sender.spf", "sender.returns", "sender.dmarc", "anchors.timestamp", "anchors.calendar",
            "service", "site.register", "register.published", "disk.write", "clock",
        ] { #expect(good.contains(check), "\(check): \(found)") }
        // The demonstration is on loopback, which nobody outside reaches.
        #expect(found.contains { $0.check == "site.address" && $0.grade == "warning" && $0.key == "publicURL" })
        #expect(result.text.hasSuffix("status 0\n"), "\(result.text) \(demo)")
        #expect(!result.text.contains("test message"), "quiet: \(result.text)")
    }

    @Test func `mistakes of the file are findings too, and what can be tried is tried`() throws {
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: 1, tls: none, user: u, passwordFile: absent }")
        let result = try house.command("doctor", "--json", "--timeout", "5")
        let found = try JSONDecoder().decode([DoctorRow].self, from: Data(result.output))
        #expect(result.status == 1)
        let mistake = try #require(found.first)
        #expect(mistake.check == "configuration.file" && mistake.grade == "failure" && mistake.key == "relay.passwordFile", "\(mistake)")
        #expect(found.contains { $0.check == "relay.connection" && $0.grade == "failure" && $0.key == "relay.port" }, "\(found)")
        #expect(found.contains { $0.check == "disk.write" && $0.grade == "ok" })
        // A reader that goes away is no reason to crash.
        let piped = try Tool.run(
            "sh", ["-c", "'\(try Gatehouse.program())' doctor --timeout 5 --config '\(house.configuration.path)' | head -c 1"])
        #expect(piped.output.count == 1 && piped.errors == "", "\(piped.errors.prefix(500))")
        for words in [["--timeout", "0"], ["--send-to", "pas une adresse"], ["--send-to", "a@b.example", "--test-message"]] {
            let wrong = try Tool.run(try Gatehouse.program(), ["doctor", "--config", house.configuration.path] + words)
            #expect(wrong.status == 2 && wrong.errors.contains("Usage: appariteur doctor"), "\(wrong.errors)")
        }
    }
}
