package import Council
package import Store

/// What is said of service on paper.
extension PaperService {
    package var words: Bilingual {
        let how =
            switch how {
            case "posted": Bilingual("postée", "posted")
            case "handed over": Bilingual("remise", "handed over")
            default: Bilingual(self.how, self.how)
            }
        return Bilingual("le \(day), \(how.french)", "\(day), \(how.english)")
    }
}

extension StorageError {
    static func impossiblePaperDay(_ day: CivilDate, _ lawful: ClosedRange<CivilDate>) -> Bilingual {
        let (first, last) = (lawful.lowerBound, lawful.upperBound)
        let range =
            first == last
            ? Bilingual("seul le \(first) l'est", "only \(first) is") : Bilingual("du \(first) au \(last)", "from \(first) to \(last)")
        return Bilingual(
            "Rien n'a été noté : le \(day) n'est pas possible ; \(range.french) (du jour de l'approbation à aujourd'hui, sans dépasser la séance).",
            "Nothing was recorded: \(day) is not possible; \(range.english) (from the day of approval to today, and not after the sitting)."
        )
    }

    static func paperRecorded(_ earlier: PaperService) -> Bilingual {
        let words = earlier.words
        return Bilingual(
            "Rien n'a été noté : une remise est déjà au registre, \(words.french). Pour la corriger, ajoutez --correct : le registre gardera les deux.",
            "Nothing was recorded: service is in the register already, \(words.english). To correct it, add --correct: the register will keep both."
        )
    }
}
