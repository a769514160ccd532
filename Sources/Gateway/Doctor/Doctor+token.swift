import Council
import Curl
import Delivery
import Foundation

/// Access tokens (OAuth 2.0), as the service asks for them.
extension Doctor {
    /// Where refresh tokens are kept that an issuer renewed.
    var keysFolder: URL? { found.dataFolder?.appendingPathComponent("keys", isDirectory: true) }

    /// Nil: there is none, and a finding says why. `key`: the section that says how it is asked for.
    func token(
        _ issuer: TokenIssuer, _ check: String, _ place: String, _ key: String, why: Bilingual
    ) async -> (String?, [DoctorFinding]) {
        // An issuer may give the next refresh token with its answer: it must be kept, or the service is locked out.
        if case .refreshToken(_, let file) = issuer.grant {
            let folder = file.map { ($0 as NSString).deletingLastPathComponent }
            guard let folder, access(folder, W_OK) == 0 else {
                return (
                    nil,
                    [
                        .warning(
                            check, place,
                            Bilingual(
                                "jeton de renouvellement non essayé : le suivant ne pourrait pas être gardé ici",
                                "refresh token not tried: the next one could not be kept here"), why: why,
                            Bilingual("relancer sous le compte du service", "run it again as the service's account"))
                    ]
                )
            }
        }
        do {
            let tokens = AccessTokens(issuer, http: http)
            let token = try await tokens.current(at: clock.now())
            let until = await tokens.expiry?.formatted(.iso8601) ?? "?"
            return (
                token,
                [
                    .ok(
                        check, place,
                        Bilingual(
                            "jeton d'accès obtenu de \(issuer.url), valable jusqu'au \(until)",
                            "access token given by \(issuer.url), good until \(until)"))
                ]
            )
        } catch {
            let finding = DoctorFinding.failure(
                check, place, Bilingual("pas de jeton d'accès : ", "no access token: ") + Bilingual.words(of: error), why: why, key: key,
                Bilingual(
                    "\(key) : tokenURL, clientID, secret ou jeton de renouvellement, et scope, tels que donnés par \(issuer.url)",
                    "\(key): tokenURL, clientID, secret or refresh token, and scope, as \(issuer.url) gave them"))
            return (nil, [finding])
        }
    }
}
