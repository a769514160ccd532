package import Council

/// One thing that `appariteur doctor` looked at, and what it found.
package struct DoctorFinding: Hashable, Sendable {
    package enum Grade: String, Hashable, Sendable, Encodable, Comparable {
        case ok
        case warning
        case failure

        private var weight: Int { [.ok: 0, .warning: 1, .failure: 2][self] ?? 2 }
        package static func < (a: Grade, b: Grade) -> Bool { a.weight < b.weight }
    }

    /// Stable, for programs: `relay.certificate`.
    package let check: String
    /// What it is about, as the configuration has it: a host, a domain, a folder. May be empty.
    package let place: String
    package let grade: Grade
    package let found: Bilingual
    /// Why it matters; nil where all is well.
    package let why: Bilingual?
    /// The configuration's key to change; nil: what is to change lies elsewhere.
    package let key: String?
    /// What to write, or to do.
    package let change: Bilingual?

    package static func ok(_ check: String, _ place: String, _ found: Bilingual) -> DoctorFinding {
        DoctorFinding(check: check, place: place, grade: .ok, found: found, why: nil, key: nil, change: nil)
    }

    package static func warning(
        _ check: String, _ place: String, _ found: Bilingual, why: Bilingual, key: String? = nil, _ change: Bilingual
    ) -> DoctorFinding {
        DoctorFinding(check: check, place: place, grade: .warning, found: found, why: why, key: key, change: change)
    }

    package static func failure(
        _ check: String, _ place: String, _ found: Bilingual, why: Bilingual, key: String? = nil, _ change: Bilingual
    ) -> DoctorFinding {
        DoctorFinding(check: check, place: place, grade: .failure, found: found, why: why, key: key, change: change)
    }

    /// Several lines for a terminal. Texts from outside move no cursor.
    package func text(_ language: Bilingual.Language) -> String {
        let french = language == .french
        let mark =
            switch grade {
            case .ok: french ? "bon       " : "ok        "
            case .warning: french ? "attention " : "warning   "
            case .failure: french ? "échec     " : "failure   "
            }
        let head = place.isEmpty ? "" : place.printable + (french ? " : " : ": ")
        var lines = [mark + head + found.text(language).printable]
        if let why { lines.append((french ? "    pourquoi : " : "    why: ") + why.text(language).printable) }
        if let change { lines.append((french ? "    à faire : " : "    to do: ") + change.text(language)) }
        return lines.joined(separator: "\n")
    }
}

extension DoctorFinding {
    /// The same keys stand under `backupRelays` for a relay that is not the first.
    func ofSpareRelay(_ isSpare: Bool) -> DoctorFinding {
        guard isSpare else { return self }
        func moved(_ text: String) -> String { text.replacing("relay.", with: "backupRelays.") }
        return DoctorFinding(
            check: check, place: place, grade: grade, found: found, why: why, key: key.map(moved),
            change: change.map { Bilingual(moved($0.french), moved($0.english)) })
    }
}

/// What `check` finds, as findings of `doctor`.
extension DoctorFinding {
    package init(_ finding: CheckFinding) {
        self.init(
            check: "configuration.check", place: "", grade: finding.isWarning ? .warning : .failure, found: finding.problem,
            why: finding.isWarning
                ? Bilingual("le service tourne, mais quelque chose lui manque", "the service runs, but it lacks something")
                : Bilingual("le service ne démarre pas, ou pas bien, avec cela", "the service doesn't start, or not rightly, with this"),
            key: nil, change: finding.remedy)
    }

    package init(_ mistake: SettingsMistake) {
        let place = mistake.line.map { Bilingual("ligne \($0), ", "line \($0), ") } ?? Bilingual("", "")
        self.init(
            check: "configuration.file", place: "", grade: .failure,
            found: place + Bilingual("« \(mistake.key) » : ", "“\(mistake.key)”: ") + mistake.problem,
            why: Bilingual(
                "le service ne démarre pas tant que le fichier a une erreur", "the service doesn't start while the file has a mistake"),
            key: mistake.key, change: mistake.remedy)
    }
}
