import Council
import DefaultFiles
import Foundation
import Gateway
import Logging
import Notary
import Store
import TestSupport
import Testing

/// What `check` says of timestamps.
struct TimestampCheckTests {
    let folder: TemporaryFolder
    let shipped: String

    init() throws {
        folder = try TemporaryFolder()
        shipped = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/appariteur.yml"), encoding: .utf8)
        _ = try Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                "-days", "100", "-subj", "/CN=Essai racine",
            ], folder: folder.url)
    }

    private func findings(after days: Double, _ language: Bilingual.Language) -> [String] {
        let yaml = shipped.replacingOccurrences(
            of: "timestampAuthorities: []", with: "timestampAuthorities: [ { name: un, url: \"https://t.example\", caFile: ca.pem } ]")
        let found = SettingsReading(yaml: yaml, folder: folder.url, name: "test.yml").found
        return Gateway.check(found, at: Date().addingTimeInterval(days * 86_400)).map { $0.text(language) }
            .filter { $0.contains("anchors, un") }
    }

    @Test func `a certificate that ends within ninety days is told, with what to do`() {
        #expect(findings(after: 0, .english) == [])
        let soon = findings(after: 20, .english)
        #expect(
            soon.count == 1 && soon[0].hasPrefix("note: ") && soon[0].contains("“CN=Essai racine”") && soon[0].contains("expires on 20"))
        let french = findings(after: 20, .french)
        #expect(french.count == 1 && french[0].hasPrefix("à savoir : ") && french[0].contains("expire le 20"), "\(french)")
        #expect(french[0].contains("sans retirer celui-ci"))
        let late = findings(after: 101, .english)
        #expect(late.count == 1 && late[0].contains("expired on 20"), "\(late)")
        #expect(findings(after: 101, .french).first?.contains("a expiré le 20") == true)
    }

    @Test func `a token that was taken back is told`() async throws {
        _ = try Installation(root: folder["inst"]).create(at: Sample.now, randomness: .system)
        _ = try folder.write("secret", to: "inst/relay.password")
        let settings = try Settings(file: folder["inst/appariteur.yml"])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let gateway = try Gateway.open(settings, as: .tool, logger: logger)
        try FileManager.default.createDirectory(
            at: settings.dataFolder.appendingPathComponent("ledger"), withIntermediateDirectories: true)
        func told(_ bytes: [UInt8]) async throws -> [String] {
            let record = AnchorRecord(
                size: 12, method: .rfc3161, authority: "un", state: .wanted, bytes: bytes, attempts: 1, nextTry: .distantFuture,
                fault: "revoked")
            try await gateway.storage.save([record])
            return await Gateway.checkRegister(settings, logger: logger).filter(\.isWarning)
                .flatMap { [$0.text(.french), $0.text(.english)] }
        }
        // One that wasn't needed is no alarm.
        #expect(try await told([]) == [])
        let words = try await told([1])
        #expect(words.count == 2 && words[0].contains("anchors/12, un") && words[0].contains("ne compte plus"), "\(words)")
        #expect(words.last?.contains("counts no more") == true)
    }
}
