import ArgumentParser
import Council
import Foundation
import Gateway
import Logging

/// The other way round: this machine cosigns others' registers.
struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: Terminal.text(
            "Témoin : cosigne les registres d'autres collectivités (c2sp.org/tlog-witness).",
            "Witness: cosigns other authorities' registers (c2sp.org/tlog-witness)."),
        subcommands: [Serve.self, Init.self], defaultSubcommand: Serve.self)

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Fait tourner le témoin, jusqu'à SIGTERM.", "Run the witness, until SIGTERM."))
        @Option(
            help: .words(
                "Le fichier de configuration du témoin, que fait « appariteur witness init ».",
                "The witness's configuration file, as `appariteur witness init` makes it."))
        var config: String
        @Flag(help: .words("Un journal plus bavard.", "Log more.")) var verbose = false

        func run() async throws {
            let logger = PlaceOptions.logger(verbose ? .debug : .info)
            let configuration = try WitnessConfiguration(file: URL(fileURLWithPath: config))
            let site = try WitnessSite(configuration, logger: logger)
            if configuration.logs.isEmpty {
                Terminal.complain(
                    "Aucun registre dans « logs: » : le témoin répondra 404 à tous.",
                    "No register in “logs:”: the witness answers 404 to everyone.")
            }
            try await site.run { port in
                logger.notice(
                    "listening",
                    metadata: [
                        "address": "\(configuration.listen.host):\(port)", "vkey": "\(site.vkey)", "ledgers": "\(configuration.logs.count)",
                    ])
            }
        }
    }

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Prépare un témoin : clé, mémoire, configuration commentée.", "Prepare a witness: key, memory, commented configuration."))
        @Argument(help: .words("Un dossier nouveau.", "A new folder.")) var folder: String
        @Option(
            help: .words(
                "Le nom du témoin, définitif : une adresse sans https://, par exemple temoin.agglo.example/w1.",
                "The witness's name, for good: an address without https://, such as witness.example/w1."))
        var name: String

        func run() async throws {
            let installation = WitnessInstallation(root: URL(fileURLWithPath: folder))
            let key = try installation.create(name: name, randomness: .system)
            Terminal.out("\(key)")
            Terminal.complain(
                "Fait. Donnez la clé ci-dessus à ceux dont vous cosignez le registre, écrivez la leur dans \(installation.configuration.path), puis : appariteur witness --config \(installation.configuration.path)",
                "Done. Give the key above to those whose register you cosign, write theirs into \(installation.configuration.path), then: appariteur witness --config \(installation.configuration.path)"
            )
        }
    }
}
