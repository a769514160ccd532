import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("An audit of the bytes")
struct ByteAuditTests {
    @Test("names a damaged page of the database before all else, in both languages")
    func page() async throws {
        let ledger = try LedgerFixture()
        try await ledger.convene(members: 12)
        _ = try await ledger.sequencer().publishPending()
        try await ledger.storage.clean()
        let handle = try FileHandle(forUpdating: SQLiteStorage.databaseFile(in: ledger.dataFolder))
        let last = Int(try handle.seekToEnd()) / 4096
        try handle.seek(toOffset: UInt64((last - 1) * 4096 + 2000))
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        func write(_ byte: UInt8) throws {
            try handle.seek(toOffset: UInt64((last - 1) * 4096 + 2000))
            try handle.write(contentsOf: [byte])
        }
        try write(byte ^ 16)
        let report = try await ledger.audit()
        let first = try #require(report.findings.first)
        #expect(first.path == "appariteur.db" && report.pages == last)
        #expect(first.text(.english).contains("page \(last) doesn't have its checksum"))
        #expect(first.text(.french).hasPrefix("appariteur.db : la page \(last) n'a pas sa somme de contrôle"))
        try write(byte)
        try await ledger.expectClean(try await ledger.storage.journalSize())
    }

    @Test("tells keys that other accounts can read, and a link in a key's place")
    func keys() async throws {
        let ledger = try LedgerFixture()
        try await ledger.sequencer().start()
        let keys = ledger.dataFolder.appendingPathComponent("keys")
        let files = FileManager.default
        try files.createDirectory(at: keys, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in ["ledger.key", "links.keys"] {
            let path = keys.appendingPathComponent(name).path
            try #require(files.createFile(atPath: path, contents: Data([1]), attributes: [.posixPermissions: 0o600]))
        }
        var audit = LedgerAudit(
            publicFolder: ledger.publicFolder, vkey: ledger.key.verifier, storage: ledger.storage, documents: ledger.documents)
        audit.keys = keys
        #expect(try await audit.run().findings == [])
        for (name, mode, closed, said) in [("", 0o750, 0o700, "keys"), ("/ledger.key", 0o604, 0o600, "keys/ledger.key")] {
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: keys.path + name)
            let findings = try await audit.run().findings
            #expect(findings.map(\.path) == [said])
            #expect(findings.first?.problem.french.contains("droits \(String(mode, radix: 8))") == true)
            #expect(findings.first?.problem.english.contains("chmod \(String(closed, radix: 8)) \(said)") == true)
            try files.setAttributes([.posixPermissions: closed], ofItemAtPath: keys.path + name)
        }
        let file = keys.appendingPathComponent("links.keys")
        try files.removeItem(at: file)
        try files.createSymbolicLink(at: file, withDestinationURL: ledger.dataFolder.appendingPathComponent("elsewhere"))
        #expect(try await audit.run().findings.map(\.path) == ["keys/links.keys"])
        try files.removeItem(at: keys)
        #expect(try await audit.run().findings == [])
    }
}
