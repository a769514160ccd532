package import Council
import Foundation

/// Why the web server can't listen where the configuration says.
package struct ListenFault: WordedError, Hashable {
    package enum Reason: Hashable, Sendable {
        /// Something else listens there.
        case taken
        /// A port below 1024, for an account without the right to it.
        case forbidden
        /// The address is not this machine's.
        case notHere
        /// The name leads to no address.
        case unknownHost
        /// `errno`
        case other(Int32)

        init(code: Int32) {
            self =
                switch code {
                case EADDRINUSE: .taken
                case EACCES, EPERM: .forbidden
                case EADDRNOTAVAIL: .notHere
                default: .other(code)
                }
        }
    }

    package let listen: Settings.Listen
    package let reason: Reason

    init(_ listen: Settings.Listen, _ reason: Reason) {
        self.listen = listen
        self.reason = reason
    }

    /// Nil when the web server's error is none of binding (`bind(…): Address already in use (errno: 98)`, or `listen(…)` when
    /// both had bound before either listened).
    init?(_ listen: Settings.Listen, binding error: any Error) {
        let text = String(describing: error)
        guard text.hasPrefix("bind(") || text.hasPrefix("listen("), let mark = text.firstRange(of: "errno: "),
            let code = Int32(text[mark.upperBound...].prefix { $0.isNumber })
        else { return nil }
        self.init(listen, Reason(code: code))
    }

    /// Binds and lets go, before any service is started: one that has begun to work would have to be cancelled again.
    package static func probe(host: String, port: Int) throws(ListenFault) { try probe(Settings.Listen(host: host, port: port)) }

    static func probe(_ listen: Settings.Listen) throws(ListenFault) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(listen.host, String(listen.port), &hints, &found) == 0, let address = found?.pointee else {
            throw ListenFault(listen, .unknownHost)
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { throw ListenFault(listen, .other(errno)) }
        defer { close(descriptor) }
        var yes: Int32 = 1
        // As the web server does: what a former run left in TIME_WAIT is no obstacle.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
            throw ListenFault(listen, Reason(code: errno))
        }
    }

    package var words: Bilingual {
        words(toChange: Bilingual("« listen: » dans la configuration", "“listen:” in the configuration"))
    }

    /// `change`: the key or the option that decides.
    package func words(toChange change: Bilingual) -> Bilingual {
        let place = "\(listen.host):\(listen.port)"
        let remedy = Bilingual("changez \(change.french).", "change \(change.english).")
        let cause =
            switch reason {
            case .taken:
                Bilingual(
                    "Impossible d'écouter sur \(place) : un autre programme y écoute déjà (« ss -ltnp » dit lequel). Arrêtez-le, ou ",
                    "Can't listen on \(place): another program listens there already (`ss -ltnp` tells which). Stop it, or ")
            case .forbidden:
                Bilingual(
                    "Impossible d'écouter sur \(place) : ce compte n'en a pas le droit (les ports sous 1024 sont réservés). Prenez un port plus haut : ",
                    "Can't listen on \(place): this account may not (ports below 1024 are reserved). Take a higher port: ")
            case .notHere:
                Bilingual(
                    "Impossible d'écouter sur \(place) : cette adresse n'est pas celle de cette machine. Prenez 127.0.0.1 derrière un mandataire, ou une adresse d'ici : ",
                    "Can't listen on \(place): the address is not this machine's. Take 127.0.0.1 behind a proxy, or an address from here: ")
            case .unknownHost:
                Bilingual(
                    "Impossible d'écouter sur \(place) : « \(listen.host.printable) » ne mène à aucune adresse. Écrivez une adresse IP : ",
                    "Can't listen on \(place): “\(listen.host.printable)” leads to no address. Write an IP address: ")
            case .other(let code):
                Bilingual("Impossible d'écouter sur \(place) : ", "Can't listen on \(place): ") + .system(code)
                    + Bilingual(". Au besoin, ", ". If need be, ")
            }
        return cause + remedy
    }
}
