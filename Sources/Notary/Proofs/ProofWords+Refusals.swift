import Council
import Foundation

extension ProofWords {
    /// Why a file is refused, in one sentence.
    package func refusal(_ refusal: ProofRefusal) -> String {
        pick("Cette preuve est refusée : ", "This proof is refused: ") + (evidenceRefusal(refusal) ?? reason(refusal))
    }

    private func reason(_ refusal: ProofRefusal) -> String {
        switch refusal {
        case .archive(let fault):
            pick("le fichier n'est pas une preuve intacte (\(archive(fault))).", "the file is no intact proof (\(archive(fault))).")
        case .missingFile(let name): pick("il manque « \(name) ».", "“\(name)” is missing.")
        case .unexpectedFile(let name):
            pick("« \(name) » n'a rien à y faire : il a été ajouté.", "“\(name)” doesn't belong there: it was added.")
        case .malformed(let file, let why): pick("« \(file) » est incorrect (\(detail(why))).", "“\(file)” is wrong (\(detail(why))).")
        case .otherKey(let given, let found):
            pick("elle est d'un autre registre : clé \(found), et non \(given).", "it is of another register: key \(found), not \(given).")
        case .badCheckpoint(let size, let why):
            pick(
                "l'état du registre à \(size) inscription\(size > 1 ? "s" : "") n'est pas valable (\(detail(why))).",
                "the register's state of \(size) entr\(size == 1 ? "y" : "ies") isn't valid (\(detail(why))).")
        case .otherBody(let size):
            pick(
                "le texte horodaté n'est pas celui de l'état à \(size) inscription\(size > 1 ? "s" : "").",
                "the text that was stamped is not that of the state of \(size) entr\(size == 1 ? "y" : "ies").")
        case .notIncluded(let seq, let why):
            pick(
                "l'inscription \(seq) n'est pas dans ce registre à cette place (\(detail(why))).",
                "entry \(seq) is not in this register at this place (\(detail(why))).")
        case .badLeaf(let seq, let why):
            pick("l'inscription \(seq) est incorrecte (\(detail(why))).", "entry \(seq) is wrong (\(detail(why))).")
        case .badOpening(let seq, let why):
            pick(
                "le contenu de l'inscription \(seq) a été altéré (\(detail(why))).",
                "the content of entry \(seq) was altered (\(detail(why))).")
        case .otherSubject(let seq):
            pick("l'inscription \(seq) ne concerne pas l'objet de la preuve.", "entry \(seq) is not about the proof's subject.")
        case .otherDocument(let proven, let given):
            pick(
                "le document donné n'est pas le bon : il a pour SHA-256 \(given.hex), la preuve porte sur \(proven.hex).",
                "the given document is another one: its SHA-256 is \(given.hex), the proof is about \(proven.hex).")
        case .notAboutDocument:
            pick(
                "un document a été donné, mais la preuve ne porte pas sur un document.",
                "a document was given, but the proof is not about a document.")
        case .badAnchor(let file, let why):
            pick("« \(file) » n'atteste pas cet état (\(detail(why))).", "“\(file)” doesn't attest this state (\(detail(why))).")
        case .otherBlock(let height, let network, let found, let claimed):
            pick(
                "le bloc \(height) de \(named(network)) a pour racine de Merkle \(found), et la preuve mène à \(claimed) : elle n'est pas dans ce bloc (ou elle est d'un autre réseau).",
                "block \(height) of \(named(network)) has the merkle root \(found), and the proof leads to \(claimed): it is not in that block (or it is of another network)."
            )
        case .manifestDiffers:
            pick(
                "la liste horodatée des fichiers ne correspond pas aux fichiers : l'un a été altéré, ajouté ou retiré.",
                "the stamped list of files doesn't match the files: one was altered, added or taken away.")
        case .twoStates, .badCosignature, .tooFewWitnesses, .beyondEdition, .closedEntry, .noSitting: ""
        }
    }
}
