package import Council
package import Notary

extension WitnessStateFault: WordedError {
    package var words: Bilingual {
        switch self {
        case .exists(let path):
            Bilingual(
                "\(path.printable) est déjà la mémoire d'un témoin : rien n'a été changé.",
                "\(path.printable) is a witness's memory already: nothing was changed.")
        case .missing(let path):
            Bilingual(
                "\(path.printable) ne contient la mémoire d'aucun témoin. Si cette clé a déjà cosigné, reprenez ce dossier d'une sauvegarde postérieure à sa dernière cosignature, ou renoncez à la clé ; seulement pour un témoin nouveau : « appariteur witness init ».",
                "\(path.printable) holds no witness's memory. If this key has ever cosigned, restore the folder from a backup made after its last cosignature, or give the key up; only for a new witness: `appariteur witness init`."
            )
        case .otherKey(let path, let ours, let found):
            Bilingual(
                "\(path.printable) est la mémoire d'un autre témoin (\(found.printable)) que cette clé (\(ours.printable)) : remettez ensemble la clé et sa mémoire.",
                "\(path.printable) is the memory of another witness (\(found.printable)) than this key (\(ours.printable)): put the key and its memory back together."
            )
        case .damaged(let path, let reason):
            Bilingual(
                "\(path.printable) est abîmé (\(DetailWords.french(reason).printable)) : rien n'est cosigné pour ce registre. Remettez à sa place le fichier « cosigned » que ce registre publie, s'il porte votre dernière cosignature, ou une sauvegarde.",
                "\(path.printable) is damaged (\(reason.printable)): nothing is cosigned for this register. Put in its place the `cosigned` that this register publishes, if it has your last cosignature, or a backup."
            )
        }
    }
}

extension WatchAlarm: WordedError {
    package var words: Bilingual {
        switch self {
        case .fork(let old, let new, let evidence):
            Bilingual(
                "ALERTE : ce registre a été réécrit. Deux états signés par sa clé se contredisent (\(old) et \(new) entrées). Les deux sont gardés comme preuve dans \(evidence.printable) : faites-en une copie, et prévenez qui s'y fie.",
                "ALARM: this register has been rewritten. Two states signed by its key contradict each other (\(old) and \(new) entries). Both are kept as evidence in \(evidence.printable): make a copy, and tell those who rely on it."
            )
        case .shrunk(let old, let new, let evidence):
            Bilingual(
                "ALERTE : ce registre montre \(new) entrées, après en avoir signé \(old) : il a reculé, ou un cache sert un état ancien. Les deux états signés sont gardés dans \(evidence.printable).",
                "ALARM: this register shows \(new) entries after having signed \(old): it went back, or a cache serves an old state. Both signed states are kept in \(evidence.printable)."
            )
        case .notSigned(let why):
            Bilingual(
                "ALERTE : ce qui est publié comme point de contrôle n'est pas signé par la clé donnée, ou est d'un autre registre (\(DetailWords.french(why).printable)).",
                "ALARM: what is published as checkpoint isn't signed by the given key, or is another register's (\(why.printable)).")
        case .tilesDiffer(let size, let evidence):
            Bilingual(
                "ALERTE : les fichiers publiés n'ont pas la racine que le registre a signée pour \(size) entrées : ils sont abîmés, ou ne sont pas les siens.",
                "ALARM: the published files don't have the root that the register signed for \(size) entries: they are damaged, or not its own."
            )
                + (evidence.map {
                    Bilingual(
                        " L'état signé est gardé dans \($0) : s'il en paraît un autre de cette taille, les deux prouvent une réécriture.",
                        " The signed state is kept in \($0): should another of that size appear, the two prove a rewriting.")
                } ?? Bilingual("", ""))
        }
    }
}

extension WatchFault: WordedError {
    package var words: Bilingual {
        switch self {
        case .unreachable(let url, let reason):
            Bilingual("\(url.printable) : pas de réponse (\(reason.printable)).", "\(url.printable): no answer (\(reason.printable)).")
        case .status(let url, let status):
            Bilingual("\(url.printable) : réponse HTTP \(status).", "\(url.printable): HTTP \(status).")
        case .notACheckpoint(let url, let reason):
            Bilingual(
                "\(url.printable) : ce n'est pas un point de contrôle (\(DetailWords.french(reason).printable)). Est-ce bien l'adresse du registre (…/ledger) ?",
                "\(url.printable): not a checkpoint (\(reason.printable)). Is it the register's address (…/ledger)?")
        case .otherLedger(let folder, let found):
            Bilingual(
                "\(folder.printable) suit un autre registre (\(found.printable)) : donnez un autre dossier avec --state.",
                "\(folder.printable) follows another register (\(found.printable)): name another folder with --state.")
        case .damagedState(let path, let reason):
            Bilingual(
                "\(path.printable) est abîmé (\(DetailWords.french(reason).printable)) : gardez-le de côté, et reprenez-le d'une sauvegarde. Sans lui, le suivi recommence, et ne voit rien de ce qui a été réécrit avant.",
                "\(path.printable) is damaged (\(reason.printable)): keep it aside and restore it from a backup. Without it the watch begins again, and sees nothing of what was rewritten before."
            )
        }
    }
}
