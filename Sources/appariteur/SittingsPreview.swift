import ArgumentParser
import Composition
import Council
import Demonstration
import Foundation
import Gateway
import Intake
import Store

extension SittingsCommand {
    /// Any message, before it is ever sent.
    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Un message, de quelque genre que ce soit, tel que son destinataire le lira.",
                "A message, of any kind, as its reader will get it."),
            discussion: Terminal.text(
                "Sans séance, celle de la démonstration. --gallery écrit une page de tous les messages, en français et en anglais.",
                "Without a sitting, the demonstration's. --gallery writes a page of all messages, in French and English."))
        @Argument(
            help: .words(
                "La séance, comme « sittings list » la nomme ; sans elle, une séance d'exemple.",
                "The sitting, as `sittings list` names it; without it, a sample one.")) var id: String?
        @Option(help: .words("fr ou en.", "fr or en.")) var language = "fr"
        @Option(
            help: .words(
                "Le genre : \(MailKind.allCases.map(\.rawValue).joined(separator: ", ")).",
                "The kind: \(MailKind.allCases.map(\.rawValue).joined(separator: ", "))."))
        var kind = MailKind.convocation.rawValue
        @Option(
            name: .shortAndLong,
            help: .words(
                "Écrire ici le message (.eml) au lieu d'afficher son texte.", "Write the message (.eml) here instead of printing its text.")
        ) var output: String?
        @Option(
            help: .words(
                "Écrire dans ce dossier une page de tous les messages (index.html).",
                "Write a page of all messages into this folder (index.html)."))
        var gallery: String?
        @OptionGroup var place: PlaceOptions

        func validate() throws {
            guard Language(rawValue: language) != nil else {
                throw ValidationError(
                    "--language : « \(language.printable) » n'est ni fr ni en.", "--language: “\(language.printable)” is neither fr nor en."
                )
            }
            let known = MailKind.allCases.map(\.rawValue).joined(separator: ", ")
            guard MailKind(rawValue: kind) != nil else {
                throw ValidationError(
                    "--kind : « \(kind.printable) » n'est pas un genre de message ; il y a : \(known).",
                    "--kind: “\(kind.printable)” is no kind of message; there are: \(known).")
            }
            if gallery != nil, output != nil {
                throw ValidationError("--gallery et --output ne vont pas ensemble.", "--gallery and --output don't go together.")
            }
            if gallery?.isEmpty == true { throw ValidationError("--gallery : donnez le nom d'un dossier.", "--gallery: name a folder.") }
        }

        func run() async throws {
            // Validated above.
            let language = Language(rawValue: language) ?? .french
            let kind = MailKind(rawValue: kind) ?? .convocation
            let gateway = try place.open()
            let sitting: Sitting
            if let id { sitting = try await gateway.sitting(id) } else { sitting = try Self.sample(gateway) }
            if let gallery {
                let files = try await gateway.gallery(of: sitting, isSample: id == nil, language: language)
                let folder = URL(fileURLWithPath: gallery, isDirectory: true)
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
                return Terminal.out(folder.appendingPathComponent("index.html").path)
            }
            if id != nil, kind.isInventedInPreviews {
                Terminal.complain(
                    "À savoir : ce message parle de ce qui n'est pas arrivé à cette séance ; ses chiffres, dates et noms sont inventés pour l'aperçu.",
                    "Note: this message tells of what has not happened to this sitting; its figures, dates and names are invented for the preview."
                )
            }
            let preview = try await gateway.preview(kind, of: sitting, isSample: id == nil, language: language)
            if let output {
                try Data(preview.bytes).write(to: URL(fileURLWithPath: output))
            } else {
                Terminal.out(preview.subject, preview.text, separator: "\n\n")
            }
        }

        /// The demonstration's sitting, of the configured authority's first body.
        private static func sample(_ gateway: Gateway) throws -> Sitting {
            let authority = gateway.settings.authority
            let body = authority.bodies.first?.name ?? ""
            let sample = SampleSitting(authority: authority, body: body, clock: gateway.clock)
            let files = sample.documents()
            let plan = try SittingPlanner.plan(
                folderName: sample.folderName, names: files.map(\.fileName),
                description: try SittingDescription(parsing: Array(sample.description.utf8)), authority: authority)
            let documents = plan.files.map { file in
                let bytes = files[file.source].bytes
                return Document(
                    hash: ContentHash(sha256Of: bytes), size: Int64(bytes.count), fileName: file.fileName, title: file.title,
                    mediaType: file.mediaType, role: file.role, item: file.item, label: file.label, confidential: file.confidential)
            }
            let draft = plan.draft(with: documents, in: authority.timeZone)
            let now = gateway.clock.now()
            return Sitting(
                id: SittingID(rawValue: draft.key), draft: draft, state: .approved, revision: 1, receivedAt: now, approvedAt: now)
        }
    }
}

