import ArgumentParser
import Council
import DefaultFiles
import Foundation
import Gateway
import Ledger
import Links
import Logging
import Notary
import Templating

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the service, until SIGTERM.")
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Log more.") var verbose = false

    func run() async throws {
        let logger = PlaceOptions.logger(verbose ? .debug : .info)
        let settings = try place.settings()
        do {
            try await Gateway.open(settings, as: .service, logger: logger).run { port in
                logger.notice("listening", metadata: ["address": "\(settings.listen.host):\(port)"])
            }
        } catch let mistakes as TemplateErrors {
            Terminal.complain("\(mistakes)")
            throw Answer.wrong
        } catch let refusal as SequencerRefusal {
            // The register would fork: nothing was recorded, and starting again would not mend it.
            Terminal.complain("\(refusal)")
            throw Answer.wrong
        }
    }
}

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate configuration, templates, keys and folders, without network.",
        discussion: "Every mistake is told with its line and what to write instead. Exit status 0: all is well; 2: something is to mend.")
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let settings = try place.settings()
        let findings = Gateway.check(settings)
        for finding in findings { Terminal.complain("  " + finding.text(Terminal.language)) }
        guard findings.allSatisfy(\.isWarning) else { throw Answer.wrong }
        Terminal.say(
            "Tout est bon : \(settings.authority.name), \(settings.authority.bodies.count) instances, relais \(settings.relay.host):\(settings.relay.port), registre \(settings.ledgerOrigin).",
            "All is well: \(settings.authority.name), \(settings.authority.bodies.count) bodies, relay \(settings.relay.host):\(settings.relay.port), register \(settings.ledgerOrigin)."
        )
    }
}

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Prepare a folder: commented configuration, templates to adapt, keys, data and drop folders.")
    @Argument(help: "A new folder, or one without appariteur.yml.") var folder: String

    func run() async throws {
        let root = URL(fileURLWithPath: folder)
        let made = try Installation(root: root).create(at: WallClock.system.now(), randomness: .system)
        for path in made { Terminal.out("  \(path)") }
        Terminal.say(
            "Fait. Adaptez \(root.path)/appariteur.yml, puis : appariteur check --config \(root.path)/appariteur.yml",
            "Done. Adapt \(root.path)/appariteur.yml, then: appariteur check --config \(root.path)/appariteur.yml")
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Link keys: list, rotate.", subcommands: [List.self, Rotate.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Numbers and dates; never the secrets.")
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try place.open()
            for key in gateway.keyring.current().keys { Terminal.out("link key \(key.id)  \(key.createdAt.formatted(.iso8601))") }
            Terminal.out("ledger key  \(gateway.signingKey.verifier)")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign new links with a new key; links already sent go on working. A running service takes it within seconds.")
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try place.open()
            let ring = try KeyFolder(dataFolder: gateway.settings.dataFolder).rotateLinkKeys(at: gateway.clock.now(), randomness: .system)
            Terminal.out("link key \(ring.keys.last?.id ?? 0) signs from now on")
        }
    }
}
