import ArgumentParser
import Council
import Foundation
import Gateway
import Store

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: Terminal.text(
            "Efface les données d'un ancien élu, passé la durée légale de conservation.",
            "Erase a former member's data, once the legal retention has passed."),
        discussion: Terminal.text(
            """
            Ses noms, adresses, messages, liens et accès disparaissent, ainsi que les clés qui ouvrent ses inscriptions au registre :
            les feuilles publiques restent, sans que personne puisse plus les relier à lui. L'effacement est inscrit, sans le nommer.
            Sans --yes, dit seulement ce qui serait effacé.
            """,
            """
            Names, addresses, messages, links and accesses go, and the keys that open their entries: the public leaves stay, and nobody
            can tell any more whose they were. The erasure is journalled, naming nobody. Without --yes, only tells what it would erase.
            """))
    @Argument(help: .words("Le numéro de l'élu (« members list --former »).", "The member's number (`members list --former`).")) var member:
        Int64
    @Flag(
        help: .words(
            "Le numéro est celui d'un destinataire de copies (« members list --copies --former »).",
            "The number is that of somebody who got copies (`members list --copies --former`).")) var copies = false
    @Flag(help: .words("Effacer vraiment : rien ne le rendra.", "Really erase: nothing brings it back.")) var yes = false
    @Flag(
        help: .words(
            "L'heure de la machine a été vérifiée, bien qu'elle soit de 60 jours après tout ce que le registre connaît.",
            "The machine's clock was checked, though it is 60 days after all that the register knows.")) var clockChecked = false
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let gateway = try await place.openToChange()
        let now = gateway.clock.now()
        if copies { return try await eraseRecipient(gateway, at: now) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = gateway.settings.authority.timeZone
        guard let limit = calendar.date(byAdding: .year, value: -gateway.settings.retentionYears, to: now) else { throw Answer.wrong }
        guard yes else {
            let former = try await gateway.storage.formerMembers()
            guard let person = former.first(where: { $0.id.rawValue == member }) else {
                let id = MemberID(rawValue: member)
                let isListed = try await gateway.storage.members(of: nil).contains { $0.id == id }
                throw isListed ? StorageError.stillListed(id) : .noSuchMember(id)
            }
            Terminal.say(
                "\(person.entry.fullName) serait effacé pour toujours. Pour le faire : appariteur erase \(member) --yes",
                "\(person.entry.fullName) would be erased for ever. To do it: appariteur erase \(member) --yes")
            throw Answer.no
        }
        // Copies have no retention, and a question erases nothing: only here may the clock's year be what counts.
        let leap = try await gateway.clockLeap(at: now)
        if let leap, !clockChecked { throw leap }
        let erasure = try await gateway.storage.erase(
            MemberID(rawValue: member), ifLastSittingBefore: limit, acceptingClock: leap != nil, at: now)
        Terminal.say(
            "Effacé. Convocations rendues anonymes : \(erasure.convocations) ; inscriptions qui ne s'ouvrent plus : \(erasure.entries). L'effacement est l'entrée \(erasure.seq).\nSupprimés aussi, de toutes les séances, car ils pouvaient le nommer : \(Self.mails(erasure).french).\nRestent à supprimer par vous : les fichiers membres.csv et les rapports de Traités et de Rejetés, les sauvegardes, les journaux du système, les preuves exportées.",
            "Erased. Convocations made anonymous: \(erasure.convocations); entries that can't be opened any more: \(erasure.entries). The erasure is entry \(erasure.seq).\nDeleted as well, of all sittings, for they may have named them: \(Self.mails(erasure).english).\nLeft for you to delete: membres.csv files and reports in Traités and Rejetés, backups, the system's logs, exported proofs."
        )
    }

    private static func mails(_ erasure: Erasure) -> Bilingual {
        let (mails, notices) = (erasure.clerksMails, erasure.notices)
        return Bilingual(
            "\(mails) courriel\(mails > 1 ? "s" : "") déjà parti\(mails > 1 ? "s" : "") au secrétariat (épreuves, alarmes) et \(notices) avis clos",
            "\(mails) mail\(mails == 1 ? "" : "s") to the clerk that had left (previews, alarms), and \(notices) closed notice\(notices == 1 ? "" : "s")"
        )
    }

    /// A copy for information proves nothing that has to be kept: no retention holds it.
    private func eraseRecipient(_ gateway: Gateway, at now: Date) async throws {
        guard yes else {
            let former = try await gateway.storage.formerCopyRecipients()
            guard let person = former.first(where: { $0.id == member }) else {
                let isListed = try await gateway.storage.copyRecipients(of: nil).contains { $0.id == member }
                throw isListed ? StorageError.stillCopied(member) : .noSuchCopyRecipient(member)
            }
            Terminal.say(
                "\(person.entry.fullName) (\(person.entry.commune)) serait effacé pour toujours. Pour le faire : appariteur erase \(member) --copies --yes",
                "\(person.entry.fullName) (\(person.entry.commune)) would be erased for ever. To do it: appariteur erase \(member) --copies --yes"
            )
            throw Answer.no
        }
        let copies = try await gateway.storage.eraseCopyRecipient(member, at: now)
        Terminal.say(
            "Effacé. Copies rendues anonymes : \(copies). Restent à supprimer par vous : les fichiers copies.csv et les rapports de Traités et de Rejetés, les sauvegardes, les journaux du système.",
            "Erased. Copies made anonymous: \(copies). Left for you to delete: copies.csv files and reports in Traités and Rejetés, backups, the system's logs."
        )
    }
}
