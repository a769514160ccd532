package import Council
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import Store
package import Templating

/// The public side: who was convened in what number, with which documents, and the ledger that proves it.
///
///     /            /en               the register
///     /seances/ID  /en/sittings/ID   one sitting
///     /verifier    /en/verify        compare a file with the register
///     /preuve                        check a proof, in the reader's own browser (in both languages)
///     /ledger/…                      the ledger's files, for other people's tools
///     /sante  /robots.txt  /favicon.ico
///
/// It promises: nothing of a member, of a draft or of a confidential document is on any of these; it writes nothing; it asks
/// nobody who they are.
package struct RegisterRoutes: Sendable {
    private let pages: RegisterPages
    private let files: LedgerFiles
    private let cache: RegisterCache
    private let storage: any RegisterReading
    private let verifierPage: PublicBody
    private let logger: Logger

    /// `templates` must have been made with `RegisterTemplates.schemas`.
    package init(settings: RegisterSettings, storage: any RegisterReading, templates: TemplateSet, clock: WallClock, logger: Logger) {
        pages = RegisterPages(settings: settings, templates: templates, storage: storage)
        files = LedgerFiles(folder: settings.ledgerFolder)
        cache = RegisterCache(storage: storage, files: files, clock: clock, freshness: settings.freshness)
        self.storage = storage
        verifierPage = Self.selfContained(settings.verifierPage)
        self.logger = logger
    }

    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for language in Language.allCases {
            read(router, PublicPath.register(language)) { request, _ in
                try await page(request, language) { try await register(request, language) }
            }
            read(router, "\(PublicPath.sittings(language))/{id}") { request, context in
                let id = context.parameters.get("id") ?? ""
                return try await page(request, language) { try await sitting(request, id, language) }
            }
            read(router, PublicPath.verify(language)) { request, _ in
                try await page(request, language) { try await verify(request, language) }
            }
        }
        read(router, "/ledger/**", options: Self.openToAll) { request, _ in try await ledger(request) }
        read(router, "/preuve") { [verifierPage] request, _ in verifierPage.response(to: request) }
        read(router, "/robots.txt") { request, _ in Self.robots.response(to: request) }
        read(router, "/favicon.ico") { request, _ in Self.plain(request, .noContent, "", [.cacheControl: "public, max-age=86400"]) }
        read(router, "/sante") { request, _ in try await health(request) }
    }

    private static let others: [HTTPRequest.Method] = [.post, .put, .delete, .patch, .options, .trace, .connect]

    /// GET and HEAD; anything else is 405 (RFC 9110 §15.5.6), but OPTIONS where other sites' pages read (`options`: what it tells them).
    private func read<Context: RequestContext>(
        _ router: some RouterMethods<Context>, _ path: String, options: HTTPFields? = nil,
        _ handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        let allow: HTTPFields = [.allow: options == nil ? "GET, HEAD" : "GET, HEAD, OPTIONS"]
        for method in [HTTPRequest.Method.get, .head] { router.on(RouterPath(path), method: method, use: handler) }
        for method in Self.others {
            router.on(RouterPath(path), method: method) { request, _ in
                if method == .options, let options { return Self.plain(request, .noContent, "", options.merging(allow)) }
                return Self.plain(request, .methodNotAllowed, "GET, HEAD\n", allow)
            }
        }
    }

    // MARK: Pages

    /// When the store or the disk doesn't answer, says so, as a page: 503, to be tried again.
    private func page(_ request: Request, _ language: Language, _ make: () async throws -> Response) async throws -> Response {
        do {
            return try await make()
        } catch {
            logger.error("a public page could not be made", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            var response = try pages.unavailable(language).response(to: request, status: .serviceUnavailable)
            response.headers[.retryAfter] = "30"
            response.headers[.cacheControl] = "no-store"
            return response
        }
    }

    private func register(_ request: Request, _ language: Language) async throws -> Response {
        let key = RegisterCache.PageKey(path: PublicPath.register(language), language: language)
        let page = try await cache.page(key) { try pages.register($0, language) }
        return try answer(page, request, language)
    }

    private func sitting(_ request: Request, _ text: String, _ language: Language) async throws -> Response {
        // Anything else than a sitting of the public list is not looked for.
        let id = SittingID(rawValue: text)
        guard try await cache.snapshot().sitting(id) != nil else { return try answer(nil, request, language) }
        let key = RegisterCache.PageKey(path: PublicPath.sitting(id, language), language: language)
        let page = try await cache.page(key) { try await pages.sitting(id, $0, language) }
        return try answer(page, request, language)
    }

    private func verify(_ request: Request, _ language: Language) async throws -> Response {
        let query = request.uri.queryParameters
        let asked = query["empreinte"] ?? query["hash"]
        guard let asked, !asked.isEmpty else {
            let key = RegisterCache.PageKey(path: PublicPath.verify(language), language: language)
            let page = try await cache.page(key) { try pages.verify(asked: nil, $0, language) }
            return try answer(page, request, language)
        }
        let page = try pages.verify(asked: String(asked), try await cache.snapshot(), language)
        return try answer(page, request, language)
    }

    private func answer(_ page: PublicBody?, _ request: Request, _ language: Language) throws -> Response {
        if let page { return page.response(to: request) }
        return try pages.missing(language).response(to: request, status: .notFound)
    }

    // MARK: Files

    private static let openToAll: HTTPFields = [.accessControlAllowOrigin: "*", .accessControlAllowMethods: "GET, HEAD"]

    private func ledger(_ request: Request) async throws -> Response {
        // The path as sent, not decoded: none of the ledger's names needs a percent sign.
        let prefix = "/ledger/"
        guard request.uri.path.hasPrefix(prefix), let path = LedgerPath(parsing: request.uri.path.dropFirst(prefix.count)),
            let content = try await files.read(path)
        else { return Self.plain(request, .notFound, "Not found.\n", Self.openToAll) }
        return PublicBody(
            content.bytes, mediaType: path.mediaType, cacheControl: path.cacheControl, headers: Self.openToAll
        ).response(to: request)
    }

    /// A page whose own style and script, and nothing else, may work: they are named by their hashes.
    private static func selfContained(_ page: [UInt8]) -> PublicBody {
        let text = String(decoding: page, as: UTF8.self)
        func hash(_ element: String) -> String {
            guard let start = text.firstRange(of: "<\(element)>"), let end = text.firstRange(of: "</\(element)>") else { return "'none'" }
            return RegisterPages.source(text[start.upperBound..<end.lowerBound])
        }
        let policy =
            "default-src 'none'; style-src \(hash("style")); script-src \(hash("script")); frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        return PublicBody(
            page, mediaType: "text/html; charset=utf-8", cacheControl: "public, max-age=300", headers: [.contentSecurityPolicy: policy])
    }

    private static let robots = PublicBody(
        Array("User-agent: *\nDisallow: /r/\nDisallow: /s/\nDisallow: /d/\nDisallow: /suivi/\n".utf8),
        mediaType: "text/plain; charset=utf-8", cacheControl: "public, max-age=86400")

    /// Whether the store answers. Not more: how much is waiting is nobody's business here.
    private func health(_ request: Request) async throws -> Response {
        do {
            _ = try await storage.journalSize()
            return Self.plain(request, .ok, "ok\n", [.cacheControl: "no-store"])
        } catch {
            logger.error("the store does not answer", metadata: ["error": "\(error)"])
            return Self.plain(request, .serviceUnavailable, "unavailable\n", [.cacheControl: "no-store"])
        }
    }

    private static func plain(_ request: Request, _ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields) -> Response {
        var headers = headers
        if !text.isEmpty { headers[.contentType] = "text/plain; charset=utf-8" }
        headers[.xContentTypeOptions] = "nosniff"
        var response = Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        if status == .noContent { response.headers[.contentLength] = nil }
        return request.method == .head ? response.createHeadResponse() : response
    }
}

extension HTTPFields {
    fileprivate func merging(_ more: HTTPFields) -> HTTPFields {
        var fields = self
        fields.append(contentsOf: more)
        return fields
    }
}
