import Council
import Curl
import Delivery
import Foundation

/// The relays: how they are reached, who we are to them, and how much they may be given.
extension SettingsParts {
    /// `relay`, then `backupRelays` in their order.
    func readRelays(defaultHelo: String) -> [Settings.Relay]? {
        let first = readRelay(root.section("relay"), defaultHelo: defaultHelo)
        let others = root.sections("backupRelays").map { ($0, readRelay($0, defaultHelo: defaultHelo)) }
        var known = Set([first?.address].compactMap { $0 })
        for (section, relay) in others {
            guard let relay, !known.insert(relay.address).inserted else { continue }
            section.wrong(
                "host", Bilingual("\(relay.address) est déjà un relais", "\(relay.address) is a relay already"),
                Bilingual("un autre relais, ou rien", "another relay, or none"))
            return nil
        }
        let all = [first] + others.map(\.1)
        return all.contains { $0 == nil } ? nil : all.compactMap { $0 }
    }

    private func readRelay(_ section: SettingsReader, defaultHelo: String) -> Settings.Relay? {
        let server = readServer(section, example: "smtp.agglo.example", tls: .startTLS, ports: (implicit: 465, other: 587))
        let pinnedKey = section.text("pinnedKey", required: false, example: "")
        let certificate = readClientCertificate(section)
        let user = section.text("user", required: false, example: "appariteur")
        let tokens = section.isPresent("oauth") ? readTokens(section.section("oauth")) : nil
        if !section.isPresent("oauth") { _ = section.node("oauth") }
        let mechanism = choice(
            section, "authentication", default: section.isPresent("oauth") ? SMTPCredentials.Mechanism.xoauth2 : .password)
        let password = readPassword(section, user: user, isUserOptional: true, takesToken: section.isPresent("oauth"))
        if let mechanism, mechanism.takesToken != section.isPresent("oauth") {
            section.wrong(
                "authentication",
                Bilingual("« \(mechanism.rawValue) » et « oauth: » vont ensemble", "“\(mechanism.rawValue)” and “oauth:” go together"),
                section.isPresent("oauth") ? "authentication: xoauth2" : "oauth: { tokenURL: https://…, clientID: … }")
        }
        let connections = section.integer("connections", default: 4, in: 1...64, example: "4")
        let helo = section.value(
            "heloName", default: defaultHelo, example: "convocations.agglo.example",
            problem: Bilingual("n'est pas un nom de machine", "is not a host name")
        ) {
            Spelling.slug($0.replacingOccurrences(of: ".", with: "-")) == $0.replacingOccurrences(of: ".", with: "-").lowercased()
                ? $0 : nil
        }
        let reports = choice(section, "deliveryReports", default: SMTPRelay.Reports.failures)
        let limits = section.section("limits", required: false)
        let (all, perDomain) = (readLimits(limits), readLimits(limits.section("perDomain", required: false)))
        guard let server, let mechanism, let connections, let helo, let reports, let all, let perDomain else {
            return nil
        }
        return Settings.Relay(
            host: server.host, port: server.port, security: server.security, caFile: server.caFile, pinnedKey: pinnedKey,
            clientCertificate: certificate, user: user,
            password: password, mechanism: mechanism, tokens: tokens, connections: connections, heloName: helo, reports: reports,
            limits: all, domainLimits: perDomain)
    }

    /// Where a mail server is.
    struct Server {
        let host: String
        let port: Int
        let security: Settings.Relay.Security
        let caFile: URL?
    }

