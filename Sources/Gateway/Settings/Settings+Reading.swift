import Council
package import Foundation
import Yams

extension Settings {
    /// Reads and checks `file`. Relative paths in it are taken from its folder.
    ///
    /// Throws `SettingsMistakes` with every mistake found, or the error of reading the file.
    package init(file: URL) throws {
        try self.init(SettingsReading(file: file))
    }

    package init(yaml: String, folder: URL, name: String) throws(SettingsMistakes) {
        try self.init(SettingsReading(yaml: yaml, folder: folder, name: name))
    }

    private init(_ reading: SettingsReading) throws(SettingsMistakes) {
        guard let settings = reading.settings else { throw SettingsMistakes(file: reading.file, mistakes: reading.mistakes) }
        self = settings
    }

    package var found: SettingsFound {
        SettingsFound(
            dataFolder: dataFolder, dropFolder: dropFolder, templatesFolder: templatesFolder, relays: relays,
            mail: mail, from: from.address, timestampAuthorities: anchors.timestampAuthorities, node: anchors.node,
            hasNoAnchor: anchors.isEmpty, bounces: bounces, publicURL: publicURL, listen: listen, clerkAddress: clerk.address,
            envelopeSender: envelopeSender, calendars: anchors.calendars, witnesses: witnesses.list, ledgerOrigin: ledgerOrigin,
            anchorInterval: anchors.interval)
    }
}

/// Reads each section; every method answers nil after having recorded why.
struct SettingsParts {
    let root: SettingsReader
    let folder: URL

    func read() -> (Settings?, SettingsFound) {
        let authority = readAuthority()
        let clerk = contact(root.section("clerk"))
        let publicURL = readPublicURL()
        let listen = readListen()
        let relays = readRelays(defaultHelo: publicURL.flatMap { URLComponents(string: $0)?.host } ?? "localhost")
        let unknown = choice(root.section("delivery", required: false), "unknown", default: UnknownPolicy.resend)
        let mail = root.section("mail")
        let from = contact(mail.section("from"))
        let sender = address(mail, "envelopeSender", example: "retours@agglo.example")
        let (letters, signatures) = readMail(mail, from: from?.address)
        let folders = root.section("folders")
        let data = path(folders, "data", example: "/var/lib/appariteur")
        let drop = path(folders, "drop", example: "/srv/appariteur/depot")
        let templates = readTemplates(folders)
        if let data, let drop, data == drop || data.path.hasPrefix(drop.path + "/") {
            folders.wrong(
                "data",
                Bilingual("les données seraient dans le dossier des agents", "the data would be in the clerks' folder"),
                "data: /var/lib/appariteur")
        }
        let intake = root.section("intake", required: false)
        let settle = intake.duration("settle", default: .seconds(20), in: .seconds(1) ... .seconds(3600), example: "20s")
        let rescan = intake.duration("rescan", default: .seconds(30), in: .seconds(1) ... .seconds(3600), example: "30s")
        let linkDays = root.section("links", required: false).integer("validDays", default: 60, in: 1...3660, example: "60")
        let policy = choice(root.section("reception", required: false), "policy", default: ReceiptPolicy.adaptive)
        let retention = root.section("retention", required: false).integer("years", default: 6, in: 1...100, example: "6")
        let origin = readOrigin(publicURL: publicURL)
        let (anchors, timestampAuthorities) = readAnchors()
        let witnesses = readWitnesses()
        let bounces = readBounces(sender: sender, mail)
        let reminders = readReminders()
        let summary = readSummary()
        let found = SettingsFound(
            dataFolder: data, dropFolder: drop, templatesFolder: templates, relays: relays ?? [], mail: signatures,
            from: from?.address, timestampAuthorities: timestampAuthorities, node: anchors?.node, hasNoAnchor: anchors?.isEmpty ?? false,
            bounces: bounces ?? nil, publicURL: publicURL, listen: listen, clerkAddress: clerk?.address, envelopeSender: sender,
            calendars: anchors?.calendars ?? [], witnesses: witnesses?.list ?? [], ledgerOrigin: origin, anchorInterval: anchors?.interval)
        guard let authority, let clerk, let publicURL, let listen, let relays, let unknown, let from, let sender, let letters, let data,
            let drop,
            let settle,
            let rescan, let linkDays, let policy, let origin, let anchors, let witnesses,
            let retention, let bounces, let reminders, let summary
        else { return (nil, found) }
        let settings = Settings(
            authority: authority, clerk: clerk, publicURL: publicURL, listen: listen, relays: relays, unknownPolicy: unknown, from: from,
            envelopeSender: sender, mail: letters, dataFolder: data, dropFolder: drop, templatesFolder: templates, settle: settle,
            rescan: rescan, linkDays: linkDays, receiptPolicy: policy, anchors: anchors, witnesses: witnesses,
            ledgerOrigin: origin, retentionYears: retention, bounces: bounces, reminderHours: reminders, summary: summary.time)
        return (settings, found)
    }

