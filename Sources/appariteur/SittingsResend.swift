import ArgumentParser
import Council
import Gateway
import Store

extension SittingsCommand {
    /// The same as the button on the follow-up page.
    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Envoie de nouveau une convocation dont l'envoi est incertain.", "Send again a convocation whose sending is uncertain."),
            discussion: Terminal.text(
                "Même numéro, mêmes octets : au pire, la personne la reçoit deux fois. Le registre le note.",
                "Same number, same bytes: at worst, the person gets it twice. The register says so."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @Argument(help: .words("Le numéro de l'élu, celui de « members list ».", "The member's number, as `members list` shows it."))
        var member: Int64
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try await place.openToChange()
            let sitting = try await gateway.sitting(id).id
            guard let status = try await gateway.storage.status(of: sitting).first(where: { $0.member.id.rawValue == member }) else {
                throw StorageError.noSuchMember(MemberID(rawValue: member))
            }
            if try await gateway.storage.sendAgain(status.id, by: "command line", at: gateway.clock.now()) {
                return Terminal.say("Elle repart aussitôt.", "It goes again at once.")
            }
            Terminal.complain(
                "Rien à renvoyer : \(status.state.words.french), son issue n'est pas incertaine.",
                "Nothing to send again: \(status.state.words.english), its outcome is not uncertain.")
            throw Answer.no
        }
    }
}
