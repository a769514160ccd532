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
        commandName: "ledger",
        abstract: Terminal.text(
            "Le registre public : contrôle, suivi, reconstruction, point de contrôle, clé.",
            "The public register's ledger: audit, watch, rebuild, checkpoint, vkey."),
        subcommands: [Audit.self, Watch.self, Rebuild.self, Checkpoint.self, Clock.self, VKey.self])

    /// Where the ledger is: needs no configuration when --data or --public says so.
    struct LedgerOptions: ParsableArguments {
        @OptionGroup var place: PlaceOptions

        var dataFolder: URL {
            get throws { try place.data.map { URL(fileURLWithPath: $0) } ?? place.settings().dataFolder }
        }

        /// A file, where a folder is expected.
        var isFile: Bool {
            get throws {
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: try dataFolder.path, isDirectory: &isFolder) && !isFolder.boolValue
            }
        }
    }

    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Recalculer tout : base, feuilles, tuiles, liasses, point de contrôle, ancrages, documents, états.",
                "Recompute everything: database, leaves, tiles, bundles, checkpoint, anchors, documents, states."),
            discussion: Terminal.text(
                "Code de sortie 0 : intact ; 1 : une différence, nommée ; 2 : rien à regarder à cet endroit.",
                "Exit status 0: intact; 1: a difference, named; 2: there is nothing to look at in that place."))
        @OptionGroup var ledger: LedgerOptions
        @OptionGroup var format: FormatOptions
        @Option(
            name: .customLong("public"),
            help: ArgumentHelp(
                Terminal.text(
                    "Seulement ce dossier public (checkpoint, tile/…), sans base de données.",
                    "Only this public folder (checkpoint, tile/…), without any database.")))
        var publicFolder: String?
        @Option(
            help: ArgumentHelp(
                Terminal.text(
                    "La clé du registre, obtenue ailleurs (à défaut : le fichier vkey à côté du point de contrôle).",
                    "The register's key as you got it elsewhere (default: the file vkey beside the checkpoint).")))
        var logKey: String?
        @Option(
            help: ArgumentHelp(
                Terminal.text(
                    "Racines (PEM) des autorités d'horodatage, en plus de celles de la configuration.",
                    "Roots (PEM) of timestamp authorities, beside the configuration's.")))
        var tsaCa: String?
        @Option(
            help: ArgumentHelp(
                Terminal.text(
                    "La clé d'un témoin dont vérifier les cosignatures, en plus de ceux de la configuration (répétable).",
                    "The key of a witness whose cosignatures to check, beside the configuration's (repeatable).")))
        var witnessKey: [String] = []

        func validate() throws {
            guard publicFolder != nil, ledger.place.data != nil else { return }
            throw ValidationError(
                Terminal.text(
                    "--data et --public s'excluent : --public ne regarde aucune base de données.",
                    "--data and --public exclude each other: --public looks at no database."))
        }

        func run() async throws {
            let folder = try publicFolder.map { URL(fileURLWithPath: $0) } ?? ledger.dataFolder.appendingPathComponent("ledger")
            if let fault = AccessFault(folder.path, for: R_OK | X_OK)
                ?? ["checkpoint", "vkey"].lazy.compactMap({ AccessFault(folder.appendingPathComponent($0).path, for: R_OK) }).first
            {
                throw fault
            }
            if publicFolder == nil, try ledger.isFile {
                let path = try ledger.dataFolder.path
                Terminal.complain(
                    "\(path) : c'est un fichier. Donnez le dossier de données qui le contient.",
                    "\(path): a file. Give the data folder that it is in.")
                throw Answer.wrong
            }
            if publicFolder == nil, let fault = Gateway.accessFault(try ledger.dataFolder, toChange: false) { throw fault }
            // A lost public folder beside a database is a difference, not a wrong place.
            let hasDatabase =
                try publicFolder == nil && FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: ledger.dataFolder).path)
            let holdsSomething = ["checkpoint", "vkey", "tile"].contains {
                FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
            }
            guard hasDatabase || holdsSomething else {
                Terminal.complain("\(folder.path) : pas de registre à cet endroit.", "\(folder.path): no register in this place.")
                throw Answer.wrong
            }
            // A configuration with mistakes is `check`'s affair: without it signatures are checked, roots and witnesses aren't known, and
            // the report says so.
            let file = ledger.place.configurationFile
            let settings = file.flatMap { try? Settings(file: $0) }
            var audit: LedgerAudit
            if publicFolder != nil {
                guard let (vkey, _) = try await key(in: folder, of: nil) else { throw Answer.no }
                audit = LedgerAudit(publicFolder: folder, vkey: vkey, roots: try roots(settings))
            } else {
                guard let storage = try await storage(in: try ledger.dataFolder),
                    let (vkey, fault) = try await key(in: folder, of: storage)
                else { throw Answer.no }
                audit = LedgerAudit(
                    publicFolder: folder, vkey: vkey, storage: storage,
                    documents: DocumentStore(reading: try ledger.dataFolder.appendingPathComponent("documents", isDirectory: true)),
                    roots: try roots(settings))
                audit.keys = KeyFolder(dataFolder: try ledger.dataFolder).url
                audit.known.findings = [fault].compactMap(\.self) + Gateway.keyFindings(in: try ledger.dataFolder, of: vkey)
                audit.known.findings += await Gateway.linkKeyFindings(in: try ledger.dataFolder, storage, at: Date())
                audit.known.notes += [Gateway.missingKeys(in: try ledger.dataFolder)].compactMap(\.self)
            }
            audit.known.notes += Gateway.auditNotes(settings, file: file)
            audit.witnesses = try witnesses(settings)
            audit.now = Date()
            try tell(try await audit.run())
        }

        /// Nil, and told: it is damaged, which is the answer. Beside a database, its secret key's other half stands in for it.
        private func key(in folder: URL, of storage: SQLiteStorage?) async throws -> (NoteVerifierKey, AuditFinding?)? {
            if let logKey {
                do { return (try NoteVerifierKey(parsing: logKey), nil) } catch {
                    Terminal.complain(
                        "--log-key : ce n'est pas une clé de registre (\(error)).", "--log-key: not a register's key (\(error)).")
                    throw Answer.wrong
                }
            }
            let file = folder.appendingPathComponent("vkey")
            do {
                return (try NoteVerifierKey(parsing: try Self.text(file)), nil)
            } catch {
                if let storage, let key = await Self.key(in: try ledger.dataFolder, of: storage) { return (key, Self.lostKey) }
                let finding = AuditFinding(
                    path: "vkey", seq: nil,
                    problem: Bilingual(
                        "la clé publiée manque ou est abîmée (donnez-la avec --log-key si vous l'avez)",
                        "the published key is missing or damaged (give it with --log-key if you have it)"))
                try tell(AuditReport(refusedFor: finding), refusing: false)
                return nil
            }
        }

        private static let lostKey = AuditFinding(
            path: "vkey", seq: nil,
            problem: Bilingual(
                "la clé publiée manque ou est abîmée ; celle du dossier keys/ a servi. Arrêtez le service, « appariteur ledger rebuild », puis redémarrez-le : la clé et les fichiers publics reviennent",
                "the published key is missing or damaged; that of keys/ was used. Stop the service, run `appariteur ledger rebuild`, start it: the key and the public files come back"
            ))

        /// Nil: the secret key can't be read, or nothing was ever signed.
        private static func key(in data: URL, of storage: SQLiteStorage) async -> NoteVerifierKey? {
            // Told as a published key that is missing.
            guard let note = try? await storage.checkpoint()?.note, let checkpoint = try? UnverifiedCheckpoint(parsing: note),
                let seed = try? KeyFolder(dataFolder: data).ledgerSeed()
            else { return nil }
            let key = try? NoteSigningKey(name: checkpoint.checkpoint.origin, seed: seed).verifier
            return key.flatMap { (try? checkpoint.verified(by: $0)) == nil ? nil : $0 }
        }

        /// Nil, and told: it is damaged, which is the answer. Throws when there is none.
        private func storage(in data: URL) async throws -> SQLiteStorage? {
            do {
                return try SQLiteStorage.openForReading(folder: data, logger: PlaceOptions.logger(.warning))
            } catch .absent(let path) where !FileManager.default.fileExists(atPath: path) {
                if let lost = Gateway.lostDatabase(in: data) {
                    Terminal.complain(lost.text(.french), lost.text(.english))
                } else {
                    Terminal.complain("\(data.path) : pas de base de données ici.", "\(data.path): no database here.")
                }
                throw Answer.wrong
            } catch {
                let words =
                    switch error {
                    case .absent:
                        Bilingual(
                            "la base de données est vide : reprenez-la d'une sauvegarde", "the database is empty: restore it from a backup")
                    case .damaged(_, let reason):
                        Bilingual(
                            "la base de données est abîmée (\(reason)) : reprenez-la d'une sauvegarde",
                            "the database is damaged (\(reason)): restore it from a backup")
                    case .notOurs:
                        Bilingual("ce fichier n'est pas une base de données d'appariteur", "this file is not a database of appariteur")
                    default: error.words
                    }
                // The first fault is told above; where the files can't be looked at any further, it is the only one.
                let scan = try? await SQLiteStorage.scanFiles(in: data, limit: 100)
                let finding = AuditFinding(path: "appariteur.db", seq: nil, problem: words)
                try tell(AuditReport(refusedFor: finding, scan: scan), refusing: false)
                return nil
            }
        }

        /// The configuration's, where there is one that can be read, and `--witness-key`.
        private func witnesses(_ settings: Settings?) throws -> [CosignerKey] {
            let configured = settings?.witnesses.list.map(\.key) ?? []
            do {
                return configured + (try witnessKey.map { try CosignerKey(parsing: $0) })
            } catch {
                Terminal.complain(
                    "--witness-key : ce n'est pas la clé d'un témoin (\(error)).", "--witness-key: not a witness's key (\(error)).")
                throw Answer.wrong
            }
        }

        /// The configuration's, where there is one that can be read, and `--tsa-ca`.
        private func roots(_ settings: Settings?) throws -> LedgerAudit.TimestampRoots {
            let known = settings.map(Gateway.timestampRoots) ?? .none
            guard let tsaCa else { return known }
            do {
                let common = try CertificateAuthorities(pem: Array(Data(contentsOf: URL(fileURLWithPath: tsaCa))))
                return known.with(common: common)
            } catch {
                Terminal.complain(
                    "--tsa-ca : \(tsaCa) n'est pas un fichier PEM de certificats lisible.",
                    "--tsa-ca: \(tsaCa) is not a readable PEM file of certificates.")
                throw Answer.wrong
            }
        }

        private func tell(_ report: AuditReport, refusing: Bool = true) throws {
            if format.json {
                try Terminal.json(AuditRow(report))
            } else {
                for note in report.notes { Terminal.out(Terminal.text("à savoir : ", "note: ") + note.text(Terminal.language)) }
                for finding in report.findings { Terminal.out(finding.text(Terminal.language)) }
                if report.furtherFindings > 0 { Terminal.out("… + \(report.furtherFindings)") }
                let isOurs = publicFolder == nil
                if isOurs, report.findings.contains(where: { $0.path.hasPrefix("tile/") || $0.path.hasPrefix("anchors/") }) {
                    Terminal.say(
                        "Fichiers publics (tile/, anchors/) : arrêtez le service, « appariteur ledger rebuild » les refait d'après la base ; redémarrez-le, puis relancez cet audit. Si la commande refuse, elle dit quoi reprendre d'une sauvegarde.",
                        "Public files (tile/, anchors/): stop the service, `appariteur ledger rebuild` makes them again from the database; start it, then run this audit again. If the command refuses, it says what to restore from a backup."
                    )
                }
                Terminal.say(AuditSummary.french(report), AuditSummary.english(report))
            }
            if refusing, !report.isClean { throw Answer.no }
        }

        static func text(_ file: URL) throws -> String {
            try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Refaire les fichiers publics d'après le journal, octet pour octet. Le service doit être arrêté.",
                "Make the public files again from the journal, byte for byte. The service must be stopped."),
            discussion: Terminal.text(
                "Ce qui est juste reste en place ; ce qui diffère est mis de côté dans ledger.set-aside, jamais effacé. Les horodatages et preuves que la base connaît reviennent aussi ; leurs chaînes de certificats, au démarrage suivant du service.",
                "What is right stays; what differs is moved to ledger.set-aside, never deleted. Tokens and proofs that the database knows come back, too; their certificate chains, with the service's next start."
            ))
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let settings = try place.settings()
            if let missing = NoInstallation(settings.dataFolder) { throw missing }
            // The lock of the one service: it must not publish meanwhile.
            let gateway = try Gateway.open(settings, as: .service, logger: PlaceOptions.logger(.warning))
            let anchors = Dictionary(grouping: try await gateway.storage.anchors(of: nil), by: \.size)
            guard let rebuild = try await gateway.sequencer().rebuild(anchored: Set(anchors.keys)) else {
                Terminal.say(
                    "Le journal n'a encore rien de signé : rien à refaire.", "The journal has nothing signed yet: nothing to make again.")
                return
            }
            let files = AnchorFiles(ledgerFolder: gateway.ledgerFolder, logger: PlaceOptions.logger(.warning))
            for (size, records) in anchors.sorted(by: { $0.key < $1.key }) { try files.publish(records, of: size) }
            for path in rebuild.replaced { Terminal.say("  mis de côté : \(path)", "  set aside: \(path)") }
            if let folder = rebuild.setAside { Terminal.say("  dans \(folder)", "  in \(folder)") }
            Terminal.say(
                "Refait, \(rebuild.size) entrées : fichiers justes \(rebuild.kept), refaits \(rebuild.made), remplacés \(rebuild.replaced.count). Lancez « appariteur ledger audit ».",
                "Made again, \(rebuild.size) entries: files that were right \(rebuild.kept), made \(rebuild.made), replaced \(rebuild.replaced.count). Run `appariteur ledger audit`."
            )
        }
    }

    struct VKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "vkey", abstract: "The register's public key.")
        @OptionGroup var ledger: LedgerOptions

        func run() async throws { Terminal.out(try Audit.text(try ledger.dataFolder.appendingPathComponent("ledger/vkey"))) }
    }
}
