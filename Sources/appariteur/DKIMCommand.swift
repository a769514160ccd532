import ArgumentParser
import Composition
import Council
import Foundation
import Gateway

struct DKIMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dkim",
        abstract: Terminal.text(
            "Les enregistrements DNS des clés DKIM configurées ; --make en fait une.",
            "The DNS records of the configured DKIM keys; --make makes one."),
        discussion: Terminal.text(
            "Publiez l'enregistrement avant de configurer la clé : les serveurs qui reçoivent y cherchent de quoi vérifier les signatures.",
            "Publish the record before you configure the key: the servers that receive look there for what checks the signatures."))

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case rsa
        case ed25519
    }

    @OptionGroup var place: PlaceOptions
    @OptionGroup var format: FormatOptions
    @Option(
        help: .words(
            "Fait une clé neuve dans ce fichier (0600), qui ne doit pas exister.",
            "Make a new key in this file (0600), which must not exist."))
    var make: String?
    @Option(
        help: .words(
            "La sorte de clé : rsa (2048 bits, lue partout) ou ed25519.", "The kind of key: rsa (2048 bits, read everywhere) or ed25519."))
    var kind: Kind?

    func validate() throws {
        if make?.isEmpty == true { throw ValidationError("--make : donnez le nom d'un fichier.", "--make: name a file.") }
        if kind != nil, make == nil { throw ValidationError("--kind accompagne --make.", "--kind goes with --make.") }
    }

    func run() async throws {
        if let make { return try makeKey(URL(fileURLWithPath: make)) }
        let settings = try place.settings()
        let rows = try settings.mail.dkim.map { key in
            let record = try DKIMRecord(Gateway.dkimSigner(key))
            return Row(name: record.name, type: "TXT", value: record.value, strings: record.strings, zoneLine: record.zoneLine)
        }
        if format.json { return try Terminal.json(rows) }
        if rows.isEmpty {
            Terminal.say(
                "Aucune clé sous « mail: dkim: » : les messages sont signés par votre relais, ou pas du tout.",
                "No key under “mail: dkim:”: the messages are signed by your relay, or not at all.")
        }
        for row in rows { Terminal.out(row.zoneLine) }
    }

    /// What `--json` shows of a record; `strings` are the value's pieces of at most 255 bytes.
    struct Row: Encodable {
        let name: String
        let type: String
        let value: String
        let strings: [String]
        let zoneLine: String
    }

    private func makeKey(_ file: URL) throws {
        let key = try SigningKey.generated(kind == .ed25519 ? .ed25519 : .rsa(bits: 2048))
        try KeyFile.create(try key.pem(), to: file)
        let signer = try DKIMSigner(selector: "SELECTEUR", domain: "DOMAINE", key: key)
        Terminal.say(
            "Clé faite : \(file.path) (à sauvegarder, et à ne montrer à personne).",
            "Key made: \(file.path) (back it up, and show it to nobody).")
        Terminal.say("À publier au DNS, avec votre sélecteur et votre domaine :", "To publish in DNS, with your selector and your domain:")
        Terminal.out(try DKIMRecord(signer).zoneLine)
        Terminal.say(
            "Puis, dans la configuration, sous « mail: dkim: » : - { selector: …, keyFile: \(file.path) }",
            "Then, in the configuration, under “mail: dkim:”: - { selector: …, keyFile: \(file.path) }")
    }
}
