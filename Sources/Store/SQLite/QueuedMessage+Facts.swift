import Ledger

extension LetterKind {
    /// Nil: a message of that kind is no letter.
    init?(_ kind: MessageKind) {
        guard let known = Self.allCases.first(where: { $0.messageKind == kind }) else { return nil }
        self = known
    }
}

extension FactType {
    /// What a step of a convocation is called when a letter takes it. Nil: of a letter it is not journalled.
    var ofLetter: FactType? {
        switch self {
        case .convocationRelayed: .letterRelayed
        case .convocationRepeated: .letterRepeated
        case .convocationFailed: .letterFailed
        case .letterWithdrawn: .letterWithdrawn
        default: nil
        }
    }
}

extension DeliveryOutcome.Transport {
    /// As the journal says it.
    var facts: [String: JSON] {
        var facts: [String: JSON] = ["helo": .string(helloName), "reportsAsked": .bool(reportsAsked)]
        facts["tls"] = tls.map(JSON.string) ?? .null
        if let cipher { facts["cipher"] = .string(cipher) }
        return facts
    }
}
