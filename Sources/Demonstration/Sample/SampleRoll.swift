import Council
import Foundation

/// Forty invented people, as a clerk's spreadsheet lists them.
enum SampleRoll {
    struct Person: Sendable {
        let civility: String
        let given: String
        let family: String
        let town: String
        var bodies = "conseil"
        var onPaper = false
        var language = "fr"
        var hasAddress = true
    }

    /// The spreadsheet as French Excel saves it (“CSV, séparateur : point-virgule”): semicolons, CRLF, Windows-1252.
    static func bytes() -> [UInt8] {
        let header = ["Civilité", "Nom", "Prénom", "Courriel", "Instances", "Mode", "Langue"]
        let lines = [header] + people.map(line)
        let text = lines.map { $0.joined(separator: ";") + "\r\n" }.joined()
        return text.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar in
            String(scalar).data(using: .windowsCP1252)?.first ?? UInt8(ascii: "?")
        }
    }

    private static func line(_ person: Person) -> [String] {
        let address = "\(Spelling.slug(person.given)).\(Spelling.slug(person.family))@\(person.town).example"
        return [
            person.civility, person.family, person.given, person.hasAddress ? address : "", person.bodies,
            person.onPaper ? "papier" : "électronique", person.language,
        ]
    }

    private static func m(_ given: String, _ family: String, _ town: String) -> Person {
        Person(civility: "M.", given: given, family: family, town: town)
    }

    private static func mme(_ given: String, _ family: String, _ town: String) -> Person {
        Person(civility: "Mme", given: given, family: family, town: town)
    }

    static let people: [Person] = {
        var people = [
            mme("Éloïse", "Le Goff", "valmoree"), m("Jean-François", "Delaunay", "valmoree"), mme("Zoé", "Bérenger", "saint-aubin"),
            m("Loïc", "Kervella", "pont-lie"), mme("Anaïs", "Ménard", "valmoree"), m("Gaël", "Prigent", "la-chesnaie"),
            mme("Françoise", "D'Hauteville", "saint-aubin"), m("Rémi", "Castagné", "trois-moulins"), mme("Inès", "Belkacem", "valmoree"),
            m("Benoît", "Hervé", "pont-lie"), mme("Hélène", "Thévenot", "cormeray"), m("Mickaël", "Lefèvre", "valmoree"),
            mme("Noémie", "Garçon", "la-chesnaie"), m("Stéphane", "Açaoui", "trois-moulins"), mme("Clémence", "Du Plessis", "cormeray"),
            m("Thaddée", "Nœuvéglise", "saint-aubin"), mme("Léa", "Maëstri", "valmoree"), m("Frédéric", "Vasseur", "pont-lie"),
            mme("Maïwenn", "Le Bihan", "la-chesnaie"), m("Jérôme", "Château", "trois-moulins"), mme("Aurélie", "Sébillotte", "valmoree"),
            m("André", "Lacoste", "cormeray"), mme("Cécile", "Rochefort", "saint-aubin"), m("Mathéo", "Guérin", "valmoree"),
            mme("Solène", "Quéré", "pont-lie"), m("Étienne", "Marchand", "la-chesnaie"), mme("Fatoumata", "Diakité", "valmoree"),
            m("Raphaël", "Bénichou", "trois-moulins"), mme("Pénélope", "Aubry", "cormeray"), m("Sébastien", "Grâce", "saint-aubin"),
            mme("Siobhán", "O'Connell", "valmoree"), m("Théo", "Fontanel", "pont-lie"), mme("Geneviève", "Lemaître", "la-chesnaie"),
            m("Joël", "Pérez", "trois-moulins"), mme("Marie-Thérèse", "Poupard", "cormeray"), m("Désiré", "Foulon", "saint-aubin"),
            mme("Océane", "Tréhin", "valmoree"), m("Hervé", "Saint-Léger", "pont-lie"), mme("Angèle", "Brûlé", "la-chesnaie"),
            m("Côme", "Rivoire", "trois-moulins"),
        ]
        for index in people.indices {
            if index % 5 == 0 { people[index].bodies = "conseil, bureau" }
            if people[index].given == "Siobhán" { people[index].language = "en" }
            // Two asked for paper; one of them has no address at all.
            if people[index].given == "Geneviève" { people[index].onPaper = true }
            if people[index].given == "Désiré" {
                people[index].onPaper = true
                people[index].hasAddress = false
            }
        }
        return people
    }()
}
