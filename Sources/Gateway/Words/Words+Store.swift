package import Council
import Foundation
package import Store

extension StorageError: WordedError {
    package var words: Bilingual {
        switch self {
        case .noSuchSitting(let id):
            Bilingual(
                "« \(id.rawValue.printable) » : aucune séance de ce nom (voir « appariteur sittings list »).",
                "“\(id.rawValue.printable)”: no sitting of that name (see `appariteur sittings list`).")
        case .noSuchMember(let id):
            Bilingual(
                "\(id) : ce numéro n'est pas celui d'un élu convoqué (voir « appariteur members list »).",
                "\(id): not the number of a convened member (see `appariteur members list`).")
        case .noSuchConvocation(let id):
            Bilingual(
                "\(id) : aucune convocation de ce numéro (voir « appariteur sittings status ID --json »).",
                "\(id): no convocation of that number (see `appariteur sittings status ID --json`).")
        case .noSuchLink: Bilingual("Ce lien n'existe pas.", "There is no such link.")
        case .wrongState(let id, let state):
            Bilingual(
                "La séance « \(id) » est à l'état « \(state.words.french) ».", "Sitting “\(id)” is in state “\(state.words.english)”.")
        case .staleRevision(let current):
            Bilingual(
                "Une épreuve plus récente existe : révision \(current). Relisez-la d'abord.",
                "There is a newer preview: revision \(current). Read it first.")
        case .alreadyApproved(let id):
            Bilingual(
                "La séance « \(id) » a commencé : rien n'y change plus.", "Sitting “\(id)” has begun: nothing about it changes any more.")
        case .noAmendment(let id):
            Bilingual(
                "Aucun additif ni changement n'attend pour la séance « \(id) ».", "No supplement or change waits for sitting “\(id)”.")
        case .stillListed(let id):
            Bilingual(
                "L'élu \(id) est encore sur la liste : retirez-le d'abord de membres.csv. Rien n'a été effacé.",
                "Member \(id) is still on the roll: take them off membres.csv first. Nothing was erased.")
        case .alreadyErased(let id):
            Bilingual(
                "L'élu \(id) est déjà effacé. La base a été réécrite une fois encore : rien n'en reste dans ses fichiers.",
                "Member \(id) is erased already. The database was written anew once more: nothing of them is left in its files.")
        case .retained(let id, let last):
            Bilingual(
                "L'élu \(id) a été convoqué à une séance du \(last.formatted(.iso8601.year().month().day())) : la durée légale de conservation n'est pas passée. Rien n'a été effacé.",
                "Member \(id) was convened to a sitting of \(last.formatted(.iso8601.year().month().day())): the legal retention has not passed. Nothing was erased."
            )
        case .noSuchCopyRecipient(let id):
            Bilingual(
                "\(id) : ce numéro n'est pas celui d'un destinataire de copies (voir « appariteur members list --copies --former »).",
                "\(id): not the number of anybody who got copies (see `appariteur members list --copies --former`).")
        case .stillCopied(let id):
            Bilingual(
                "Le destinataire de copies \(id) est encore sur la liste : retirez-le d'abord de copies.csv. Rien n'a été effacé.",
                "Recipient of copies \(id) is still on the list: take them off copies.csv first. Nothing was erased.")
        case .replacedBefore(let id, let successor):
            Bilingual(
                "La séance à remplacer, « \(id) », est déjà \(successor.map { "remplacée par « \($0) »" } ?? "annulée"). Rien n'est parti : retirez ou corrigez « remplace: » dans seance.yml, puis déposez de nouveau le dossier.",
                "The sitting to replace, “\(id)”, is \(successor.map { "replaced by “\($0)”" } ?? "cancelled") already. Nothing has left: take out or correct “remplace:” in seance.yml, then drop the folder again."
            )
        case .replacesOtherBody(let id):
            Bilingual(
                "La séance à remplacer, « \(id) », est celle d'une autre instance. Rien n'est parti : retirez ou corrigez « remplace: » dans seance.yml, puis déposez de nouveau le dossier.",
                "The sitting to replace, “\(id)”, is another body's. Nothing has left: take out or correct “remplace:” in seance.yml, then drop the folder again."
            )
        case .nobodyToConvene(let body):
            Bilingual("L'instance « \(body) » n'a aucun élu actif.", "Body “\(body)” has no active member.")
        case .clockBehind(let newest): Self.clock(behind: newest)
        case .clockDisproved(let stamp): Self.clock(disprovedBy: stamp)
        case .paperDayOutOfRange(let day, let lawful): Self.impossiblePaperDay(day, lawful)
        case .paperServiceRecorded(let earlier): Self.paperRecorded(earlier)
        }
    }
}

