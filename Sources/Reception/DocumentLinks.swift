import Council
import Foundation
import Hummingbird
import Links
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
        return ByteRange(parsing: range, size: document.size)
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

/// What a Range header asks of a representation of `size` bytes (RFC 9110 §14.1.2). Several ranges are answered with the whole:
/// a server may (§14.2), and no PDF reader needs them.
enum ByteRange: Equatable {
    case whole
    case part(ClosedRange<Int64>)
    case unsatisfiable

    init(parsing header: String, size: Int64) {
        let sides = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, sides[0].lowercased() == "bytes" else { return self = .whole }
        let ranges = sides[1].split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty }
        guard ranges.count == 1 else { return self = .whole }
        let ends = ranges[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return self = .whole }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (nil, nil): self = .whole
        case (nil, let suffix?): self = suffix == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - suffix)...size - 1)
        case (let first?, nil): self = first >= size ? .unsatisfiable : .part(first...size - 1)
        case (let first?, let last?):
            guard first <= last else { return self = .whole }
            self = first >= size ? .unsatisfiable : .part(first...min(last, size - 1))
        }
    }

    /// Digits only, as checked; what is too great for a number is greater than any file.
    private static func number(_ digits: Substring) -> Int64? {
        digits.isEmpty ? nil : Int64(digits) ?? .max
    }
}

/// Conditions on the version that the client has (RFC 9110 §13.2.2). Our tag is strong and never changes.
enum Preconditions {
    case proceed
    case notModified
    case failed

    static func judge(_ headers: HTTPFields, tag: String) -> Preconditions {
        if let required = headers[.ifMatch], !matches(required, tag, weakly: false) { return .failed }
        if let known = headers[.ifNoneMatch], matches(known, tag, weakly: true) { return .notModified }
        return .proceed
    }

    /// Our tags hold no comma, so splitting at commas never makes one out of another's pieces.
    private static func matches(_ header: String, _ tag: String, weakly: Bool) -> Bool {
        header.split(separator: ",").contains { part in
            var part = part.trimmingPrefix(while: \.isWhitespace)
            while part.last?.isWhitespace == true { part.removeLast() }
            if weakly, part.hasPrefix("W/") { part = part.dropFirst(2) }
            return part == tag || part == "*"
        }
    }
}
