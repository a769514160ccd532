import Council
package import Hummingbird
package import Logging
import NIOCore

/// The demonstration's timestamp authority over HTTP (RFC 3161 §3.4), for loopback. What it signs proves nothing to anyone.
package struct DemonstrationTimestamping: Sendable {
    package static let path = "/demo/horodatage"
    private static let queryType = "application/timestamp-query"

    private let authority: LocalTimestampAuthority
    private let logger: Logger

    package init(authority: LocalTimestampAuthority, logger: Logger) {
        self.authority = authority
        self.logger = logger
    }

    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        router.post("\(Self.path)") { request, _ in try await answer(request) }
    }

    private func answer(_ request: Request) async throws -> Response {
        guard request.headers[.contentType]?.lowercased().hasPrefix(Self.queryType) == true else {
            return Self.words(.unsupportedMediaType, "This demonstration authority takes \(Self.queryType).\n")
        }
        var request = request
        let query = Array((try await request.collectBody(upTo: 64 << 10)).readableBytesView)
        do {
            let reply = try await authority.answer(query)
            return Response(
                status: .ok, headers: [.contentType: "application/timestamp-reply", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply)))
        } catch {
            logger.error("the demonstration authority could not sign", metadata: ["error": "\(error)"])
            return Self.words(.internalServerError, "The demonstration authority could not sign: see its log.\n")
        }
    }

    private static func words(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
