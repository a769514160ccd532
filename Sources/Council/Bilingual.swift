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
    /// What the system said (an `errno`): the codes that IT meets, in words; others as the system words them.
    package static func system(_ code: Int32) -> Bilingual {
        let english = String(cString: strerror(code))
        let french: String? =
            switch code {
            case EACCES, EPERM: "accès refusé à ce compte"
            case ENOENT: "introuvable"
            case ENOTDIR: "ce n'est pas un dossier"
            case EISDIR: "ce n'est pas un fichier ordinaire"
            case EFBIG: "trop gros"
            case ENOSPC: "disque plein"
            case EDQUOT: "quota de disque atteint"
            case EROFS: "disque en lecture seule"
            case EIO: "erreur de lecture ou d'écriture du disque"
            case EMFILE, ENFILE: "trop de fichiers ouverts"
            case ELOOP: "lien symbolique refusé"
            default: nil
            }
        return Bilingual(french ?? english, english)
    }
}
