import Council
import Foundation
import Gateway
import Ledger
import Logging
import TestSupport
import Testing

/// What `doctor` says of the public site, of witnesses and of a node.
@Suite("Doctor: site and node", .timeLimit(.minutes(15)))
struct DoctorSiteTests {
    private let folder: TemporaryFolder
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["donnees/ledger", "depot", "web/ledger"] {
            try FileManager.default.createDirectory(at: folder[name], withIntermediateDirectories: true)
        }
    }

    private func findings(url: String, more: String = "") async throws -> [DoctorFinding] {
        let yaml = """
            authority: { name: Pays de Valmorée, siren: "999000011", timeZone: Europe/Paris }
            clerk: { name: Secrétariat, address: assemblees@valmoree.example }
            bodies: { conseil: { name: Conseil communautaire, clearDays: 5 } }
            publicURL: \(url)
            listen: 127.0.0.1:\(try Loopback.freePorts(1)[0])
            relay: { host: 127.0.0.1, port: \(try Loopback.freePorts(1)[0]), tls: none }
            mail: { from: { name: Valmorée, address: a@valmoree.example }, envelopeSender: b@valmoree.example }
            folders: { data: donnees, drop: depot }
            ledger: { origin: valmoree.example/ledger }
            \(more)
            """
        let reading = SettingsReading(yaml: yaml, folder: folder.url, name: "test.yml")
        #expect(reading.mistakes == [])
        return await Doctor(reading.found, .init(limit: .seconds(20)), logger: silent).examine()
    }

    private func only(_ check: String, _ findings: [DoctorFinding], sourceLocation: SourceLocation = #_sourceLocation) throws
        -> DoctorFinding
    {
        let found = findings.filter { $0.check == check }
        #expect(found.count == 1, "\(check): \(findings)", sourceLocation: sourceLocation)
        return try #require(found.first, sourceLocation: sourceLocation)
    }

    private func web(_ more: [String] = []) throws -> (BackgroundProgram, port: Int) {
        let script = Tool.repository.appendingPathComponent("Tests/fixtures/web_folder.py").path
        let port = folder["port-" + UUID().uuidString]
        let program = try BackgroundProgram(Tool.python, [script, folder["web"].path, port.path] + more, errors: folder["web.errors"])
        return (program, try program.port(in: port))
    }

    @Test func `the site must show our register as it is here`() async throws {
        let (server, port) = try web()
        defer { server.stop() }
        let key = try NoteSigningKey(name: "valmoree.example/ledger", seed: [UInt8](repeating: 1, count: 32))
        let stranger = try NoteSigningKey(name: "valmoree.example/ledger", seed: [UInt8](repeating: 2, count: 32))
        let other = try NoteSigningKey(name: "ailleurs.example/ledger", seed: [UInt8](repeating: 1, count: 32))
        let root = [UInt8](repeating: 7, count: 32)
        func note(_ key: NoteSigningKey, _ size: UInt64, _ root: [UInt8] = root) throws -> [UInt8] {
            try key.checkpoint(size: size, root: root).note
        }
        try folder.write("\(key.verifier)\n", to: "donnees/ledger/vkey")
        try folder.write(try note(key, 12), to: "donnees/ledger/checkpoint")
        let url = "http://127.0.0.1:\(port)"
        func told() async throws -> DoctorFinding { try only("site.register", try await findings(url: url)) }
        #expect(try await told().found.english.contains("HTTP 404"))
        for (shown, grade, words) in [
            (try note(key, 12), DoctorFinding.Grade.ok, "shows our register (12 entries)"), (try note(key, 9), .warning, "shows 9 entries"),
            (try note(key, 40), .failure, "shows 40 entries"),
            (try note(key, 12, [UInt8](repeating: 8, count: 32)), .failure, "12 entries"),
            (try note(stranger, 12), .failure, "another register"), (try note(other, 12), .failure, "another register"),
            (Array("<html>".utf8), .failure, "not our register"),
        ] {
            try folder.write(shown, to: "web/ledger/checkpoint")
            let finding = try await told()
            #expect(finding.grade == grade && finding.found.english.contains(words), "\(finding)")
        }
        let inside = try only("site.address", try await findings(url: url))
        #expect(inside.grade == .warning && inside.key == "publicURL")
    }

    @Test func `an expired certificate of the site is told, trusted or not`() async throws {
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        try authority.issue("late", for: ["DNS:localhost"], days: -1)
        try authority.issue("good", for: ["DNS:localhost"], days: 90)
        for (name, grade) in [("late", DoctorFinding.Grade.failure), ("good", .ok)] {
            let (server, port) = try web([folder[name + ".pem"].path, folder[name + ".key"].path])
            defer { server.stop() }
            let found = try await findings(url: "https://localhost:\(port)")
            let certificate = try only("site.certificate", found)
            #expect(certificate.grade == grade && certificate.found.english.contains("CN = \(name)"), "\(certificate)")
            // Nobody here trusts the tests' authority.
            let site = try only("site.register", found)
            #expect(site.grade == .failure && site.found.french.contains("certificat n'est pas accepté"), "\(site)")
        }
    }

    @Test func `witnesses are reached, or named with their key`() async throws {
        let (server, port) = try web()
        defer { server.stop() }
        let keys = try (1...2).map { try CosigningKey(name: "t.example/w\($0)", seed: [UInt8](repeating: UInt8($0), count: 32)).verifier }
        let closed = try Loopback.freePorts(1)[0]
        let found = try await findings(
            url: "http://127.0.0.1:\(port)",
            more: """
                witnesses:
                  - { name: un, url: "http://127.0.0.1:\(port)", vkey: "\(keys[0])" }
                  - { name: deux, url: "http://127.0.0.1:\(closed)", vkey: "\(keys[1])" }
                """)
        let witnesses = found.filter { $0.check == "witness" }
        #expect(witnesses.map(\.place) == ["un", "deux"] && witnesses.map(\.grade) == [.ok, .failure], "\(witnesses)")
        #expect(witnesses.last?.key == "witnesses" && witnesses.last?.found.english.contains("can't be reached") == true)
    }

    @Test func `a real node tells its chain and what the wallet holds; another network, and a wrong cookie, are failures`() async throws {
        let node = try ChainNode()
        func told(_ network: String, cookie: String, cap: Int = 10_000) async throws -> [DoctorFinding] {
            let settings = "{ url: \"\(node.address)\", cookieFile: \"\(cookie)\", network: \(network), feeCap: \(cap) }"
            let all = try await findings(url: "http://127.0.0.1:1", more: "anchors: { calendars: [], node: \(settings) }")
            return all.filter { ["anchors.node", "anchors.wallet"].contains($0.check) }
        }
        let cookie = try node.cookie().path
        let good = try await told("regtest", cookie: cookie)
        #expect(good.map(\.check) == ["anchors.node", "anchors.wallet"] && good.allSatisfy { $0.grade == .ok }, "\(good)")
        #expect(good.first?.found.english == "regtest, block \(try node.height())")
        let balance = try node.check("getbalance").trimmingCharacters(in: .whitespacesAndNewlines)
        let coins = try #require(Double(balance))
        #expect(good.last?.found.english == "\(Int64(coins * 1e8)) satoshis in the wallet", "\(balance)")
        let other = try await told("bitcoin", cookie: cookie)
        #expect(other.count == 1 && other[0].grade == .failure && other[0].key == "anchors.node.network", "\(other)")
        try folder.write("u:faux", to: "cookie")
        let refused = try await told("regtest", cookie: folder["cookie"].path)
        #expect(refused.count == 1 && refused[0].key == "anchors.node.cookieFile" && !"\(refused)".contains("faux"), "\(refused)")
    }
}
