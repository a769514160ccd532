import ArgumentParser
import Council
import Gateway
import Store

extension SittingsCommand {
    /// The same as the button on the follow-up page.
    struct Remind: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Relance par courriel qui n'a pas accusé réception.", "Remind by e-mail whoever has not acknowledged."),
            discussion: Terminal.text(
                "Seulement qui a été servi par courriel, et au plus une fois par heure. La convocation reste ce qui fait foi. Avec --all, aussi qui a déjà accusé réception : quand les clés des liens ont été perdues, chacun a besoin d'un lien neuf.",
                "Only whoever was served by e-mail, and once an hour at most. The convocation stays what counts. With --all also whoever has acknowledged: where the keys of links were lost, everyone needs a new link."
            ))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @Flag(
            help: .words(
                "Aussi qui a déjà accusé réception : après « keys accept », les liens d'avant sont refusés.",
                "Also whoever has acknowledged: after `keys accept`, earlier links are refused.")) var all = false
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try await place.openToChange()
            let sitting = try await gateway.sitting(id)
            let now = gateway.clock.now()
            guard sitting.state == .approved, now < sitting.draft.start else {
                let isPast = sitting.state == .approved
                Terminal.complain(
                    isPast
                        ? "L'heure de la séance est passée : personne n'est relancé."
                        : "La séance est \(sitting.state.words.french) : personne n'est relancé.",
                    isPast
                        ? "The sitting's hour has come: nobody is reminded."
                        : "The sitting is \(sitting.state.words.english): nobody is reminded.")
                throw Answer.no
            }
            let storage = gateway.storage
            let count = try await all ? storage.sendLinksAgain(of: sitting.id, at: now) : storage.remind(sitting.id, at: now)
            let persons = Terminal.count(count, ("personne est relancée", "personnes sont relancées"), ("person is", "persons are"))
            guard count > 0 else {
                if all {
                    return Terminal.say(
                        "Personne à qui renvoyer un lien : nul n'a été servi par courriel, ou chacun l'a reçu il y a moins d'une heure.",
                        "Nobody to send a link to: none was served by e-mail, or everyone got one less than an hour ago.")
                }
                return Terminal.say(
                    "Personne à relancer : tous les élus servis par courriel ont accusé réception, ou l'ont été il y a moins d'une heure.",
                    "Nobody to remind: everyone served by e-mail has acknowledged, or was reminded less than an hour ago.")
            }
            Terminal.say("\(persons) par courriel.", "\(persons) reminded by e-mail.")
        }
    }
}
