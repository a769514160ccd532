import Council
import Foundation
import Ledger
import Store

/// What failures met during an audit mean to the person who runs it.
enum AuditWords {
    static func of(_ error: any Error) -> Bilingual {
        switch error {
        case let error as CheckpointError: of(error)
        case let error as EntryBundleError: of(error)
        case let fault as PublicFileFault:
            Bilingual(
                "illisible : \(Bilingual.system(fault.code).french)", "it can't be read: \(Bilingual.system(fault.code).english)")
        default: Bilingual("illisible : \(error)", "it can't be read: \(error)")
        }
    }

    /// What a read of the database ended in.
    static func of(storage error: any Error) -> Bilingual {
        guard let damage = error as? DatabaseDamage else {
            return Bilingual(StorageFault.words(error), StorageFault.words(error))
        }
        return of(FileScan.Fault.part(damage.part))
    }

    static func of(_ fault: FileScan.Fault) -> Bilingual {
        switch fault {
        case .part(.page(let number)):
            Bilingual(
                "la page \(number) n'a pas sa somme de contrôle : elle est abîmée, ou le fichier a été copié ou modifié par un autre programme",
                "page \(number) doesn't have its checksum: it is damaged, or the file was copied or edited by another program")
        case .part(.logFrame(0)):
            Bilingual("l'en-tête du journal d'écriture est abîmé", "the header of the write-ahead log is damaged")
        case .part(.logFrame(let number)):
            Bilingual(
                "le bloc \(number) du journal d'écriture n'a pas sa somme de contrôle, alors que des écritures le suivent (après une coupure de courant : une écriture qui n'a pas fini, que le démarrage du service écarte)",
                "frame \(number) of the write-ahead log doesn't have its checksum, though commits follow it (after a power cut: a commit that never finished, which the service's start drops)"
            )
        case .missingPage(let number):
            Bilingual("le fichier s'arrête avant sa page \(number)", "the file ends before its page \(number)")
        case .trailingBytes(let count):
            Bilingual("\(count) octets de trop après sa dernière page", "\(count) bytes too many after its last page")
        case .blankPages(let count, let first):
            Bilingual(
                "sans somme de contrôle, pages \(count) (la première : \(first)) : un autre programme, l'outil sqlite3 peut-être, les a écrites ; service arrêté, lancez « sqlite3 appariteur.db VACUUM », puis redémarrez-le",
                "without a checksum, pages \(count) (the first: \(first)): another program, perhaps the sqlite3 tool, has written them; with the service stopped run `sqlite3 appariteur.db VACUUM`, then start it"
            )
        case .withoutSums:
            Bilingual(
                "ses pages n'ont pas de sommes de contrôle (version plus ancienne, ou fichier réécrit par un autre programme) : redémarrez le service, qui les ajoute quand nul autre n'a la base ouverte",
                "its pages have no checksums (an older release, or a file that another program has written anew): restart the service, which adds them when nobody else has the database open"
            )
        }
    }

    static func of(_ error: CheckpointError) -> Bilingual {
        switch error {
        case .note(.badSignature(let key)):
            Bilingual("la signature de la clé « \(key) » est fausse", "the signature of the key “\(key)” is wrong")
        case .note(.unsigned): Bilingual("il n'est pas signé par la clé du registre", "it isn't signed by the register's key")
        case .note(let error): Bilingual("ce n'est pas une note signée (\(error))", "it isn't a signed note (\(error))")
        case .malformed(let why): Bilingual("ce n'est pas un point de contrôle (\(why))", "it isn't a checkpoint (\(why))")
        case .otherOrigin(let origin):
            Bilingual("c'est celui d'un autre registre, « \(origin) »", "it is another ledger's, “\(origin)”")
        }
    }

    static func of(_ error: EntryBundleError) -> Bilingual {
        switch error {
        case .truncated(let entry): Bilingual("il s'arrête dans son entrée numéro \(entry)", "it ends within its entry number \(entry)")
        case .wrongCount(let expected, let found):
            Bilingual("il compte \(found) entrées au lieu de \(expected)", "it has \(found) entries instead of \(expected)")
        case .entryTooLong(let count): Bilingual("une entrée fait \(count) octets", "an entry has \(count) bytes")
        }
    }

    static func of(_ error: DocumentStoreError) -> Bilingual {
        switch error {
        case .missing: Bilingual("le document manque", "the document is missing")
        case .damaged: Bilingual("ses octets ne sont plus ceux que dit son nom", "its bytes are no longer those that its name says")
        default: Bilingual("illisible : \(error)", "it can't be read: \(error)")
        }
    }

    static func of(_ difference: StateDifference) -> Bilingual {
        switch difference.kind {
        case .missing:
            Bilingual(
                "la ligne \(difference.row) manque, alors que le journal en parle",
                "row \(difference.row) is missing, though the journal tells of it")
        case .unexpected:
            Bilingual(
                "la ligne \(difference.row) n'est l'œuvre d'aucune entrée du journal",
                "row \(difference.row) was made by no entry of the journal")
        case .otherBytes:
            Bilingual(
                "les octets de la ligne \(difference.row) ne sont pas ceux de leur empreinte",
                "the bytes of row \(difference.row) don't have their hash")
        case .differs(let column, nil, nil):
            Bilingual(
                "ligne \(difference.row), \(column) : ce n'est pas ce que dit le journal",
                "row \(difference.row), \(column): not what the journal says")
        case .differs(let column, let journal, let found):
            Bilingual(
                "ligne \(difference.row), \(column) : « \(found ?? "rien") » au lieu de « \(journal ?? "rien") » selon le journal",
                "row \(difference.row), \(column): “\(found ?? "nothing")” instead of the journal's “\(journal ?? "nothing")”")
        }
    }

    static func of(_ error: TimestampError) -> Bilingual {
        switch error {
        case .unreadable(let why): Bilingual("ce n'est pas un horodatage (\(why))", "it isn't a timestamp (\(why))")
        case .refused(let why): Bilingual("c'est un refus de l'autorité (\(why))", "it is the authority's refusal (\(why))")
        case .imprintDiffers: Bilingual("il porte sur d'autres octets que le texte à côté", "it is not about the body beside it")
        case .nonceDiffers, .policyDiffers: Bilingual("il répond à une autre demande", "it answers another request")
        case .badSignature(let why):
            Bilingual(
                "la signature de l'autorité d'horodatage est fausse (\(why))", "the timestamp authority's signature is wrong (\(why))")
        case .untrusted(let why):
            Bilingual(
                "le certificat de l'autorité ne remonte à aucune racine connue (\(why))",
                "the authority's certificate doesn't chain to a known root (\(why))")
        case .fault(let why): Bilingual("il n'a pas pu être vérifié (\(why))", "it could not be checked (\(why))")
        }
    }
}
