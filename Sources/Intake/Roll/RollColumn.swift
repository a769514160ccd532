import Council

/// The columns of the roll, in any order, by their header.
enum RollColumn: String, CaseIterable {
    case civility, familyName, givenName, email, bodies, service, language

    /// As the messages and LISEZ-MOI.txt name it.
    var title: String {
        switch self {
        case .civility: "civilité"
        case .familyName: "nom"
        case .givenName: "prénom"
        case .email: "courriel"
        case .bodies: "instances"
        case .service: "mode"
        case .language: "langue"
        }
    }

    var isRequired: Bool {
        switch self {
        case .familyName, .givenName, .email, .bodies: true
        case .civility, .service, .language: false
        }
    }

    /// Other headers for it, as `Spelling.folded` leaves them.
    private var aliases: [String] {
        switch self {
        case .civility: ["civ", "civ.", "civilites", "civility", "title"]
        case .familyName: ["noms", "nom de famille", "nom d'usage", "family name", "last name", "surname"]
        case .givenName: ["prenoms", "given name", "first name"]
        case .email:
            [
                "courriels", "email", "e mail", "mail", "mel", "adresse electronique", "adresse email", "adresse e mail",
                "adresse mail", "adresse courriel", "adresse de courriel", "adresse de messagerie",
            ]
        case .bodies: ["instance", "body", "bodies"]
        case .service: ["modes", "mode d'envoi", "mode de convocation", "envoi", "delivery"]
        case .language: ["langues", "language"]
        }
    }

    static func named(_ header: String) -> RollColumn? {
        let wanted = Spelling.folded(header)
        return allCases.first { Spelling.folded($0.title) == wanted || $0.aliases.contains(wanted) }
    }

    static func near(_ header: String) -> String? {
        let all = allCases.flatMap { column in ([Spelling.folded(column.title)] + column.aliases).map { ($0, column.title) } }
        guard let found = Likeness.nearest(to: Spelling.folded(header), among: all.map(\.0)) else { return nil }
        return all.first { $0.0 == found }?.1
    }
}
