/// Why a message came back, as far as a clerk can act on it.
package enum BounceReason: String, Hashable, Sendable, Codable, CaseIterable {
    case addressUnknown
    case domainUnknown
    case mailboxFull
    case mailboxClosed
    case tooLarge
    /// Held for spam, for a virus or against a rule of that server.
    case refusedByRule
    /// The servers tried for days.
    case expired
    case loop
    case other

    /// From an enhanced status code (RFC 3463, registered by RFC 5248) and the words beside it. The code comes first; the words
    /// decide where it says little (`5.0.0`, `5.5.0`, none).
    package init(status: String?, text: String) {
        let numbers = (status ?? "").split(separator: ".").map { Int($0) ?? -1 }
        let byCode = numbers.count == 3 ? Self.byCode(class: numbers[0], subject: numbers[1], detail: numbers[2]) : nil
        self = byCode ?? Self.byWords(text) ?? .other
    }

    private static func byCode(class kind: Int, subject: Int, detail: Int) -> BounceReason? {
        switch (subject, detail) {
        case (1, 1), (1, 3), (1, 6), (1, 10): .addressUnknown
        case (1, 2), (4, 4): .domainUnknown
        case (2, 1): .mailboxClosed
        case (2, 2): .mailboxFull
        case (2, 3), (3, 4): .tooLarge
        case (4, 6): .loop
        case (4, 7): .expired
        case (4, 1), (4, 2), (4, 3): kind == 4 ? .expired : nil
        case (7, _): .refusedByRule
        default: nil
        }
    }

    private static let words: [(BounceReason, [String])] = [
        (
            .mailboxFull,
            [
                "mailbox full", "mailbox is full", "over quota", "quota exceeded", "exceeded storage", "boîte pleine", "boite pleine",
                "est pleine",
            ]
        ),
        (.tooLarge, ["too large", "size limit", "message size exceeds", "trop volumineux", "dépasse la taille"]),
        (
            .domainUnknown,
            [
                "host not found", "domain not found", "unrouteable mail domain", "name service error", "no such domain", "dns error",
                "domaine introuvable", "domaine inconnu",
            ]
        ),
        (
            .addressUnknown,
            [
                "user unknown", "unknown user", "no such user", "does not exist", "doesn't exist", "recipient not found", "no mailbox here",
                "unrouteable address", "invalid recipient", "address not found", "wasn't found", "couldn't be found", "address rejected",
                "unknown recipient", "no such recipient", "n'existe pas", "inconnu", "introuvable",
                "adresse d'au moins un destinataire invalide",
                "invalid mailbox",
            ]
        ),
        (.mailboxClosed, ["account disabled", "mailbox disabled", "inactive", "account is closed", "désactivé", "suspendu"]),
        (.refusedByRule, ["spam", "blocked", "blacklist", "policy", "virus", "not authorized", "access denied", "refusé pour raison"]),
        (.loop, ["too many hops", "mail loop", "loops back"]),
        (.expired, ["retry timeout exceeded", "message expired", "delivery time expired", "timed out", "délai dépassé", "délai expiré"]),
    ]

    private static func byWords(_ text: String) -> BounceReason? {
        let plain = text.lowercased().replacing("’", with: "'")
        return words.first { $0.1.contains { plain.contains($0) } }?.0
    }

    package var words: Bilingual {
        switch self {
        case .addressUnknown: Bilingual("cette adresse n’existe pas (ou plus)", "this address does not exist (any more)")
        case .domainUnknown: Bilingual("le domaine de cette adresse n’existe pas", "the address’s domain does not exist")
        case .mailboxFull: Bilingual("la boîte est pleine", "the mailbox is full")
        case .mailboxClosed: Bilingual("la boîte est fermée ou désactivée", "the mailbox is closed or disabled")
        case .tooLarge: Bilingual("le message est trop gros pour cette boîte", "the message is too large for this mailbox")
        case .refusedByRule:
            Bilingual(
                "le serveur du destinataire l’a refusé (courrier indésirable, règle)", "the recipient’s server refused it (spam, a rule)")
        case .expired: Bilingual("le serveur du destinataire n’a pas répondu à temps", "the recipient’s server did not answer in time")
        case .loop: Bilingual("le message tournait en rond entre des serveurs", "the message went round between servers")
        case .other: Bilingual("non remis, sans raison claire", "not delivered, for no clear reason")
        }
    }
}
