package import Council
import Curl
import DefaultFiles
package import Foundation
import Gateway
import Hummingbird
package import Logging
import ServiceLifecycle
import Templating

/// The whole way of one sitting on this machine: the real service, with an embedded mailbox for a relay and
/// demonstration anchors, all on loopback.
package struct Demonstration: Sendable {
    package struct Options: Sendable {
        /// Where its data stay; nil: a folder that goes with it.
        package let data: URL?
        /// Nil: any free one.
        package let port: Int?
        /// Ends when the story is told, instead of staying to be looked at.
        package let once: Bool

        package init(data: URL?, port: Int?, once: Bool) {
            self.data = data
            self.port = port
            self.once = once
        }
    }

    let options: Options
    let clock: WallClock
    let randomness: Randomness
    let logger: Logger
    /// Tells the reader what happens.
    let say: @Sendable (Bilingual) -> Void

    package init(
        _ options: Options, clock: WallClock, randomness: Randomness, logger: Logger, say: @escaping @Sendable (Bilingual) -> Void
    ) {
        self.options = options
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
        self.say = say
    }

    /// Throws `StoryFault` with the first step that did not hold, `DemonstrationRefusal` when it can't begin.
    package func run() async throws {
        let folder = options.data ?? FileManager.default.temporaryDirectory.appendingPathComponent("appariteur-demo-\(UUID().uuidString)")
        guard !FileManager.default.fileExists(atPath: folder.appendingPathComponent("appariteur.db").path) else {
            throw DemonstrationRefusal(
                words: Bilingual(
                    "\(folder.path) contient déjà des données : rien n'a été changé. Donnez à --data un autre dossier, nouveau ou vide.",
                    "\(folder.path) holds data already: nothing was changed. Give --data another folder, new or empty."))
        }
        let port = try options.port ?? LoopbackPort.free()
        // Before anything is written: after a refusal the same folder must still do.
        do throws(ListenFault) { try ListenFault.probe(host: "127.0.0.1", port: port) } catch { throw Self.refusal(error) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // A folder of our own in /tmp; what can't be removed there harms nobody.
            if options.data == nil { try? FileManager.default.removeItem(at: folder) }
        }
        let mailbox = try await EmbeddedMailbox.open(clock: clock, logger: logger)
        let authority = try LocalTimestampAuthority()
        let place = DemonstrationPlace(folder: folder, port: port, smtpPort: mailbox.port)
        try place.write(timestampRoots: authority.authorities)
        let settings = try Settings(file: place.configuration)
        let gateway = try Gateway.open(settings, as: .service, clock: clock, randomness: randomness, logger: logger)
        let pages = try TemplateSet(folders: [DefaultFiles.folder], schemas: DemonstrationTemplates.schemas)
        let story = Story(gateway: gateway, place: place, shelf: mailbox.shelf, once: options.once, say: say)
        let timestamping = DemonstrationTimestamping(authority: authority, logger: logger)
        let calendar = DemonstrationCalendar(url: place.calendarURL, randomness: randomness)
        let additions = Gateway.Additions(
            services: [
                .init(named: mailbox),
                .init(
                    service: story, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup),
            ],
            routes: { router in
                MailboxPages(shelf: mailbox.shelf, templates: pages, authority: settings.authority).add(to: router)
                timestamping.add(to: router)
                calendar.add(to: router)
            })
        do {
            try await gateway.run(adding: additions) { _ in await story.begin() }
        } catch let fault as ListenFault {
            throw Self.refusal(fault)
        }
    }

    private static func refusal(_ fault: ListenFault) -> DemonstrationRefusal {
        DemonstrationRefusal(words: fault.words(toChange: Bilingual("de port avec --port N", "the port with --port N")))
    }
}

/// A step of the demonstration that did not hold.
package struct StoryFault: Error, Sendable {
    package let words: Bilingual

    init(_ words: Bilingual) { self.words = words }
}

/// Why the demonstration can't begin where it is told to.
package struct DemonstrationRefusal: WordedError {
    package let words: Bilingual
}

/// Where the demonstration lives and the configuration that it runs on: a real one, that the other commands can use too.
struct DemonstrationPlace: Sendable {
    let folder: URL
    let port: Int
    let smtpPort: Int

    var base: String { "http://127.0.0.1:\(port)" }
    var configuration: URL { folder.appendingPathComponent("appariteur.yml") }
    var dropFolder: URL { folder.appendingPathComponent("Depot", isDirectory: true) }
    var timestampRoots: URL { folder.appendingPathComponent("horodatage-demonstration.pem") }
    var calendarURL: String { base + DemonstrationCalendar.path }

    func write(timestampRoots roots: [UInt8]) throws {
        try FileManager.default.createDirectory(at: dropFolder, withIntermediateDirectories: true)
        try Data(roots).write(to: timestampRoots)
        let text = """
            # Configuration de la démonstration : tout reste sur cette machine.
            authority:
              name: Communauté de communes du Pays de Valmorée
              siren: "999000011"
              timeZone: Europe/Paris
            clerk: { name: Secrétariat des assemblées, address: assemblees@valmoree.example }
            bodies:
              conseil: { name: Conseil communautaire, aliases: [Conseil], clearDays: 5 }
              bureau: { name: Bureau communautaire, aliases: [Bureau], clearDays: 3 }
            publicURL: \(base)
            listen: 127.0.0.1:\(port)
            relay: { host: 127.0.0.1, port: \(smtpPort), tls: none, connections: 4, heloName: demonstration.valmoree.example }
            mail:
              from: { name: Pays de Valmorée – Assemblées, address: convocations@valmoree.example }
              envelopeSender: retours@valmoree.example
            folders: { data: ., drop: \(dropFolder.path) }
            intake: { settle: 1s, rescan: 1s }
            reception: { policy: adaptive }
            ledger: { origin: demonstration.valmoree.example/ledger }
            anchors:
              interval: 2s
              timestampAuthorities:
                - { name: demonstration, url: "\(base)\(DemonstrationTimestamping.path)", caFile: \(timestampRoots.lastPathComponent) }
              calendars: [ "\(calendarURL)" ]

            """
        try Data(text.utf8).write(to: configuration)
    }
}
