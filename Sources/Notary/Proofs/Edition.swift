package import Council
import Store

/// Whom a proof is made for: which commitments it opens. What each opens stands in Formats.md, and is kept to by `ProofExporter` and
/// checked by `ProofVerifier`.
package enum Edition: String, Hashable, Sendable, CaseIterable {
    /// The authority's: every entry that still can be is opened, names, addresses and exact times included.
    case clerk
    /// One member's: the sitting's own entries, and those of that member's convocation. No other member's entry is in it, not even closed.
    case member
    /// Anyone's: nothing personal. Entries as the public ledger has them; opened is only what names a document to the public already.
    case citizen

    /// For whom it is, and what that means.
    package var words: Bilingual {
        switch self {
        case .clerk:
            Bilingual(
                "édition du secrétariat : tout ce qui peut encore l'être est ouvert, noms, adresses et heures exactes ; à ne montrer qu'à qui peut les lire",
                "the clerk's edition: all that still can be is opened, names, addresses and exact times; to be shown only to those who may read them"
            )
        case .member:
            Bilingual(
                "édition de l'élu : la séance, et ce qui concerne cet élu seul ; rien d'aucun autre",
                "the member's edition: the sitting, and what concerns this member alone; nothing of any other")
        case .citizen:
            Bilingual(
                "édition du citoyen : aucune donnée personnelle ; seuls les documents publics sont ouverts, le reste est compté",
                "the citizen's edition: no personal data; only public documents are opened, the rest is counted")
        }
    }

    /// Whether it may open this entry. (That a member's are one and the same member's is the subject's affair.)
    func opens(_ type: FactType, namesDocument: Bool) -> Bool { self != .citizen || type == .documentReceived && namesDocument }
}

extension FactType {
    /// A sitting's own, not one member's.
    static let sittingsOwn = Set(allCases.filter { !$0.concernsMember })
}
