import Council
import Curl
import Foundation

/// Why a relay could not be spoken to, and what to write instead.
extension Doctor {
    /// Nil: its name leads nowhere, which its own look tells.
    func refused(_ probe: SMTPProbe, _ fault: CurlFault, _ relay: SMTPRelay, _ place: String) async -> DoctorFinding? {
        let reply = probe.replies.last { $0.code >= 400 }.map { " (\($0.lastLine))" } ?? ""
        func failure(_ check: String, _ found: Bilingual, _ key: String?, _ change: Bilingual) -> DoctorFinding {
            .failure(check, place, found, why: Self.whyRelay, key: key, change)
        }
        if let finding = await untalkative(probe, fault, relay, place) { return finding }
        switch fault.code {
        case 6: return nil
        case 7:
            return failure(
                "relay.connection",
                Bilingual(
                    "la connexion est refusée : rien n'écoute à ce port, ou un pare-feu",
                    "connection refused: nothing listens at this port, or a firewall"),
                "relay.port",
                Bilingual(
                    "relay.port : 587 (tls: starttls) ou 465 (tls: implicit) ; ouvrir le pare-feu vers \(place)",
                    "relay.port: 587 (tls: starttls) or 465 (tls: implicit); open the firewall towards \(place)"))
        case 28:
            return failure(
                "relay.connection", Bilingual("ne répond pas", "doesn't answer"), "relay.port",
                Bilingual(
                    "ouvrir le pare-feu vers \(place) ; ou relay.port : 587 (tls: starttls) ou 465 (tls: implicit)",
                    "open the firewall towards \(place); or relay.port: 587 (tls: starttls) or 465 (tls: implicit)"))
        case 64:
            return failure(
                "relay.tls", Bilingual("n'offre pas STARTTLS à ce port", "doesn't offer STARTTLS at this port"), "relay.tls",
                Bilingual(
                    "relay.port: 465 avec relay.tls: implicit, ou le port 587 du relais",
                    "relay.port: 465 with relay.tls: implicit, or the relay's port 587"))
        case 35:
            return failure(
                "relay.tls", Bilingual("pas d'accord sur TLS (\(fault.words))", "no agreement on TLS (\(fault.words))"), "relay.tls",
                relay.security == .implicit
                    ? Bilingual("relay.tls: starttls, si ce port n'est pas le 465", "relay.tls: starttls, unless this port is 465")
                    : Bilingual("TLS 1.2 ou plus récent au relais", "TLS 1.2 or later at the relay"))
        case 58:
            return failure(
                "relay.certificate",
                Bilingual("notre certificat client ne sert pas (\(fault.words))", "our client certificate is of no use (\(fault.words))"),
                "relay.clientCertificate",
                Bilingual(
                    "relay.clientCertificate et clientKey : ceux que donne le relais, en PEM",
                    "relay.clientCertificate and clientKey: those that the relay gives, in PEM"))
        case 90:
            return failure(
                "relay.certificate", Bilingual("sa clé publique n'est pas celle configurée", "its public key is not the configured one"),
                "relay.pinnedKey",
                Bilingual(
                    "demander au relais s'il a changé de clé ; alors relay.pinnedKey : la nouvelle",
                    "ask the relay whether it changed its key; if so relay.pinnedKey: the new one"))
        case 60, 77, 83: return await distrusted(fault, relay, place)
        case 67: return noAccount(probe, relay, place, reply)
        default:
            let words = "\(fault.words)\(reply)"
            return failure(
                "relay.connection", Bilingual("la conversation échoue : \(words)", "the conversation fails: \(words)"), nil,
                Bilingual("demander à qui tient le relais", "ask who runs the relay"))
        }
    }

