import ArgumentParser
import Council
import DefaultFiles
import Foundation
import Gateway
import Ledger
import Links
import Logging
import Notary
import Store
import Templating

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: Terminal.text("Fait tourner le service, jusqu'à SIGTERM.", "Run the service, until SIGTERM."))
    @OptionGroup var place: PlaceOptions
    @Flag(help: .words("Un journal plus bavard.", "Log more.")) var verbose = false

    func run() async throws {
        let logger = PlaceOptions.logger(verbose ? .debug : .info)
        let settings = try place.settings()
        try await Gateway.open(settings, as: .service, logger: logger).run { port in
            logger.notice("listening", metadata: ["address": "\(settings.listen.host):\(port)"])
        }
    }
}

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: Terminal.text(
            "Vérifie configuration, modèles, clés et dossiers, sans réseau.",
            "Validate configuration, templates, keys and folders, without network."),
        discussion: Terminal.text(
            "Chaque erreur est citée avec sa ligne et ce qu'il faut écrire à la place. Statut 0 : tout est bon ; 2 : il y a à corriger.",
            "Every mistake is told with its line and what to write instead. Exit status 0: all is well; 2: something is to mend."))
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let reading = try place.reading()
        var found = reading.found
        if let data = place.data { found.dataFolder = URL(fileURLWithPath: data) }
        if let refusal = reading.refusal { Terminal.complain(Terminal.words(refusal)) }
        var findings = Gateway.check(found, mistaken: reading.mistakes.map(\.key))
        if let settings = reading.settings {
            let own = place.data.map { settings.with(dataFolder: URL(fileURLWithPath: $0)) } ?? settings
            findings += await Gateway.checkRegister(own, logger: PlaceOptions.logger(.error))
        }
        for finding in findings { Terminal.complain("  " + finding.text(Terminal.language)) }
        guard let settings = reading.settings, findings.allSatisfy(\.isWarning) else { throw Answer.wrong }
        let bodies = Terminal.count(settings.authority.bodies.count, ("instance", "instances"), ("body", "bodies"))
        Terminal.say(
            "Tout est bon : \(settings.authority.name), \(bodies), relais \(settings.relays.map(\.address).joined(separator: ", ")), registre \(settings.ledgerOrigin).",
            "All is well: \(settings.authority.name), \(bodies), relay \(settings.relays.map(\.address).joined(separator: ", ")), register \(settings.ledgerOrigin)."
        )
    }
}

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: Terminal.text(
            "Prépare un dossier : configuration commentée, modèles à adapter, clés, données et dépôt.",
            "Prepare a folder: commented configuration, templates to adapt, keys, data and drop folders."))
    @Argument(help: .words("Un dossier nouveau, ou sans appariteur.yml.", "A new folder, or one without appariteur.yml.")) var folder:
        String

    func validate() throws {
        guard !folder.trimmingCharacters(in: .whitespaces).isEmpty else {
            throw ValidationError(
                "Donnez le nom du dossier à préparer (« . » pour celui-ci) : rien n'a été fait.",
                "Name the folder to prepare (“.” for this one): nothing was done.")
        }
    }

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
        commandName: "keys",
        abstract: Terminal.text(
            "Les clés de liens (list, rotate, accept) et de signature des messages (dkim).",
            "Link keys (list, rotate, accept) and message signing keys (dkim)."),
        subcommands: [List.self, Rotate.self, Accept.self, DKIMCommand.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Numéros et dates ; jamais les secrets.", "Numbers and dates; never the secrets."))
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            let keys = gateway.keyring.current().keys
            if format.json { return try Terminal.json(KeyRow.rows(keys, ledger: "\(gateway.signingKey.verifier)")) }
            let zone = gateway.settings.authority.timeZone
            Terminal.table(
                keys.map { key in
                    [
                        Terminal.text("clé de liens \(key.id)", "link key \(key.id)"), Terminal.moment(key.createdAt, zone),
                        key.id == keys.last?.id ? Terminal.text("signe les nouveaux liens", "signs new links") : "",
                    ]
                })
            Terminal.say("clé du registre  \(gateway.signingKey.verifier)", "ledger key  \(gateway.signingKey.verifier)")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Signe les nouveaux liens d'une clé neuve ; les liens déjà envoyés restent valables. Un service en marche la prend en quelques secondes.",
                "Sign new links with a new key; links already sent go on working. A running service takes it within seconds."))
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try place.open()
            let keys = KeyFolder(dataFolder: gateway.settings.dataFolder)
            // A file that isn't the one links were signed with would only be lost further from sight behind a new key.
            try await gateway.linkKeyTraces.adopt(try keys.linkKeyring(), at: gateway.clock.now())
            let ring = try keys.rotateLinkKeys(at: gateway.clock.now(), randomness: .system)
            // A crash in between: the service's next start remembers it.
            try await gateway.linkKeyTraces.adopt(ring, at: gateway.clock.now())
            let id = ring.keys.last?.id ?? 0
            Terminal.say(
                "La clé de liens \(id) signe désormais ; les liens déjà envoyés restent valables.",
                "Link key \(id) signs from now on; links already sent go on working.")
        }
    }
}

