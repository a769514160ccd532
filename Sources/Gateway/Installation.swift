package import Council
import DefaultFiles
package import Foundation

/// What `appariteur init DIR` makes: a folder that holds one installation.
package struct Installation: Sendable {
    package let root: URL

    package init(root: URL) { self.root = root }

    package var configuration: URL { root.appendingPathComponent("appariteur.yml") }

    /// Makes what is missing; what is there is never touched. Returns the paths made.
    /// Throws `InstallationError` when there is a configuration already, or a file in the folder's place.
    package func create(at now: Date, randomness: Randomness) throws -> [String] {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: root.path, isDirectory: &isFolder), !isFolder.boolValue { throw InstallationError.notAFolder(root) }
        guard !files.fileExists(atPath: configuration.path) else { throw InstallationError.exists(configuration) }
        try files.createDirectory(at: root, withIntermediateDirectories: true)
        let shipped = DefaultFiles.folder
        // Relative to the configuration's folder, so that the folder can be moved as a whole.
        let text = try String(contentsOf: shipped.appendingPathComponent("init/appariteur.yml"), encoding: .utf8)
            .replacingOccurrences(of: "/var/lib/appariteur          #", with: "donnees                      #")
            .replacingOccurrences(of: "/srv/appariteur/depot        #", with: "depot                        #")
            .replacingOccurrences(of: "# templates: /etc/appariteur/templates ", with: "templates: modeles                        ")
            .replacingOccurrences(of: "/etc/appariteur/", with: "")
        let data = root.appendingPathComponent("donnees", isDirectory: true)
        let models = root.appendingPathComponent("modeles", isDirectory: true)
        var made = [data.path, KeyFolder(dataFolder: data).url.path, root.appendingPathComponent("depot").path]
        try files.createDirectory(at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        try KeyFolder(dataFolder: data).createMissing(at: now, randomness: randomness)
        try files.createDirectory(at: root.appendingPathComponent("depot"), withIntermediateDirectories: true)
        // Only the mails: what an authority adapts. Pages and reports follow the program's version until a file here says otherwise.
        for language in Language.allCases {
            let target = models.appendingPathComponent(language.rawValue, isDirectory: true)
            try files.createDirectory(at: target, withIntermediateDirectories: true)
            let mails = target.appendingPathComponent("mail", isDirectory: true)
            if !files.fileExists(atPath: mails.path) {
                try files.copyItem(at: shipped.appendingPathComponent("\(language.rawValue)/mail"), to: mails)
                made.append(mails.path)
            }
        }
        // Last: its presence says that the rest is there.
        try Data(text.utf8).write(to: configuration, options: [.atomic])
        return made + [configuration.path]
    }
}

package enum InstallationError: WordedError, CustomStringConvertible {
    case exists(URL)
    case notAFolder(URL)

    package var description: String { words.english }

    package var words: Bilingual {
        switch self {
        case .exists(let file):
            Bilingual(
                "\(file.path.printable) existe déjà : rien n'a été changé. Choisissez un autre dossier, ou modifiez ce fichier.",
                "\(file.path.printable) exists already: nothing was changed. Choose another folder, or edit that file.")
        case .notAFolder(let place):
            Bilingual(
                "\(place.path.printable) n'est pas un dossier : rien n'a été changé. Donnez le nom d'un dossier, nouveau ou sans appariteur.yml.",
                "\(place.path.printable) is not a folder: nothing was changed. Name a folder, new or without appariteur.yml.")
        }
    }
}
