package import Council
import Foundation
package import Hummingbird
package import Links
package import Logging
package import NIOCore
import NIOPosix
package import Store
package import Templating

/// The part of the store that the reception uses.
package typealias ReceptionStorage = LinkStorage & RollStorage & SittingStorage & AmendmentStorage & CopyCountStorage

/// The reception: what stands behind the links in the messages.
///
///     /r/<member token>                   a click: graded, journalled, then led to its document or to the sitting's page
///     /s/<fetch token>[/<document>]       the sitting's page, and the opening of a document from it
///     /d/<fetch token>[/<document>]/<file name>    a document's bytes
///     /suivi/<clerk token>[/etat | /papier/<member> | /renvoi/<member>]    the clerk's pages
///
/// It promises:
/// - a token is checked (shape, MAC in constant time, expiry) before anything but memory is touched;
/// - a receipt is durable before the answer that it leads to leaves: when the store fails, the answer is 503 and no redirect;
/// - GET and HEAD on the clerk's links change nothing, and HEAD on no link makes a receipt;
/// - it redirects to nothing but its own addresses, built from what the store names.
///
/// A crash between a commit and its answer leaves a receipt whose reader saw an error and clicks again: a repeat.
package struct ReceptionRoutes: Sendable {
    let settings: ReceptionSettings
    let storage: any ReceptionStorage
    let documents: DocumentStore
    let keyring: @Sendable () -> LinkKeyring
    let pages: Pages
    let clock: WallClock
    let randomness: Randomness
    let logger: Logger
    let eventLoops: any EventLoopGroup
    let traces: RobotTraces
    let forms = FormTokens()

    /// Throws when a template is missing: `templates` must have been made with `ReceptionTemplates.schemas`. `eventLoops` are
    /// those that the application runs on; NIO's singleton group is Hummingbird's default.
    package init(
        settings: ReceptionSettings, storage: any ReceptionStorage, documents: DocumentStore,
        keyring: @escaping @Sendable () -> LinkKeyring,
        templates: TemplateSet, clock: WallClock, randomness: Randomness, logger: Logger,
        eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(TemplateError) {
        self.settings = settings
        self.storage = storage
        self.documents = documents
        self.keyring = keyring
        pages = try Pages(settings: settings, templates: templates)
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
        self.eventLoops = eventLoops
        traces = RobotTraces(settings: settings.grading)
    }

    /// Adds the routes. The context is whatever the application has; nothing is asked of it (nor the peer's address).
    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        route(router, "/r/{token}", [.get, .head, .post]) { request, context in
            let token = context.parameters["token"] ?? ""
            return try await request.method == .post ? confirmLink(request, token) : openLink(request, token)
        }
        route(router, "/s/{token}", [.get, .head]) { request, context in
            try await sittingPage(request, context.parameters["token"] ?? "")
        }
        route(router, "/s/{token}/{document}", [.get, .head, .post]) { request, context in
            let (token, document) = (context.parameters["token"] ?? "", context.parameters["document"] ?? "")
            return try await request.method == .post ? confirmDocument(request, token, document) : openDocument(request, token, document)
        }
        route(router, "/d/{token}/{first}", [.get, .head]) { request, context in
            try await serveDocument(request, context.parameters["token"] ?? "", document: nil)
        }
        route(router, "/d/{token}/{first}/{second}", [.get, .head]) { request, context in
            try await serveDocument(request, context.parameters["token"] ?? "", document: context.parameters["first"])
        }
        route(router, "/suivi/{token}", [.get, .head, .post]) { request, context in
            let token = context.parameters["token"] ?? ""
            return try await request.method == .post ? clerkAct(request, token) : clerkPage(request, token)
        }
        route(router, "/suivi/{token}/etat", [.get, .head]) { request, context in
            try await statusPage(request, context.parameters["token"] ?? "")
        }
        route(router, "/suivi/{token}/papier/{member}", [.get, .head, .post]) { request, context in
            let (token, member) = (context.parameters["token"] ?? "", context.parameters["member"] ?? "")
            return try await request.method == .post ? recordPaper(request, token, member) : paperPage(request, token, member)
        }
        route(router, "/suivi/{token}/relance", [.post]) { request, context in
            try await remind(request, context.parameters["token"] ?? "")
        }
        route(router, "/suivi/{token}/renvoi/{member}", [.post]) { request, context in
            try await sendAgain(request, context.parameters["token"] ?? "", context.parameters["member"] ?? "")
        }
    }

    /// The plain page for an address that nothing stands behind.
    package func notFoundPage(_ request: Request) -> Response {
        finish(pages.refusal(.notFound, PageLanguage.of(request)), request)
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch, .options, .trace, .connect]

    private func route<Context: RequestContext>(
        _ router: some RouterMethods<Context>, _ path: RouterPath, _ allowed: [HTTPRequest.Method],
        _ handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        for method in Self.methods {
            let isAllowed = allowed.contains(method)
            router.on(path, method: method) { request, context in
                await answer(request) {
                    guard isAllowed else { throw Refusal.method(allowed: allowed) }
                    return try await handler(request, context)
                }
            }
        }
    }

    /// Turns what was thrown into its page. What is not foreseen is a fault of ours or of the store: 503, and the reader tries again.
    private func answer(_ request: Request, _ handle: () async throws -> Response) async -> Response {
        do {
            return finish(try await handle(), request)
        } catch let refusal as Refusal {
            return finish(pages.refusal(refusal, PageLanguage.of(request)), request)
        } catch {
            logger.error("a request could not be answered", metadata: ["route": "\(request.uri.path.prefix(3))", "error": "\(error)"])
            return finish(pages.refusal(.unavailable, PageLanguage.of(request)), request)
        }
    }

    private func finish(_ response: Response, _ request: Request) -> Response {
        request.method == .head ? response.createHeadResponse() : response
    }
}

/// Gives every address that no route knows the plain page. Add it to the application's router before the routes.
package struct NotFoundPage<Context: RequestContext>: RouterMiddleware {
    private let routes: ReceptionRoutes

    package init(_ routes: ReceptionRoutes) { self.routes = routes }

    @concurrent
    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound && error.body == nil {
            return routes.notFoundPage(request)
        }
    }
}
