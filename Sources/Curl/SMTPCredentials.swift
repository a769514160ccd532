import Foundation

/// Who we are to a relay: a user with a password, or with access tokens that somebody else issues. However it is printed, secrets
/// stay out.
package struct SMTPCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What AUTH is done with.
    package enum Mechanism: String, Hashable, Sendable, Codable, CaseIterable {
        /// PLAIN, or LOGIN where only that is offered (RFC 4616). Under TLS alone.
        case password
        /// RFC 2195: for old relays that offer nothing else; never chosen by itself.
        case cramMD5 = "cram-md5"
        /// Google's and Microsoft's older form of OAuth 2.0.
        case xoauth2
        /// RFC 7628.
        case oauthBearer = "oauthbearer"

        package var takesToken: Bool { self == .xoauth2 || self == .oauthBearer }
    }

    package let user: String
    package let mechanism: Mechanism
    /// Nil: a token is given with each message.
    package let password: String?
    private let secrets: [String]

    package init(user: String, password: String, mechanism: Mechanism = .password) throws(SettingMistakes) {
        var mistakes = SettingMistakes()
        mistakes.expect(!user.isEmpty && !user.utf8.contains(0), "user", "write the relay account's name")
        mistakes.expect(!password.isEmpty && !password.utf8.contains(0), "password", "write the relay account's password")
        mistakes.expect(!mechanism.takesToken, "mechanism", "this mechanism takes a token, not a password")
        guard mistakes.list.isEmpty else { throw mistakes }
        self.user = user
        self.mechanism = mechanism
        self.password = password
        let plain = Data([0] + user.utf8 + [0] + password.utf8).base64EncodedString()
        secrets = [plain, Data(password.utf8).base64EncodedString(), password]
    }

    /// With access tokens. `token` is asked for before each message.
    package init(user: String, tokensBy mechanism: Mechanism) throws(SettingMistakes) {
        var mistakes = SettingMistakes()
        mistakes.expect(
            !user.isEmpty && !user.utf8.contains(0), "user", "write the mailbox that sends, for instance convocations@agglo.example")
        mistakes.expect(mechanism.takesToken, "mechanism", "this mechanism takes a password")
        guard mistakes.list.isEmpty else { throw mistakes }
        self.user = user
        self.mechanism = mechanism
        password = nil
        secrets = []
    }

    package var description: String { "\(user), secrets not shown" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["user": user]) }

    /// What libcurl's `CURLOPT_LOGIN_OPTIONS` takes: it does nothing else than this.
    var loginOptions: String {
        switch mechanism {
        case .password: "AUTH=PLAIN;AUTH=LOGIN"
        case .cramMD5: "AUTH=CRAM-MD5"
        case .xoauth2: "AUTH=XOAUTH2"
        case .oauthBearer: "AUTH=OAUTHBEARER"
        }
    }

    /// Takes the password, or a token, out of a text that a relay or libcurl wrote, plain or in base64 (AUTH LOGIN's and PLAIN's).
    func redact(_ text: String, token: String? = nil) -> String {
        let tokens = token.map { [$0] + ["user=\(user)\u{1}auth=Bearer \($0)\u{1}\u{1}"].map { Data($0.utf8).base64EncodedString() } } ?? []
        return (secrets + tokens).reduce(text) { text, secret in
            let isThere = text.withCString { strstr($0, secret) != nil }
            return isThere ? text.replacingOccurrences(of: secret, with: "[secret]") : text
        }
    }
}

/// What shows a relay who connects, below SMTP: PEM files, as libcurl reads them.
package struct ClientCertificate: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package let certificateFile: String
    package let keyFile: String
    let passphrase: String?

    package init(certificateFile: String, keyFile: String, passphrase: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.passphrase = passphrase
    }

    package var description: String { certificateFile }
    package var customMirror: Mirror { Mirror(self, children: ["certificateFile": certificateFile, "keyFile": keyFile]) }
}
