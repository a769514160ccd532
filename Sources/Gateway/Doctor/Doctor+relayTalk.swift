import Council
import Curl
import Foundation

/// What a relay, or what stands in its place, said or left unsaid before a conversation could begin.
extension Doctor {
    /// Nil: not of this kind, libcurl's own words tell it best.
    func untalkative(_ probe: SMTPProbe, _ fault: CurlFault, _ relay: SMTPRelay, _ place: String) async -> DoctorFinding? {
        let refusal = probe.replies.last.flatMap { $0.code >= 400 ? $0 : nil }
        switch (fault.code, refusal) {
        case (64, let refusal?) where probe.capabilities?.contains("STARTTLS") == true: return brokenTLS(refusal, place)
        case (8, let refusal?) where probe.replies.count == 1: return unwelcome(refusal, place)
        case (9, let refusal?): return unintroduced(refusal, relay, place)
        case (8, nil) where probe.replies.count == 1:
            return noRelay(Bilingual("ce port ", "this port "), saying: probe.replies.last?.lastLine ?? "", place)
        // Nothing came, or nothing that libcurl holds for a reply; or it came in clear where TLS was to begin.
        case (28, _), (35, _), (52, _), (55, _), (56, _):
            guard probe.replies.isEmpty else { return fault.code == 35 ? nil : brokenOff(probe, fault, place) }
            return await withoutReply(probe, fault, relay, place)
        default: return nil
        }
    }

    private func told(_ key: String?, _ place: String, _ found: Bilingual, _ change: Bilingual, check: String = "relay.connection")
        -> DoctorFinding
    {
        .failure(check, place, found, why: Self.whyRelay, key: key, change)
    }

    // MARK: - A relay that says no

    /// RFC 3207 §4: 454, TLS not available due to temporary reason.
    private func brokenTLS(_ reply: SMTPDialogue.Reply, _ place: String) -> DoctorFinding {
        let isTemporary = reply.code < 500
        let change =
            isTemporary
            ? Bilingual(
                "réessayer plus tard ; si cela dure, le dire à qui tient le relais : son TLS est en panne (certificat absent ?)",
                "try again later; if it lasts, tell who runs the relay: its TLS is broken (a missing certificate?)")
            : Bilingual(
                "demander à qui tient le relais : son TLS est en panne, ou fermé à cette machine",
                "ask who runs the relay: its TLS is broken, or closed to this machine")
        return told(
            nil, place,
            isTemporary
                ? Bilingual(
                    "offre STARTTLS et ne peut pas le faire maintenant (\(reply.lastLine))",
                    "offers STARTTLS and can't do it now (\(reply.lastLine))")
                : Bilingual("offre STARTTLS et le refuse (\(reply.lastLine))", "offers STARTTLS and refuses it (\(reply.lastLine))"),
            change, check: "relay.tls")
    }

    private func unwelcome(_ reply: SMTPDialogue.Reply, _ place: String) -> DoctorFinding {
        guard reply.code >= 500 else {
            return told(
                nil, place,
                Bilingual("ne reçoit personne pour le moment (\(reply.lastLine))", "receives nobody for the moment (\(reply.lastLine))"),
                Bilingual(
                    "réessayer plus tard ; si cela dure, demander à qui tient le relais d'admettre l'adresse de cette machine",
                    "try again later; if it lasts, ask who runs the relay to admit this machine's address"))
        }
        return told(
            "relay.host", place,
            Bilingual("refuse cette machine dès l'accueil (\(reply.lastLine))", "refuses this machine at the door (\(reply.lastLine))"),
            Bilingual(
                "demander à qui tient le relais d'admettre l'adresse de cette machine ; ou relay.host et relay.port : un relais qui nous est ouvert",
                "ask who runs the relay to admit this machine's address; or relay.host and relay.port: a relay that is open to us"))
    }

    /// Greeted, and then refused at EHLO.
    private func unintroduced(_ reply: SMTPDialogue.Reply, _ relay: SMTPRelay, _ place: String) -> DoctorFinding {
        switch reply.code {
        case 500, 502:
            return told(
                "relay.port", place,
                Bilingual(
                    "ne connaît pas EHLO (\(reply.lastLine)) : un autre serveur (FTP ?), ou un pare-feu qui filtre SMTP",
                    "doesn't know EHLO (\(reply.lastLine)): another server (FTP?), or a firewall that filters SMTP"),
                Self.usualPorts)
        case ..<500: return unwelcome(reply, place)
        default:
            return told(
                "relay.heloName", place,
                Bilingual(
                    "refuse cette machine, qui se présente comme « \(relay.heloName) » (\(reply.lastLine))",
                    "refuses this machine, which introduces itself as “\(relay.heloName)” (\(reply.lastLine))"),
                Bilingual(
                    "relay.heloName : le nom entier de cette machine ; ou demander à qui tient le relais d'admettre son adresse",
                    "relay.heloName: this machine's full name; or ask who runs the relay to admit its address"))
        }
    }

