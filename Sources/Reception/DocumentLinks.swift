import Council
import Foundation
import Hummingbird
import Links
import Logging
import Store

extension ReceptionRoutes {
    /// The bytes of a document, in pieces, whole or in part (RFC 9110 §13 and §14). The receipt was journalled by the
    /// address that led here; this one only lives as long as `fetchLifetime`.
    func serveDocument(
        _ request: Request, _ token: some StringProtocol, document mark: Substring?
    ) async throws -> Response {
        let link = try await link(token, .fetch, at: clock.now())
        let document = try await document(of: link, marked: mark)
        let headers = DocumentHeaders.of(document)
        let tag = DocumentHeaders.tag(of: document)
        switch Preconditions.judge(request.headers, tag: tag) {
        case .failed: return Response(status: .preconditionFailed, headers: headers.withoutContent)
        case .notModified: return Response(status: .notModified, headers: headers.withoutContent)
        case .proceed: break
        }
        switch Self.range(request, document, tag: tag) {
        case .whole: return try content(document, nil, headers, request)
        case .part(let range): return try content(document, range, headers, request)
        case .unsatisfiable:
            var headers = headers.withoutContent
            headers[.contentRange] = "bytes */\(document.size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    private func document(of context: LinkContext, marked mark: Substring?) async throws -> Document {
        switch (context.link.target, mark) {
        case (.document(let hash), nil):
            guard let document = context.sitting.draft.document(hash) else { throw Refusal.notFound }
            return document
        case (.review(let hash), nil):
            guard let document = try await reviewed(hash, in: context) else { throw Refusal.notFound }
            return document
        case (.sitting, let mark?):
            guard let document = Self.document(marked: mark, in: context.sitting) else { throw Refusal.notFound }
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

    private func content(_ document: Document, _ range: ClosedRange<Int64>?, _ headers: HTTPFields, _ request: Request) throws -> Response {
        let file = try file(of: document)
        let span = range.map { $0.lowerBound..<$0.upperBound + 1 } ?? 0..<document.size
        var headers = headers
        headers[.contentLength] = String(span.count)
        if range != nil { headers[.contentRange] = "bytes \(span.lowerBound)-\(span.upperBound - 1)/\(document.size)" }
        return Response(
            status: range == nil ? .ok : .partialContent, headers: headers,
            body: request.method == .head ? ResponseBody() : file.body(span, loops: eventLoops))
    }

    /// Bytes that are missing or cut short are a fault of ours, never served as if they were the document.
    private func file(of document: Document) throws -> DocumentFile {
        do {
            let file = try DocumentFile(documents.url(of: document.hash).path)
            if file.size == document.size { return file }
            logger.critical(
                "a document in the store has another size than was recorded",
                metadata: ["document": "\(document.hash)", "size": "\(file.size)", "recorded": "\(document.size)"])
        } catch {
            logger.critical(
                "a document can't be read from the store", metadata: ["document": "\(document.hash)", "errno": "\(error.code)"])
        }
        throw Refusal.unavailable
    }
}
