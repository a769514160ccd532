import Council
import Foundation
import Store

/// Witnesses, counts, and blocks' headers.
extension ProofWords {
    /// Nil: a statement about something else.
    func evidence(_ statement: ProofReport.Statement) -> String? {
        switch statement {
        case .cosigned(let size, let witness, let since):
            pick(
                "L'état du registre à \(size) inscription\(size > 1 ? "s" : "") est cosigné par « \(witness) », témoin dont vous avez donné la clé, depuis le \(instant(since)) au plus tard.",
                "The register's state of \(size) entr\(size == 1 ? "y" : "ies") is cosigned by “\(witness)”, a witness whose key you gave, since \(instant(since)) at the latest."
            )
        case .cosignatureUnchecked(let size, let witness):
            pick(
                "Une cosignature de « \(witness) » porte sur l'état à \(size) inscription\(size > 1 ? "s" : "") ; elle n'a pas été vérifiée, faute de la clé de ce témoin.",
                "A cosignature by “\(witness)” is on the state of \(size) entr\(size == 1 ? "y" : "ies"); it wasn't verified, for want of this witness's key."
            )
        case .counted(let counts): counted(counts)
        case .headerHolds(let size, let height, let block, let network, let minedAt, let workBits):
            header(size, height, block, network, minedAt, workBits)
        case .giveWitnesses(let names):
            pick(
                "donnez la clé des témoins, obtenue d'eux (\(names.joined(separator: ", "))) : --witness-key",
                "give the witnesses' keys, as you got them from them (\(names.joined(separator: ", "))): --witness-key")
        case .noWitness:
            pick(
                "aucun témoin n'a cosigné ces états : une preuve faite quand des témoins cosignent le registre se vérifie aussi avec leurs clés (--witness-key)",
                "no witness has cosigned these states: a proof made once witnesses cosign the register is checked with their keys, too (--witness-key)"
            )
        default: nil
        }
    }

    private func counted(_ counts: [FactType: Int]) -> String {
        let list = counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) × \(happening($0.key))" }
        return pick("Inscriptions par nature : ", "Entries by kind: ") + list.joined(separator: ", ") + "."
    }

    private func header(
        _ size: UInt64, _ height: UInt64, _ block: String, _ network: ChainNetwork?, _ minedAt: Date, _ workBits: Int
    ) -> String {
        let cheap = workBits < 64
        return pick(
            "Le fichier contient l'en-tête d'un bloc \(height) (\(block), \(said(network)), daté du \(instant(minedAt))) qui porte l'état à \(size) inscription\(size > 1 ? "s" : "") ; le fabriquer a demandé au moins 2^\(workBits) calculs\(cheap ? ", ce qui ne coûte presque rien" : ""). Que ce bloc soit dans la chaîne, seul un nœud le dit.",
            "The file holds the header of a block \(height) (\(block), \(said(network)), dated \(instant(minedAt))) that carries the state of \(size) entr\(size == 1 ? "y" : "ies"); making it took at least 2^\(workBits) hashes\(cheap ? ", which costs next to nothing" : ""). That this block is in the chain only a node can tell."
        )
    }

    private func said(_ network: ChainNetwork?) -> String {
        network.map { pick("réseau indiqué : \($0.words.french)", "network as stated: \($0.words.english)") }
            ?? pick("réseau non indiqué", "network not stated")
    }

    /// Refusals about them; nil: about something else.
    func evidenceRefusal(_ refusal: ProofRefusal) -> String? {
        switch refusal {
        case .twoStates(let size):
            pick(
                "elle contient deux états signés différents de \(size) inscription\(size > 1 ? "s" : "") : la clé a signé deux registres. Gardez ce fichier.",
                "it has two different signed states of \(size) entr\(size == 1 ? "y" : "ies"): the key has signed two registers. Keep this file."
            )
        case .badCosignature(let size, let witness):
            pick(
                "la cosignature de « \(witness) » sur l'état à \(size) inscription\(size > 1 ? "s" : "") est fausse.",
                "the cosignature by “\(witness)” on the state of \(size) entr\(size == 1 ? "y" : "ies") is wrong.")
        case .tooFewWitnesses(let seq, let found, let wanted):
            pick(
                "l'inscription \(seq) n'est pas couverte par assez de témoins : \(found) de ceux que vous avez donnés, et non \(wanted) (--witness-threshold).",
                "entry \(seq) is not covered by enough witnesses: \(found) of those you gave, not \(wanted) (--witness-threshold)."
            )
        case .beyondEdition(let seq, let edition):
            pick(
                "elle se dit « \(edition.words.french) », et ouvre pourtant l'inscription \(seq).",
                "it calls itself “\(edition.words.english)”, and yet opens entry \(seq).")
        case .closedEntry(let seq, let edition):
            pick(
                "elle se dit « \(edition.words.french) », et l'inscription \(seq) y est fermée : rien ne dit qu'elle est de cette convocation, et non de celle d'un autre.",
                "it calls itself “\(edition.words.english)”, and entry \(seq) is closed in it: nothing says that it is this convocation's, and not another person's."
            )
        case .noSitting:
            pick(
                "elle porte sur une convocation et n'a pas l'approbation de sa séance : ce qui a été décidé de la séance, une annulation par exemple, y manque. Demandez-en une autre.",
                "it is about a convocation and lacks the approval of its sitting: what was decided of the sitting, a cancellation for instance, is left out. Ask for another."
            )
        default: nil
        }
    }
}
