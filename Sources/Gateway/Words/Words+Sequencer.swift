package import Council
package import Notary

/// Each refusal names the cause, what is safe, and the exact next step.
extension SequencerRefusal: WordedError {
    package var words: Bilingual {
        Bilingual("Le registre refuse de continuer. " + french, "The register refuses to go on. " + description)
    }

    private var french: String {
        switch self {
        case .publishedUnreadable(let path, let reason):
            "Le point de contrôle publié, \(path), est illisible : \(DetailWords.french(reason)). La base et les tuiles n'ont pas été touchées. Mettez ce fichier de côté (gardez-le) et redémarrez : il sera réécrit d'après la base, comparée d'abord aux tuiles."
        case .storedUnreadable(let reason):
            "Le point de contrôle de la base est illisible : \(DetailWords.french(reason)). La base est abîmée. Le dossier public n'a pas été touché : c'est ce que tous ont vu. Reprenez la dernière sauvegarde de appariteur.db, puis redémarrez : elle sera d'abord comparée au dossier public."
        case .otherKey(let place, let ours, let found):
            "\(DetailWords.french(place)) relève d'une autre clé de signature : keys/ledger.key contient \(ours), et l'on y trouve \(DetailWords.french(Self.oneLine(found))). Rien n'a été signé ni publié. Remettez le fichier de clé de ce registre, d'après la sauvegarde de keys/, et redémarrez ; pour un registre à clé neuve, partez d'un dossier de données vide et d'un autre nom de registre (« ledger.origin »)."
        case .publishedAhead(let published, let stored, let journal):
            "Le point de contrôle publié couvre \(Self.entries(published)), mais la base n'en a signé \(stored.map { "que \($0)" } ?? "aucune") et en contient \(journal) : elle est plus ancienne que le dossier public, comme après la reprise d'une vieille sauvegarde. Rien n'a été signé ni publié ; le dossier public est entier, et ses dernières inscriptions se lisent dans tile/entries. \(Self.restore(published))"
        case .anchoredAhead(let anchored, let stored):
            "Un point de contrôle de \(Self.entries(anchored)) a été ancré (anchors/\(anchored)), mais la base n'en a signé \(stored.map { "que \($0)" } ?? "aucune") : la base et le dossier public sont plus anciens que ce qui a été ancré. Rien n'a été signé ni publié. \(Self.restore(anchored))"
        case .tilesAhead(let path, let published, let stored):
            "Le dossier public contient \(path), qui porte sur \(Self.entries(published)), mais la base n'en a signé que \(stored) : une tuile ne s'écrit qu'une fois signée dans la base, qui est donc plus ancienne que le dossier public, comme après la reprise d'une vieille sauvegarde. Rien n'a été signé ni publié ; le dossier public est entier, et ses dernières inscriptions se lisent dans tile/entries. Laissez tous ses fichiers à leur place. \(Self.restore(published))"
        case .cosignedAhead(let cosigned, let stored):
            "Le point de contrôle cosigné du dossier public couvre \(Self.entries(cosigned)), signées de notre clé et de témoins, mais la base n'en a signé \(stored.map { "que \($0)" } ?? "aucune") : la base et le dossier public sont plus anciens que ce que des témoins ont vu. Rien n'a été signé ni publié. Laissez le fichier « cosigned » où il est. \(Self.restore(cosigned))"
        case .publishedDiffers(let size):
            "La base et le dossier public ont deux points de contrôle signés différents pour \(Self.entries(size)) : deux programmes ont écrit avec cette clé, ou l'un des deux a été remplacé. Rien de plus n'a été signé ni publié. Gardez une copie des deux, et reprenez une base et un dossier public sauvegardés ensemble ; si d'autres ont vu les deux points de contrôle, le registre s'est contredit : dites-le publiquement et continuez sous un autre nom de registre (« ledger.origin »)."
        case .journalTooShort(let stored, let journal):
            "La base a signé \(Self.entries(stored)), mais son journal n'en contient que \(journal) : des lignes ont été perdues ou retirées. Rien n'a été signé ni publié. Reprenez la dernière sauvegarde de appariteur.db, puis redémarrez."
        case .journalDiffers(let size, let published):
            "Les \(size) premières inscriptions du journal ne sont pas celles du point de contrôle \(published ? "publié" : "de la base") : une inscription a été modifiée après sa signature. Rien n'a été signé ni publié ; le dossier public a toujours les inscriptions telles qu'elles furent signées. Lancez « appariteur ledger audit » pour voir laquelle diffère, reprenez la dernière sauvegarde de appariteur.db antérieure à la modification, puis redémarrez."
        case .entryDamaged(let seq, let reason):
            "L'inscription \(seq) du journal est abîmée : \(DetailWords.french(reason)). Elle n'a pas été signée, ni rien de ce qui la suit. Reprenez la dernière sauvegarde de appariteur.db, puis redémarrez ; si le disque faiblit, déplacez d'abord le dossier de données."
        case .entryAltered(let seq):
            "L'inscription \(seq) du journal n'est pas celle qui a été signée et publiée : elle a été modifiée ensuite. Rien de plus n'est signé ni publié ; le dossier public a toujours l'inscription telle qu'elle fut signée. Lancez « appariteur ledger audit » pour voir tout ce qui diffère, reprenez la dernière sauvegarde de appariteur.db antérieure à la modification, puis redémarrez : ce démarrage compare d'abord toutes les inscriptions."
        case .tileDiffers(let path):
            "\(path) existe avec un autre contenu que celui du journal : le fichier est abîmé, ou le dossier est celui d'un autre registre. Il n'a pas été remplacé. Si le point de contrôle publié est bien celui de ce registre, mettez ce fichier de côté (gardez-le) et redémarrez : il sera réécrit d'après le journal, et l'ensemble comparé au point de contrôle signé."
        case .tilesWithoutCheckpoint(let path):
            "\(path) a des tuiles, mais ni ce dossier ni la base n'ont de point de contrôle : le dossier est celui d'une autre base. Rien n'a été changé. Reprenez la base qui va avec, ou donnez à celle-ci un dossier public vide."
        case .anotherWriter(let size):
            "Un autre programme a signé ou publié un point de contrôle (\(Self.entries(size))) pendant que celui-ci tournait : il n'en faut jamais deux sur un registre. Rien n'est perdu. Arrêtez l'autre (ou vérifiez qu'il est arrêté), puis redémarrez."
        }
    }

    private static func entries(_ count: UInt64) -> String { "\(count) inscription\(count > 1 ? "s" : "")" }

    private static func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ").printable }

    private static func restore(_ size: UInt64) -> String {
        "Reprenez la plus récente sauvegarde de appariteur.db qui contienne au moins \(entries(size)), et redémarrez. N'effacez pas le dossier public : un registre qui repart avec moins d'inscriptions contredit ce qui a été publié et ancré. Sans une telle sauvegarde, gardez tout comme preuve et repartez d'un dossier de données vide, sous un autre nom de registre (« ledger.origin »)."
    }
}
