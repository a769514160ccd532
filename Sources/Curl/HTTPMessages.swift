import Foundation

extension HTTPClient {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
    }

    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// One request. Checked when it is performed; printing it shows neither query, headers nor body, which may hold secrets.
    package struct Request: Sendable, CustomStringConvertible, CustomReflectable {
        package var method: Method
        /// `http` or `https`, without user and password: those go into an `Authorization` header.
        package var url: String
        package var headers: [Header]
        package var body: [UInt8]
        /// How many redirects to follow: none unless asked.
        package var redirects: Int

        package init(_ method: Method, _ url: String, headers: [Header] = [], body: [UInt8] = [], redirects: Int = 0) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.redirects = redirects
        }

        package var description: String { "\(method.rawValue) \(url.prefix { $0 != "?" && $0 != "#" })" }
        package var customMirror: Mirror { Mirror(self, children: ["request": description]) }

        /// What is wrong with it, in words; nil: nothing.
        var mistake: String? {
            let scheme = url.prefix { $0 != ":" }.lowercased()
            guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
                return "the address must begin with https:// or http://"
            }
            guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "the address must be ASCII without spaces" }
            let authority = url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard !authority.isEmpty else { return "the address names no host" }
            guard !authority.contains("@") else { return "a user and password don't belong into the address" }
            guard headers.allSatisfy({ Self.isToken($0.name) && Self.isHeaderValue($0.value) }) else {
                return "a header holds a forbidden character"
            }
            return method == .post || body.isEmpty ? nil : "only POST carries a body"
        }

        /// RFC 9110 §5.6.2.
        private static func isToken(_ text: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                    }
                }
        }

        /// RFC 9110 §5.5: no control character.
        private static func isHeaderValue(_ text: String) -> Bool {
            text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
        }
    }

    /// Any complete answer, whatever its status.
    package struct Answer: Hashable, Sendable {
        package let status: Int
        /// As they came, in order; of the last answer where redirects were followed.
        package let headers: [Header]
        package let body: [UInt8]

        package init(status: Int, headers: [Header], body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// The first header of that name, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        package var text: String { String(decoding: body, as: UTF8.self) }
    }
}

/// No complete answer came.
package struct HTTPFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// Not sent: the request itself is wrong.
        case badRequest
        /// No such host, no connection, or it broke.
        case unreachable
        case timeout
        /// The certificate or TLS settings: a matter of configuration.
        case certificate
        /// The answer is larger than the limit.
        case tooLarge
        /// The caller's task was cancelled.
        case cancelled
        case other
    }

    package let kind: Kind
    package let words: String

    package init(_ kind: Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }

    init(_ fault: CurlFault) {
        let kind: Kind =
            switch fault.code {
            case 1, 3, 43: .badRequest
            case 5, 6, 7, 16, 52, 55, 56, 92: .unreachable
            case 28: .timeout
            case 35, 53, 54, 58, 59, 60, 66, 77, 80, 83, 90, 91: .certificate
            case 63: .tooLarge
            case 42: .cancelled
            default: .other
            }
        self.init(kind, fault.words)
    }

    package var description: String { words }
}
