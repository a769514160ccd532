import ArgumentParser
import Composition
import Council
import Foundation
import Gateway
import Store

struct SittingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sittings",
        abstract: Terminal.text(
            "Les séances : list, show, preview, approve, cancel, status, remind, paper.",
            "Sittings: list, show, preview, approve, cancel, status, remind, paper service."),
        subcommands: [List.self, Show.self, Preview.self, Approve.self, Cancel.self, Status.self, Paper.self, Resend.self, Remind.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Toutes les séances, les plus lointaines d'abord.", "All sittings, newest date first."))
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            let sittings = try await gateway.storage.sittings()
            if format.json { return try Terminal.json(sittings.map(SittingRow.init)) }
            Terminal.table(sittings.map { [$0.id.rawValue, "\($0.draft.when)", $0.state.words.text(Terminal.language), $0.draft.title] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Une séance : ordre du jour et documents.", "One sitting: agenda and documents."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            let sitting = try await gateway.sitting(id)
            if format.json { return try Terminal.json(SittingRow(sitting)) }
            Terminal.out("\(sitting.id)  \(sitting.draft.when)  \(sitting.state.words.text(Terminal.language))")
            Terminal.out(sitting.draft.title.printable)
            for item in sitting.draft.agenda { Terminal.out("  \(item.number). \(item.title.printable)") }
            Terminal.table(sitting.draft.documents.map { [$0.hash.hex, "\($0.size)", $0.label, $0.fileName] })
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Approuve l'épreuve : les convocations, l'additif ou le changement partent.",
                "Approve the preview: the convocations, the supplement or the change leave."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @Option(help: .words("Seulement si cette révision est encore la dernière.", "Only if this is still the current revision."))
        var revision: Int?
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try await place.openToChange()
            let sitting = try await gateway.sitting(id)
            if try await approveAmendment(of: sitting, gateway) { return }
            if sitting.state == .draft { try await tellReplaced(by: sitting, gateway) }
            switch try await gateway.storage.approve(sitting.id, revision: revision, by: "cli", at: gateway.clock.now()) {
            case .approved(let electronic, let paper):
                let convocations = Terminal.count(
                    electronic, ("convocation", "convocations"), ("convocation", "convocations"))
                Terminal.say(
                    "Approuvée : \(convocations) par courriel, \(paper) sur papier.",
                    "Approved: \(convocations) by e-mail, \(paper) on paper.")
                let copies = try await gateway.storage.copyCounts(of: sitting.id).total
                if copies > 0 {
                    Terminal.say(
                        "Copies pour information : \(copies) ; elles partent une fois les convocations parties.",
                        "Copies for information: \(copies); they leave once the convocations have left.")
                }
            case .alreadyApproved(let when):
                let moment = Terminal.moment(when, gateway.settings.authority.timeZone)
                Terminal.say(
                    "Déjà approuvée le \(moment) : rien n'a changé.", "Already approved on \(moment): nothing has changed.")
            case .tooLate(let deadline):
                let last = CivilDate(of: deadline.addingTimeInterval(-1), in: gateway.settings.authority.timeZone)
                Terminal.complain(
                    "Trop tard : le dernier jour légal était le \(last). Rien n'est parti. Deux issues : une urgence motivée (« urgence: » dans seance.yml), ou une autre date.",
                    "Too late: the last lawful day was \(last). Nothing has left. Two ways out: an urgency with its reason (“urgence:” in seance.yml), or another date."
                )
                throw Answer.no
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Annule une séance ; ce qui n'est pas parti ne part plus.", "Cancel a sitting; what has not left does not leave."),
            discussion: Terminal.text(
                "Qui a sa convocation par courriel reçoit un avis d'annulation ; un courriel dit au secrétariat qui prévenir autrement.",
                "Whoever has their convocation by e-mail gets a message of cancellation; an e-mail tells the clerk whom to tell otherwise.")
        )
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            let gateway = try await place.openToChange()
            let sitting = try await gateway.sitting(id)
            guard sitting.state != .cancelled else {
                let moment = try await gateway.cancellation(of: sitting.id).map { Terminal.moment($0, gateway.settings.authority.timeZone) }
                return Terminal.say(
                    "Déjà annulée\(moment.map { " depuis le \($0)" } ?? "") : rien n'a changé.",
                    "Already cancelled\(moment.map { " since \($0)" } ?? ""): nothing has changed.")
            }
            let announced = try await gateway.storage.cancel(sitting.id, by: "cli", at: gateway.clock.now())
            Terminal.say("Annulée.", "Cancelled.")
            if sitting.state == .approved, let announced { Self.tell(announced) }
        }

        private static func tell(_ announced: Cancellation) {
            if announced.isPast {
                return Terminal.say(
                    "L'heure de la séance est passée : personne n'en est averti.", "The sitting's hour has come: nobody is told.")
            }
            let told = Terminal.count(
                announced.byMail, ("personne en est avertie", "personnes en sont averties"), ("person is", "persons are"))
            Terminal.say(
                "\(told) par courriel ; ce qui n'était pas parti ne partira plus.",
                "\(told) told by e-mail; what had not left will not leave.")
            if announced.underWay > 0 {
                Terminal.say(
                    "En cours d'envoi à l'instant : \(announced.underWay) ; si la convocation part, l'avis la suit.",
                    "Just being sent: \(announced.underWay); if the convocation leaves, the message of cancellation follows it.")
            }
            if announced.otherwise > 0 {
                Terminal.say(
                    "À prévenir autrement : \(announced.otherwise) ; un courriel au secrétariat dit qui.",
                    "To be told otherwise: \(announced.otherwise); an e-mail to the clerk says whom.")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Qui est servi, qui a accusé réception.", "Who is served, who has acknowledged."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @OptionGroup var place: PlaceOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let gateway = try place.open()
            let rows = try await gateway.storage.status(of: try await gateway.sitting(id).id)
            if format.json { return try Terminal.json(rows.map(ConvocationRow.init)) }
            let sitting = try await gateway.sitting(id).id
            let letters = try await gateway.storage.lettersNotReceived(of: sitting)
            let amendments = try await gateway.storage.amendments(of: sitting)
            Terminal.table(
                rows.map { row in
                    let grade = row.receiptGrade?.words.text(Terminal.language) ?? ""
                    let receipt =
                        row.receiptAt.map { $0.formatted(.iso8601) + " " + grade }
                        ?? (row.receiptWithdrawn ? Terminal.text("retiré (robot)", "withdrawn (robot)") : "-")
                    return [
                        "\(row.member.id)", row.member.entry.fullName, row.state.words.text(Terminal.language),
                        row.relayedAt?.formatted(.iso8601) ?? "-",
                        receipt,
                        row.paperService.map { paper in
                            paper.words.text(Terminal.language) + (row.paperCorrected ? Terminal.text(" (corrigé)", " (corrected)") : "")
                        } ?? "-",
                        [
                            row.letterTrouble(letters[row.id] ?? [], amendments)?.text(Terminal.language),
                            row.isHeld
                                ? Terminal.text("envoi incertain : sittings resend", "uncertain: sittings resend")
                                : row.fate?.text(Terminal.language) ?? ServerReply.of(row.lastReply),
                        ].compactMap { $0 }.joined(separator: " ; "),
                    ]
                })
            let since = gateway.clock.now() - RefusedMail.memory
            for mail in try await gateway.storage.refusedMails(since: since) {
                print(
                    Terminal.text(
                        "attention : un courriel à \(mail.recipient) n'arrive pas : ",
                        "warning: a mail to \(mail.recipient) doesn't arrive: ")
                        + mail.words.text(Terminal.language).printable)
            }
            // Why nothing moves; known here even where nobody can be mailed.
            for trouble in try await gateway.storage.relayTroubles() {
                print(
                    Terminal.text(
                        "attention : le relais \(trouble.relay) ne prend rien : ", "warning: relay \(trouble.relay) takes nothing: ")
                        + trouble.words.text(Terminal.language).printable)
            }
        }
    }

    struct Paper: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Note qu'un élu a été servi sur papier.", "Record that a member was served on paper."))
        @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
        @Argument(help: .words("Le numéro de l'élu, celui de « members list ».", "The member's number, as `members list` shows it."))
        var member: Int64
        @Option(help: .words("Le jour de l'envoi ou de la remise (AAAA-MM-JJ).", "The day of posting or handing over (YYYY-MM-DD)."))
        var on: String
        @Option(help: .words("Comment : remise, envoi postal…", "How: posted, handed over…")) var how = "handed over"
        @Flag(help: .words("Corriger ce qui est noté : le registre garde les deux.", "Correct what is recorded: the register keeps both."))
        var correct = false
        @OptionGroup var place: PlaceOptions

        func validate() throws {
            guard CivilDate(iso: on) != nil else {
                throw ValidationError(
                    "--on : « \(on.printable) » n'est pas une date ; écrivez-la comme 2026-12-07.",
                    "--on: “\(on.printable)” is not a date; write it like 2026-12-07.")
            }
            guard (1...100).contains(how.count) else {
                throw ValidationError("--how : quelques mots, au plus 100 caractères.", "--how: a few words, at most 100 characters.")
            }
        }

        func run() async throws {
            // Validated above.
            guard let day = CivilDate(iso: on) else { return }
            let gateway = try await place.openToChange()
            let recording = try await gateway.storage.recordPaperService(
                PaperService(day: day, how: how), of: MemberID(rawValue: member), in: try await gateway.sitting(id).id,
                correcting: correct, zone: gateway.settings.authority.timeZone, at: gateway.clock.now())
            switch recording {
            case .recorded: Terminal.say("Noté.", "Recorded.")
            case .corrected(let earlier):
                let before = earlier.words
                Terminal.say(
                    "Corrigé. Le registre garde les deux : la note précédente était : \(before.french).",
                    "Corrected. The register keeps both: the earlier record was: \(before.english).")
            case .unchanged:
                Terminal.say(
                    "Déjà noté à l'identique : rien n'a été ajouté au registre.",
                    "Recorded already, and equal: nothing was added to the register.")
            }
        }
    }
}

struct ReceiptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipts", abstract: Terminal.text("Les accusés de réception d'une séance.", "The receipts of one sitting."))
    @Argument(help: .words("La séance, comme « sittings list » la nomme.", "The sitting, as `sittings list` names it.")) var id: String
    @OptionGroup var place: PlaceOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let gateway = try await place.openToChange()
        let rows = try await gateway.storage.status(of: try await gateway.sitting(id).id).filter { $0.receiptAt != nil }
        if format.json { return try Terminal.json(rows.map(ConvocationRow.init)) }
        Terminal.table(
            rows.map {
                [$0.member.entry.fullName, $0.receiptAt?.formatted(.iso8601) ?? "", $0.receiptGrade?.words.text(Terminal.language) ?? ""]
            })
    }
}
