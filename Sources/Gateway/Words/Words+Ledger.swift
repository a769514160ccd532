package import Composition
package import Council
package import Ledger
package import Links
package import Notary
import OpenSSL

extension NoteError: WordedError {
    package var words: Bilingual { Bilingual(DetailWords.french(description).printable, DetailWords.english(description).printable) }
}

extension CheckpointError: WordedError {
    package var words: Bilingual { Bilingual(DetailWords.french(description).printable, DetailWords.english(description).printable) }
}

extension OpenSSLError: WordedError {
    package var words: Bilingual { Bilingual(DetailWords.french(description).printable, DetailWords.english(description).printable) }
}

extension PublicFileFault: WordedError {
    package var words: Bilingual { SystemWords.words(path, code) }
}

extension LinkKeyringError: WordedError {
    package var words: Bilingual {
        let french =
            switch self {
            case .empty:
                "aucune clé de liens : le fichier doit en contenir au moins une (reprenez-le d'une sauvegarde ; un fichier neuf annulerait tous les liens envoyés)"
            case .sameID: "deux clés de liens ont le même numéro : retirez celle qui a été ajoutée par erreur"
            case .secretSize(let count): "le secret d'une clé de liens a 32 octets, et non \(count)"
            case .full:
                "256 clés de liens sont déjà gardées : retirez les plus anciennes lignes, dont les liens sont périmés, puis recommencez"
            case .line(let number, let fault): "ligne \(number) : " + Self.french(fault)
            }
        return Bilingual(french, description)
    }

    private static func french(_ fault: LineFault) -> String {
        switch fault {
        case .fields: "il faut trois champs : numéro, date de création, secret"
        case .id: "le numéro doit être entre 0 et 255"
        case .date: "la date de création doit s'écrire comme 2026-11-02T08:30:00Z"
        case .secret: "le secret doit avoir 43 caractères de base64url (32 octets)"
        }
    }
}

extension ProofExportError: WordedError {
    package var words: Bilingual {
        switch self {
        case .nothingRecorded(.document(let hash)):
            Bilingual(
                "Le registre n'a rien sur ce document (SHA-256 \(hash)) : il n'a jamais été déposé, ou pas sous cette forme exacte.",
                "The register has nothing about this document (SHA-256 \(hash)): it was never dropped, or not in exactly this form.")
        case .nothingRecorded(.convocation(let id)):
            Bilingual(
                "Le registre n'a rien sur la convocation \(id), ou ses inscriptions ont été effacées (numéros : « appariteur sittings status ID --json »).",
                "The register has nothing about convocation \(id), or its entries were erased (numbers: `appariteur sittings status ID --json`)."
            )
        case .nothingRecorded(.sitting(let id)), .nothingRecorded(.unnamedConvocation(let id)):
            Bilingual("Le registre n'a rien sur la séance « \(id) ».", "The register has nothing about sitting “\(id)”.")
        case .notYetSigned:
            Bilingual(
                "Ces inscriptions ne sont pas encore couvertes par un état signé du registre : recommencez dans un instant, le service étant en marche.",
                "These entries are not under a signed checkpoint yet: try again in a moment, with the service running.")
        case .confidential(let hash):
            Bilingual(
                "Le document (SHA-256 \(hash)) est confidentiel : il n'y en a pas d'édition du citoyen. Prenez --edition clerk.",
                "The document (SHA-256 \(hash)) is confidential: there is no citizen's edition of it. Use --edition clerk.")
        case .noMemberNamed:
            Bilingual(
                "L'édition de l'élu porte sur une convocation : donnez --convocation, ou --sitting avec --member.",
                "A member's edition is about one convocation: give --convocation, or --sitting with --member.")
        case .incompleteAnchor(let size):
            Bilingual(
                "Le dossier du registre n'a plus anchors/\(size)/checkpoint ou body : reprenez-les d'une sauvegarde ; « appariteur ledger audit » dit ce qui manque.",
                "The ledger's folder has lost anchors/\(size)/checkpoint or body: restore them from a backup; `appariteur ledger audit` says what is missing."
            )
        }
    }
}

