import Council
import Foundation
import Ledger
import Notary

/// `witnesses:` and `witnessThreshold:`.
extension SettingsParts {
    func readWitnesses() -> Settings.Witnesses? {
        let sections = root.sections("witnesses")
        var names: Set<String> = []
        var keys: Set<[UInt8]> = []
        let witnesses = sections.map { item -> WitnessSettings.Witness? in
            let name = item.value(
                "name", example: "agglo-voisine",
                problem: Bilingual("n'a que minuscules, chiffres et tirets", "must be lower-case letters, digits, hyphens")
            ) { Spelling.slug($0) == $0 ? $0 : nil }
            let url = webAddress(item, "url", example: "https://temoin.agglo-voisine.example")
            let key = readCosignerKey(item)
            if let name, !names.insert(name).inserted { item.wrong("name", Bilingual("déjà pris", "already taken"), "name: \(name)-2") }
            if let key, !keys.insert(key.publicKey).inserted {
                item.wrong(
                    "vkey", Bilingual("ce témoin est déjà dans la liste : il ne compterait qu'une fois", "this witness is listed already"),
                    Bilingual("la clé d'un autre témoin", "another witness's key"))
            }
            guard let name, let url, let key else { return nil }
            return WitnessSettings.Witness(name: name, url: url.hasSuffix("/") ? String(url.dropLast()) : url, key: key)
        }
        // More than half: two states that contradict each other can't both have them, as long as one witness is honest.
        let threshold = root.integer(
            "witnessThreshold", default: sections.count / 2 + 1, in: 1...max(1, sections.count), example: "\(sections.count / 2 + 1)")
        if sections.isEmpty, root.isPresent("witnessThreshold") {
            root.wrong(
                "witnessThreshold", Bilingual("sans aucun témoin", "without any witness"),
                "witnesses:\n      - name: agglo-voisine\n        url: https://temoin.agglo-voisine.example\n        vkey: …")
        }
        let rightful = witnesses.compactMap { $0 }
        guard let threshold, rightful.count == sections.count else { return nil }
        return rightful.isEmpty ? Settings.Witnesses.none : Settings.Witnesses(list: rightful, threshold: threshold)
    }

    private func readCosignerKey(_ item: SettingsReader) -> CosignerKey? {
        let example = "vkey: temoin.agglo-voisine.example/w1+0123abcd+BA…="
        guard let text = item.text("vkey", example: String(example.dropFirst("vkey: ".count))) else { return nil }
        do throws(NoteError) { return try CosignerKey(parsing: text) } catch {
            item.wrong(
                "vkey",
                Bilingual(
                    "ce n'est pas la clé d'un témoin (\(error.words.french))", "it is not a witness's key (\(error.words.english))"),
                example)
            return nil
        }
    }
}
