import Curl
import Delivery
import Foundation

/// Wiring of what leaves.
extension Gateway {
    /// Reads the relay's secrets. Throws what is wrong with them or with the relay's settings.
    /// - Parameter keys: the folder of the installation's keys, where refresh tokens that an issuer renews are kept; nil: nothing is asked for.
    static func relaySettings(_ relay: Settings.Relay, keys: URL?) throws -> RelaySettings {
        let certificate = try relay.clientCertificate.map { files in
            ClientCertificate(
                certificateFile: files.certificate.path, keyFile: files.key.path, passphrase: try files.passphrase?.read())
        }
        return try RelaySettings(
            name: relay.host, host: relay.host, port: relay.port, tls: relay.security, caFile: relay.caFile?.path,
            pinnedKey: relay.pinnedKey,
            clientCertificate: certificate, account: try account(relay, keys: keys), connections: relay.connections,
            heloName: relay.heloName, reports: relay.reports, limits: relay.limits, domainLimits: relay.domainLimits)
    }

    private static func account(_ relay: Settings.Relay, keys: URL?) throws -> RelaySettings.Account {
        guard let user = relay.user else { return .none }
        guard let tokens = relay.tokens else {
            return .password(user: user, password: try relay.password?.read() ?? "", mechanism: relay.mechanism)
        }
        let issuer = try issuer(tokens, kept: keys?.appendingPathComponent("oauth-\(relay.host).token"))
        return .tokens(user: user, mechanism: relay.mechanism, issuer: issuer)
    }

    /// - Parameter kept: where refresh tokens that an issuer renews are kept; nil: nowhere.
    static func issuer(_ tokens: Settings.Relay.Tokens, kept: URL?) throws -> TokenIssuer {
        let grant: TokenIssuer.Grant =
            if let refresh = tokens.refreshToken { .refreshToken(try refresh.read(), file: kept?.path) } else { .clientCredentials }
        return TokenIssuer(
            url: tokens.url, clientID: tokens.clientID, clientSecret: try tokens.clientSecret?.read(), grant: grant, scope: tokens.scope)
    }

    func deliveryService() throws -> DeliveryService {
        let keys = settings.dataFolder.appendingPathComponent("keys")
        let couriers = try settings.relays.map { relay in
            let settings = try Self.relaySettings(relay, keys: keys)
            return (
                courier: CurlCourier(settings, clock: clock) as any Courier,
                limiter: RateLimiter(relay: settings.limits, perDomain: settings.domainLimits)
            )
        }
        return DeliveryService(
            storage: storage, couriers: couriers, policy: settings.unknownPolicy, clock: clock, randomness: randomness, logger: logger,
            begun: BegunAttempts(file: settings.dataFolder.appendingPathComponent("begun")))
    }
}