    /// In the middle of the conversation.
    private func brokenOff(_ probe: SMTPProbe, _ fault: CurlFault, _ place: String) -> DoctorFinding {
        let last = probe.replies.last?.lastLine ?? ""
        return told(
            nil, place,
            fault.code == 28
                ? Bilingual("se tait en cours de route, après « \(last) »", "falls silent on the way, after “\(last)”")
                : Bilingual("raccroche en cours de route, après « \(last) »", "hangs up on the way, after “\(last)”"),
            Bilingual(
                "demander à qui tient le relais ; un pare-feu qui filtre SMTP, devant \(place), fait cela aussi",
                "ask who runs the relay; a firewall that filters SMTP, before \(place), does this as well"))
    }

    // MARK: - No relay's reply at all

    private static let usualPorts = Bilingual(
        "relay.port : 587 (tls: starttls) ou 465 (tls: implicit) ; et relay.host : le nom du relais",
        "relay.port: 587 (tls: starttls) or 465 (tls: implicit); and relay.host: the relay's name")

    /// Listens for itself, and tries TLS from the first byte where it wasn't: within what is left of the look's limit.
    private func withoutReply(_ probe: SMTPProbe, _ fault: CurlFault, _ relay: SMTPRelay, _ place: String) async -> DoctorFinding? {
        let patience = options.limit / 3
        async let secured = underTLS(relay, patience)
        let voice = await PortVoice.listen(at: relay.host, relay.port, patience: patience)
        let hidden = await secured
        if let hidden, hidden.replies.contains(where: { $0.code < 400 }) {
            return told(
                "relay.tls", place,
                Bilingual("ce port parle TLS dès le premier octet", "this port speaks TLS from the first byte"),
                Bilingual("relay.tls: implicit", "relay.tls: implicit"))
        }
        if case .line(let line) = voice {
            if let speaker = PortVoice.speaker(line) {
                return noRelay(Bilingual("\(speaker.french) ", "\(speaker.english) "), saying: line, place)
            }
            return smtpInClear(line, fault, relay, place)
        }
        let isTLS = !(hidden ?? probe).certificates.isEmpty
        switch (fault.code, voice) {
        // TLS itself failed, or no connection came about: told by their own words.
        case (35, .silent), (35, .unreachable), (28, .unreachable): return nil
        case (28, _) where isTLS:
            return told(
                "relay.port", place,
                Bilingual("ouvre TLS et ne dit rien : un site web ?", "opens TLS and says nothing: a web site?"), Self.usualPorts)
        case (28, _):
            return told(
                "relay.tls", place, Bilingual("accepte la connexion et ne dit rien", "takes the connection and says nothing"),
                relay.security == .implicit
                    ? Bilingual(
                        "hors du port 465, relay.tls: starttls ; sinon ouvrir le pare-feu vers \(place)",
                        "except at port 465, relay.tls: starttls; else open the firewall towards \(place)")
                    : Bilingual(
                        "au port 465, relay.tls: implicit ; sinon relay.port : 587, ou ouvrir le pare-feu vers \(place)",
                        "at port 465, relay.tls: implicit; else relay.port: 587, or open the firewall towards \(place)"))
        default:
            return told(
                "relay.port", place, Bilingual("raccroche sans un mot", "hangs up without a word"),
                Bilingual(
                    "relay.port : 587 ou 465 ; ou demander à qui tient le relais d'admettre l'adresse de cette machine",
                    "relay.port: 587 or 465; or ask who runs the relay to admit this machine's address"))
        }
    }

    private func noRelay(_ speaker: Bilingual, saying line: String, _ place: String) -> DoctorFinding {
        told(
            "relay.port", place,
            speaker + Bilingual("répond, et non un relais (« \(line) »)", "answers, not a relay (“\(line)”)"), Self.usualPorts)
    }

    /// A relay after all: in clear where TLS was to begin, or one that greets after a pause longer than our patience.
    private func smtpInClear(_ line: String, _ fault: CurlFault, _ relay: SMTPRelay, _ place: String) -> DoctorFinding {
        guard fault.code == 35 || relay.security == .implicit else {
            return told(
                nil, place,
                Bilingual("ne salue qu'après une longue attente (« \(line) »)", "greets only after a long wait (“\(line)”)"),
                Bilingual(
                    "le service attend, lui ; pour la suite de l'examen : --timeout 60",
                    "the service does wait; for the rest of this: --timeout 60"
                ))
        }
        return told(
            "relay.tls", place,
            Bilingual("parle d'abord en clair à ce port (« \(line) »)", "speaks in clear first at this port (“\(line)”)"),
            Bilingual("relay.tls: starttls, ou relay.port: 465", "relay.tls: starttls, or relay.port: 465"), check: "relay.tls")
    }

    /// A look with TLS from the first byte, without belief and without secrets; nil: that is how it was spoken to before.
    private func underTLS(_ relay: SMTPRelay, _ patience: Duration) async -> SMTPProbe? {
        guard relay.security != .implicit,
            // The values are those of a relay that was checked.
            let other = try? SMTPRelay(host: relay.host, port: relay.port, security: .implicit, heloName: relay.heloName)
        else { return nil }
        return await SMTPProbe.look(at: other, .init(verifies: false, hasAccount: false, timeout: patience))
    }
}
