import Bounces
package import Composition
package import Council
import Curl
import DefaultFiles
import Delivery
import Foundation
package import Hummingbird
import Intake
import Ledger
import Logging
package import Notary
import Reception
import Register
package import ServiceLifecycle
import Store
package import Templating
import UnixSignals

/// The only wiring: called alike by the command line, the demonstration and the tests.
extension Gateway {
    /// Every template that some stage renders, with the names that it gives.
    package static var templateSchemas: [TemplateSchema] {
        IntakeTemplates.schemas + CompositionTemplates.schemas + ReceptionTemplates.schemas + RegisterTemplates.schemas
    }

    /// Runs every stage until a signal, or until one of them can't go on.
    ///
    /// Order: a service is started after those before it and stopped before them. The ledger first: if it refuses, nothing
    /// else may record anything. Then who consumes, then who brings work in (the drop folder, the web).
    ///
    /// `onListening` is told the port once the web server is bound. It is the only closure among the parameters, so that one
    /// written behind the call can't be taken for another.
    /// Throws `ListenFault`, before anything runs, when the address can't be had; `LinkKeyFault` when links already sent would be refused.
    package func run(adding additions: Additions = Additions(), onListening: @escaping @Sendable (Int) async -> Void) async throws {
        try ListenFault.probe(settings.listen)
        try await linkKeyTraces.adopt(keyring.current(), at: clock.now())
        let sequencer = sequencer()
        try await sequencer.start()
        let first: [any Service] =
            [
                SequencerService(sequencer: sequencer, storage: storage, logger: logger),
                JournalCheckService(sequencer: sequencer, storage: storage, publicFolder: ledgerFolder, logger: logger), anchorService(),
                ClockWatch(storage: storage, clock: clock, logger: logger),
                try deliveryService(),
                try compositionService(),
            ] + witnessServices() + (try bounceServices())
        let last: [any Service] = [intakeService(), try application(addingRoutes: additions.routes, onListening: onListening)]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: first.map { .init(named: $0) } + additions.services + last.map { .init(named: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            // Somebody took the port between the probe and the bind.
            throw ListenFault(settings.listen, binding: error) ?? error
        }
    }

    /// What the demonstration runs beside the product's own services.
    package struct Additions {
        let routes: (Router<BasicRequestContext>) -> Void
        let services: [ServiceGroupConfiguration.ServiceConfiguration]

        package init(
            services: [ServiceGroupConfiguration.ServiceConfiguration] = [],
            routes: @escaping (Router<BasicRequestContext>) -> Void = { _ in }
        ) {
            self.routes = routes
            self.services = services
        }
    }

    package func sequencer() -> Sequencer {
        Sequencer(storage: storage, publicFolder: ledgerFolder, key: signingKey, logger: logger)
    }

    func anchorService() -> AnchorService {
        AnchorService(
            settings: anchorSettings, storage: storage, http: Self.anchorClient, clock: clock, randomness: randomness, logger: logger)
    }

    /// Answers of timestamp authorities and calendars are small: more is not read.
    private static var anchorClient: HTTPClient { HTTPClient(.init(answerLimit: 65_536)) }

    package func proofExporter() throws -> ProofExporter {
        let authorities = anchorSettings.timestampAuthorities
        return ProofExporter(
            storage: storage, ledgerFolder: ledgerFolder, authorities: authorities, verifierPage: try DefaultFiles.verifierPage(),
            seal: authorities.isEmpty ? nil : TimestampClient(http: Self.anchorClient, randomness: randomness),
            witnesses: settings.witnesses.list.map(\.key))
    }

    var anchorSettings: AnchorSettings {
        AnchorSettings(
            ledgerFolder: ledgerFolder, interval: settings.anchors.interval,
            timestampAuthorities: settings.anchors.timestampAuthorities.map {
                AnchorSettings.TimestampAuthority(name: $0.name, url: $0.url, caFile: $0.caFile, policy: $0.policy)
            }, calendars: settings.anchors.calendars,
            // A pending proof is asked for again after each interval, at most every ten minutes at first.
            blockPatience: AnchorSettings.Patience(first: min(settings.anchors.interval, .seconds(600)), longest: .seconds(3600)),
            node: settings.anchors.node, witnesses: settings.witnesses.list.map(\.key),
            timestampUse: settings.anchors.timestampUse, renewal: .seconds(settings.anchors.renewalDays * 86_400),
            revocationReview: settings.anchors.revocationDays == 0 ? nil : .seconds(settings.anchors.revocationDays * 86_400))
    }

    /// Reads the keys that messages are signed with. Throws what is wrong with one: nothing leaves unsigned instead.
    package func compositionService() throws -> CompositionService {
        let keyring = keyring
        return CompositionService(
            settings: compositionSettings(try Self.seal(settings.mail)), storage: storage, documents: documents,
            keyring: { keyring.current() }, templates: templates, clock: clock,
            randomness: randomness, logger: logger)
    }

    private func compositionSettings(_ seal: MessageSeal) -> CompositionSettings {
        CompositionSettings(
            authority: settings.authority, baseURL: settings.publicURL, envelopeSender: settings.envelopeSender,
            from: Mailbox(name: settings.from.name, address: settings.from.address),
            clerk: Mailbox(name: settings.clerk.name, address: settings.clerk.address), linkDaysAfterSitting: settings.linkDays,
            attachUpTo: settings.mail.attachUpTo, seal: seal, bounceAddress: settings.bounceAddress,
            reminderHours: settings.reminderHours, technicalContact: settings.mail.technicalContact,
            summary: settings.summary)
    }

    /// Any kind of message about the sitting, as its reader would get it; not signed, since the keys are the service's alone.
    /// `isSample`: the sitting's documents are in no store, and nothing is attached.
    package func preview(_ kind: MailKind, of sitting: Sitting, isSample: Bool = false, language: Language) async throws
        -> RenderedConvocation
    {
        let (members, amendment) = try await material(of: sitting, isSample: isSample)
        return try kindPreview(isSample).render(kind, of: sitting, members: members, amendment, in: language)
    }

    /// A page with every kind in every language, and its files, by name.
    package func gallery(of sitting: Sitting, isSample: Bool = false, language: Language) async throws -> [String: [UInt8]] {
        let (members, amendment) = try await material(of: sitting, isSample: isSample)
        return try MailGallery(kindPreview(isSample), settings: compositionSettings(.none), templates: templates)
            .files(of: sitting, members: members, amendment, page: language)
    }

    private func material(of sitting: Sitting, isSample: Bool) async throws -> ([Member], StoredAmendment?) {
        if isSample { return ([], nil) }
        let amendments = try await storage.amendments(of: sitting.id).filter { $0.state == .held || $0.state == .approved }
        return (try await storage.members(of: sitting.draft.body), amendments.last)
    }

    private func kindPreview(_ isSample: Bool) -> KindPreview {
        var settings = compositionSettings(.none)
        if isSample { settings.attachUpTo = 0 }
        return KindPreview(settings: settings, templates: templates, documents: documents, now: clock.now())
    }

    func intakeService() -> IntakeService {
        IntakeService(
            settings: IntakeSettings(
                dropFolder: settings.dropFolder, settle: settings.settle, rescan: settings.rescan, authority: settings.authority),
            storage: storage, documents: documents, templates: templates, clock: clock, logger: logger)
    }

    func application(
        addingRoutes: (Router<BasicRequestContext>) -> Void, onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> some ApplicationProtocol {
        let keyring = keyring
        let reception = try ReceptionRoutes(
            settings: ReceptionSettings(
                policy: settings.receiptPolicy, timeZone: settings.authority.timeZone, authorityName: settings.authority.name,
                contact: settings.clerk.address),
            storage: storage, documents: documents, keyring: { keyring.current() }, templates: templates, clock: clock,
            randomness: randomness, logger: logger)
        let register = RegisterRoutes(
            settings: RegisterSettings(
                authority: settings.authority, baseURL: URL(string: settings.publicURL) ?? ledgerFolder, ledgerFolder: ledgerFolder,
                verifierKey: signingKey.verifier.description, verifierPage: try DefaultFiles.verifierPage()),
            storage: storage, templates: templates, clock: clock, logger: logger)
        let router = Router()
        router.add(middleware: NotFoundPage(reception))
        register.add(to: router)
        reception.add(to: router)
        addingRoutes(router)
        // At its usual level the web server would announce its address a second time.
        var webLogger = logger
        if webLogger.logLevel == .info { webLogger.logLevel = .notice }
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(settings.listen.host, port: settings.listen.port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: webLogger)
    }
}
