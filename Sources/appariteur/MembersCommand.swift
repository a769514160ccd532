import ArgumentParser
import Council
import Foundation
import Gateway
import Store

struct MembersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "The roll: import, list.", subcommands: [Import.self, List.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make the roll equal to a CSV file, as Excel writes it.")
        @Argument var file: String
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try place.open()
            switch try await gateway.importRoll(URL(fileURLWithPath: file)) {
            case .changed(let change):
                Terminal.say(
                    "\(change.total) élus : \(change.added.count) ajoutés, \(change.changed.count) modifiés, \(change.removed.count) retirés.",
                    "\(change.total) members: \(change.added.count) added, \(change.changed.count) changed, \(change.removed.count) removed."
                )
            case .refused(let reasons):
                Terminal.complain(reasons.map { "  " + $0 }.joined(separator: "\n"))
                Terminal.complain("La liste est restée celle d'avant.", "The roll stays as it was.")
                throw Answer.no
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Active members.")
        @Option(help: "Only those of this body.") var body: String?
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            let members = try await gateway.storage.members(of: body.map(BodyID.init(rawValue:)))
            if format.json { return try Terminal.json(members.map(MemberRow.init)) }
            Terminal.table(
                members.map {
                    [
                        "\($0.id)", $0.entry.fullName, $0.entry.email?.description ?? "-", $0.entry.service.rawValue,
                        $0.entry.bodies.map(\.rawValue).joined(separator: ","),
                    ]
                })
        }
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
