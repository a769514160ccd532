import ArgumentParser
import Council
import Foundation
import Gateway
import Logging

/// Which configuration and which data folder.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: .words(
            "Le fichier de configuration (par défaut : Config/appariteur.yml, puis /etc/appariteur/appariteur.yml).",
            "The configuration file (default: Config/appariteur.yml, then /etc/appariteur/appariteur.yml)."))
    var config: String?

    @Option(
        help: .words(
            "Le dossier de données, au lieu de celui de la configuration. S'il contient un appariteur.yml, c'est lui qui sert, sauf --config.",
            "The data folder, instead of the configuration's. A configuration in it (appariteur.yml) is used unless --config says otherwise."
        ))
    var data: String?

    /// The file that applies: nil when there is none.
    var configurationFile: URL? {
        if let config { return URL(fileURLWithPath: config) }
        let candidates =
            (data.map { [URL(fileURLWithPath: $0).appendingPathComponent("appariteur.yml")] } ?? [])
            + ["Config/appariteur.yml", "/etc/appariteur/appariteur.yml"].map { URL(fileURLWithPath: $0) }
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    func validate() throws {
        if config?.isEmpty == true { throw ValidationError("--config : donnez le nom d'un fichier.", "--config: name a file.") }
        if data?.isEmpty == true { throw ValidationError("--data : donnez le nom d'un dossier.", "--data: name a folder.") }
    }

    /// Reads the configuration with all its mistakes; one that isn't there, or can't be read, ends with status 2.
    func reading() throws -> SettingsReading {
        guard let file = configurationFile else {
            Terminal.complain(
                "Aucune configuration : ni Config/appariteur.yml ni /etc/appariteur/appariteur.yml. Lancez « appariteur init DOSSIER » ou donnez --config.",
                "No configuration: neither Config/appariteur.yml nor /etc/appariteur/appariteur.yml. Run `appariteur init DIR` or give --config."
            )
            throw Answer.wrong
        }
        return try SettingsReading(file: file)
    }

    /// Reads the configuration; throws every mistake in it.
    func settings() throws -> Settings {
        let reading = try reading()
        if let refusal = reading.refusal { throw refusal }
        guard let settings = reading.settings else { throw Answer.wrong }
        return data.map { settings.with(dataFolder: URL(fileURLWithPath: $0)) } ?? settings
    }

    /// The same for a command that changes something: refused where the service would refuse to start.
    func openToChange() async throws -> Gateway {
        let gateway = try open()
        try await gateway.refuseRollback()
        return gateway
    }

    /// Opens what a command works on, beside a service that may be running.
    func open() throws -> Gateway {
        let settings = try settings()
        // Named here by hand: a mistyped name, of an existing folder even, must not become a new installation.
        if data != nil, let missing = NoInstallation(settings.dataFolder) { throw missing }
        return try Gateway.open(settings, as: .tool, logger: Self.logger(.warning))
    }

    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "appariteur") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}

struct FormatOptions: ParsableArguments {
    @Flag(help: .words("Répondre en JSON.", "Answer in JSON."))
    var json = false
}
