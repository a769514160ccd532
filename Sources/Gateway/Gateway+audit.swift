import Council
package import Foundation
package import Ledger
package import Logging
package import Notary
package import Store

extension Gateway {
    /// The roots that the configuration gives for its timestamp authorities. `check` tells of a file that can't be used; an audit
    /// then checks that authority's signatures without its root, and says so.
    package static func timestampRoots(_ settings: Settings) -> LedgerAudit.TimestampRoots {
        var roots: [String: CertificateAuthorities] = [:]
        for authority in settings.anchors.timestampAuthorities {
            // A file that can't be used: `check` tells of it, and this authority has no root here.
            roots[authority.name] = try? CertificateAuthorities(pem: Array(Data(contentsOf: authority.caFile)))
        }
        return LedgerAudit.TimestampRoots(byAuthority: roots)
    }
}

extension Gateway {
    /// What is wrong with the secret keys of this data folder, whose register has this public key: the next start would refuse them, or break
    /// every link sent. Empty where there is no folder of keys: a copy is audited without them. Modes are the audit's own affair.
    package static func keyFindings(in dataFolder: URL, of register: NoteVerifierKey) -> [AuditFinding] {
        let keys = KeyFolder(dataFolder: dataFolder)
        guard FileManager.default.fileExists(atPath: keys.url.path) else { return [] }
        func finding(_ file: URL, _ look: () throws -> Bilingual?) -> AuditFinding? {
            let problem: Bilingual?
            do {
                problem = try look()
            } catch KeyError.readableByOthers {
                return nil
            } catch {
                problem = Bilingual.words(of: error)
            }
            return problem.map { AuditFinding(path: "keys/" + file.lastPathComponent, seq: nil, problem: $0) }
        }
        return [
            finding(keys.ledgerFile) {
                let key = try NoteSigningKey(name: register.name, seed: try keys.ledgerSeed()).verifier
                if key == register { return nil }
                return Bilingual(
                    "ce n'est pas la clé secrète de ce registre (sa clé publique serait \(key)) : elle est abîmée, ou d'un autre registre. Reprenez-la de votre sauvegarde de keys/.",
                    "it is not this register's secret key (its public key would be \(key)): it is damaged, or another register's. Restore it from your backup of keys/."
                )
            },
            finding(keys.linksFile) {
                _ = try keys.linkKeyring()
                return nil
            },
        ].compactMap { $0 }
    }

    /// A copy is audited without keys; an installation that has lost them should know.
    package static func missingKeys(in dataFolder: URL) -> AuditFinding? {
        guard !FileManager.default.fileExists(atPath: KeyFolder(dataFolder: dataFolder).url.path) else { return nil }
        return AuditFinding(
            path: "keys", seq: nil,
            problem: Bilingual(
                "pas de clés secrètes dans ce dossier : elles n'ont pas été regardées. Dans une copie, c'est normal ; dans une installation, reprenez keys/ de votre sauvegarde",
                "no secret keys in this folder: they were not looked at. That is as it should be in a copy; in an installation, restore keys/ from your backup"
            ))
    }

    /// The same of the link keys, where only what the database remembers of them tells.
    package static func linkKeyFindings(in dataFolder: URL, _ storage: any Storage, at now: Date) async -> [AuditFinding] {
        do {
            return try await LinkKeyTraces.words(in: dataFolder, storage, at: now, thoroughly: true).map {
                AuditFinding(path: "keys/links.keys", seq: nil, problem: $0)
            }
        } catch {
            // The audit meets the same fault of the database itself, and tells of it.
            return []
        }
    }

    /// What keeps an audit from knowing whom to believe: a configuration that can't be read, files of authorities that can't be used.
    package static func auditNotes(_ settings: Settings?, file: URL?) -> [AuditFinding] {
        guard let settings else {
            guard let file else { return [] }
            let problem = Bilingual(
                "cette configuration a des erreurs (« appariteur check » les dit) : les horodateurs et les témoins à croire n'en sont pas connus",
                "this configuration has mistakes (`appariteur check` tells them): whom to believe of timestamp authorities and witnesses isn't known"
            )
            return [AuditFinding(path: file.path, seq: nil, problem: problem)]
        }
        return settings.anchors.timestampAuthorities.compactMap { authority in
            do {
                _ = try CertificateAuthorities(pem: Array(Data(contentsOf: authority.caFile)))
                return nil
            } catch {
                let problem = Bilingual(
                    "le fichier des racines de « \(authority.name) » est inutilisable : de ses horodatages, seule la signature est vérifiée",
                    "the file of roots of “\(authority.name)” can't be used: of its timestamps only the signature is checked")
                return AuditFinding(path: authority.caFile.path, seq: nil, problem: problem)
            }
        }
    }

