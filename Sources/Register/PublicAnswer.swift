import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Something public with what caches need to know of it: a tag of the bytes, and no date. When something here changed is when a member
/// did something, and of that the ledger tells the hour only.
struct PublicBody: Sendable {
    let bytes: ByteBuffer
    let mediaType: String
    /// Strong: of the bytes themselves.
    let etag: String
    let cacheControl: String
    var headers: HTTPFields = [:]

    init(_ bytes: [UInt8], mediaType: String, cacheControl: String, headers: HTTPFields = [:]) {
        self.bytes = ByteBuffer(bytes: bytes)
        self.mediaType = mediaType
        etag = "\"" + Data(SHA256.hash(data: bytes).prefix(18)).base64EncodedString() + "\""
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
        if status == .ok, isCurrent(request.headers[values: .ifNoneMatch]) {
            var response = Response(status: .notModified, headers: fields)
            // The length of a body that isn't sent would have to be the true one.
            response.headers[.contentLength] = nil
            return response
        }
        fields[.contentType] = mediaType
        let response = Response(status: status, headers: fields, body: ResponseBody(byteBuffer: bytes))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func isCurrent(_ tags: [String]) -> Bool {
        tags.joined(separator: ",").split(separator: ",").contains { part in
            let tag = part.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
            return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == etag
        }
    }
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name: a mistake in this file") }
        return field
    }

    static let referrerPolicy = named("Referrer-Policy")
}
