import ArgumentParser
import Council
import Foundation
import Gateway
import Logging

/// Which configuration and which data folder.
struct PlaceOptions: ParsableArguments {
    @Option(help: "The configuration file (default: Config/appariteur.yml, then /etc/appariteur/appariteur.yml).")
    var config: String?

    @Option(
        help:
            "The data folder, instead of the configuration's. A configuration in it (appariteur.yml) is used unless --config says otherwise."
    )
    var data: String?

    /// The file that applies: nil when there is none.
    var configurationFile: URL? {
        if let config { return URL(fileURLWithPath: config) }
        let candidates =
            (data.map { [URL(fileURLWithPath: $0).appendingPathComponent("appariteur.yml")] } ?? [])
            + ["Config/appariteur.yml", "/etc/appariteur/appariteur.yml"].map { URL(fileURLWithPath: $0) }
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Reads the configuration, or says every mistake and ends with status 2.
    func settings() throws -> Settings {
        guard let file = configurationFile else {
            Terminal.complain(
                "Aucune configuration : ni Config/appariteur.yml ni /etc/appariteur/appariteur.yml. Lancez « appariteur init DOSSIER » ou donnez --config.",
                "No configuration: neither Config/appariteur.yml nor /etc/appariteur/appariteur.yml. Run `appariteur init DIR` or give --config."
            )
            throw Answer.wrong
        }
        do {
            let settings = try Settings(file: file)
            return data.map { settings.with(dataFolder: URL(fileURLWithPath: $0)) } ?? settings
        } catch let error as SettingsMistakes {
            Terminal.complain(Self.words(error))
            throw Answer.wrong
        } catch {
            Terminal.complain(
                "\(file.path) ne peut pas être lu : \(error.localizedDescription)",
                "\(file.path) can't be read: \(error.localizedDescription)")
            throw Answer.wrong
        }
    }

    /// Opens what a command works on, beside a service that may be running.
    func open() throws -> Gateway { try Gateway.open(try settings(), as: .tool, logger: Self.logger(.warning)) }

    static func words(_ error: SettingsMistakes) -> String {
        let language = Terminal.language
        let count = error.mistakes.count
        let head =
            language == .french
            ? "\(error.file) : \(count) erreur\(count > 1 ? "s" : "")" : "\(error.file): \(count) mistake\(count > 1 ? "s" : "")"
        return ([head] + error.mistakes.map { "  " + $0.text(language) }).joined(separator: "\n")
    }

    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "appariteur") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}

struct FormatOptions: ParsableArguments {
    @Flag(help: "Answer in JSON.")
    var json = false
}
