import ArgumentParser
import Council
import Foundation
import Gateway
import Ledger
import Notary

/// Where `verify` looks up blocks.
struct BlockOptions: ParsableArguments {
    @Option(
        help: .words(
            "Un nœud Bitcoin à interroger sur les blocs : http(s)://machine:port.",
            "A Bitcoin node to ask about blocks: http(s)://host:port."))
    var node: String?
    @Option(
        help: .words(
            "Le fichier d'accès du nœud : son .cookie, ou une ligne « utilisateur:mot de passe ».",
            "The node's access file: its .cookie, or one line “user:password”.")) var nodeCookie: String?
    @Option(
        help: .words(
            "Un fichier d'en-têtes de blocs, hors ligne : une ligne « hauteur:160 chiffres hexadécimaux » par bloc.",
            "A file of block headers, offline: a line “height:160 hexadecimal digits” a block.")) var blockHeaders: String?

    func validate() throws {
        guard (node == nil) == (nodeCookie == nil) else {
            throw ValidationError("--node et --node-cookie vont ensemble.", "--node and --node-cookie go together.")
        }
        guard node == nil || blockHeaders == nil else {
            throw ValidationError("Donnez --node ou --block-headers, pas les deux.", "Give --node or --block-headers, not both.")
        }
    }

    /// Nil: none was given.
    func source() throws -> BlockSource? {
        if let node, let nodeCookie {
            return .node(NodeClient(url: node, credentials: .cookieFile(URL(fileURLWithPath: nodeCookie))))
        }
        guard let blockHeaders else { return nil }
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: blockHeaders)), as: UTF8.self)
        do throws(BlockHeaderFile.Mistake) {
            return .file(try BlockHeaderFile(parsing: text))
        } catch {
            Terminal.complain(blockHeaders + Terminal.text(" : ", ": ") + Terminal.words(error))
            throw Answer.wrong
        }
    }
}

extension ProofCommand {
    struct Chainpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Un reçu Chainpoint v2 de l'état du registre ancré par le nœud.",
                "A Chainpoint v2 receipt of the register's state anchored through the node."),
            discussion: Terminal.text(
                "Le reçu établit que l'empreinte de « body » est dans la transaction. Que le document est sous cet état, c'est « proof export » qui l'établit.",
                "The receipt proves that the hash of `body` is in the transaction. That the document stands under that state is what `proof export` proves."
            ))
        @Option(
            help: .words(
                "Un document : le plus ancien état qui le couvre.", "A document: the earliest state that covers it.")) var document: String?
        @Option(help: .words("Ou la taille d'un état ancré (anchors/TAILLE).", "Or the size of an anchored state (anchors/SIZE)."))
        var checkpoint: UInt64?
        @OptionGroup var target: OutputOptions
        @OptionGroup var place: PlaceOptions

        func validate() throws {
            guard (document == nil) != (checkpoint == nil) else {
                throw ValidationError("Donnez --document ou --checkpoint.", "Give --document or --checkpoint.")
            }
        }

        func run() async throws {
            try target.check()
            let exporter = try place.open().proofExporter()
            let receipt: ChainpointReceipt
            do {
                if let document {
                    receipt = try await exporter.chainpointReceipt(of: try Gateway.hash(of: URL(fileURLWithPath: document)))
                } else {
                    receipt = try await exporter.chainpointReceipt(ofCheckpoint: checkpoint ?? 0)
                }
            } catch let error as ChainpointError {
                Terminal.complain(Terminal.words(error))
                throw Answer.no
            }
            try target.write(receipt.json.canonical)
            let output = target.output
            Terminal.say(
                "\(output) : l'empreinte de anchors/\(receipt.size)/body est dans la transaction \(receipt.transaction) (\(receipt.network)).",
                "\(output): the hash of anchors/\(receipt.size)/body is in transaction \(receipt.transaction) (\(receipt.network)).")
            if receipt.network != ChainNetwork.bitcoin.rawValue {
                Terminal.complain(
                    "C'est un réseau d'essai : un reçu Chainpoint ne nomme pas le sien, et se cherche sur Bitcoin.",
                    "That is a test network: a Chainpoint receipt doesn't name its own, and is looked up on Bitcoin.")
            }
        }
    }
}
