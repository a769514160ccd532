import Council

/// The columns of the roll and of the list of copies, in any order, by their header.
enum RollColumn: String, CaseIterable {
    case civility, familyName, givenName, email, commune, bodies, service, language

    /// As the messages and LISEZ-MOI.txt name it.
    var title: String {
        switch self {
        case .civility: "civilité"
        case .familyName: "nom"
        case .givenName: "prénom"
        case .email: "courriel"
        case .commune: "commune"
        case .bodies: "instances"
        case .service: "mode"
        case .language: "langue"
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
        case .commune: ["communes", "ville", "mairie", "commune membre", "municipality", "town"]
        case .bodies: ["instance", "body", "bodies"]
        case .service: ["modes", "mode d'envoi", "mode de convocation", "envoi", "delivery"]
        case .language: ["langues", "language"]
        }
    }

    static func named(_ header: String, among columns: [RollColumn]) -> RollColumn? {
        let wanted = Spelling.folded(header)
        return columns.first { Spelling.folded($0.title) == wanted || $0.aliases.contains(wanted) }
    }

    static func near(_ header: String, among columns: [RollColumn]) -> String? {
        let all = columns.flatMap { column in ([Spelling.folded(column.title)] + column.aliases).map { ($0, column.title) } }
        guard let found = Likeness.nearest(to: Spelling.folded(header), among: all.map(\.0)) else { return nil }
        return all.first { $0.0 == found }?.1
    }
}

/// Which columns a list has, and which of them it can't do without.
struct RollLayout {
    let columns: [RollColumn]
    let required: Set<RollColumn>

    /// `membres.csv`
    static let roll = RollLayout(
        columns: [.civility, .familyName, .givenName, .email, .bodies, .service, .language],
        required: [.familyName, .givenName, .email, .bodies])

    /// `copies.csv`
    static let copies = RollLayout(
        columns: [.civility, .familyName, .givenName, .email, .commune, .bodies, .language],
        required: [.familyName, .givenName, .email, .commune])
}
