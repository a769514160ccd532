package import Curl

/// One relay as it is configured.
package struct RelaySettings: Hashable, Sendable {
    package typealias TLS = SMTPRelay.Security

    /// How we show who we are.
    package enum Account: Hashable, Sendable {
        case none
        case password(user: String, password: String, mechanism: SMTPCredentials.Mechanism)
        case tokens(user: String, mechanism: SMTPCredentials.Mechanism, issuer: TokenIssuer)
    }

    /// What logs call it.
    package let name: String
    package let relay: SMTPRelay
    /// How many connections are open at once at most; each has a thread.
    package let connections: Int
    /// A connection without work for so long is closed with QUIT; relays cut idle ones off, most after five minutes.
    package let idleTimeout: Duration
    package let issuer: TokenIssuer?
    package let limits: RateLimits
    /// For each recipient domain by itself.
    package let domainLimits: RateLimits

    /// - Throws: every mistake at once, each under its parameter's name.
    package init(
        name: String, host: String, port: Int, tls: TLS = .startTLS, caFile: String? = nil, pinnedKey: String? = nil,
        clientCertificate: ClientCertificate? = nil, account: Account = .none, connections: Int = 4, heloName: String,
        connectTimeout: Duration = .seconds(60), responseTimeout: Duration = .seconds(600), idleTimeout: Duration = .seconds(20),
        reports: SMTPRelay.Reports = .none, limits: RateLimits = .none, domainLimits: RateLimits = .none
    ) throws(SettingMistakes) {
        var mistakes = SettingMistakes()
        mistakes.expect(!name.isEmpty, "name", "give the relay a name for the logs")
        mistakes.expect((1...100).contains(connections), "connections", "write a number from 1 to 100")
        mistakes.expect(idleTimeout > .zero, "idleTimeout", "write a time above zero")
        var relay: SMTPRelay?
        var issuer: TokenIssuer?
        do throws(SettingMistakes) {
            let credentials: SMTPCredentials?
            switch account {
            case .none: credentials = nil
            case .password(let user, let password, let mechanism):
                credentials = try SMTPCredentials(user: user, password: password, mechanism: mechanism)
            case .tokens(let user, let mechanism, let from):
                credentials = try SMTPCredentials(user: user, tokensBy: mechanism)
                issuer = from
            }
            relay = try SMTPRelay(
                host: host, port: port, security: tls, caFile: caFile, pinnedKey: pinnedKey, clientCertificate: clientCertificate,
                credentials: credentials, heloName: heloName, connectTimeout: connectTimeout, responseTimeout: responseTimeout,
                reports: reports)
        } catch {
            mistakes.add(error)
        }
        guard let relay, mistakes.list.isEmpty else { throw mistakes }
        self.name = name
        self.relay = relay
        self.connections = connections
        self.idleTimeout = idleTimeout
        self.issuer = issuer
        self.limits = limits
        self.domainLimits = domainLimits
    }

    /// `host:port`.
    package var address: String { relay.address }
}
