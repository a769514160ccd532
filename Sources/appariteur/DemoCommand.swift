import ArgumentParser
import Council
import Demonstration
import Foundation
import Gateway
import Logging

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: Terminal.text(
            "Tout le parcours d'une séance sur cette machine, avec une boîte aux lettres à regarder.",
            "The whole way of one sitting on this machine, with an embedded mailbox to look into."))
    @Option(
        help: .words(
            "Le port web sur 127.0.0.1 (par défaut : 8080, ou le premier libre ensuite).",
            "The web port on 127.0.0.1 (default: 8080 or the next free one).")) var port: Int?
    @Flag(
        help: .words(
            "Sans personne : finit quand toutes les étapes ont tenu (statut 0) ou que l'une n'a pas tenu (1).",
            "Unattended: end when every step held (status 0) or one did not (1).")) var once = false
    @Option(help: .words("Garder les données dans ce dossier, nouveau ou vide.", "Keep the data in this folder, new or empty.")) var data:
        String?

    func validate() throws {
        if let port, !(1...65_535).contains(port) {
            throw ValidationError(
                "--port : \(port) n'est pas un port ; écrivez un nombre de 1 à 65535.",
                "--port: \(port) is no port; write a number from 1 to 65535.")
        }
        if data?.isEmpty == true { throw ValidationError("--data : donnez le nom d'un dossier.", "--data: name a folder.") }
    }

    func run() async throws {
        let chosen = port ?? (once ? nil : LoopbackPort.firstFree(of: 8080..<8180))
        let demonstration = Demonstration(
            .init(data: data.map { URL(fileURLWithPath: $0) }, port: chosen, once: once), clock: .system, randomness: .system,
            logger: PlaceOptions.logger(.error), say: { Terminal.say($0.french, $0.english) })
        Terminal.say(
            "Appariteur : démonstration sur cette machine, rien ne sort.", "Appariteur: demonstration on this machine, nothing leaves it.")
        do {
            try await demonstration.run()
        } catch let fault as StoryFault {
            Terminal.complain("  ✗ " + fault.words.text(Terminal.language))
            throw Answer.no
        }
        if once { Terminal.say("Toutes les étapes ont tenu.", "Every step held.") }
    }
}
