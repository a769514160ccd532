import Foundation

/// One mailbox's server and how to speak to it: checked, so that every value can be given to libcurl as it is.
package struct IMAPServer: Hashable, Sendable {
    package typealias Security = SMTPRelay.Security

    /// A host name in ASCII, an IPv4 address, or an IPv6 address without brackets.
    package let host: String
    package let port: Int
    package let security: Security
    /// PEM file of the only authorities to trust; nil: the system's.
    package let caFile: String?
    package let credentials: SMTPCredentials
    /// From the first packet to the end of the login.
    package let connectTimeout: Duration
    /// For one command.
    package let timeout: Duration

    package init(
        host: String, port: Int, security: Security = .implicit, caFile: String? = nil, credentials: SMTPCredentials,
        connectTimeout: Duration = .seconds(30), timeout: Duration = .seconds(120)
    ) throws(SettingMistakes) {
        // The rules for the name, the port and the file are those of a relay.
        let relay = try SMTPRelay(
            host: host, port: port, security: security, caFile: caFile, credentials: credentials, heloName: "localhost",
            connectTimeout: connectTimeout, responseTimeout: timeout)
        self.host = relay.host
        self.port = relay.port
        self.security = relay.security
        self.caFile = relay.caFile
        self.credentials = credentials
        self.connectTimeout = connectTimeout
        self.timeout = timeout
    }

    /// `host:port`, as logs name it.
    package var address: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    var url: String { (security == .implicit ? "imaps://" : "imap://") + address }
}

/// A mail folder's name as it goes over the wire: modified UTF-7 (RFC 3501 §5.1.3).
package struct IMAPFolder: Hashable, Sendable {
    /// As people write it.
    package let name: String
    package let encoded: String

    /// Nil: empty, too long, or with a character that no folder should have (controls, quotes, backslash, `*`, `%`).
    package init?(_ name: String) {
        let name = name.precomposedStringWithCanonicalMapping
        guard (1...200).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }),
            !name.contains(where: { "\"\\*%".contains($0) })
        else { return nil }
        self.name = name
        encoded = Self.encode(name)
    }

    private static func encode(_ name: String) -> String {
        var text = ""
        var run: [UInt16] = []
        func flush() {
            guard !run.isEmpty else { return }
            let bytes = run.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            let base64 = Data(bytes).base64EncodedString().replacingOccurrences(of: "=", with: "").replacingOccurrences(of: "/", with: ",")
            text += "&\(base64)-"
            run = []
        }
        for unit in name.utf16 {
            if (0x20...0x7E).contains(unit), let scalar = Unicode.Scalar(unit) {
                flush()
                text += scalar == "&" ? "&-" : String(scalar)
            } else {
                run.append(unit)
            }
        }
        flush()
        return text
    }

    /// In a command.
    var quoted: String { "\"\(encoded)\"" }

    /// In an address.
    var path: String { encoded.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? encoded }
}

/// What a mailbox's server, or the way to it, answered badly. No secret is in it.
package struct IMAPFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// No such message (any more).
        case missing
        /// The server said NO or BAD.
        case refused
        /// It does not know the account or the password.
        case login
        /// Everything else: the network, TLS, a time-out.
        case connection
    }

    package let kind: Kind
    package let fault: CurlFault
    /// The server's last line, where it said one.
    package let reply: String?

    package var description: String { [fault.description, reply.map { "server: \($0)" }].compactMap { $0 }.joined(separator: "; ") }
}

extension IMAPFault {
    /// Nothing was sent.
    package init(_ fault: CurlFault) { self.init(kind: .connection, fault: fault, reply: nil) }
}
