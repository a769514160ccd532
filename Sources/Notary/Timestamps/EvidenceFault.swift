package import Council

/// What is wrong with the files beside a timestamp.
package enum EvidenceFault: Error, Hashable, Sendable {
    case file(String, Why)
    /// A renewal's token.
    case token(String, TimestampError)

    var file: String {
        switch self {
        case .file(let name, _), .token(let name, _): name
        }
    }

    package enum Why: Error, Hashable, Sendable, CaseIterable {
        case chainUnreadable
        case chainBroken
        case chainOfAnother
        case listsUnreadable
        case listForeign
        case listUntimely
        case renewalUnreadable
        case renewalDiffers
        case renewalWithoutToken

        package var words: Bilingual {
            switch self {
            case .chainUnreadable:
                Bilingual(
                    "ce n'est pas une suite de certificats PEM sous sa forme unique", "it is not PEM of certificates in its one form")
            case .chainBroken:
                Bilingual("un de ses certificats n'est pas signé par le suivant", "a certificate in it is not signed by the next one")
            case .chainOfAnother:
                Bilingual(
                    "son premier certificat n'est pas celui qui a signé l'horodatage",
                    "its first certificate is not the one that signed the timestamp")
            case .listsUnreadable:
                Bilingual(
                    "ce n'est pas une suite de listes de révocation PEM sous sa forme unique",
                    "it is not PEM of revocation lists in its one form")
            case .listForeign:
                Bilingual(
                    "une de ses listes de révocation n'est pas celle d'une autorité de la chaîne, dans l'ordre",
                    "a revocation list in it is not that of an authority of the chain, in order")
            case .listUntimely:
                Bilingual(
                    "une de ses listes de révocation avait pris fin avant l'horodatage",
                    "a revocation list in it had ended before the timestamp's time")
            case .renewalUnreadable:
                Bilingual(
                    "ce n'est pas la liste des empreintes de ce qui est renouvelé, sous sa forme unique",
                    "it is not the list of hashes of what is renewed, in its one form")
            case .renewalDiffers:
                Bilingual(
                    "un fichier qu'elle nomme manque ou a une autre empreinte", "a file that it names is missing or has another hash")
            case .renewalWithoutToken:
                Bilingual("il manque le renouvellement d'avant, ou sa liste", "the renewal before it, or its list, is missing")
            }
        }
    }
}
