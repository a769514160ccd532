package import Council
import Foundation
import Store

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
