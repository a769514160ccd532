package import Council
import Foundation
package import Store

extension RelayTrouble {
    /// In one line: why, since when, and the relay's own words.
    package var words: Bilingual {
        let since = since.formatted(.iso8601)
        return cause.words + Bilingual(" ; depuis \(since) ; sa réponse : \(reply)", "; since \(since); its reply: \(reply)")
    }
}

extension RelayTrouble.Cause {
    package var words: Bilingual {
        switch self {
        case .authentication: Bilingual("il refuse notre compte", "it refuses our account")
        case .sender: Bilingual("il refuse notre expéditeur", "it refuses our sender")
        case .tls: Bilingual("il n'offre plus le TLS exigé", "it no longer offers the TLS that is required")
        case .certificate: Bilingual("son certificat n'est plus valable", "its certificate is no longer valid")
        case .refusal: Bilingual("il refuse de nous parler", "it refuses to speak with us")
        case .unreachable: Bilingual("il ne répond pas", "it doesn't answer")
        case .busy: Bilingual("il nous demande sans cesse d'attendre", "it keeps asking us to wait")
        }
    }

    /// What to change.
    package var remedy: Bilingual {
        switch self {
        case .authentication:
            Bilingual(
                "relay.user et le mot de passe ou le jeton ; le compte n'est-il pas expiré ou bloqué ?",
                "relay.user and the password or token; has the account expired, or is it blocked?")
        case .sender:
            Bilingual(
                "mail.envelopeSender : une adresse au nom de laquelle le compte peut envoyer",
                "mail.envelopeSender: an address that the account may send as")
        case .tls: Bilingual("rétablir TLS sur le relais ; rien ne part en clair", "bring TLS back on the relay; nothing leaves in clear")
        case .certificate:
            Bilingual(
                "faire renouveler le certificat du relais, ou corriger relay.caFile ou relay.pinnedKey",
                "have the relay's certificate renewed, or mend relay.caFile or relay.pinnedKey")
        case .refusal: Bilingual("demander pourquoi à qui administre le relais", "ask whoever runs the relay why")
        case .unreachable: Bilingual("relay.host, relay.port, le pare-feu", "relay.host, relay.port, the firewall")
        case .busy:
            Bilingual(
                "relay.connections et relay.limits : moins que ce que le compte permet",
                "relay.connections and relay.limits: less than the account allows")
        }
    }
}
