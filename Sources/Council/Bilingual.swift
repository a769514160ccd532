import Foundation

/// A sentence for IT, in both languages of the product.
package struct Bilingual: Hashable, Sendable {
    package let french: String
    package let english: String

    package init(_ french: String, _ english: String) {
        self.french = french
        self.english = english
    }

    package func text(_ language: Language) -> String { language == .french ? french : english }

    /// The language of this terminal: French unless `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set) says English.
    package enum Language: String, Sendable {
        case french = "fr"
        case english = "en"

        package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
            let set = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            self = set?.hasPrefix("en") == true ? .english : .french
        }
    }
}

extension Bilingual {
    /// What the system said (an `errno`): the codes that IT meets, in plain words; others as the system words them.
    package static func system(_ code: Int32) -> Bilingual {
        switch code {
        case ENOENT: Bilingual("ce fichier ou ce dossier n'existe pas", "no such file or folder")
        case EACCES, EPERM:
            Bilingual("le compte qui lance cette commande n'en a pas le droit", "the account that runs this command may not")
        case EEXIST: Bilingual("il existe déjà", "it exists already")
        case ENOTDIR: Bilingual("une partie du chemin n'est pas un dossier", "a part of the path is not a folder")
        case EISDIR: Bilingual("c'est un dossier, il faut un fichier", "it is a folder, a file is needed")
        case ENOTEMPTY: Bilingual("ce dossier n'est pas vide", "the folder is not empty")
        case ENOSPC: Bilingual("le disque est plein", "the disk is full")
        case EDQUOT: Bilingual("le quota du disque est atteint", "the disk quota is reached")
        case EROFS: Bilingual("le disque est en lecture seule", "the disk is read-only")
        case EIO: Bilingual("le disque a répondu par une erreur (panne ?)", "the disk answered with an error (failing?)")
        case EFBIG: Bilingual("le fichier est trop gros", "the file is too large")
        case ENAMETOOLONG: Bilingual("le nom est trop long", "the name is too long")
        case ELOOP: Bilingual("c'est un lien symbolique, ou les liens tournent en rond", "it is a symbolic link, or links go round")
        case EMFILE, ENFILE: Bilingual("trop de fichiers sont ouverts", "too many files are open")
        case EBUSY, ETXTBSY: Bilingual("il est en cours d'utilisation", "it is in use")
        default: Bilingual(String(cString: strerror(code)), String(cString: strerror(code)))
        }
    }
}