extension KeysCommand {
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Prend keys/links.keys tel qu'il est, quand des clés sont perdues pour de bon ; les liens qu'elles ont signés seront refusés.",
                "Takes keys/links.keys as it is, where keys are lost for good; links that they signed will be refused."))
        @Flag(
            help: .words(
                "Faire une clé neuve, quand links.keys est perdu, vide ou illisible pour de bon.",
                "Make a new key, where links.keys is lost, empty or unreadable for good.")) var new = false
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            if new { return try await replace() }
            let gateway = try place.open()
            let (ring, now) = (gateway.keyring.current(), gateway.clock.now())
            let faults = try await gateway.linkKeyTraces.faults(of: ring, at: now, thoroughly: true)
            guard !faults.isEmpty else {
                return Terminal.say(
                    "Rien à accepter : les clés sont celles qui ont signé les liens.",
                    "Nothing to accept: the keys are those that signed the links.")
            }
            for fault in faults { Terminal.complain(fault.words.text(Terminal.language)) }
            try await gateway.linkKeyTraces.accept(ring, at: now)
            Self.tellAccepted()
        }

        /// The database is opened by itself first: everything else wants the file that is lost.
        private func replace() async throws {
            let folder = try place.settings().dataFolder
            let storage = try SQLiteStorage.openForReading(folder: folder, logger: PlaceOptions.logger(.warning))
            let replaced = try await LinkKeyTraces.replaceLost(in: folder, storage, at: WallClock.system.now(), randomness: .system)
            guard let replaced else {
                Terminal.complain(
                    "keys/links.keys se lit : rien n'a été remplacé. « appariteur keys accept » le prend tel qu'il est.",
                    "keys/links.keys can be read: nothing was replaced. `appariteur keys accept` takes it as it is.")
                throw Answer.no
            }
            if let aside = replaced.aside { Terminal.say("  fichier abîmé gardé : \(aside.path)", "  damaged file kept: \(aside.path)") }
            let gateway = try place.open()
            try await gateway.linkKeyTraces.accept(gateway.keyring.current(), at: gateway.clock.now())
            Self.tellAccepted()
        }

        private static func tellAccepted() {
            Terminal.say(
                "Accepté. Les liens que ces clés avaient signés sont refusés désormais. Démarrez le service, puis lancez « appariteur sittings remind --all SÉANCE » pour chaque séance à venir : chacun, même qui a déjà accusé réception, reçoit un lien neuf.",
                "Accepted. Links that these keys had signed are refused from now on. Start the service, then run `appariteur sittings remind --all SITTING` for each coming sitting: everyone, also who has acknowledged, gets a new link."
            )
        }
    }
}

/// What `--json` shows of a key: never the secret.
struct KeyRow: Encodable {
    /// `link` or `ledger`.
    let kind: String
    /// Of a link key.
    let id: UInt8?
    let createdAt: Date?
    /// Whether new links are signed with it.
    let signs: Bool?
    /// The ledger's public key.
    let vkey: String?

    static func rows(_ keys: [LinkKey], ledger: String) -> [KeyRow] {
        keys.map { KeyRow(kind: "link", id: $0.id, createdAt: $0.createdAt, signs: $0.id == keys.last?.id, vkey: nil) }
            + [KeyRow(kind: "ledger", id: nil, createdAt: nil, signs: nil, vkey: ledger)]
    }
}
