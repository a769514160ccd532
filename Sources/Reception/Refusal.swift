import Hummingbird

/// Why a request gets a page that only explains. Thrown by the handlers, answered in one place.
enum Refusal: Error, Equatable {
    /// Malformed, forged, of an unknown key, or naming nothing: all the same to whoever guesses.
    case notFound
    case expired
    case revoked
    /// Something of ours failed before anything was committed.
    case unavailable
    /// A form without a token that fits it, or one that waited too long.
    case badForm
    case tooLarge
    case method(allowed: [HTTPRequest.Method])

    var status: HTTPResponse.Status {
        switch self {
        case .notFound: .notFound
        case .expired, .revoked: .gone
        case .unavailable: .serviceUnavailable
        case .badForm: .badRequest
        case .tooLarge: .contentTooLarge
        case .method: .methodNotAllowed
        }
    }

    var template: String {
        switch self {
        case .notFound: "page/not-found.html"
        case .expired: "page/link-expired.html"
        case .revoked: "page/link-revoked.html"
        case .unavailable: "page/unavailable.html"
        case .badForm: "page/bad-form.html"
        case .tooLarge: "page/too-large.html"
        case .method: "page/method-refused.html"
        }
    }

    var headers: HTTPFields {
        switch self {
        case .unavailable: [.retryAfter: "5"]
        case .method(let allowed): [.allow: allowed.map(\.rawValue).joined(separator: ", ")]
        // The rest of the body is not read.
        case .tooLarge: [.connection: "close"]
        default: [:]
        }
    }

    static let explained: [Refusal] = [.notFound, .expired, .revoked, .unavailable, .badForm, .tooLarge, .method(allowed: [])]
}
