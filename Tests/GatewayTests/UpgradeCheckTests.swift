import Council
import Foundation
import Gateway
import Logging
import Notary
import Store
import TestSupport
import Testing

@Suite("check before the first start of a new release")
struct UpgradeCheckTests {
    @Test("a database of an older release is worth a note, and no reason to keep the service from starting")
    func older() async throws {
        let folder = try TemporaryFolder()
        _ = try Installation(root: folder["inst"]).create(at: Sample.now, randomness: .system)
        _ = try folder.write("secret", to: "inst/relay.password")
        let settings = try Settings(file: folder["inst/appariteur.yml"])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await Self.publish(settings, logger)
        #expect(await Gateway.checkRegister(settings, logger: logger) == [])

        // The tool doesn't write the pages' checksums: VACUUM writes the file anew.
        let database = SQLiteStorage.databaseFile(in: settings.dataFolder).path
        let edit = try Tool.run(
            "sqlite3", ["-bail", database, "DELETE FROM grdb_migrations WHERE identifier LIKE '6-%'; DROP TABLE letter", "VACUUM"])
        try #require(edit.status == 0, "\(edit.errors)")
        let findings = await Gateway.checkRegister(settings, logger: logger)
        #expect(findings.count == 1 && findings.allSatisfy(\.isWarning))
        #expect(findings.first?.text(.french).contains("version plus ancienne") == true)
        #expect(findings.first?.text(.english).hasPrefix("note: ") == true)
    }

    private static func publish(_ settings: Settings, _ logger: Logger) async throws {
        let gateway = try Gateway.open(settings, as: .tool, logger: logger)
        try FileManager.default.createDirectory(
            at: settings.dataFolder.appendingPathComponent("ledger"), withIntermediateDirectories: true)
        _ = try await gateway.sequencer().publishPending()
    }
}
