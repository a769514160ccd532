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
                "Seulement qui a été servi par courriel, et au plus une fois par heure. La convocation reste ce qui fait foi.",
                "Only whoever was served by e-mail, and once an hour at most. The convocation stays what counts."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
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
            let count = try await gateway.storage.remind(sitting.id, at: now)
            let persons = Terminal.count(count, ("personne est relancée", "personnes sont relancées"), ("person is", "persons are"))
            guard count > 0 else {
                return Terminal.say(
                    "Personne à relancer : tous les élus servis par courriel ont accusé réception, ou l'ont été il y a moins d'une heure.",
                    "Nobody to remind: everyone served by e-mail has acknowledged, or was reminded less than an hour ago.")
            }
            Terminal.say("\(persons) par courriel.", "\(persons) reminded by e-mail.")
        }
    }
}
