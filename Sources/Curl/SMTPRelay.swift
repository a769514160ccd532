import Foundation

/// One relay and how to speak to it: checked, so that every value can be given to libcurl as it is.
package struct SMTPRelay: Hashable, Sendable {
    package enum Security: String, Hashable, Sendable, Codable, CaseIterable {
        /// Port 587 or 25: STARTTLS or nothing (RFC 3207); a relay that doesn't offer it is not spoken to.
        case startTLS = "starttls"
        /// Port 465: TLS from the first byte (RFC 8314).
        case implicit
        /// Clear text, no STARTTLS even where it is offered: accepted on the loopback only.
        case none
    }

    /// A host name in ASCII, an IPv4 address, or an IPv6 address without brackets.
    package let host: String
    package let port: Int
    package let security: Security
    /// PEM file of the only authorities to trust; nil: the system's.
    package let caFile: String?
    /// SHA-256 of the relay's public key as `sha256//` and base64 (RFC 7469's pin): it must have this one, whoever certifies it.
    /// Nil: any that is certified.
    package let pinnedKey: String?
    package let clientCertificate: ClientCertificate?
    package let credentials: SMTPCredentials?
    /// What EHLO says: this machine's full name, or an address in brackets.
    package let heloName: String
    /// From the first packet to the end of AUTH.
    package let connectTimeout: Duration
    /// For each reply, the one after the final dot included (RFC 5321 §4.5.3.2.6 asks for ten minutes there).
    package let responseTimeout: Duration
    /// Which reports on a message's further way are asked for where the relay offers it (RFC 3461).
    package let reports: Reports

    package enum Reports: String, Hashable, Sendable, Codable, CaseIterable {
        case none
        case failures
        /// With those that say that it arrived.
        case all

        var notify: String? {
            switch self {
            case .none: nil
            case .failures: "FAILURE,DELAY"
            case .all: "SUCCESS,FAILURE,DELAY"
            }
        }
    }

    package init(
        host: String, port: Int, security: Security = .startTLS, caFile: String? = nil, pinnedKey: String? = nil,
        clientCertificate: ClientCertificate? = nil, credentials: SMTPCredentials? = nil, heloName: String,
        connectTimeout: Duration = .seconds(60), responseTimeout: Duration = .seconds(600), reports: Reports = .none
    ) throws(SettingMistakes) {
        var mistakes = SettingMistakes()
        mistakes.expect(Self.isHost(host), "host", "write a host name or an IP address, for instance smtp.agglo.example")
        mistakes.expect((1...65535).contains(port), "port", "write a port from 1 to 65535, for instance 587")
        mistakes.expect(Self.isHelloName(heloName), "heloName", "write this machine's full name, for instance gateway.agglo.example")
        if let caFile {
            mistakes.expect(FileManager.default.isReadableFile(atPath: caFile), "caFile", "no readable file at \(caFile)")
            mistakes.expect(security != .none, "caFile", "a CA file means nothing with tls: none")
        }
        if let pinnedKey {
            mistakes.expect(Self.isPin(pinnedKey), "pinnedKey", "write sha256// and the key's SHA-256 in base64 (44 characters)")
            mistakes.expect(security != .none, "pinnedKey", "a pinned key means nothing with tls: none")
        }
        if let clientCertificate {
            for (field, path) in [
                ("clientCertificate", clientCertificate.certificateFile), ("clientKey", clientCertificate.keyFile),
            ] {
                mistakes.expect(FileManager.default.isReadableFile(atPath: path), field, "no readable file at \(path)")
            }
            mistakes.expect(security != .none, "clientCertificate", "a client certificate means nothing with tls: none")
        }
        if credentials != nil, security == .none {
            mistakes.expect(Self.isLoopback(host), "password", "a password is never sent in clear: use tls: starttls or implicit")
        }
        mistakes.expect(connectTimeout > .zero, "connectTimeout", "write a time above zero")
        mistakes.expect(responseTimeout > .zero, "responseTimeout", "write a time above zero")
        guard mistakes.list.isEmpty else { throw mistakes }
        self.host = host
        self.port = port
        self.security = security
        self.caFile = caFile
        self.pinnedKey = pinnedKey
        self.clientCertificate = clientCertificate
        self.credentials = credentials
        self.reports = reports
        self.heloName = heloName
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
    }

    /// `host:port`, as logs and the journal name the relay.
    package var address: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// What libcurl takes; the path is what EHLO says.
    var url: String { (security == .implicit ? "smtps://" : "smtp://") + address + "/" + heloName }

    /// Takes secrets out of what the relay, or libcurl, wrote.
    func redaction(token: String?) -> (String) -> String {
        guard let credentials else { return { $0 } }
        return { credentials.redact($0, token: token) }
    }

    private static func isPin(_ text: String) -> Bool {
        text.hasPrefix("sha256//") && Data(base64Encoded: String(text.dropFirst(8)))?.count == 32
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
    }

    private static func isHost(_ text: String) -> Bool {
        text.contains(":") ? isIPv6(text) : isName(text)
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    private static func isName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
                        default: false
                        }
                    }
            }
    }

    private static func isHelloName(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return isName(text) }
        let inner = text.dropFirst().dropLast()
        return inner.hasPrefix("IPv6:") ? isIPv6(String(inner.dropFirst(5))) : !inner.contains(":") && isName(String(inner))
    }
}

/// Every mistake in a group of settings, each with what to write instead.
package struct SettingMistakes: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Mistake: Hashable, Sendable {
        /// The setting's name, as in the initialiser.
        package let field: String
        package let words: String
    }

    package private(set) var list: [Mistake] = []

    package init() {}

    package mutating func expect(_ holds: Bool, _ field: String, _ words: String) {
        if !holds { list.append(Mistake(field: field, words: words)) }
    }

    package mutating func add(_ others: SettingMistakes) { list += others.list }

    package var description: String { list.map { "\($0.field): \($0.words)" }.joined(separator: "; ") }
}
