import ArgumentParser
import Council
import Foundation
import Gateway
import Ledger
import Logging
import Notary
import Store

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "The public register's ledger: audit, checkpoint, vkey.",
        subcommands: [Audit.self, Checkpoint.self, VKey.self])

    /// Where the ledger is: needs no configuration when --data or --public says so.
    struct LedgerOptions: ParsableArguments {
        @OptionGroup var place: PlaceOptions

        var dataFolder: URL {
            get throws { try place.data.map { URL(fileURLWithPath: $0) } ?? place.settings().dataFolder }
        }
    }

    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute everything: database, leaves, tiles, bundles, checkpoint, anchors, documents.",
            discussion: "Exit status 0: intact; 1: a difference, named; 2: it could not be looked at.")
        @OptionGroup var ledger: LedgerOptions
        @OptionGroup var format: FormatOptions
        @Option(name: .customLong("public"), help: "Only this public folder (checkpoint, tile/…), without any database.")
        var publicFolder: String?
        @Option(help: "The register's key as you got it elsewhere (default: the file vkey beside the checkpoint).") var logKey: String?

        func run() async throws {
            let folder = try publicFolder.map { URL(fileURLWithPath: $0) } ?? ledger.dataFolder.appendingPathComponent("ledger")
            let vkey = try NoteVerifierKey(parsing: logKey ?? Self.text(folder.appendingPathComponent("vkey")))
            let audit: LedgerAudit
            if publicFolder != nil {
                audit = LedgerAudit(publicFolder: folder, vkey: vkey)
            } else {
                let data = try ledger.dataFolder
                guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: data).path) else {
                    Terminal.complain("\(data.path) : pas de base de données ici.", "\(data.path): no database here.")
                    throw Answer.wrong
                }
                audit = LedgerAudit(
                    publicFolder: folder, vkey: vkey,
                    storage: try SQLiteStorage.open(folder: data, randomness: .system, logger: PlaceOptions.logger(.warning)),
                    documents: try DocumentStore(root: data.appendingPathComponent("documents", isDirectory: true)))
            }
            try report(try await audit.run())
        }

        private func report(_ report: AuditReport) throws {
            if format.json {
                try Terminal.json(AuditRow(report))
            } else {
                for finding in report.findings { Terminal.out("\(finding)") }
                if report.furtherFindings > 0 { Terminal.out("… + \(report.furtherFindings)") }
                let size = report.checkpoint.map { "\($0.checkpoint.size)" } ?? "-"
                Terminal.say(
                    "\(report.isClean ? "Intact" : "DIFFÉRENCES") : \(report.entries) entrées publiées (point de contrôle \(size)), \(report.rows) en base dont \(report.pending) à publier, \(report.tiles) tuiles, \(report.openings) engagements ouverts, \(report.documents) documents, \(report.anchors) ancrages.",
                    "\(report.isClean ? "Intact" : "DIFFERENCES"): \(report.entries) entries published (checkpoint \(size)), \(report.rows) in the database of which \(report.pending) to publish, \(report.tiles) tiles, \(report.openings) commitments opened, \(report.documents) documents, \(report.anchors) anchors."
                )
            }
            if !report.isClean { throw Answer.no }
        }

        static func text(_ file: URL) throws -> String {
            try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    struct Checkpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The published checkpoint, as signed.")
        @OptionGroup var ledger: LedgerOptions

        func run() async throws {
            let file = try ledger.dataFolder.appendingPathComponent("ledger/checkpoint")
            Terminal.out(try String(contentsOf: file, encoding: .utf8), terminator: "")
        }
    }

    struct VKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "vkey", abstract: "The register's public key.")
        @OptionGroup var ledger: LedgerOptions

        func run() async throws { Terminal.out(try Audit.text(try ledger.dataFolder.appendingPathComponent("ledger/vkey"))) }
    }
}

/// What `--json` shows of an audit.
struct AuditRow: Encodable {
    struct Finding: Encodable {
        let path: String
        let seq: UInt64?
        let problem: String
    }

    let intact: Bool
    let entries: UInt64
    let checkpoint: UInt64?
    let rows: UInt64
    let pending: UInt64
    let tiles: Int
    let openings: UInt64
    let documents: Int
    let anchors: Int
    let findings: [Finding]

    init(_ report: AuditReport) {
        intact = report.isClean
        entries = report.entries
        checkpoint = report.checkpoint?.checkpoint.size
        rows = report.rows
        pending = report.pending
        tiles = report.tiles
        openings = report.openings
        documents = report.documents
        anchors = report.anchors
        findings = report.findings.map { Finding(path: $0.path, seq: $0.seq, problem: $0.problem) }
    }
}
