import Council
import Foundation
import Ledger
package import Logging
package import Notary
import Store

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
    /// What the register's start would refuse: another key or name than the published ones, a database older than what was published.
    /// Empty where there is no register yet. Changes nothing.
    package static func checkRegister(_ settings: Settings, logger: Logger) async -> [CheckFinding] {
        let ledger = settings.dataFolder.appendingPathComponent("ledger", isDirectory: true)
        guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: settings.dataFolder).path),
            FileManager.default.fileExists(atPath: ledger.path)
        else { return [] }
        do {
            let storage = try SQLiteStorage.openForReading(folder: settings.dataFolder, logger: logger)
            let key = try NoteSigningKey(name: settings.ledgerOrigin, seed: try KeyFolder(dataFolder: settings.dataFolder).ledgerSeed())
            try await Sequencer(storage: storage, publicFolder: ledger, key: key, logger: logger).examine()
            return try await revokedTimestamps(in: storage)
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
                    Bilingual("voir ci-dessus ; le service refuserait de démarrer", "see above; the service would refuse to start"))
            ]
        }
    }

    /// For commands that change something beside the service: refuses where the service would, so that nothing is recorded that could
    /// never be published.
    package func refuseRollback() async throws { try await sequencer().examine() }
}
