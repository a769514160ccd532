package import Council
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
package import Logging
import NIOCore
import Notary
import ServiceLifecycle
import UnixSignals

/// Our witness over HTTP (c2sp.org/tlog-witness 1.0):
///
///     POST /add-checkpoint
///     GET  /<sha256 of origin, hex>/checkpoint    what was cosigned last
///     GET  /sante
///
/// Nothing of who asks is recorded.
package struct WitnessSite: Sendable {
    private let configuration: WitnessConfiguration
    private let witness: Witness
    private let logger: Logger
    /// The witness's public key: what the ledgers' operators need.
    package let vkey: String

    /// Reads the key and opens the memory, whose lock it holds for as long as this value lives.
    package init(_ configuration: WitnessConfiguration, clock: WallClock = .system, logger: Logger) throws {
        let key = try CosigningKey(file: configuration.keyFile)
        self.configuration = configuration
        self.logger = logger
        vkey = "\(key.verifier)"
        let state = try WitnessStateFolder(opening: configuration.stateFolder, for: key.verifier)
        witness = Witness(key: key, logs: configuration.logs, state: state, clock: clock, logger: logger)
    }

    /// Runs until a signal. `onListening` is told the port. Throws `ListenFault` when the address can't be had.
    package func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        try ListenFault.probe(configuration.listen)
        var webLogger = logger
        if webLogger.logLevel == .info { webLogger.logLevel = .notice }
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: webLogger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(named: application)], gracefulShutdownSignals: [.sigterm, .sigint], logger: webLogger))
        do {
            try await group.run()
        } catch {
            throw ListenFault(configuration.listen, binding: error) ?? error
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.post("/add-checkpoint") { [witness] request, _ in
            var body = ByteBuffer()
            for try await piece in request.body {
                guard body.readableBytes + piece.readableBytes <= AddCheckpointRequest.maximumBytes else {
                    return Self.plain(.contentTooLarge, "too large\n")
                }
                body.writeImmutableBuffer(piece)
            }
            return Self.response(await witness.answer(Array(body.readableBytesView)))
        }
        router.get("/{hash}/checkpoint") { [witness, logger] _, context in
            do {
                guard let note = try await witness.latest(originHash: context.parameters.get("hash") ?? "") else {
                    return Self.plain(.notFound, "nothing cosigned for this ledger\n")
                }
                return Self.response(.ok, "text/plain; charset=utf-8", note)
            } catch {
                logger.critical("what was cosigned last can't be read", metadata: ["fault": "\(error)"])
                return Self.plain(.serviceUnavailable, "unavailable\n")
            }
        }
        router.get("/sante") { _, _ in Self.plain(.ok, "ok\n") }
        return router
    }

    private static func response(_ answer: WitnessAnswer) -> Response {
        let status = HTTPResponse.Status(code: answer.status)
        return switch answer {
        case .cosigned(let line): response(status, "text/plain; charset=utf-8", Array(line.utf8))
        case .conflict(let size): response(status, TreeSizeText.mediaType, TreeSizeText.encode(size))
        case .malformed(let why): plain(status, why + "\n")
        case .unsigned: plain(status, "no signature by a known key of this ledger\n")
        case .unknownLog: plain(status, "unknown ledger\n")
        case .inconsistent: plain(status, "the consistency proof does not hold\n")
        case .unavailable: plain(status, "unavailable, try again later\n")
        }
    }

    private static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        response(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
