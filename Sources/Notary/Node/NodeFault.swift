package import Council
import Curl

/// Why a node of a chain did not do what it was asked. Never holds a password.
package enum NodeFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// No connection, or none that lasted.
    case unreachable(String)
    /// HTTP 401.
    case unauthorised
    /// HTTP 403: the node doesn't listen to this machine.
    case forbidden
    /// The file with user and password is missing or is no such file.
    case credentials(String)
    /// -28, with what it is doing.
    case warmingUp(String)
    /// HTTP 503.
    case busy
    /// It hasn't fetched the whole chain yet.
    case syncing
    /// -18
    case unknownWallet(String)
    /// -19: it has several wallets and none was named.
    case walletNotNamed
    /// -13
    case walletLocked
    /// -6, or -4 with these words.
    case insufficientFunds
    /// Above the cap, in satoshis; nil: above the node's own limit.
    case feeTooHigh(fee: Int64?, cap: Int64?)
    /// Inputs of a transaction of ours are spent by another one.
    case conflicted(transaction: String)
    case otherNetwork(configured: String, found: String)
    /// Any other error of the node's.
    case refused(code: Int64, String)
    /// What came is no answer to the question.
    case answer(String)
    case cancelled

    init(_ fault: HTTPFault) { self = fault.kind == .cancelled ? .cancelled : .unreachable(fault.words) }

    /// A JSON-RPC error (bitcoin's `src/rpc/protocol.h`).
    init(code: Int64, message: String, wallet: String?) {
        switch code {
        case -28: self = .warmingUp(message)
        case -18: self = .unknownWallet(wallet ?? "")
        case -19: self = .walletNotNamed
        case -13: self = .walletLocked
        case -6: self = .insufficientFunds
        case -4 where message.hasPrefix("Insufficient funds"): self = .insufficientFunds
        case _ where message.contains("max-fee-exceeded") || message.hasPrefix("Fee exceeds maximum"):
            self = .feeTooHigh(fee: nil, cap: nil)
        default: self = .refused(code: code, message)
        }
    }

    package var description: String { words.english }

    package var words: Bilingual {
        switch self {
        case .unreachable(let why): Bilingual("le nœud ne répond pas (\(why))", "the node doesn't answer (\(why))")
        case .unauthorised:
            Bilingual("le nœud refuse l'utilisateur ou le mot de passe (HTTP 401)", "the node refuses the user or the password (HTTP 401)")
        case .forbidden:
            Bilingual(
                "le nœud n'accepte pas cette machine (HTTP 403) : rpcallowip dans sa configuration",
                "the node doesn't accept this machine (HTTP 403): rpcallowip in its configuration")
        case .credentials(let path):
            Bilingual(
                "\(path) : fichier absent, illisible, ou sans utilisateur et mot de passe du nœud",
                "\(path): missing, unreadable, or without the node's user and password")
        case .warmingUp(let what): Bilingual("le nœud démarre (\(what))", "the node is starting (\(what))")
        case .busy: Bilingual("le nœud est débordé (HTTP 503)", "the node is overloaded (HTTP 503)")
        case .syncing: Bilingual("le nœud n'a pas encore toute la chaîne", "the node hasn't the whole chain yet")
        case .unknownWallet(let name):
            Bilingual(
                "le nœud n'a pas ouvert le portefeuille « \(name) » (loadwallet)",
                "the node hasn't loaded the wallet “\(name)” (loadwallet)")
        case .walletNotNamed:
            Bilingual(
                "le nœud a plusieurs portefeuilles : donnez anchors.node.wallet", "the node has several wallets: give anchors.node.wallet")
        case .walletLocked:
            Bilingual(
                "le portefeuille est verrouillé (walletpassphrase) : aucune transaction n'a été faite",
                "the wallet is locked (walletpassphrase): no transaction was made")
        case .insufficientFunds:
            Bilingual(
                "le portefeuille n'a pas de quoi payer (ou ses pièces sont réservées : listlockunspent)",
                "the wallet can't pay (or its coins are reserved: listlockunspent)")
        case .feeTooHigh(let fee?, let cap?):
            Bilingual(
                "les frais seraient de \(fee) satoshis, plus que le plafond de \(cap) (anchors.node.feeCap) : rien n'est payé",
                "the fee would be \(fee) satoshis, above the cap of \(cap) (anchors.node.feeCap): nothing is paid")
        case .feeTooHigh:
            Bilingual(
                "les frais dépassent la limite du nœud lui-même (maxtxfee) : rien n'est payé",
                "the fee is above the node's own limit (maxtxfee): nothing is paid")
        case .conflicted(let id):
            Bilingual(
                "les pièces de la transaction \(id) ont été dépensées autrement : elle ne passera plus, et rien d'autre n'est payé pour cet état du registre",
                "the coins of transaction \(id) were spent otherwise: it can't pass any more, and nothing else is paid for this checkpoint")
        case .otherNetwork(let configured, let found):
            Bilingual(
                "le nœud est sur une autre chaîne (\(found)) que celle configurée (\(configured))",
                "the node is on another chain (\(found)) than the configured one (\(configured))")
        case .refused(let code, let message): Bilingual("le nœud refuse (\(code)) : \(message)", "the node refuses (\(code)): \(message)")
        case .answer(let why): Bilingual("réponse inattendue du nœud : \(why)", "unexpected answer of the node: \(why)")
        case .cancelled: Bilingual("interrompu", "interrupted")
        }
    }

    /// Waiting may not be enough: a person should look.
    var isAlarm: Bool {
        switch self {
        case .unreachable, .warmingUp, .busy, .syncing, .cancelled: false
        default: true
        }
    }
}

extension AnchorFault {
    init(node fault: NodeFault) {
        let scope: Scope =
            switch fault {
            case .cancelled: .cancellation
            case .conflicted: .checkpoint
            default: .authority
            }
        self.init(fault.description, scope, isAlarm: fault.isAlarm)
    }
}