    // MARK: Who

    private func readAuthority() -> Authority? {
        let section = root.section("authority")
        let name = section.text("name", example: "Communauté d'agglomération de Valmont")
        let siren = section.value(
            "siren", example: "\"200012345\"", problem: Bilingual("n'a pas neuf chiffres", "has not nine digits")
        ) { $0.count == 9 && $0.allSatisfy { $0.isASCII && $0.isNumber } ? $0 : nil }
        let zone = section.value(
            "timeZone", default: TimeZone(identifier: "Europe/Paris"), example: "Europe/Paris",
            problem: Bilingual("n'est pas un fuseau connu", "is not a known zone")
        ) { TimeZone.knownTimeZoneIdentifiers.contains($0) || $0 == "UTC" ? TimeZone(identifier: $0) : nil }
        let bodies = readBodies()
        guard let name, let siren, let zone, let bodies else { return nil }
        return Authority(name: name, siren: siren, timeZone: zone, bodies: bodies)
    }

    private func readBodies() -> [Body]? {
        let section = root.section("bodies")
        var spellings: [String: String] = [:]
        let bodies = section.keys.map { key -> Body? in
            let entry = section.section(key)
            let id = Spelling.slug(key) == key ? BodyID(rawValue: key) : nil
            if id == nil {
                section.wrong(
                    key,
                    Bilingual(
                        "l'identifiant n'a que minuscules, chiffres et tirets", "an identifier has only lower-case letters, digits, hyphens"
                    ),
                    "\(Spelling.slug(key)):")
            }
            let name = entry.text("name", example: "Conseil communautaire")
            let aliases = entry.list("aliases").map(\.text)
            for spelling in Set(([key, name].compactMap { $0 } + aliases).map(Spelling.folded)) {
                if let other = spellings.updateValue(key, forKey: spelling), other != key {
                    section.wrong(
                        key,
                        Bilingual("« \(spelling) » désigne déjà « \(other) »", "“\(spelling)” already names “\(other)”"),
                        Bilingual("des écritures distinctes pour chaque instance", "distinct spellings for each body"))
                }
            }
            let periods = readPeriods(entry)
            let urgent = entry.integer("urgentClearDays", default: 1, in: 0...60, example: "1")
            if let urgent, let least = periods?.map(\.clearDays).min(), urgent > max(least, 1) {
                entry.wrong(
                    "urgentClearDays",
                    Bilingual("dépasse clearDays : l'urgence raccourcit le délai", "is more than clearDays: urgency shortens the notice"),
                    "urgentClearDays: 1")
            }
            guard let id, let name, let periods, let urgent else { return nil }
            return Body(id: id, name: name, aliases: aliases, notice: NoticeRule(periods: periods, urgentClearDays: urgent))
        }
        if section.keys.isEmpty {
            root.wrong("bodies", Bilingual("aucune instance", "no body"), "conseil:\n      name: Conseil communautaire\n      clearDays: 5")
            return nil
        }
        let complete = bodies.compactMap { $0 }
        return complete.count == bodies.count ? complete : nil
    }

