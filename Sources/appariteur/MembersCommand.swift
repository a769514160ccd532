import ArgumentParser
import Council
import Foundation
import Gateway
import Store

struct MembersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: Terminal.text("La liste des élus : import, list.", "The roll: import, list."),
        subcommands: [Import.self, List.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Rend la liste égale à un fichier CSV, tel qu'Excel l'écrit.", "Make the roll equal to a CSV file, as Excel writes it."))
        @Argument(help: .words("Le fichier CSV.", "The CSV file.")) var file: String
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try await place.openToChange()
            switch try await gateway.importRoll(URL(fileURLWithPath: file)) {
            case .changed(let change):
                let (added, changed, removed) = (change.added.count, change.changed.count, change.removed.count)
                func s(_ count: Int) -> String { count > 1 ? "s" : "" }
                Terminal.say(
                    "\(change.total) élu\(s(change.total)) : \(added) ajouté\(s(added)), \(changed) modifié\(s(changed)), \(removed) retiré\(s(removed)).",
                    "\(change.total) member\(change.total == 1 ? "" : "s"): \(added) added, \(changed) changed, \(removed) removed.")
            case .refused(let reasons):
                Terminal.complain(reasons.map { "  " + $0 }.joined(separator: "\n"))
                Terminal.complain("La liste est restée celle d'avant.", "The roll stays as it was.")
                throw Answer.no
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: Terminal.text("Les élus en fonction.", "Active members."))
        @Option(help: .words("Seulement ceux de cette instance (son identifiant).", "Only those of this body (its identifier).")) var body:
            String?
        @Flag(help: .words("Ceux qui ne sont plus sur la liste.", "Those who are no longer on the roll.")) var former = false
        @Flag(
            help: .words(
                "Ceux qui reçoivent des copies pour information (copies.csv).", "Those who get copies for information (copies.csv)."))
        var copies = false
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            if copies { return try await listCopies(gateway) }
            let members =
                former
                ? try await gateway.storage.formerMembers() : try await gateway.storage.members(of: body.map(BodyID.init(rawValue:)))
            if format.json { return try Terminal.json(members.map(MemberRow.init)) }
            Terminal.table(
                members.map {
                    [
                        "\($0.id)", $0.entry.fullName, $0.entry.email?.description ?? "-", $0.entry.service.words.text(Terminal.language),
                        $0.entry.bodies.map(\.rawValue).joined(separator: ","),
                    ]
                })
        }

        private func listCopies(_ gateway: Gateway) async throws {
            let recipients =
                former
                ? try await gateway.storage.formerCopyRecipients()
                : try await gateway.storage.copyRecipients(of: body.map(BodyID.init(rawValue:)))
            if format.json { return try Terminal.json(recipients.map(CopyRow.init)) }
            Terminal.table(
                recipients.map {
                    [
                        "\($0.id)", $0.entry.fullName, $0.entry.email.description, $0.entry.commune,
                        $0.entry.bodies.map(\.rawValue).joined(separator: ","),
                    ]
                })
        }
    }
}

struct CopyRow: Encodable {
    let id: Int64
    let name: String
    let email: String
    let commune: String
    let bodies: [String]

    init(_ recipient: CopyRecipient) {
        id = recipient.id
        name = recipient.entry.fullName
        email = recipient.entry.email.description
        commune = recipient.entry.commune
        bodies = recipient.entry.bodies.map(\.rawValue)
    }
}

struct MemberRow: Encodable {
    let id: Int64
    let entry: RollEntry

    init(_ member: Member) {
        id = member.id.rawValue
        entry = member.entry
    }
}
