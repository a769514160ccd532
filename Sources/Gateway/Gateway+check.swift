package import Council
import Delivery
package import Foundation
import Links
package import Notary
import OpenSSL
import Store
import Templating

extension Gateway {
    /// What `appariteur check` finds beyond the configuration file itself, without network and without changing anything.
    package static func check(_ settings: Settings, at now: Date = WallClock.system.now()) -> [CheckFinding] {
        check(settings.found, at: now)
    }

    /// The same for what could be read of a configuration with mistakes: one run tells them all.
    /// `mistaken`: keys that the file's own mistakes are about.
    package static func check(
        _ found: SettingsFound, mistaken: [String] = [], at now: Date = WallClock.system.now()
    ) -> [CheckFinding] {
        let isRelayMistaken = mistaken.contains { $0 == "relay" || $0.hasPrefix("relay.") || $0.hasPrefix("backupRelays") }
        return templateFindings(found) + folderFindings(found) + keyFindings(found)
            + (isRelayMistaken ? [] : relayFindings(found)) + bounceFindings(found) + secretFindings(found)
            + signingFindings(found, at: now)
            + anchorFindings(found, now)
    }

    private static func templateFindings(_ found: SettingsFound) -> [CheckFinding] {
        do throws(TemplateErrors) {
            _ = try templates(found.templatesFolder)
            return []
        } catch {
            return error.mistakes.map { CheckFinding($0.words, Bilingual("corriger le modèle", "mend the template")) }
        }
    }

