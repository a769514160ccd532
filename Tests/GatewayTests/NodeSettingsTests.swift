import Council
import DefaultFiles
import Foundation
import Gateway
import Notary
import TestSupport
import Testing

/// `anchors.node`, off in the shipped file.
struct NodeSettingsTests {
    let folder: TemporaryFolder
    let shipped: String

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("x\n", to: "relay.password")
        try folder.write("u:p", to: "cookie")
        shipped = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/appariteur.yml"), encoding: .utf8)
            .replacing("/etc/appariteur/relay.password", with: "relay.password")
    }

    private static let calendar = "    - https://b.pool.opentimestamps.org\n"

    private func reading(_ node: String) -> SettingsReading {
        SettingsReading(
            yaml: shipped.replacing(Self.calendar, with: Self.calendar + "  node: \(node)\n"), folder: folder.url, name: "test.yml")
    }

    @Test func `the shipped file has none, and its commented example is right once the marks are taken away`() throws {
        let plain = SettingsReading(yaml: shipped, folder: folder.url, name: "test.yml")
        #expect(plain.mistakes.isEmpty && plain.settings?.anchors.node == nil)
        let example = shipped.replacing("  # node:", with: "  node:").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(example.firstIndex { $0 == "  node:" })
        let end = example[start...].firstIndex { !$0.hasPrefix("  ") } ?? example.endIndex
        let uncommented = example.enumerated().map { index, line in
            (start..<end).contains(index) && index > start ? String(line).replacing("  #   ", with: "    ") : String(line)
        }
        let read = SettingsReading(yaml: uncommented.joined(separator: "\n"), folder: folder.url, name: "test.yml")
        let node = try #require(read.settings?.anchors.node, "\(read.mistakes)")
        #expect(
            node
                == AnchorSettings.Node(
                    url: "http://127.0.0.1:8332", wallet: "appariteur",
                    credentials: .cookieFile(URL(fileURLWithPath: "/var/lib/bitcoind/.cookie")), network: .bitcoin, feeCap: 10_000,
                    confirmations: 6, interval: .seconds(86_400)))
        // A node that is down has no cookie: worth knowing, and no reason not to start.
        let findings = Gateway.check(read.found).filter { $0.text(.french).contains("anchors.node") }
        #expect(findings.count == 1 && findings[0].isWarning && findings[0].text(.french).contains("démarrer le nœud"), "\(findings)")
    }

    @Test func `user and password from a file, and what is left out has its default`() throws {
        let node = try #require(
            reading("{ url: \"https://noeud.example:443\", user: a, passwordFile: relay.password }").settings?.anchors.node)
        #expect(node.credentials == .passwordFile(user: "a", folder["relay.password"].standardizedFileURL))
        #expect(node.network == .bitcoin && node.wallet == nil && node.feeCap == 10_000 && node.confirmations == 6)
        let found = reading("{ url: \"http://localhost:1\", cookieFile: cookie, network: testnet4 }").found
        let findings = Gateway.check(found).filter { $0.text(.english).contains("anchors.node") }
        #expect(findings.map(\.isWarning) == [true] && findings[0].text(.english).contains("“testnet4” is a test network"), "\(findings)")
    }

    @Test(arguments: [
        ("{ url: \"http://noeud.example:8332\", cookieFile: cookie }", "anchors.node.url"),
        ("{ url: \"http://u:hunter2@127.0.0.1:8332\", cookieFile: cookie }", "anchors.node.url"),
        ("{ url: \"http://127.0.0.1\", cookieFile: cookie }", "anchors.node.url"),
        ("{ cookieFile: cookie }", "anchors.node.url"),
        ("{ url: \"http://127.0.0.1:8332\" }", "anchors.node.cookieFile"),
        ("{ url: \"http://127.0.0.1:8332\", user: a }", "anchors.node.cookieFile"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, user: a }", "anchors.node.cookieFile"),
        ("{ url: \"http://127.0.0.1:8332\", user: \"a:b\", passwordFile: cookie }", "anchors.node.user"),
        ("{ url: \"http://127.0.0.1:8332\", user: a, passwordFile: nulle-part }", "anchors.node.passwordFile"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, password: hunter2 }", "anchors.node.password"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, network: main }", "anchors.node.network"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, feeCap: 0 }", "anchors.node.feeCap"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, confirmations: 0 }", "anchors.node.confirmations"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, interval: 1s }", "anchors.node.interval"),
        ("{ url: \"http://127.0.0.1:8332\", cookieFile: cookie, walet: x }", "anchors.node.walet"),
    ])
    func `each mistake names its key, and no secret is repeated`(node: String, key: String) {
        let reading = reading(node)
        #expect(reading.settings == nil)
        #expect(reading.mistakes.map(\.key) == [key], "\(reading.mistakes)")
        #expect(reading.mistakes.allSatisfy { !$0.text(.french).contains("hunter2") })
    }
}
