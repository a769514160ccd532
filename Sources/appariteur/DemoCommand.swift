import ArgumentParser
import Council
import Demonstration
import Foundation
import Gateway
import Logging

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The whole way of one sitting on this machine, with an embedded mailbox to look into.")
    @Option(help: "The web port on 127.0.0.1 (default: 8080 or the next free one).") var port: Int?
    @Flag(help: "Unattended: end when every step held (status 0) or one did not (1).") var once = false
    @Option(help: "Keep the data in this folder.") var data: String?

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