extension DataFolderLockError: WordedError {
    package var words: Bilingual {
        switch self {
        case .held(let folder, let holder):
            Bilingual(
                "Un autre service travaille déjà sur \(folder)\(holder.map { " (processus \($0))" } ?? "") : arrêtez-le d'abord (systemctl stop appariteur), ou donnez à celui-ci un autre dossier de données (« folders.data » ou --data).",
                "Another service already works on \(folder)\(holder.map { " (process \($0))" } ?? ""): stop it first (systemctl stop appariteur), or give this one another data folder (“folders.data” or --data)."
            )
        case .system(let path, let code): SystemWords.words(path, code)
        }
    }
}

extension StorageOpenError: WordedError {
    package var words: Bilingual {
        switch self {
        case .newerThanProgram(let path, let unknown):
            Bilingual(
                "\(path) a été écrit par une version plus récente d'appariteur (étapes inconnues : \(unknown.joined(separator: ", "))). Remettez cette version, ou la sauvegarde faite avant la mise à jour.",
                description)
        case .notOurs(let path):
            Bilingual(
                "\(path) est la base d'un autre programme. Donnez à appariteur un dossier de données à lui (« folders.data »).", description
            )
        case .unsafe(let path, let setting, let value):
            Bilingual(
                "\(path) : SQLite garde \(setting) = \(value), et une coupure de courant pourrait perdre ce qui a été accusé. Mettez le dossier de données sur un disque local.",
                description)
        case .absent(let path):
            Bilingual(
                "\(path) manque ou est vide : donnez le bon dossier de données, ou reprenez ce fichier d'une sauvegarde.", description)
        case .olderThanProgram(let path):
            Bilingual(
                "\(path) a été écrit par une version plus ancienne d'appariteur : démarrez d'abord le service, qui la met à jour.",
                "\(path) was written by an older release of appariteur: start the service first, which brings it up to date.")
        case .damaged(let path, let reason):
            Bilingual(
                "\(path) est abîmé ou n'est pas une base (\(reason)) : gardez-le de côté et reprenez la dernière sauvegarde.",
                "\(path) is damaged or no database (\(reason)): keep it aside and restore the latest backup.")
        case .full(let path):
            Bilingual(
                "\(path) : le disque est plein. Rien n'a été modifié, et ce qui a été accusé est gardé. Faites de la place (df -h), puis recommencez.",
                description)
        case .disk(let path, let reason):
            Bilingual(
                "\(path) : le disque a répondu par une erreur (\(reason)). Rien n'a été modifié. Regardez le disque (dmesg), copiez le dossier de données ailleurs et réessayez ; ne pensez qu'ensuite à une sauvegarde.",
                description)
        case .damagedPart(let damage): damage.words
        case .folder(let path, let reason):
            Bilingual("\(path) ne peut pas servir de dossier de données : ", "\(path) can't be used as the data folder: ")
                + SystemWords.reason(reason) + "."
        }
    }
}

extension DatabaseDamage: WordedError {
    package var words: Bilingual {
        let part =
            switch part {
            case .page(let number): Bilingual("la page \(number) de \(path)", "page \(number) of \(path)")
            case .logFrame(let number): Bilingual("le bloc \(number) de \(path)-wal", "frame \(number) of \(path)-wal")
            }
        return part
            + Bilingual(
                " n'a pas sa somme de contrôle : ses octets ont changé depuis qu'ils ont été écrits. Rien n'en a été utilisé, et le registre publié n'est pas touché. Arrêtez le service, gardez le fichier de côté, reprenez la dernière sauvegarde de appariteur.db, puis lancez « appariteur ledger audit ». Si le fichier vient de « .backup » ou a été modifié avec l'outil sqlite3, qui n'écrit pas ces sommes : « sqlite3 \(path) VACUUM », service arrêté, puis redémarrez-le.",
                " doesn't have its checksum: its bytes have changed since they were written. Nothing of it was used, and the published register is not touched. Stop the service, keep the file aside, restore the latest backup of appariteur.db, then run `appariteur ledger audit`. If the file comes from “.backup” or was edited with the sqlite3 tool, which doesn't write these checksums: `sqlite3 \(path) VACUUM` with the service stopped, then start it."
            )
    }
}

extension DocumentStoreError: WordedError {
    package var words: Bilingual {
        switch self {
        case .notRegular(let path): Bilingual("\(path) n'est pas un fichier ordinaire.", "\(path) is not a plain file.")
        case .changedWhileCopied(let path):
            Bilingual("\(path) a changé pendant sa copie : recommencez.", "\(path) changed while it was being copied: try again.")
        case .missing(let hash):
            Bilingual(
                "Le document \(hash) manque dans le dossier documents/ : reprenez-le d'une sauvegarde.",
                "Document \(hash) is missing in the folder documents/: restore it from a backup.")
        case .damaged(let hash):
            Bilingual(
                "Le document \(hash) est abîmé dans le dossier documents/ : reprenez-le d'une sauvegarde.",
                "Document \(hash) is damaged in the folder documents/: restore it from a backup.")
        case .system(let path, let code): SystemWords.words(path, code)
        }
    }
}
