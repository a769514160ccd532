package import Council

/// States as lists show them; their identifiers stay in `--json`.
extension SittingState {
    package var words: Bilingual {
        switch self {
        case .draft: Bilingual("à approuver", "to approve")
        case .approved: Bilingual("approuvée", "approved")
        case .cancelled: Bilingual("annulée", "cancelled")
        }
    }
}

extension ConvocationState {
    package var words: Bilingual {
        switch self {
        case .composing: Bilingual("en préparation", "being made")
        case .queued: Bilingual("en cours d'envoi", "being sent")
        case .relayed: Bilingual("servie", "served")
        case .failed: Bilingual("non remise", "not delivered")
        case .paperDue: Bilingual("papier à remettre", "paper to serve")
        case .paperServed: Bilingual("remise sur papier", "served on paper")
        case .cancelled: Bilingual("annulée", "cancelled")
        }
    }
}

extension Grade {
    package var words: Bilingual {
        switch self {
        case .person: Bilingual("lien ouvert", "link opened")
        case .robot: Bilingual("robot probable", "likely a robot")
        case .confirmed: Bilingual("confirmé", "confirmed")
        }
    }
}

extension ServiceMode {
    package var words: Bilingual {
        switch self {
        case .electronic: Bilingual("courriel", "e-mail")
        case .paper: Bilingual("papier", "paper")
        }
    }
}