    private static func folderFindings(_ found: SettingsFound) -> [CheckFinding] {
        [("folders.data", found.dataFolder), ("folders.drop", found.dropFolder)].compactMap { key, folder in
            guard let folder else { return nil }
            let path = folder.path.printable
            let place = Bilingual("\(key) : ", "\(key): ")
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), !isFolder.boolValue {
                return CheckFinding(
                    place + Bilingual("\(path) n'est pas un dossier", "\(path) is not a folder"),
                    Bilingual("donner un dossier à \(key), et laisser ce fichier", "give \(key) a folder, and leave this file alone"))
            }
            if let fault = accessFault(folder) {
                return CheckFinding(
                    place + fault.words,
                    Bilingual(
                        "relancer sous le compte du service, à qui ce dossier doit appartenir",
                        "run it again as the service's account, which must own this folder"))
            }
            guard !isFolder.boolValue else { return nil }
            return CheckFinding(
                place + Bilingual("\(path) n'existe pas", "\(path) does not exist"),
                Bilingual("mkdir -p \(path), au compte du service", "mkdir -p \(path), owned by the service's user"))
        }
    }

    private static func keyFindings(_ found: SettingsFound) -> [CheckFinding] {
        // Before the first start there are no keys yet, and that is no mistake.
        guard let data = found.dataFolder, FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: data).path) else {
            return []
        }
        let keys = KeyFolder(dataFolder: data)
        let remedy = Bilingual("le service ne démarre pas sans cette clé", "the service doesn't start without this key")
        var findings: [CheckFinding] = []
        for read in [{ _ = try keys.linkKeyring() }, { _ = try keys.ledgerSeed() }] as [() throws -> Void] {
            do { try read() } catch {
                let finding = CheckFinding(Bilingual("keys : ", "keys: ") + Bilingual.words(of: error), remedy)
                // A closed folder is one finding, not one for each file in it.
                if !findings.contains(finding) { findings.append(finding) }
            }
        }
        return findings
    }

    private static func relayFindings(_ found: SettingsFound) -> [CheckFinding] {
        found.relays.enumerated().compactMap { index, relay in
            do {
                _ = try relaySettings(relay, keys: nil)
                return nil
            } catch {
                let section = index == 0 ? "relay" : "backupRelays"
                return CheckFinding(
                    Bilingual("\(section) (\(relay.address)) : ", "\(section) (\(relay.address)): ") + Bilingual.words(of: error),
                    Bilingual(
                        "corriger la section « \(section): » ou son secret", "mend the “\(section):” section or its secret"))
            }
        }
    }

    private static func anchorFindings(_ found: SettingsFound, _ now: Date) -> [CheckFinding] {
        var findings = found.timestampAuthorities.flatMap { authority -> [CheckFinding] in
            var isFolder: ObjCBool = false
            // Its absence is a mistake of the file, which is told there.
            guard FileManager.default.fileExists(atPath: authority.caFile.path, isDirectory: &isFolder), !isFolder.boolValue else {
                return []
            }
            do {
                return try endings(of: try CertificateAuthorities(file: authority.caFile), authority, now)
            } catch {
                return [
                    CheckFinding(
                        Bilingual("anchors, \(authority.name) : ", "anchors, \(authority.name): ") + Bilingual.words(of: error),
                        Bilingual("un fichier PEM de certificats d'autorité", "a PEM file of authority certificates"))
                ]
            }
        }
        findings += found.node.map(nodeFindings) ?? []
        if found.hasNoAnchor {
            findings.append(
                CheckFinding(
                    Bilingual(
                        "anchors : aucun ancrage, le registre n'aurait aucune preuve extérieure",
                        "anchors: none, the register would have no outside evidence"),
                    Bilingual("au moins un calendrier ou une autorité d'horodatage", "at least one calendar or timestamp authority"),
                    isWarning: true))
        }
        return findings
    }

    private static func nodeFindings(_ node: AnchorSettings.Node) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        let place = Bilingual("anchors.node : ", "anchors.node: ")
        let file = node.credentials.file
        if !FileManager.default.fileExists(atPath: file.path) {
            findings.append(
                CheckFinding(
                    place + Bilingual("\(file.path.printable) n'existe pas", "\(file.path.printable) does not exist"),
                    Bilingual(
                        "démarrer le nœud, qui l'écrit ; l'ancrage attend jusque-là",
                        "start the node, which writes it; anchoring waits until then"),
                    isWarning: true))
        } else if let fault = AccessFault(file.path, for: R_OK) {
            findings.append(
                CheckFinding(
                    place + fault.words,
                    Bilingual(
                        "le rendre lisible au compte du service (bitcoin.conf : rpccookieperms=group)",
                        "make it readable by the service's account (bitcoin.conf: rpccookieperms=group)")))
        }
        if node.network != .bitcoin {
            findings.append(
                CheckFinding(
                    place
                        + Bilingual(
                            "« \(node.network.rawValue) » est un réseau d'essai : ses blocs ne prouvent rien à personne",
                            "“\(node.network.rawValue)” is a test network: its blocks prove nothing to anyone"),
                    Bilingual("network: bitcoin, hors des essais", "network: bitcoin, but for tests"), isWarning: true))
        }
        return findings
    }
}

/// A file of certificates that can't be used.
package struct CertificateFileFault: WordedError {
    let path: String
    let cause: OpenSSLError

    package var words: Bilingual { Bilingual("\(path.printable) : ", "\(path.printable): ") + cause.words }
}

extension CertificateAuthorities {
    /// Throws in words, with the file's name.
    package init(file: URL) throws {
        if let fault = AccessFault(file.path, for: R_OK) { throw fault }
        let pem = Array(try Data(contentsOf: file))
        do throws(OpenSSLError) {
            try self.init(pem: pem)
        } catch {
            throw CertificateFileFault(path: file.path, cause: error)
        }
    }
}

/// Something that the configuration file alone doesn't show.
package struct CheckFinding: Hashable, Sendable {
    package let problem: Bilingual
    package let remedy: Bilingual
    /// Worth knowing, and the service can run.
    package let isWarning: Bool

    init(_ problem: Bilingual, _ remedy: Bilingual, isWarning: Bool = false) {
        self.problem = problem
        self.remedy = remedy
        self.isWarning = isWarning
    }

    package func text(_ language: Bilingual.Language) -> String {
        let mark = isWarning ? (language == .french ? "à savoir : " : "note: ") : ""
        let arrow = language == .french ? "\n    à faire : " : "\n    to do: "
        return mark + problem.text(language) + arrow + remedy.text(language)
    }
}
