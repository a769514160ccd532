import Council

/// Details of a refusal, in the reader's language. The parts that find them speak in short English phrases, for logs; a reader
/// of French gets the same from this table, and a phrase that isn't in it as it was found.
package enum DetailWords {
    package static func french(_ detail: String) -> String { translated(detail, depth: 0) { $0.french } }
    package static func english(_ detail: String) -> String { translated(detail, depth: 0) { $0.english ?? $0.pattern } }

    private static func translated(_ detail: String, depth: Int, _ words: (Phrase) -> String) -> String {
        guard depth < 4 else { return detail }
        for phrase in phrases {
            guard let parts = captures(phrase.pattern, in: detail) else { continue }
            var pieces = words(phrase).split(separator: "*", omittingEmptySubsequences: false).map(String.init)[...]
            var text = pieces.removeFirst()
            for (part, piece) in zip(parts, pieces) { text += translated(part, depth: depth + 1, words) + piece }
            return text
        }
        return detail
    }

    /// What stands for each `*` of `pattern` in `text`; nil when they don't match.
    private static func captures(_ pattern: String, in text: String) -> [String]? {
        var pieces = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)[...]
        let first = pieces.removeFirst()
        guard text.hasPrefix(first) else { return nil }
        var rest = text.dropFirst(first.count)
        guard let last = pieces.popLast() else { return rest.isEmpty ? [] : nil }
        guard rest.hasSuffix(last) else { return nil }
        rest = rest.dropLast(last.count)
        var found: [String] = []
        for piece in pieces {
            guard let range = rest.firstRange(of: piece) else { return nil }
            found.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return found + [String(rest)]
    }

    struct Phrase {
        let pattern: String
        let french: String
        /// Nil: the pattern itself is English that people read.
        let english: String?

        init(_ pattern: String, _ french: String, _ english: String? = nil) {
            self.pattern = pattern
            self.french = french
            self.english = english
        }
    }

    private static let phrases: [Phrase] =
        leaves + notes + anchors + archives + calendarProofs
        + EvidenceFault.Why.allCases.map { Phrase($0.words.english, $0.words.french) }

    private static let leaves = [
        Phrase("its note covers * entries, its row says *", "sa note couvre * inscriptions, sa ligne en dit *"),
        Phrase("The checkpoint in the database", "Le point de contrôle de la base"),
        Phrase("a checkpoint signed by *", "un point de contrôle signé par *"),
        Phrase("it is not JSON (*)", "ce n'est pas du JSON : *"),
        Phrase("it is not canonical JSON", "ce n'est pas du JSON canonique"),
        Phrase("it has a field that no leaf has", "elle a un champ qu'aucune inscription n'a"),
        Phrase("it is of another version than 1", "elle n'est pas de la version 1"),
        Phrase("seq or at is missing", "« seq » ou « at » manque"),
        Phrase("its type is unknown", "son type est inconnu"),
        Phrase("its commitment is not 32 bytes in hexadecimal", "son engagement n'est pas fait de 32 octets en hexadécimal"),
        Phrase("its document is not a SHA-256", "son document n'est pas un SHA-256"),
        Phrase("the opened content is about another entry", "le contenu ouvert est celui d'une autre inscription"),
        Phrase("the opened content names another sitting", "le contenu ouvert nomme une autre séance"),
        Phrase("the opened content names another document", "le contenu ouvert nomme un autre document"),
        Phrase("the opened content has another time", "le contenu ouvert porte une autre heure"),
        Phrase("it calls itself *", "elle se dit la n° *"),
        Phrase("the proof is about index *", "la preuve porte sur l'inscription *"),
        Phrase("the proof stands on another checkpoint than *", "la preuve repose sur un autre point de contrôle que *"),
        Phrase("key and content don't give the commitment in the leaf", "clé et contenu ne donnent pas l'engagement inscrit"),
        Phrase("it doesn't list the facts of a proof of version 1", "il n'énumère pas les faits d'une preuve de version 1"),
        Phrase(
            "a member's edition is about one convocation, and nothing else",
            "une édition de l'élu porte sur une convocation, et rien d'autre"),
        Phrase(
            "only a citizen's edition leaves out the number of its convocation",
            "seule une édition du citoyen omet le numéro de sa convocation"),
        Phrase("it has no entry of the convocation", "il n'y est aucune inscription de la convocation"),
        Phrase("a key is 64 hexadecimal digits and a newline", "une clé est faite de 64 chiffres hexadécimaux et d'un saut de ligne"),
        Phrase(
            "the archive doesn't begin with the media type of a proof", "l'archive ne commence pas par le type de fichier d'une preuve"),
        Phrase("endsTooSoon", "le texte est coupé", "it ends too soon"),
        Phrase("unexpected(offset: *)", "signe inattendu à l'octet *", "unexpected byte at *"),
        Phrase("trailingBytes(offset: *)", "texte en trop après l'octet *", "text follows byte *"),
        Phrase("tooDeep(offset: *)", "trop de niveaux à l'octet *", "nested too deep at byte *"),
    ]

    private static let notes = [
        Phrase("not a tlog-proof: *", "ce n'est pas une preuve « tlog-proof » : *"),
        Phrase("the entry's index lies beyond the checkpoint", "l'inscription vient après ce point de contrôle"),
        Phrase(
            "the path doesn't have as many hashes as this place in the tree needs",
            "le chemin n'a pas le nombre d'empreintes que cette place demande"),
        Phrase("the entry is not the one under the checkpoint", "l'inscription n'est pas celle que couvre le point de contrôle"),
        Phrase("not a checkpoint: *", "ce n'est pas un point de contrôle : *"),
        Phrase("a checkpoint of another ledger: *", "point de contrôle d'un autre registre : *"),
        Phrase("it is of size *", "il couvre * inscriptions"),
        Phrase("not a signed note: *", "ce n'est pas une note signée : *"),
        Phrase("not a note's key: *", "ce n'est pas une clé de registre : *", "not a register's key: *"),
        Phrase("no signature of a known key", "aucune signature d'une clé connue"),
        Phrase("the signature by * is wrong", "la signature de * est fausse"),
        Phrase("signing failed: *", "la signature a échoué : *"),
        Phrase("more than * bytes", "plus de * octets"),
        Phrase("more than * signatures", "plus de * signatures"),
        Phrase("it has a control character", "il y a un caractère de contrôle"),
        Phrase("it isn't UTF-8", "ce n'est pas de l'UTF-8"),
        Phrase("it doesn't end in a newline", "il manque le saut de ligne final"),
        Phrase("no blank line before the signatures", "il manque la ligne vide avant les signatures"),
        Phrase("no blank line before the checkpoint, or not UTF-8", "il manque la ligne vide avant le point de contrôle, ou l'UTF-8"),
        Phrase("the text can't be signed as it is", "ce texte ne peut pas être signé tel quel"),
        Phrase("a signature line is not “— name signature”", "une ligne de signature n'est pas « — nom signature »"),
        Phrase(
            "a signature line's name is empty or has a space or a +",
            "le nom d'une ligne de signature est vide ou contient une espace ou un +"),
        Phrase("a signature isn't base64 of five bytes or more", "une signature n'est pas faite d'au moins cinq octets en base64"),
        Phrase(
            "the origin is empty or has a space, a + or a control character",
            "le nom du registre est vide ou contient une espace, un + ou un caractère de contrôle"),
        Phrase("a root has 32 bytes, not *", "une racine a 32 octets, et non *"),
        Phrase("the root of no entries is SHA-256 of nothing", "la racine d'un registre vide est le SHA-256 de rien"),
        Phrase("three lines of UTF-8 are expected", "il faut trois lignes d'UTF-8"),
        Phrase(
            "three lines are expected: origin, size, root (no extension lines)", "il faut trois lignes : nom, taille, racine"),
        Phrase("the size is not a plain number", "la taille n'est pas un nombre"),
        Phrase("the root is not base64", "la racine n'est pas en base64"),
        Phrase(
            "the name “*” is empty or has a space, a + or a control character",
            "le nom « * » est vide ou contient une espace, un + ou un caractère de contrôle"),
        Phrase("an Ed25519 key has 32 bytes, not *", "une clé Ed25519 a 32 octets, et non *"),
        Phrase("name+id+key is expected", "il faut « nom+numéro+clé »", "“name+id+key” is expected"),
        Phrase("the key isn't base64", "la clé n'est pas en base64"),
        Phrase("only Ed25519 (type 1) is known, not type *", "seul Ed25519 (type 1) est connu, et non le type *"),
        Phrase("the id * is not this key's (*)", "le numéro * n'est pas celui de cette clé (*)"),
        Phrase("a seed has 32 bytes, not *", "une clé secrète a 32 octets, et non *"),
    ]

    private static let anchors = [
        Phrase("not a timestamp response: *", "ce n'est pas une réponse d'horodatage : *"),
        Phrase("the authority refused: *", "l'autorité a refusé : *"),
        Phrase("the token's nonce is not the request's", "le jeton répond à une autre demande"),
        Phrase("the token is over other bytes", "le jeton porte sur d'autres octets"),
        Phrase("the token's policy is not the one asked for", "le jeton n'est pas de la politique demandée"),
        Phrase("the token's signature is wrong: *", "la signature du jeton est fausse : *"),
        Phrase("the authority's certificate is not trusted: *", "le certificat de l'autorité n'est pas reconnu : *"),
        Phrase("* bytes: longer than *", "* octets : plus de *"),
        Phrase("* bytes follow the response", "* octets suivent la réponse"),
        Phrase("no token", "aucun jeton"),
        Phrase("*: no reason given", "* : sans raison donnée"),
        Phrase("reading certification authorities (PEM): *", "lecture des certificats d'autorité (PEM) : *"),
        Phrase("reading certification authorities: *", "lecture des certificats d'autorité : *"),
        Phrase("reading the response: *", "lecture de la réponse : *"),
        Phrase("reading a certificate: *", "lecture d'un certificat : *"),
        Phrase("the authority answered HTTP *", "l'autorité a répondu HTTP *"),
        Phrase("the request can't be made: *", "la demande ne peut pas être faite : *"),
        Phrase("Failed to connect to * port * after *", "pas de réponse de *, port *", "no answer from *, port *"),
        Phrase("Could not resolve host: *", "nom de machine inconnu : *"),
        Phrase("Connection timed out after *", "pas de réponse à temps", "no answer in time"),
        Phrase("Operation timed out after *", "pas de réponse à temps", "no answer in time"),
        Phrase("SSL certificate problem: *", "certificat refusé : *"),
        Phrase("longer than 1 MiB", "plus de 1 Mio"),
        Phrase("no start line*", "aucun bloc « -----BEGIN CERTIFICATE----- »", "no “-----BEGIN CERTIFICATE-----” block"),
        Phrase("bad base64 decode*", "le base64 d'un certificat est abîmé", "a certificate's base64 is damaged"),
        Phrase("the proof doesn't lead to a block of that height", "la preuve ne mène pas à un bloc de cette hauteur"),
        Phrase(
            "its merkle root is not the one that the proof leads to", "sa racine de Merkle n'est pas celle à laquelle mène la preuve"),
        Phrase(
            "its hash is above the target that it names: no proof of work",
            "son empreinte dépasse la cible qu'il indique : pas de preuve de travail"),
        Phrase(
            "its target is easier than any of Bitcoin's main network", "sa cible est plus facile qu'aucune du réseau principal de Bitcoin"),
        Phrase("it is not a block's header in its one form", "ce n'est pas un en-tête de bloc sous sa forme unique"),
        Phrase(
            "it is not the header that you have of that height", "ce n'est pas l'en-tête que vous avez de cette hauteur"),
        Phrase("bad end line*", "la ligne « -----END CERTIFICATE----- » est abîmée", "the “-----END CERTIFICATE-----” line is damaged"),
    ]

    private static let archives = [
        Phrase(
            "* is missing in the ledger's folder: run `appariteur ledger audit`",
            "* manque dans le dossier du registre : lancez « appariteur ledger audit »"),
        Phrase("the checksum of * is wrong", "la somme de contrôle de * est fausse"),
        Phrase("the directory disagrees about *", "le répertoire contredit *"),
        Phrase("there are bytes that belong to no file", "des octets n'appartiennent à aucun fichier"),
        Phrase("* bytes are no archive", "* octets ne font pas une archive"),
        Phrase(
            "the end record is not at the end: truncated, or something was added",
            "la fin de l'archive manque : coupée, ou suivie d'un ajout"),
        Phrase("the end record counts files in two ways", "la fin de l'archive compte les fichiers de deux façons"),
        Phrase("the directory is not before its end", "le répertoire n'est pas avant la fin"),
        Phrase("a file's header is missing", "l'en-tête d'un fichier manque"),
        Phrase("a directory entry is missing", "une ligne du répertoire manque"),
        Phrase("a directory entry has a comment", "une ligne du répertoire a un commentaire"),
        Phrase("a directory entry is no plain file", "une ligne du répertoire n'est pas un simple fichier"),
        Phrase("the archive is cut into volumes", "l'archive est découpée en volumes"),
        Phrase("a header asks for version * of the format", "un en-tête demande la version * du format"),
        Phrase(
            "a header doesn't tell the file's size, or has unknown flags",
            "un en-tête ne dit pas la taille du fichier, ou a des indicateurs inconnus"),
        Phrase("a header tells two sizes of a stored file", "un en-tête donne deux tailles à un fichier non comprimé"),
        Phrase(
            "a header has extra fields (zip -X leaves them out)", "un en-tête a des champs en trop (« zip -X » les omet)"),
        Phrase("the end record is cut off", "la fin de l'archive est coupée"),
        Phrase("a file's header is cut off", "l'en-tête d'un fichier est coupé"),
        Phrase("a file's name is cut off", "le nom d'un fichier est coupé"),
        Phrase("a directory entry is cut off", "une ligne du répertoire est coupée"),
        Phrase("a number is cut off", "un nombre est coupé"),
        Phrase("the file * is cut off", "le fichier * est coupé"),
    ]
}

extension ProofWords {
    /// Why an archive is none of ours.
    func archive(_ fault: ZipFault) -> String {
        switch fault {
        case .tooLong(let count):
            pick("il a \(count) octets ; \(Zip.longest) au plus sont lus", "it has \(count) bytes; at most \(Zip.longest) are read")
        case .tooManyFiles(let count):
            pick(
                "il contient \(count) fichiers ; \(Zip.mostEntries) au plus sont lus",
                "it has \(count) files; at most \(Zip.mostEntries) are read")
        case .badName(let name):
            pick("il contient un nom interdit, « \(name) »", "it names a file “\(name)”, which is not allowed")
        case .duplicate(let name): pick("« \(name) » y est deux fois", "“\(name)” is in it twice")
        case .compressed(let name):
            pick(
                "\(name == "a file" ? "un fichier" : "« \(name) »") y est comprimé ou chiffré : une preuve est enregistrée telle quelle (zip -0 -X)",
                "\(name == "a file" ? name : "“\(name)”") in it is compressed or encrypted: proofs are stored plainly (zip -0 -X)")
        case .damaged(let why): detail(why)
        }
    }

    func detail(_ why: String) -> String { pick(DetailWords.french(why), DetailWords.english(why)) }
}
