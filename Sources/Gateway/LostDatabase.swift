package import Council
package import Foundation
import Store

/// Nobody has made an installation in this folder: a command that would make one may have been given a mistyped name.
package struct NoInstallation: WordedError, Hashable {
    package let folder: String

    /// Nil: there is a database, or keys that wait for one.
    package init?(_ dataFolder: URL) {
        folder = dataFolder.path
        let files = FileManager.default
        guard !files.fileExists(atPath: SQLiteStorage.databaseFile(in: dataFolder).path),
            !files.fileExists(atPath: KeyFolder(dataFolder: dataFolder).url.path)
        else { return nil }
    }

    package var words: Bilingual {
        Bilingual(
            "\(folder.printable) : pas d'installation à cet endroit (ni appariteur.db, ni keys/). Rien n'a été créé. Vérifiez le nom (« --data », ou « folders.data » de la configuration) ; pour une installation neuve, lancez « appariteur init DOSSIER » ou démarrez d'abord le service.",
            "\(folder.printable): no installation in this place (neither appariteur.db nor keys/). Nothing was created. Check the name (`--data`, or “folders.data” of the configuration); for a new installation run `appariteur init DIR` or start the service first."
        )
    }
}

/// The data folder has a published register and no database: an empty one would be refused a moment later, and would hide that the
/// real one is missing.
package struct LostDatabase: WordedError, Hashable {
    package let database: String
    package let checkpoint: String

    /// Nil: the database is there, or nothing was published yet.
    init?(_ dataFolder: URL) {
        database = SQLiteStorage.databaseFile(in: dataFolder).path
        checkpoint = dataFolder.appendingPathComponent("ledger/checkpoint").path
        guard FileManager.default.fileExists(atPath: checkpoint), !FileManager.default.fileExists(atPath: database) else { return nil }
    }

    package var words: Bilingual {
        Bilingual(
            "\(database) manque, alors que le registre est publié (\(checkpoint)). Rien n'a été créé. Reprenez la dernière sauvegarde de appariteur.db, au moins aussi récente que ce point de contrôle ; pour un registre neuf, partez d'un dossier de données vide et d'un autre nom de registre (« ledger.origin »).",
            "\(database) is missing, though the register is published (\(checkpoint)). Nothing was created. Restore the latest backup of appariteur.db, at least as recent as that checkpoint; for a new register, start from an empty data folder and another name of the register (“ledger.origin”)."
        )
    }
}