    /// `5`, or a list of `{ from: date, days: n }`.
    private func readPeriods(_ entry: SettingsReader) -> [NoticeRule.Period]? {
        guard entry.node("clearDays")?.sequence != nil else {
            return entry.integer("clearDays", in: 0...60, example: "5").map { [NoticeRule.Period(clearDays: $0)] }
        }
        let periods = entry.sections("clearDays").map { item -> NoticeRule.Period? in
            let days = item.integer("days", in: 0...60, example: "7")
            guard item.isPresent("from") else {
                _ = item.text("from", required: false, example: "")
                return days.map { NoticeRule.Period(clearDays: $0) }
            }
            let from = item.value("from", example: "2027-03-01", problem: Bilingual("n'est pas une date", "is not a date")) {
                CivilDate(iso: $0)
            }
            guard let days, let from else { return nil }
            return NoticeRule.Period(from: from, clearDays: days)
        }
        let complete = periods.compactMap { $0 }
        return complete.count == periods.count && !complete.isEmpty ? complete : nil
    }

    private func contact(_ section: SettingsReader) -> Settings.Contact? {
        let name = section.text("name", example: "Secrétariat général")
        let address = address(section, "address", example: "assemblees@agglo.example")
        guard let name, let address else { return nil }
        return Settings.Contact(name: name, address: address)
    }

    private func address(_ section: SettingsReader, _ key: String, example: String) -> EmailAddress? {
        section.value(key, example: example, problem: Bilingual("n'est pas une adresse utilisable", "is not a usable address")) { text in
            do throws(EmailAddressError) { return try EmailAddress(parsing: text) } catch { return nil }
        }
    }

    // MARK: Where

    private func readPublicURL() -> String? {
        root.value(
            "publicURL", example: "https://convocations.agglo.example",
            problem: Bilingual(
                "n'est pas une adresse https:// (http:// vers cette machine seulement)",
                "is not an https:// address (http:// on loopback only)")
        ) { text in
            let base = text.hasSuffix("/") ? String(text.dropLast()) : text
            guard let parts = URLComponents(string: base), let host = parts.host, !host.isEmpty, parts.query == nil, parts.fragment == nil,
                parts.user == nil, parts.path.isEmpty, parts.scheme == "https" || (parts.scheme == "http" && Self.isLoopback(host))
            else { return nil }
            return base
        }
    }

    func readListen(port: Int = 8080) -> Settings.Listen? {
        root.value(
            "listen", default: Settings.Listen(host: "127.0.0.1", port: port), example: "127.0.0.1:\(port)",
            problem: Bilingual("n'est pas « adresse:port »", "is not “address:port”")
        ) { text in
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
            else { return nil }
            let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
            return host.isEmpty ? nil : Settings.Listen(host: host, port: port)
        }
    }

    private func path(_ section: SettingsReader, _ key: String, example: String) -> URL? {
        section.text(key, example: example).map(resolve)
    }

    func resolve(_ path: String) -> URL {
        (path.hasPrefix("/") ? URL(fileURLWithPath: path) : folder.appendingPathComponent(path)).standardizedFileURL
    }

    private func readTemplates(_ section: SettingsReader) -> URL? {
        guard let url = section.text("templates", required: false, example: "").map(resolve) else { return nil }
        return existing(section, "templates", url, folder: true) ? url : nil
    }

    @discardableResult
    func existing(_ section: SettingsReader, _ key: String, _ url: URL, folder: Bool = false) -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue == folder else {
            section.wrong(
                key,
                Bilingual(
                    "« \(url.path) » n'existe pas ou n'est pas un \(folder ? "dossier" : "fichier")",
                    "“\(url.path)” is missing or not a \(folder ? "folder" : "file")"),
                Bilingual(
                    "le chemin d'un \(folder ? "dossier" : "fichier") existant", "the path of an existing \(folder ? "folder" : "file")"))
            return false
        }
        return true
    }

    func file(_ section: SettingsReader, _ key: String) -> URL? {
        guard let url = section.text(key, required: false, example: "").map(resolve) else { return nil }
        existing(section, key, url)
        return url
    }

    func choice<T: RawRepresentable & CaseIterable>(_ section: SettingsReader, _ key: String, default fallback: T) -> T?
    where T.RawValue == String {
        let words = T.allCases.map(\.rawValue).joined(separator: ", ")
        return section.value(
            key, default: fallback, example: fallback.rawValue,
            problem: Bilingual("n'est pas l'un de : \(words)", "is not one of: \(words)")
        ) { T(rawValue: $0) }
    }

    static func isLoopback(_ host: String) -> Bool { host == "localhost" || host.hasPrefix("127.") || host == "::1" || host == "[::1]" }
}
