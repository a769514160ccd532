package import Council
package import Templating

extension TemplateErrors: WordedError {
    package var words: Bilingual {
        Bilingual(
            mistakes.map { $0.words.french }.joined(separator: "\n"), mistakes.map { $0.words.english }.joined(separator: "\n"))
    }
}

extension TemplateMistake {
    package var words: Bilingual {
        let place = "\(file)\(line.map { ":\($0)" } ?? "")".printable
        return Bilingual("\(place) : \(problem.french)", description.printable)
    }
}

extension TemplateMistake.Problem {
    fileprivate var french: String {
        switch self {
        case .missingLanguageFolder: "cette langue n'a pas de dossier : créez-le, ou copiez celui que « appariteur init » écrit"
        case .missingFile: "ce modèle manque ; « appariteur init » dans un dossier vide en écrit un à copier"
        case .unreadable: "illisible : vérifiez que c'est un fichier, et ses droits"
        case .notUTF8: "n'est pas en UTF-8 ; enregistrez-le de nouveau avec ce codage"
        case .emptyFile: "est vide"
        case .declaredTwice: "deux parties du programme réclament ce modèle"
        case .unclosedTag: "une balise s'ouvre par {{ et ne se ferme jamais par }} (trois accolades se ferment par trois)"
        case .emptyTag: "une balise ne contient aucun nom"
        case .badName(let name): "« \(name.printable) » n'est pas un nom : lettres, chiffres, _ et -, séparés de points"
        case .unsupportedTag(let what): "\(Self.french(tag: what)) : ne peut pas servir ici"
        case .unknownName(let name, let known): "nom inconnu « \(name.printable) » ; connus ici : \(known.joined(separator: ", "))"
        case .wrongUse(let name, let advice): "« \(name.printable) » \(Self.french(advice: advice))"
        case .unclosedSection(let name): "{{#\(name)}} ou {{^\(name)}} n'est jamais fermé par {{/\(name)}}"
        case .strayClosing(let name, .some(let open)): "{{/\(name)}} ne ferme rien : c'est « \(open) » qui est ouvert ici"
        case .strayClosing(let name, nil): "{{/\(name)}} ne ferme rien : aucune section n'est ouverte ici"
        case .missingPartial(let name): "le modèle inclus « \(name.printable) » n'existe pas"
        case .badPartial(let name, let advice): "le modèle inclus « \(name.printable) » \(Self.french(advice: advice))"
        case .recursivePartial(let chain): "des modèles s'incluent sans fin : \(chain.joined(separator: " → "))"
        }
    }

    private static func french(tag: String) -> String {
        switch true {
        case tag.hasPrefix("a partial named"): "une inclusion nommée par une valeur ({{>*…}})"
        case tag.hasPrefix("a change of delimiters"): "un changement de délimiteurs ({{=…=}})"
        case tag.hasPrefix("a pragma"): "une directive ({{%…}}) ; c'est l'extension du fichier qui décide de l'échappement"
        case tag.hasPrefix("inheritance"): "l'héritage ({{<…}}, {{$…}}) ; utilisez une inclusion ({{>…}})"
        case tag.hasPrefix("a function "): "une fonction " + tag.dropFirst("a function ".count)
        default: tag
        }
    }

    private static func french(advice: String) -> String {
        // What to write, braces and all, stands at the end.
        let sample = advice.firstRange(of: "{{").map { String(advice[$0.lowerBound...]) } ?? ""
        return switch true {
        case advice.hasPrefix("is text from outside"):
            "est un texte venu de l'extérieur : trois accolades ou & le mettraient tel quel dans la page ; écrivez \(sample)"
        case advice.hasPrefix("is ready markup"): "est déjà du HTML ; écrivez \(sample)"
        case advice.hasPrefix("is HTML and can't"): "est du HTML et ne peut pas figurer dans un texte simple"
        case advice.hasPrefix("is a flag;"): "est un drapeau ; écrivez \(sample)"
        case advice.hasPrefix("is a list;"): "est une liste ; écrivez \(sample)"
        case advice.hasPrefix("is a group;"): "est un groupe ; nommez ce qu'il contient : \(sample)"
        case advice.hasPrefix("is a group that is always"): "est un groupe toujours présent : {{^…}} ne s'afficherait jamais"
        case advice.hasPrefix("can't be used: lists"): "ne peut pas servir : une liste contient des groupes ; nommez ce qu'il y a dedans"
        case advice.hasPrefix("goes through something"): "passe par quelque chose qui ne contient aucun nom"
        case advice.hasPrefix("is text: a section"): "est un texte : une section demande un drapeau, une liste ou un groupe"
        case advice.hasPrefix("must be a path inside"): "doit être un chemin dans le dossier de la langue"
        case advice.hasPrefix("has another kind of text"): "est d'une autre nature : le HTML inclut du HTML, le texte du texte"
        default: advice
        }
    }
}
