import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Something public with what caches need to know of it.
struct PublicBody: Sendable {
    let bytes: ByteBuffer
    let mediaType: String
    /// Strong: of the bytes themselves.
    let etag: String
    let modifiedAt: Date?
    let cacheControl: String
    var headers: HTTPFields = [:]

    init(_ bytes: [UInt8], mediaType: String, modifiedAt: Date?, cacheControl: String, headers: HTTPFields = [:]) {
        self.bytes = ByteBuffer(bytes: bytes)
        self.mediaType = mediaType
        etag = "\"" + Data(SHA256.hash(data: bytes).prefix(18)).base64EncodedString() + "\""
        self.modifiedAt = modifiedAt
        self.cacheControl = cacheControl
        self.headers = headers
    }

    /// The answer to GET and HEAD, or 304 when the client has it already (RFC 9110 §13.2.2).
    func response(to request: Request, status: HTTPResponse.Status = .ok) -> Response {
        var fields = headers
        fields[.eTag] = etag
        fields[.cacheControl] = cacheControl
        fields[.xContentTypeOptions] = "nosniff"
        fields[.referrerPolicy] = "no-referrer"
        if let modifiedAt { fields[.lastModified] = HTTPDate.text(of: modifiedAt) }
        if status == .ok, isCurrent(request.headers) {
            var response = Response(status: .notModified, headers: fields)
            // The length of a body that isn't sent would have to be the true one.
            response.headers[.contentLength] = nil
            return response
        }
        fields[.contentType] = mediaType
        let response = Response(status: status, headers: fields, body: ResponseBody(byteBuffer: bytes))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func isCurrent(_ request: HTTPFields) -> Bool {
        let tags = request[values: .ifNoneMatch]
        if !tags.isEmpty {
            return tags.joined(separator: ",").split(separator: ",").contains { part in
                let tag = part.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
                return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == etag
            }
        }
        // A date that can't be read is as if it weren't there, as the RFC wants (§13.1.3).
        guard let modifiedAt, let text = request[.ifModifiedSince], let since = HTTPDate.parse(text) else { return false }
        // HTTP's dates have whole seconds.
        return modifiedAt.timeIntervalSince1970.rounded(.down) <= since.timeIntervalSince1970
    }
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name: a mistake in this file") }
        return field
    }

    static let referrerPolicy = named("Referrer-Policy")
}
