package import Council
import Delivery
import Foundation
import Links
import Notary
import Store
import Templating

extension Gateway {
    /// What `appariteur check` finds beyond the configuration file itself, without network and without changing anything.
    package static func check(_ settings: Settings) -> [CheckFinding] {
        templateFindings(settings) + folderFindings(settings) + keyFindings(settings) + relayFindings(settings) + anchorFindings(settings)
    }

    private static func templateFindings(_ settings: Settings) -> [CheckFinding] {
        do throws(TemplateErrors) {
            _ = try templates(settings)
            return []
        } catch {
            return error.mistakes.map { CheckFinding(Bilingual("\($0)", "\($0)"), Bilingual("corriger le modèle", "mend the template")) }
        }
    }

    private static func folderFindings(_ settings: Settings) -> [CheckFinding] {
        [("folders.data", settings.dataFolder), ("folders.drop", settings.dropFolder)].compactMap { key, folder in
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) {
                guard isFolder.boolValue, FileManager.default.isWritableFile(atPath: folder.path) else {
                    return CheckFinding(
                        Bilingual(
                            "\(key) : \(folder.path) n'est pas un dossier où l'on peut écrire",
                            "\(key): \(folder.path) is not a folder that can be written"),
                        Bilingual("chown appariteur \(folder.path)", "chown appariteur \(folder.path)"))
                }
                return nil
            }
            return CheckFinding(
                Bilingual("\(key) : \(folder.path) n'existe pas", "\(key): \(folder.path) does not exist"),
                Bilingual("mkdir -p \(folder.path), au compte du service", "mkdir -p \(folder.path), owned by the service's user"))
        }
    }

    private static func keyFindings(_ settings: Settings) -> [CheckFinding] {
        // Before the first start there are no keys yet, and that is no mistake.
        guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: settings.dataFolder).path) else { return [] }
        let keys = KeyFolder(dataFolder: settings.dataFolder)
        var findings: [CheckFinding] = []
        for read in [{ _ = try keys.linkKeyring() }, { _ = try keys.ledgerSeed() }] as [() throws -> Void] {
            do { try read() } catch {
                findings.append(CheckFinding(Bilingual("\(error)", "\(error)"), Bilingual("voir ci-dessus", "see above")))
            }
        }
        return findings
    }

    private static func relayFindings(_ settings: Settings) -> [CheckFinding] {
        do {
            _ = try relaySettings(settings)
            return []
        } catch {
            return [
                CheckFinding(
                    Bilingual("relay : \(error)", "relay: \(error)"),
                    Bilingual("corriger la section « relay: » ou son mot de passe", "mend the “relay:” section or its password"))
            ]
        }
    }

    private static func anchorFindings(_ settings: Settings) -> [CheckFinding] {
        var findings = settings.anchors.timestampAuthorities.compactMap { authority -> CheckFinding? in
            do {
                _ = try CertificateAuthorities(pem: Array(Data(contentsOf: authority.caFile)))
                return nil
            } catch {
                return CheckFinding(
                    Bilingual(
                        "anchors, \(authority.name) : \(authority.caFile.path) : \(error)",
                        "anchors, \(authority.name): \(authority.caFile.path): \(error)"),
                    Bilingual("un fichier PEM de certificats d'autorité", "a PEM file of authority certificates"))
            }
        }
        if settings.anchors.timestampAuthorities.isEmpty && settings.anchors.calendars.isEmpty {
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