extension ExportedProof.Warning {
    package var words: Bilingual {
        switch self {
        case .notYetSigned(let count):
            Bilingual(
                count == 1
                    ? "À savoir : 1 inscription trop récente n'est pas dans la preuve ; refaites-la dans un instant pour l'avoir."
                    : "À savoir : \(count) inscriptions trop récentes ne sont pas dans la preuve ; refaites-la dans un instant pour les avoir.",
                count == 1
                    ? "Note: 1 entry is too recent and not in the proof; make it again in a moment to have it."
                    : "Note: \(count) entries are too recent and not in the proof; make it again in a moment to have them.")
        case .cosignedUnusable(let why):
            Bilingual(
                "À savoir : ledger/cosigned n'est pas un point de contrôle de ce registre (\(DetailWords.french(why).printable)) : la preuve est sans lui. « appariteur ledger audit » dit ce qui est à réparer.",
                "Note: ledger/cosigned is no checkpoint of this register (\(DetailWords.english(why).printable)): the proof is without it. `appariteur ledger audit` says what to mend."
            )
        case .headerUnusable(let file, let why):
            Bilingual(
                "À savoir : « \(file) » n'est pas dans la preuve (\(DetailWords.french(why).printable)). Elle tient sans cela.",
                "Note: “\(file)” is not in the proof (\(DetailWords.english(why).printable)). It holds without.")
        case .noBlocks(let why):
            Bilingual(
                "À savoir : pas d'en-têtes de blocs dans la preuve (\(why.french)). Elle tient sans cela.",
                "Note: no block headers in the proof (\(why.english)). It holds without.")
        case .receiptUncounted(let seq, let doubt):
            Bilingual(
                "Attention. " + ProofWords(.french).statement(.receiptUncounted(seq, doubt)).printable,
                "Beware. " + ProofWords(.english).statement(.receiptUncounted(seq, doubt)).printable)
        case .notSealed(let why):
            Bilingual(
                "À savoir : l'autorité d'horodatage n'a pas scellé ce fichier (\(DetailWords.french(why).printable)). La preuve tient sans cela ; refaites-la plus tard pour avoir le sceau.",
                "Note: the timestamp authority did not seal this file (\(DetailWords.english(why).printable)). The proof holds without; make it again later to have the seal."
            )
        }
    }
}

extension CompositionError: WordedError {
    package var words: Bilingual {
        switch self {
        case .noAddress(let id):
            Bilingual(
                "L'élu \(id) est à convoquer par courriel et n'a pas d'adresse : complétez membres.csv.",
                "Member \(id) is to be convened by e-mail and has no address: complete membres.csv.")
        case .template(let error):
            Bilingual(
                "Modèle : \(error) (« appariteur check » dit ce qui est à corriger).",
                "Template: \(error) (`appariteur check` says what to mend).")
        case .sender(let id):
            Bilingual(
                "mail.envelopeSender est trop long pour porter le numéro de la convocation \(id) : donnez-lui une adresse plus courte.",
                "mail.envelopeSender is too long to carry the number of convocation \(id): give it a shorter address.")
        case .noLink(let id):
            Bilingual(
                "La convocation \(id) n'a plus de lien à rappeler : il a été annulé.",
                "Convocation \(id) has no link left to remind of: it was made void.")
        case .noAmendment(let id):
            Bilingual(
                "L'additif à annoncer à la convocation \(id) ne se trouve plus dans la base.",
                "The supplement to tell convocation \(id) of is no longer in the database.")
        case .document(let error):
            Bilingual("La convocation n'est pas partie sans sa pièce jointe. ", "The convocation was not sent without its attachment. ")
                + error.words
        case .signing(let fault): Bilingual("Message non signé, donc non parti : ", "Message not signed, so not sent: ") + fault.words
        }
    }
}
