import Council
import Foundation

extension ProofWords {
    package func statement(_ statement: ProofReport.Statement) -> String {
        if let words = evidence(statement) { return words }
        return switch statement.standing {
        case .warning: warning(statement)
        case .proven: proven(statement)
        case .claimed: claimed(statement)
        case .advice: advice(statement)
        }
    }

    private func warning(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .instructionsDiffer(let names):
            pick(
                "Ces modes d'emploi manquent ou ne sont pas ceux de cette version du programme : \(names.joined(separator: ", ")). Ne les suivez pas sans les comparer.",
                "These instructions are missing, or not those of this version of the program: \(names.joined(separator: ", ")). Don't follow them without comparing."
            )
        case .pageDiffers:
            pick(
                "La page VERIFIER.html de ce fichier n'est pas celle de cette version du programme : d'une autre version, ou trafiquée. Ne croyez pas ce qu'elle affiche ; servez-vous de cette commande, ou de la page /preuve du site de la collectivité.",
                "The page VERIFIER.html in this file is not the one that this version of the program makes: another version's, or doctored. Don't trust what it shows; use this command, or the page /preuve of the authority's site."
            )
        case .receiptUncounted(let seq, let doubt): uncounted(seq, doubt)
        case .receiptsClosed(let seqs): closedReceipts(seqs)
        case .timesRunBack, .olderThanStamp, .newerThanStamp: clock(statement)
        default: ""
        }
    }

    private func proven(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .included(let count):
            pick(
                "\(count) inscription\(count > 1 ? "s figurent" : " figure") au registre, sous un état du registre signé de sa clé.",
                "\(count) entr\(count == 1 ? "y is" : "ies are") in the register, under a state of it signed with its key.")
        case .opened(let count):
            pick(
                "Le contenu de \(count) inscription\(count > 1 ? "s" : "") est celui qui a été inscrit.",
                "The content of \(count) entr\(count == 1 ? "y" : "ies") is the one that was recorded.")
        case .keyMatches:
            pick("La clé du registre est celle que vous avez donnée.", "The register's key is the one you gave.")
        case .documentMatches(let hash):
            pick(
                "Le document donné est bien celui inscrit (SHA-256 \(hash.hex)).",
                "The given document is the one recorded (SHA-256 \(hash.hex)).")
        case .timestamped(let size, _, let signer, let at):
            pick(
                "L'état du registre à \(size) inscription\(size > 1 ? "s" : "") existait le \(instant(at)), selon « \(signer) », autorité d'horodatage à laquelle vous faites confiance.",
                "The register's state of \(size) entr\(size == 1 ? "y" : "ies") existed on \(instant(at)), says “\(signer)”, a timestamp authority that you trust."
            )
        case .timestampRenewed(let size, _, let count, let until):
            pick(
                "Le certificat de cet horodatage (\(size) inscription\(size > 1 ? "s" : "")) a expiré depuis ; \(count == 1 ? "un renouvellement fait" : "\(count) renouvellements faits") à temps le prolonge\(count == 1 ? "" : "nt") jusqu'au \(instant(until)).",
                "That timestamp's certificate (\(size) entr\(size == 1 ? "y" : "ies")) has expired since; \(count == 1 ? "a renewal made in time carries" : "\(count) renewals made in time carry") it to \(instant(until))."
            )
        case .sealed(let signer, let at):
            pick(
                "Ce fichier même existait le \(instant(at)), selon « \(signer) », autorité d'horodatage à laquelle vous faites confiance.",
                "This very file existed on \(instant(at)), says “\(signer)”, a timestamp authority that you trust.")
        case .blockConfirmed(let size, let height, _, let network, let minedAt, let origin):
            pick(
                "L'état à \(size) inscription\(size > 1 ? "s" : "") est dans le bloc \(height) de \(named(network)), daté par son mineur du \(instant(minedAt)) (à deux heures près ; \(source(origin))).",
                "The state of \(size) entr\(size == 1 ? "y" : "ies") is confirmed by block \(height) of \(named(network)), mined at \(instant(minedAt)) as its miner wrote it (to within two hours; \(source(origin)))."
            )
        default: ""
        }
    }

    func named(_ network: ChainNetwork?) -> String {
        network.map { pick($0.words.french, $0.words.english) }
            ?? pick("la chaîne que donne le fichier, sans dire son réseau", "the chain in the file, which doesn't name its network")
    }

    private func source(_ origin: KnownBlocks.Origin) -> String {
        switch origin {
        case .node: pick("en-tête du nœud interrogé", "header of the node asked")
        case .file: pick("en-tête du fichier donné", "header in the file given")
        }
    }

    private func claimed(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .keyFromFile:
            pick("La clé du registre est celle jointe à ce fichier.", "The register's key is the one in this file.")
        case .timestampedByOwnRoot(let size, _, let signer, let at):
            pick(
                "L'état du registre à \(size) inscription\(size > 1 ? "s" : "") existait le \(instant(at)), selon « \(signer) » ; le certificat racine est celui joint à ce fichier.",
                "The register's state of \(size) entr\(size == 1 ? "y" : "ies") existed on \(instant(at)), says “\(signer)”; the root certificate is the one in this file."
            )
        case .sealedByOwnRoot(let signer, let at):
            pick(
                "Ce fichier même existait le \(instant(at)), selon « \(signer) » ; le certificat racine est celui joint à ce fichier.",
                "This very file existed on \(instant(at)), says “\(signer)”; the root certificate is the one in this file.")
        case .timestampUnchecked(let size, let authority, let why):
            pick(
                "Un horodatage de « \(authority) » porte sur l'état à \(size) inscription\(size > 1 ? "s" : "") ; il n'a pas pu être vérifié (\(detail(why))).",
                "A timestamp by “\(authority)” is over the state of \(size) entr\(size == 1 ? "y" : "ies"); it couldn't be checked (\(detail(why)))."
            )
        case .sealUnchecked(let why):
            pick(
                "L'horodatage de ce fichier n'a pas pu être vérifié (\(detail(why))).",
                "The timestamp over this file couldn't be checked (\(detail(why)))."
            )
        case .timestampExpired, .sealExpired, .timestampRevoked: ended(statement)
        case .stampedLate: clock(statement)
        case .block(let size, let height, let root):
            pick(
                "L'état à \(size) inscription\(size > 1 ? "s" : "") est dans le bloc Bitcoin \(height), si sa racine de Merkle est \(root).",
                "The state of \(size) entr\(size == 1 ? "y" : "ies") is in Bitcoin's block \(height), if its merkle root is \(root).")
        case .blockUnknown(let height, let origin):
            origin == .node
                ? pick(
                    "Le nœud interrogé n'a pas, ou pas encore, de bloc \(height).", "The node asked has no block \(height), or not yet.")
                : pick(
                    "Le fichier donné n'a pas l'en-tête du bloc \(height).", "The file given doesn't have the header of block \(height).")
        case .calendarPending(let size, let calendar):
            pick(
                "Le calendrier \(calendar) dit avoir l'état à \(size) inscription\(size > 1 ? "s" : "") et n'a pas encore atteint de bloc.",
                "The calendar \(calendar) says that it has the state of \(size) entr\(size == 1 ? "y" : "ies"); it hasn't reached a block yet."
            )
        case .notAnchored(let size):
            pick(
                "Rien d'extérieur n'atteste encore l'état du registre à \(size) inscription\(size > 1 ? "s" : "").",
                "Nothing outside attests the register's state of \(size) entr\(size == 1 ? "y" : "ies") yet.")
        case .closed(let count):
            pick(
                "\(count) inscription\(count > 1 ? "s restent fermées : leur" : " reste fermée : son") contenu n'est pas communiqué, ou il a été effacé.",
                "\(count) entr\(count == 1 ? "y stays" : "ies stay") closed: the content is withheld, or was erased.")
        case .groupingClaimed:
            pick(
                "Que les inscriptions fermées soient d'une même convocation, et non de plusieurs personnes, seul qui a fait ce fichier le dit : elles ne disent pas de qui elles sont.",
                "That the closed entries are all one convocation's, not several persons', only whoever made this file says: they don't tell whose they are."
            )
        case .clockIsAuthoritys:
            pick(
                "Les heures écrites dans les inscriptions sont celles de l'horloge de la collectivité.",
                "The times written in the entries are those of the authority's clock.")
        case .choiceIsMakers:
            pick(
                "Les inscriptions ont été choisies par qui a fait ce fichier : d'autres, plus récentes, peuvent exister.",
                "The entries were chosen by whoever made this file: later ones may exist.")
        case .instructionsUnsealed:
            pick(
                "Rien ne couvre les modes d'emploi du fichier (LISEZMOI, README, VERIFIER.html) : le fichier n'est pas scellé.",
                "Nothing covers the file's instructions (LISEZMOI, README, VERIFIER.html): the file is not sealed.")
        default: ""
        }
    }

    private func advice(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .giveKey:
            pick(
                "donnez la clé du registre obtenue par ailleurs (page publique, procès-verbal) : --log-key",
                "give the register's key as you got it elsewhere (public page, minutes): --log-key")
        case .giveDocument:
            pick(
                "donnez le document, pour vérifier que c'est bien lui : --document",
                "give the document, to check that it is this one: --document")
        case .giveRoots:
            pick(
                "vérifiez le certificat racine de l'autorité d'horodatage (liste de confiance européenne), ou donnez le vôtre : --timestamp-ca",
                "check the timestamp authority's root certificate (European trusted list), or give your own: --timestamp-ca")
        case .checkBlock(let height, let root):
            pick(
                "comparez la racine de Merkle du bloc Bitcoin \(height), sur un explorateur, avec \(root) ; ou donnez un nœud (--node) ou des en-têtes (--block-headers)",
                "compare the merkle root of Bitcoin's block \(height), on an explorer, with \(root); or give a node (--node) or headers (--block-headers)"
            )
        case .askAgainLater:
            pick(
                "redemandez une preuve plus tard : l'attestation extérieure est en cours",
                "ask for a proof again later: the outside attestation is under way")
        default: ""
        }
    }
}