extension SittingsCommand.Approve {
    /// What was dropped after the convocations. False: there is no such thing of that revision, or nothing waits.
    func approveAmendment(of sitting: Sitting, _ gateway: Gateway) async throws -> Bool {
        guard sitting.state == .approved else { return false }
        let amendments = try await gateway.storage.amendments(of: sitting.id)
        guard let amendment = amendments.first(where: { revision == nil ? $0.state == .held : $0.revision == revision }) else {
            return false
        }
        let now = gateway.clock.now()
        if amendment.state == .held, now >= sitting.draft.deadline, now < sitting.draft.start { warnLate(amendment, sitting, gateway) }
        let approval = try await gateway.storage.approveAmendment(of: sitting.id, revision: revision, by: "cli", at: now)
        switch approval {
        case .approved(let byMail, let otherwise):
            Terminal.say(
                "Approuvé : avertis par courriel : \(byMail) ; à avertir autrement : \(otherwise).",
                "Approved: told by e-mail: \(byMail); to be told otherwise: \(otherwise).")
        case .alreadyApproved(let when):
            let moment = Terminal.moment(when, gateway.settings.authority.timeZone)
            Terminal.say("Déjà approuvé le \(moment) : rien n'a changé.", "Already approved on \(moment): nothing has changed.")
        case .tooLate:
            Terminal.complain("La séance a commencé : plus personne n'est averti.", "The sitting has begun: nobody is told any more.")
            throw Answer.no
        }
        return true
    }

    /// What this approval ends, and what the new sitting leaves out of it, as the page to approve it does.
    func tellReplaced(by sitting: Sitting, _ gateway: Gateway) async throws {
        guard let id = sitting.draft.replaces?.id, let old = try await gateway.storage.sitting(id), old.state != .cancelled else { return }
        Terminal.say(
            "Cette séance remplace « \(id) », que l'approbation annule.", "This sitting replaces “\(id)”, which the approval cancels.")
        let left = LeftOut(of: old.draft, by: sitting.draft)
        guard !left.isEmpty else { return }
        let names = (left.items.map(\.title) + left.documents.map(\.fileName)).map(\.printable).joined(separator: ", ")
        Terminal.complain("Attention : elle n'a pas, de l'ancienne : \(names).", "Warning: of the old one, it lacks: \(names).")
    }

    /// As the page to approve it does.
    private func warnLate(_ amendment: StoredAmendment, _ sitting: Sitting, _ gateway: Gateway) {
        let last = CivilDate(of: sitting.draft.deadline.addingTimeInterval(-1), in: gateway.settings.authority.timeZone)
        if amendment.content.addedItems.isEmpty {
            Terminal.complain(
                "Attention : le dernier moment légal (le \(last), avant minuit) est passé. Demandez-vous si les membres pourront en prendre connaissance à temps.",
                "Warning: the last lawful moment (\(last), before midnight) has passed. Consider whether the members can take note of it in time."
            )
        } else {
            Terminal.complain(
                "Attention : le dernier moment légal (le \(last), avant minuit) est passé. Un point ajouté maintenant à l'ordre du jour n'est pas régulier, sauf urgence motivée sur laquelle l'assemblée se prononce. Sans cela, mieux vaut le reporter à une autre séance.",
                "Warning: the last lawful moment (\(last), before midnight) has passed. An item added to the agenda now is not lawful without a reasoned urgency, on which the assembly decides. Otherwise it had better be left to another sitting."
            )
        }
    }
}
