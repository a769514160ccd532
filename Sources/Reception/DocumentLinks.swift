import Council
import Foundation
import Hummingbird
import Links
import Logging
import NIOCore
import Store

extension ReceptionRoutes {
    /// The bytes of a document, in pieces, whole or in part (RFC 9110 §13 and §14). The receipt was journalled by the
    /// address that led here; this one only lives as long as `fetchLifetime`.
    func serveDocument(
        _ request: Request, _ token: some StringProtocol, document mark: Substring?, _ context: some RequestContext
    ) async throws -> Response {
        let link = try await link(token, .fetch, at: clock.now())
        let document = try Self.document(of: link, marked: mark)
        let headers = DocumentHeaders.of(document)
        let tag = DocumentHeaders.tag(of: document)
        switch Preconditions.judge(request.headers, tag: tag) {
        case .failed: return Response(status: .preconditionFailed, headers: headers.withoutContent)
        case .notModified: return Response(status: .notModified, headers: headers.withoutContent)
        case .proceed: break
        }
        switch Self.range(request, document, tag: tag) {
        case .whole: return try await content(document, nil, headers, request, context)
        case .part(let range): return try await content(document, range, headers, request, context)
        case .unsatisfiable:
            var headers = headers.withoutContent
            headers[.contentRange] = "bytes */\(document.size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    private static func document(of context: LinkContext, marked mark: Substring?) throws -> Document {
        switch (context.link.target, mark) {
        case (.document(let hash), nil), (.review(let hash), nil):
            guard let document = context.sitting.draft.documents.first(where: { $0.hash == hash }) else { throw Refusal.notFound }
            return document
        case (.sitting, let mark?):
            guard let document = document(marked: mark, in: context.sitting) else { throw Refusal.notFound }
            return document
        default: throw Refusal.notFound
        }
    }

    /// Ranges are for GET only (RFC 9110 §14.2), and only of the version that the client has already (§13.1.5).
    private static func range(_ request: Request, _ document: Document, tag: String) -> ByteRange {
        guard request.method == .get, let range = request.headers[.range] else { return .whole }
        if let condition = request.headers[.ifRange], condition != tag { return .whole }
        return ByteRange.parse(range, size: document.size)
    }

    /// Pieces of this many bytes; the reader behind holds up to eight of them for each client.
    private static let pieceSize = 32 * 1024

    private func content(
        _ document: Document, _ range: ClosedRange<Int64>?, _ headers: HTTPFields, _ request: Request, _ context: some RequestContext
    ) async throws -> Response {
        let path = documents.url(of: document.hash).path
        let span = range ?? 0...max(0, document.size - 1)
        let length = document.size == 0 ? 0 : span.upperBound - span.lowerBound + 1
        let body: ResponseBody
        do {
            // Asked for the whole, it also says how long the file really is.
            let whole = try await files.loadFile(path: path, context: context, chunkLength: Self.pieceSize)
            guard whole.contentLength.map(Int64.init) == document.size else { throw HTTPError(.notFound) }
            body =
                range == nil
                ? whole
                : try await files.loadFile(
                    path: path, range: Int(span.lowerBound)...Int(span.upperBound), context: context, chunkLength: Self.pieceSize)
        } catch {
            logger.critical("a document is missing from the store or cut short", metadata: ["document": "\(document.hash)"])
            throw Refusal.unavailable
        }
        var headers = headers
        headers[.contentLength] = String(length)
        if range != nil { headers[.contentRange] = "bytes \(span.lowerBound)-\(span.upperBound)/\(document.size)" }
        return Response(status: range == nil ? .ok : .partialContent, headers: headers, body: request.method == .head ? .init() : body)
    }
}