    /// Under TLS; in clear towards this machine alone. `ports`: the usual ones.
    func readServer(
        _ section: SettingsReader, example: String, tls: Settings.Relay.Security, ports: (implicit: Int, other: Int)
    ) -> Server? {
        let host = section.value(
            "host", example: example, problem: Bilingual("n'est pas un nom de machine", "is not a host name")
        ) { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") } ? $0 : nil }
        let security = choice(section, "tls", default: tls)
        let port = section.integer(
            "port", default: security == .implicit ? ports.implicit : ports.other, in: 1...65_535,
            example: "\(tls == .implicit ? ports.implicit : ports.other)")
        let caFile = file(section, "caFile")
        if security == Settings.Relay.Security.none, let host, !Self.isLoopback(host) {
            section.wrong(
                "tls", Bilingual("« none » n'est admis que vers cette machine", "“none” is accepted towards this machine only"),
                "tls: \(tls.rawValue)")
        }
        guard let host, let port, let security else { return nil }
        return Server(host: host, port: port, security: security, caFile: caFile)
    }

    private func readLimits(_ section: SettingsReader) -> RateLimits? {
        var limits = RateLimits()
        var isRight = true
        let spans: [(String, WritableKeyPath<RateLimits, Int?>)] = [
            ("perSecond", \.perSecond), ("perMinute", \.perMinute), ("perHour", \.perHour), ("perDay", \.perDay),
        ]
        for (key, path) in spans where section.isPresent(key) {
            limits[keyPath: path] = section.integer(key, in: 1...1_000_000, example: "100")
            isRight = isRight && limits[keyPath: path] != nil
        }
        for (key, _) in spans where !section.isPresent(key) { _ = section.node(key) }
        return isRight ? limits : nil
    }

    private func readClientCertificate(_ section: SettingsReader) -> Settings.Relay.ClientCertificateFiles? {
        let certificate = file(section, "clientCertificate")
        let key = file(section, "clientKey")
        let passphrase = readSecret(section, "clientKeyPassphrase", example: "/etc/appariteur/relay-client.passphrase")
        if (certificate == nil) != (key == nil) {
            let missing = certificate == nil ? "clientCertificate" : "clientKey"
            if !section.isPresent(missing) {
                section.wrong(
                    missing, Bilingual("le certificat et sa clé vont ensemble", "a certificate and its key go together"),
                    "\(missing): /etc/appariteur/relay-client.pem")
            }
        }
        guard let certificate, let key else { return nil }
        return Settings.Relay.ClientCertificateFiles(certificate: certificate, key: key, passphrase: passphrase)
    }

    func readTokens(_ section: SettingsReader) -> Settings.Relay.Tokens? {
        let url = webAddress(section, "tokenURL", example: "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token")
        let clientID = section.text("clientID", example: "01234567-89ab-cdef-0123-456789abcdef")
        let secret = readSecret(section, "clientSecret", example: "/etc/appariteur/oauth.secret")
        let refresh = readSecret(section, "refreshToken", example: "/etc/appariteur/oauth.refresh")
        let scope = section.text("scope", required: false, example: "https://outlook.office365.com/.default")
        if let url, let parts = URLComponents(string: url), parts.scheme != "https", !Self.isLoopback(parts.host ?? "") {
            section.wrong(
                "tokenURL", Bilingual("un secret n'y va pas en clair", "a secret doesn't go there in clear"),
                "tokenURL: https://\(parts.host ?? "")\(parts.path)")
            return nil
        }
        if secret == nil, refresh == nil, !section.isPresent("clientSecret") {
            section.wrong(
                "clientSecretFile", Bilingual("manque, sans refreshTokenFile", "is missing, without refreshTokenFile"),
                "clientSecretFile: /etc/appariteur/oauth.secret")
            return nil
        }
        guard let url, let clientID else { return nil }
        return Settings.Relay.Tokens(url: url, clientID: clientID, clientSecret: secret, refreshToken: refresh, scope: scope)
    }

    func readPassword(
        _ section: SettingsReader, user: String?, isUserOptional: Bool = false, takesToken: Bool = false,
        example: String = "/etc/appariteur/relay.password"
    ) -> SecretSource? {
        let source = readSecret(section, "password", example: example)
        if user != nil && source == nil && !takesToken && !section.isPresent("password") {
            section.wrong(
                "passwordFile", Bilingual("manque, alors que « user » est donné", "is missing though “user” is given"),
                "passwordFile: \(example)")
        }
        if isUserOptional, source != nil, user == nil, !takesToken, !section.isPresent("user") {
            section.wrong(
                "user",
                Bilingual(
                    "manque, alors qu'un mot de passe est donné : il ne servirait pas",
                    "is missing though a password is given: it would not be used"),
                "user: convocations@agglo.example")
        }
        if takesToken, user == nil {
            section.wrong(
                "user", Bilingual("manque, alors que « oauth » est donné", "is missing though “oauth” is given"),
                "user: convocations@agglo.example")
        }
        if takesToken, source != nil {
            section.wrong(
                "passwordFile", Bilingual("en plus de « oauth »", "besides “oauth”"), Bilingual("l'un des deux", "one of them"))
        }
        return source
    }

    /// `<name>File`, `<name>Environment` or `<name>Credential` (systemd's `LoadCredential=`); `<name>` itself is refused: a secret isn't written here.
    func readSecret(_ section: SettingsReader, _ name: String, example: String) -> SecretSource? {
        if section.isPresent(name) {
            _ = section.node(name)
            section.wrong(
                name, Bilingual("un mot de passe ne s'écrit pas ici", "a password is not written here"), "\(name)File: \(example)")
        }
        let file = section.text(name + "File", required: false, example: "").map(resolve)
        let variable = section.text(name + "Environment", required: false, example: "")
        let credential = section.text(name + "Credential", required: false, example: "")
        if let credential, credential.contains("/") || credential.hasPrefix(".") {
            section.wrong(
                name + "Credential", Bilingual("n'est pas un nom de fichier", "is not a file name"), "\(name)Credential: relay-password")
        }
        let sources = [
            file.map(SecretSource.file), variable.map(SecretSource.environment), credential.map(SecretSource.credential),
        ].compactMap { $0 }
        if sources.count > 1 {
            section.wrong(
                name + (credential == nil ? "Environment" : "Credential"), Bilingual("en plus d'une autre", "besides another"),
                Bilingual(
                    "l'un d'eux : \(name)File, \(name)Environment ou \(name)Credential",
                    "one of \(name)File, \(name)Environment, \(name)Credential"))
        }
        if let file { existing(section, name + "File", file) }
        return sources.first
    }
}
