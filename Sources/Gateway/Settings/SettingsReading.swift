package import Council
package import Foundation
import Notary
import Yams

/// What one configuration file gives: complete settings or every mistake in it, and in any case what could be understood.
package struct SettingsReading: Sendable {
    package let file: String
    /// In the file's order.
    package let mistakes: [SettingsMistake]
    /// Nil when there is a mistake.
    package let settings: Settings?
    package let found: SettingsFound

    /// The mistakes, as a failure; nil when there is none.
    package var refusal: SettingsMistakes? { settings == nil ? SettingsMistakes(file: file, mistakes: mistakes) : nil }

    /// Throws the error of reading the file; a file that isn't right is no error here.
    package init(file: URL) throws {
        if let fault = AccessFault(file.path, for: R_OK) { throw fault }
        self.init(yaml: try String(contentsOf: file, encoding: .utf8), folder: file.deletingLastPathComponent(), name: file.path)
    }

    package init(yaml: String, folder: URL, name: String) {
        let sink = MistakeSink()
        var read: (settings: Settings?, found: SettingsFound) = (nil, SettingsFound())
        do {
            let root = SettingsReader(try DoubledKeys.compose(yaml), path: "", line: nil, sink: sink)
            read = SettingsParts(root: root, folder: folder).read()
            root.finish()
        } catch {
            sink.addSyntaxError(error)
        }
        file = name
        mistakes = sink.mistakes.enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
            .map(\.element)
        settings = mistakes.isEmpty ? read.settings : nil
        found = read.found
    }
}

/// The parts of a configuration that the checks beyond the file look at: each nil where it couldn't be read.
package struct SettingsFound: Sendable {
    package var dataFolder: URL?
    var dropFolder: URL?
    /// Nil also for the templates that ship.
    var templatesFolder: URL?
    var relays: [Settings.Relay] = []
    /// With each signing key that is right in itself.
    var mail = Settings.Mail()
    var from: EmailAddress?
    var timestampAuthorities: [Settings.TimestampAuthority] = []
    var node: AnchorSettings.Node?
    var hasNoAnchor = false
    var bounces: Settings.Bounces?
    // What only `doctor` looks at.
    var publicURL: String?
    var listen: Settings.Listen?
    package var clerkAddress: EmailAddress?
    var envelopeSender: EmailAddress?
    var calendars: [String] = []
    var witnesses: [WitnessSettings.Witness] = []
    var ledgerOrigin: String?
    var anchorInterval: Duration?
}

extension MistakeSink {
    /// What libyaml says most often.
    private func french(_ problem: String) -> String {
        switch problem {
        case "found character that cannot start any token": "signe inattendu (une tabulation ?)"
        case "mapping values are not allowed in this context":
            "un « : » inattendu (une espace de trop avant la clé, un texte à guillemeter ?)"
        case "could not find expected ':'": "il manque « : » après une clé"
        case "did not find expected key": "une clé est attendue ici (retrait ?)"
        case "did not find expected '-' indicator": "un « - » est attendu ici (retrait ?)"
        case "did not find expected ',' or ']'": "il manque « , » ou « ] »"
        case "did not find expected ',' or '}'": "il manque « , » ou « } »"
        case "did not find expected node content": "une valeur est attendue ici"
        case "found unexpected end of stream": "le fichier finit avant un guillemet fermant"
        case "found undefined alias": "« * » désigne une ancre qui n'existe pas (texte à guillemeter ?)"
        default: problem
        }
    }

    func addSyntaxError(_ error: any Error) {
        let indent = Bilingual("des espaces (pas de tabulation), « clé: valeur »", "spaces (no tab), “key: value”")
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            add(mark.line, "", Bilingual("YAML mal formé : \(french(problem))", "malformed YAML: \(problem)"), indent)
        default:
            add(nil, "", Bilingual("YAML illisible : \(error)", "unreadable YAML: \(error)"), indent)
        }
    }
}
