import Council

/// Reads the lines of a roll one by one, remembering the earlier ones.
struct RollReader {
    let columns: RollHeader
    let authority: Authority
    private(set) var lines: [(line: Int, entry: RollEntry)] = []
    /// Of a list of copies: what `lines` are with their communes.
    private(set) var copies: [CopyEntry] = []
    private(set) var mistakes: [Mistake] = []
    private var isOfCopies: Bool { columns.layout.required.contains(.commune) }
    private var names: [String: Int] = [:]
    private var addresses: [String: Int] = [:]

    init(columns: RollHeader, authority: Authority) {
        self.columns = columns
        self.authority = authority
    }

    mutating func read(_ record: RollTable.Record) {
        let known = mistakes.count
        let line = record.line
        let cell = { [columns] (column: RollColumn) in columns.cell(column, of: record) }
        if columns.hasExtraCells(record) { mistakes.append(Mistake(.extraCells, line: line, count: columns.width)) }
        for column in columns.layout.columns {
            // A forgotten quote swallows the lines behind it into one cell.
            if column != .bodies, cell(column).contains("\n") {
                mistakes.append(Mistake(.unclosedQuote, line: line))
            } else if ClerkText.isGarbled(cell(column)) {
                mistakes.append(Mistake(.garbled, line: line, name: Shown.text(cell(column))))
            }
        }
        guard mistakes.count == known else { return }

        let (family, given) = (cell(.familyName), cell(.givenName))
        let person = Shown.text([given, family].filter { !$0.isEmpty }.joined(separator: " "))
        if family.isEmpty { mistakes.append(Mistake(.missingFamilyName, line: line, name: person)) }
        if given.isEmpty { mistakes.append(Mistake(.missingGivenName, line: line, name: person)) }
        let service = self.service(cell(.service), line)
        let language = self.language(cell(.language), line)
        let email = address(cell(.email), of: person, required: service == .electronic, line)
        let commune = ClerkText.trimmed(cell(.commune))
        if isOfCopies, commune.isEmpty { mistakes.append(Mistake(.missingCommune, line: line, name: person)) }
        let bodies = self.bodies(cell(.bodies), line, person)
        let entry = RollEntry(
            civility: cell(.civility), familyName: family, givenName: given, email: email, bodies: bodies,
            service: service ?? .electronic, language: language ?? .french)
        if isOfCopies { compareCopy(entry, person, line) } else { compare(entry, person, line) }
        guard mistakes.count == known else { return }
        lines.append((line, entry))
        guard isOfCopies, let email else { return }
        copies.append(
            CopyEntry(
                civility: entry.civility, familyName: family, givenName: given, email: email, commune: commune, bodies: bodies,
                language: entry.language))
    }

    private mutating func compare(_ entry: RollEntry, _ person: String, _ line: Int) {
        if !entry.familyName.isEmpty, !entry.givenName.isEmpty {
            if let first = names[entry.nameKey] {
                mistakes.append(Mistake(.duplicatePerson, line: line, name: person, count: first))
            } else {
                names[entry.nameKey] = line
            }
        }
        if let email = entry.email {
            if let first = addresses[email.key] {
                mistakes.append(Mistake(.duplicateAddress, line: line, name: person, value: email.description, count: first))
            } else {
                addresses[email.key] = line
            }
        }
    }

    /// Several councillors may share their town hall's address: a copy is no summons, and nobody acknowledges it.
    private mutating func compareCopy(_ entry: RollEntry, _ person: String, _ line: Int) {
        let key = entry.nameKey + "|" + (entry.email?.key ?? "")
        if let first = names[key] {
            mistakes.append(Mistake(.duplicateCopy, line: line, name: person, count: first))
        } else {
            names[key] = line
        }
    }

    private mutating func address(_ text: String, of person: String, required: Bool, _ line: Int) -> EmailAddress? {
        guard !text.isEmpty else {
            if required { mistakes.append(Mistake(isOfCopies ? .missingCopyAddress : .missingAddress, line: line, name: person)) }
            return nil
        }
        do throws(EmailAddressError) {
            return try EmailAddress(parsing: text)
        } catch {
            mistakes.append(Mistake(Mistake.Code(error), line: line, name: person, value: Shown.text(text)))
            return nil
        }
    }

    private mutating func service(_ text: String, _ line: Int) -> ServiceMode? {
        switch Spelling.folded(text) {
        case "", "electronique", "mail", "email", "e mail", "courriel", "electronic", "numerique", "dematerialise": return .electronic
        case "papier", "courrier", "paper", "postal", "poste": return .paper
        default:
            mistakes.append(Mistake(.unknownMode, line: line, value: Shown.text(text)))
            return nil
        }
    }

    private mutating func language(_ text: String, _ line: Int) -> Language? {
        switch Spelling.folded(text) {
        case "", "fr", "francais", "french": return .french
        case "en", "anglais", "english": return .english
        default:
            mistakes.append(Mistake(.unknownLanguage, line: line, value: Shown.text(text)))
            return nil
        }
    }

    /// A body's own name may hold a comma or a slash: the longest run of pieces that names one is taken.
    private mutating func bodies(_ text: String, _ line: Int, _ person: String) -> [BodyID] {
        let isSeparator = { (character: Character) in ",/|+;\n".contains(character) }
        let pieces = text.split(whereSeparator: isSeparator)
        var found: [BodyID] = []
        var index = 0
        while index < pieces.count {
            var end = min(pieces.count, index + 6)
            var body: Body?
            while body == nil, end > index {
                body = authority.body(named: String(text[pieces[index].startIndex..<pieces[end - 1].endIndex]))
                if body == nil { end -= 1 }
            }
            if let body {
                if !found.contains(body.id) { found.append(body.id) }
                index = end
            } else {
                let name = ClerkText.trimmed(pieces[index])
                if !name.isEmpty { unknownBody(name, line) }
                index += 1
            }
        }
        // Of copies, nothing means every body.
        if !isOfCopies, pieces.allSatisfy({ ClerkText.trimmed($0).isEmpty }) {
            mistakes.append(Mistake(.noInstance, line: line, name: person, known: authority.bodies.map(\.name)))
        }
        return found
    }

    private mutating func unknownBody(_ name: String, _ line: Int) {
        let names = authority.bodies.map(\.name)
        mistakes.append(
            Mistake(.unknownInstance, line: line, name: Shown.text(name), known: names, near: BodyNames(authority).near(name)))
    }
}

/// The names by which bodies can be called, for suggestions.
struct BodyNames {
    private let names: [String: String]

    init(_ authority: Authority) {
        let pairs = authority.bodies.flatMap { body in
            ([body.id.rawValue, body.name] + body.aliases).map { (Spelling.folded($0), body.name) }
        }
        names = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    func near(_ name: String) -> String? {
        Likeness.nearest(to: Spelling.folded(name), among: names.keys.sorted()).flatMap { names[$0] }
    }
}

extension Mistake.Code {
    init(_ error: EmailAddressError) {
        switch error {
        case .empty: self = .addressEmpty
        case .noAtSign: self = .addressNoAtSign
        case .severalAtSigns: self = .addressSeveralAtSigns
        case .noLocalPart: self = .addressNoLocalPart
        case .accentInLocalPart: self = .addressAccent
        case .forbiddenCharacter: self = .addressForbiddenCharacter
        case .tooLong: self = .addressTooLong
        case .badDomain: self = .addressBadDomain
        }
    }
}