    private func noAccount(_ probe: SMTPProbe, _ relay: SMTPRelay, _ place: String, _ reply: String) -> DoctorFinding {
        let user = relay.credentials?.user ?? ""
        let takesToken = relay.credentials?.mechanism.takesToken ?? false
        guard !reply.isEmpty else {
            let offered = probe.capabilities?.first { $0.hasPrefix("AUTH") } ?? "–"
            return .failure(
                "relay.account", place,
                Bilingual(
                    "le relais n'offre pas la façon de se présenter qui est configurée (il offre : \(offered))",
                    "the relay doesn't offer the configured way to log in (it offers: \(offered))"),
                why: Self.whyRelay, key: "relay.authentication",
                Bilingual("relay.authentication : une façon qu'il offre", "relay.authentication: a way that it offers"))
        }
        // RFC 4954 §6: the account may be right.
        if let code = probe.replies.last(where: { $0.code >= 400 })?.code, code == 421 || code == 454 {
            return .failure(
                "relay.account", place,
                Bilingual("le relais ne peut pas vérifier le compte maintenant\(reply)", "the relay can't check the account now\(reply)"),
                why: Self.whyRelay,
                Bilingual(
                    "réessayer plus tard ; si cela dure, demander à qui tient le relais",
                    "try again later; if it lasts, ask who runs the relay"))
        }
        return .failure(
            "relay.account", place,
            Bilingual("le relais refuse le compte « \(user) »\(reply)", "the relay refuses account “\(user)”\(reply)"),
            why: Self.whyRelay, key: takesToken ? "relay.oauth" : "relay.passwordFile",
            takesToken
                ? Bilingual(
                    "relay.user : la boîte d'envoi ; et le droit d'envoyer en son nom pour relay.oauth.clientID",
                    "relay.user: the sending mailbox; and the right to send as it for relay.oauth.clientID")
                : Bilingual(
                    "relay.user et le mot de passe dans relay.passwordFile (ou passwordEnvironment) : ceux que donne le relais",
                    "relay.user and the password in relay.passwordFile (or passwordEnvironment): those that the relay gives"))
    }

    /// Looks again, without believing and without secrets, to tell what the certificate is.
    private func distrusted(_ fault: CurlFault, _ relay: SMTPRelay, _ place: String) async -> DoctorFinding {
        let chain = await SMTPProbe.look(at: relay, .init(verifies: false, timeout: options.limit / 2)).certificates
        let trouble = CertificateTrouble(fault.words, chain, at: clock.now())
        let key: String?
        let change: Bilingual
        switch trouble.kind {
        case .expired:
            (key, change) = (nil, Bilingual("faire renouveler le certificat du relais", "have the relay's certificate renewed"))
        case .otherName:
            key = "relay.host"
            change = Bilingual("relay.host : un nom que porte le certificat", "relay.host: a name that the certificate bears")
        case .unknownAuthority:
            key = "relay.caFile"
            change =
                relay.caFile == nil
                ? Bilingual(
                    "relay.caFile: /etc/appariteur/ca.pem, le certificat (PEM) de l'autorité qui a signé celui du relais",
                    "relay.caFile: /etc/appariteur/ca.pem, the certificate (PEM) of the authority that signed the relay's")
                : Bilingual(
                    "relay.caFile : le certificat de l'autorité qui a signé celui du relais, et non un autre",
                    "relay.caFile: the certificate of the authority that signed the relay's, not another")
        }
        return .failure("relay.certificate", place, trouble.words, why: Self.whyRelay, key: key, change)
    }
}

/// What is wrong with a server's certificate.
struct CertificateTrouble {
    enum Kind {
        case expired
        case otherName
        case unknownAuthority
    }

    let kind: Kind
    let words: Bilingual

    /// `said`: by libcurl.
    init(_ said: String, _ chain: [PeerCertificate], at now: Date) {
        let own = chain.first
        if said.contains("expired") {
            kind = .expired
            guard let ended = chain.first(where: { $0.notAfter <= now }) else {
                words = Bilingual("le certificat a expiré (\(said))", "the certificate has expired (\(said))")
                return
            }
            let day = Amount.day(ended.notAfter)
            words = Bilingual(
                "le certificat « \(ended.subject) » a expiré le \(day)", "the certificate “\(ended.subject)” expired on \(day)")
        } else if said.contains("subject name") || said.contains("hostname") || said.contains("host name") {
            kind = .otherName
            let names = own.map { $0.names.isEmpty ? $0.subject : $0.names } ?? "?"
            words = Bilingual("le certificat est pour d'autres noms : \(names)", "the certificate is for other names: \(names)")
        } else {
            kind = .unknownAuthority
            let issuer = own.map { " « \($0.issuer) »" } ?? ""
            words = Bilingual(
                "le certificat n'est pas de confiance : son autorité\(issuer) n'est pas connue ici (\(said))",
                "the certificate is not trusted: its authority\(own.map { " “\($0.issuer)”" } ?? "") is not known here (\(said))")
        }
    }
}