    /// Of a data folder without a database; nil: no register is published there either.
    package static func lostDatabase(in dataFolder: URL) -> CheckFinding? {
        let ledger = dataFolder.appendingPathComponent("ledger", isDirectory: true)
        guard FileManager.default.fileExists(atPath: ledger.appendingPathComponent("checkpoint").path) else { return nil }
        return CheckFinding(
            Bilingual(
                "registre : \(ledger.path.printable) est publié, mais la base appariteur.db n'est plus là",
                "register: \(ledger.path.printable) is published, but the database appariteur.db is gone"),
            Bilingual(
                "reprendre appariteur.db et keys/ de la sauvegarde la plus récente ; le service refuserait de démarrer",
                "restore appariteur.db and keys/ from the newest backup; the service would refuse to start"))
    }

    private static func lostPublicFolder(_ ledger: URL) -> CheckFinding {
        CheckFinding(
            Bilingual(
                "registre : le dossier public \(ledger.path.printable) n'est plus là, alors que la base l'a publié",
                "register: the public folder \(ledger.path.printable) is gone, though the database has published it"),
            Bilingual(
                "service arrêté, « appariteur ledger rebuild » le refait d'après la base, ancrages compris",
                "with the service stopped, `appariteur ledger rebuild` makes it again from the database, anchors included"),
            isWarning: true)
    }

    /// What the register's start would refuse: another key or name than the published ones, a database older than what was published.
    /// Empty where there is no register yet. Changes nothing.
    package static func checkRegister(
        _ settings: Settings, at now: Date = WallClock.system.now(), logger: Logger
    ) async -> [CheckFinding] {
        let ledger = settings.dataFolder.appendingPathComponent("ledger", isDirectory: true)
        guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: settings.dataFolder).path) else {
            return lostDatabase(in: settings.dataFolder).map { [$0] } ?? []
        }
        do {
            let storage = try SQLiteStorage.openForReading(folder: settings.dataFolder, logger: logger)
            guard FileManager.default.fileExists(atPath: ledger.path) else {
                return try await storage.checkpoint() == nil ? [] : [lostPublicFolder(ledger)]
            }
            let key = try NoteSigningKey(name: settings.ledgerOrigin, seed: try KeyFolder(dataFolder: settings.dataFolder).ledgerSeed())
            try await Sequencer(storage: storage, publicFolder: ledger, key: key, logger: logger).examine()
            let lost = try await LinkKeyTraces.words(in: settings.dataFolder, storage, at: now).map { CheckFinding($0, .refusedStart) }
            return try await lost + clockFindings(storage, at: now) + revokedTimestamps(in: storage)
        } catch is KeyError {
            // Told among the keys.
            return []
        } catch StorageOpenError.olderThanProgram(let path) {
            // After an upgrade. `check` runs before the service's start, and must not keep it from the very start that mends this.
            return [
                CheckFinding(
                    Bilingual(
                        "registre : \(path) est d'une version plus ancienne : le prochain démarrage du service la met à jour",
                        "register: \(path) is of an older version: the service's next start brings it up to date"),
                    Bilingual(
                        "une sauvegarde avant ce démarrage ; l'ancienne version ne l'ouvrira plus ensuite",
                        "a backup before that start; the older version won't open it afterwards"), isWarning: true)
            ]
        } catch {
            return [
                CheckFinding(
                    Bilingual("registre : ", "register: ") + Bilingual.words(of: error),
                    .refusedStart)
            ]
        }
    }

    private static func clockFindings(_ storage: any Storage, at now: Date) async throws -> [CheckFinding] {
        guard let newest = try await storage.newestTime(), ClockRule.isBehind(now, newest: newest) else { return [] }
        return [
            CheckFinding(
                StorageError.clock(behind: newest),
                Bilingual(
                    "« appariteur ledger clock » dit ce qui la dément", "`appariteur ledger clock` tells what disproves it"))
        ]
    }

    /// For commands that change something beside the service: refuses where the service would, so that nothing is recorded that could
    /// never be published.
    package func refuseRollback() async throws { try await sequencer().examine() }
}

extension Bilingual {
    fileprivate static let refusedStart = Bilingual(
        "voir ci-dessus ; le service refuserait de démarrer", "see above; the service would refuse to start")
}
