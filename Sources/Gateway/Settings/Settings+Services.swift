import Council
import Foundation
import Ledger
import Notary

/// The outside services: register, anchors.
extension SettingsParts {
    func readOrigin(publicURL: String?) -> String? {
        let fallback = publicURL.flatMap { URLComponents(string: $0) }.map { parts in
            (parts.host ?? "localhost") + (parts.port.map { ":\($0)" } ?? "") + "/ledger"
        }
        return root.section("ledger", required: false).value(
            "origin", default: fallback ?? "", example: "convocations.agglo.example/ledger",
            problem: Bilingual("contient une espace ou un « + »", "holds a space or a “+”")
        ) { $0.contains(where: \.isWhitespace) || $0.contains("+") ? nil : $0 }
    }

    /// With each authority that is right in itself, whatever the others are.
    func readAnchors() -> (Settings.Anchors?, [Settings.TimestampAuthority]) {
        let section = root.section("anchors", required: false)
        let interval = section.duration("interval", default: .seconds(600), in: .seconds(1) ... .seconds(86_400), example: "10m")
        var names: Set<String> = []
        let authorities = section.sections("timestampAuthorities").map { item -> Settings.TimestampAuthority? in
            let name = item.value(
                "name", example: "mon-prestataire",
                problem: Bilingual("n'a que minuscules, chiffres et tirets", "must be lower-case letters, digits, hyphens")
            ) { Spelling.slug($0) == $0 ? $0 : nil }
            let url = webAddress(item, "url")
            let caFile = file(item, "caFile")
            if !item.isPresent("caFile") { item.wrong("caFile", Bilingual("manque", "is missing"), "caFile: /etc/appariteur/tsa-ca.pem") }
            let policy = item.text("policy", required: false, example: "1.2.3.4")
            if let name, EvidenceName.isReserved(authority: name) {
                item.wrong(
                    "name",
                    Bilingual("« \(name) » est réservé aux renouvellements", "“\(name)” is reserved for renewals"), "name: mon-prestataire")
            }
            if let name, !names.insert(name).inserted { item.wrong("name", Bilingual("déjà pris", "already taken"), "name: \(name)-2") }
            guard let name, let url, let caFile else { return nil }
            return Settings.TimestampAuthority(name: name, url: url, caFile: caFile, policy: policy)
        }
        let use = choice(section, "timestampUse", default: AnchorSettings.TimestampUse.every)
        let renewalDays = section.integer("renewalDays", default: 90, in: 1...3650, example: "90")
        let revocationDays = section.integer("revocationDays", default: 7, in: 0...366, example: "7")
        let calendars = section.list("calendars").map { text, line -> String? in
            if Self.isWebAddress(text) { return text.hasSuffix("/") ? String(text.dropLast()) : text }
            section.wrong(
                "calendars", Bilingual("« \(text) » n'est pas une adresse https://", "“\(text)” is not an https:// address"),
                "- https://a.pool.opentimestamps.org", line: line)
            return nil
        }
        let rightful = authorities.compactMap { $0 }
        let node = section.isPresent("node") ? readNode(section.section("node")) : .some(nil)
        if !section.isPresent("node") { _ = section.node("node") }
        guard let interval, let use, let renewalDays, let revocationDays, let node, rightful.count == authorities.count,
            !calendars.contains(where: { $0 == nil })
        else {
            return (nil, rightful)
        }
        return (
            Settings.Anchors(
                interval: interval, timestampAuthorities: rightful, timestampUse: use, renewalDays: renewalDays,
                revocationDays: revocationDays,
                calendars: calendars.compactMap { $0 }, node: node), rightful
        )
    }

    func webAddress(_ section: SettingsReader, _ key: String, example: String = "https://tsa.example/tsr") -> String? {
        section.value(
            key, example: example, problem: Bilingual("n'est pas une adresse http(s)://", "is not an http(s):// address")
        ) { Self.isWebAddress($0) ? $0 : nil }
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.user == nil else { return false }
        // A timestamp is signed: plain http is usual for authorities and loses nothing but privacy of a hash.
        return parts.scheme == "https" || parts.scheme == "http"
    }
}
