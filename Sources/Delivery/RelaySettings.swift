package import Curl

/// One relay as it is configured.
package struct RelaySettings: Hashable, Sendable {
    package typealias TLS = SMTPRelay.Security

    /// What logs call it.
    package let name: String
    package let relay: SMTPRelay
    /// How many connections are open at once at most; each has a thread.
    package let connections: Int
    /// A connection without work for so long is closed with QUIT; relays cut idle ones off, most after five minutes.
    package let idleTimeout: Duration

    /// - Throws: every mistake at once, each under its parameter's name.
    package init(
        name: String, host: String, port: Int, tls: TLS = .startTLS, caFile: String? = nil, user: String? = nil,
        password: String? = nil, connections: Int = 4, heloName: String, connectTimeout: Duration = .seconds(60),
        responseTimeout: Duration = .seconds(600), idleTimeout: Duration = .seconds(20)
    ) throws(SettingMistakes) {
        var mistakes = SettingMistakes()
        mistakes.expect(!name.isEmpty, "name", "give the relay a name for the logs")
        mistakes.expect((1...100).contains(connections), "connections", "write a number from 1 to 100")
        mistakes.expect(idleTimeout > .zero, "idleTimeout", "write a time above zero")
        mistakes.expect((user == nil) == (password == nil), user == nil ? "user" : "password", "user and password go together")
        var relay: SMTPRelay?
        do throws(SettingMistakes) {
            let credentials: SMTPCredentials? =
                if let user, let password { try SMTPCredentials(user: user, password: password) } else { nil }
            relay = try SMTPRelay(
                host: host, port: port, security: tls, caFile: caFile, credentials: credentials, heloName: heloName,
                connectTimeout: connectTimeout, responseTimeout: responseTimeout)
        } catch {
            mistakes.add(error)
        }
        guard let relay, mistakes.list.isEmpty else { throw mistakes }
        self.name = name
        self.relay = relay
        self.connections = connections
        self.idleTimeout = idleTimeout
    }

    /// `host:port`.
    package var address: String { relay.address }
}
