import Council
import Curl
import Foundation
import Gateway
import Ledger
import Notary
import ServiceLifecycle
import Store

/// What a clerk, some members, a mail gateway and a citizen do in the demonstration, one step after the other. Every step
/// looks whether it held.
struct Story: Service {
    let gateway: Gateway
    let place: DemonstrationPlace
    let shelf: MailShelf
    let once: Bool
    let say: @Sendable (Bilingual) -> Void
    private let started = AsyncStream.makeStream(of: Void.self)

    init(gateway: Gateway, place: DemonstrationPlace, shelf: MailShelf, once: Bool, say: @escaping @Sendable (Bilingual) -> Void) {
        self.gateway = gateway
        self.place = place
        self.shelf = shelf
        self.once = once
        self.say = say
    }

    private var http: HTTPClient { HTTPClient() }
    private var storage: any Storage { gateway.storage }

    /// The web server listens: the story can begin.
    func begin() async { started.continuation.finish() }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            for await _ in started.stream {}
            guard !Task.isCancelled else { return }
            try await tell()
            guard !once else { return }
            say(
                Bilingual(
                    "\nÀ ouvrir : \(place.base)\(MailboxPages.root(.french)) (la boîte), \(place.base)/ (le registre). Ctrl-C pour finir.",
                    "\nTo open: \(place.base)\(MailboxPages.root(.english)) (the mailbox), \(place.base)/en (the register). Ctrl-C to end.")
            )
            // Until Ctrl-C: the cancellation ends the sleep.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
    }

    private func tell() async throws {
        let persons = DemonstrationPersons(client: http)
        let sample = SampleSitting(authority: gateway.settings.authority, clock: gateway.clock)

        try sample.writeRoll(to: place.dropFolder)
        let members = try await eventually(Bilingual("la liste des élus est prise", "the roll is taken")) {
            let members = try await storage.members(of: nil)
            return members.isEmpty ? nil : members
        }
        done(Bilingual("liste des élus : \(members.count) élus", "roll: \(members.count) members"))

        try sample.writeFolder(to: place.dropFolder)
        let sitting = try await eventually(Bilingual("le dossier de séance est pris", "the sitting's folder is taken")) {
            try await storage.sittings().first
        }
        done(
            Bilingual(
                "séance déposée : \(sitting.draft.title), \(sitting.draft.when), \(sitting.draft.documents.count) documents",
                "sitting dropped: \(sitting.draft.title), \(sitting.draft.when), \(sitting.draft.documents.count) documents"))

        let clerk = gateway.settings.clerk.address.description
        let preview = try await mail(to: clerk, Bilingual("l'épreuve arrive", "the preview arrives"))
        try expect(shelf.all.count == 1, Bilingual("rien d'autre ne part avant l'approbation", "nothing else leaves before approval"))
        done(
            Bilingual("épreuve reçue par le secrétariat ; rien d'autre n'est parti", "preview received by the clerk; nothing else has left")
        )

        let approval = try await clerkLink(in: preview, sitting: sitting.id, persons)
        try expect(approval.pressedButton, Bilingual("la page d'approbation a un bouton", "the approval page has a button"))
        let rows = try await eventually(Bilingual("toutes les convocations sont servies", "all convocations are served")) {
            let rows = try await storage.status(of: sitting.id)
            return !rows.isEmpty && rows.allSatisfy({ $0.state == .relayed || $0.state == .paperDue }) ? rows : nil
        }
        let electronic = rows.filter { $0.state == .relayed }
        try expect(
            shelf.all.count == 1 + electronic.count && rows.count == members.count,
            Bilingual("un message par élu, ni plus ni moins", "one message a member, no more, no less"))
        done(
            Bilingual(
                "approuvée ; \(electronic.count) convocations prises par le relais, \(rows.count - electronic.count) à servir sur papier",
                "approved; \(electronic.count) convocations taken by the relay, \(rows.count - electronic.count) to serve on paper"))

        try await readers(electronic, sitting.id, persons)
        try await register(sitting)
        try await proof(sitting)
    }

    /// Some members open their messages, one lets a robot in first.
    private func readers(_ served: [ConvocationStatus], _ sitting: SittingID, _ persons: DemonstrationPersons) async throws {
        let addresses = served.compactMap { $0.member.entry.email?.description }
        guard addresses.count > 10 else { throw StoryFault(Bilingual("trop peu d'élus", "too few members")) }
        let robotsVictim = try await mail(to: addresses[10], Bilingual("le message attend", "the message waits"))
        _ = try await persons.scan(robotsVictim)
        try expect(
            try await receipts(sitting) == 0,
            Bilingual(
                "une passerelle antivirus n'accuse pas réception à la place d'un élu", "a mail gateway gives no receipt in a member's stead"
            ))
        done(
            Bilingual(
                "une passerelle antivirus a ouvert tous les liens d'un message : aucun accusé",
                "a mail gateway opened all links of a message: no receipt"))

        // A person needs a few seconds; what is faster is graded a robot and gets the button.
        try await Task.sleep(for: .seconds(6))
        for (index, address) in addresses.prefix(10).enumerated() {
            let visit = try await persons.open(
                try await mail(to: address, Bilingual("le message attend", "the message waits")), choice: index % 3,
                where: { $0.url.contains("/r/") })
            try expect(
                visit.statuses.last == 200,
                Bilingual("le lien mène au document (\(visit.statuses))", "the link leads to the document (\(visit.statuses))"))
        }
        try expect(try await receipts(sitting) == 10, Bilingual("dix accusés de réception", "ten receipts"))
        done(Bilingual("dix élus ont ouvert un lien : dix accusés de réception", "ten members opened a link: ten receipts"))
    }

    /// The ledger has it all, anchored; the public page shows counts and nobody's name.
    private func register(_ sitting: Sitting) async throws {
        let size = try await storage.journalSize()
        let checkpoint = try await eventually(Bilingual("le registre est publié", "the register is published")) {
            try await storage.checkpoint().flatMap { $0.size >= size ? $0 : nil }
        }
        let anchors = try await eventually(Bilingual("le registre est ancré", "the register is anchored")) {
            let anchors = try await storage.anchors(of: nil).filter { $0.size >= size }
            let isStamped = anchors.contains { $0.method == .rfc3161 && $0.state == .complete }
            return isStamped && anchors.contains { $0.method == .openTimestamps && $0.state == .pending } ? anchors : nil
        }
        done(
            Bilingual(
                "registre : \(checkpoint.size) entrées signées, horodatées (RFC 3161) et confiées à OpenTimestamps (\(anchors.count) ancrages)",
                "register: \(checkpoint.size) entries signed, timestamped (RFC 3161) and given to OpenTimestamps (\(anchors.count) anchors)"
            ))
        let key = try NoteVerifierKey(parsing: gateway.signingKey.verifier.description)
        let report = try await LedgerAudit(publicFolder: gateway.ledgerFolder, vkey: key, storage: storage, documents: gateway.documents,
            roots: Gateway.timestampRoots(gateway.settings)
        ).run()
        try expect(
            report.isClean,
            Bilingual("l'audit est sans différence : \(report.findings)", "the audit finds no difference: \(report.findings)"))
        let page = try await http.get("\(place.base)/seances/\(sitting.id)").text
        let names = try await storage.members(of: nil).map(\.entry.familyName)
        try expect(
            page.contains(sitting.draft.documents.first?.hash.hex ?? "?") && !names.contains { page.contains($0) },
            Bilingual("la page publique montre les documents et aucun nom", "the public page shows the documents and no name"))
        done(
            Bilingual(
                "audit complet sans différence ; la page publique ne nomme personne",
                "full audit without difference; the public page names nobody"))
    }

    /// A proof of one document, checked as a stranger would; the same with another document, refused.
    private func proof(_ sitting: Sitting) async throws {
        guard let document = sitting.draft.documents.first, let another = sitting.draft.documents.last else {
            throw StoryFault(Bilingual("aucun document", "no document"))
        }
        let proof = try await gateway.proofExporter().export(.document(document.hash))
        let file = place.folder.appendingPathComponent("preuve.asice")
        try Data(proof.archive).write(to: file)
        let roots = try CertificateAuthorities(pem: Array(Data(contentsOf: place.timestampRoots)))
        let report = try ProofVerifier.verify(
            proof.archive, document: document.hash, key: gateway.signingKey.verifier, authorities: roots)
        try expect(report.notAfter != nil, Bilingual("la preuve est datée", "the proof is dated"))
        let other = Result { () throws(ProofRefusal) in
            try ProofVerifier.verify(proof.archive, document: another.hash, key: gateway.signingKey.verifier, authorities: roots)
        }
        guard case .failure = other else {
            throw StoryFault(Bilingual("un autre document a été accepté", "another document was accepted"))
        }
        let (french, english) = (ProofWords(.french).text(of: report), ProofWords(.english).text(of: report))
        done(
            Bilingual(
                "preuve de « \(document.fileName) » faite et vérifiée ; avec un autre document : refusée",
                "proof of “\(document.fileName)” made and verified; with another document: refused"))
        say(
            Bilingual(
                "\nappariteur verify \(file.lastPathComponent)\n\(french)", "\nappariteur verify \(file.lastPathComponent)\n\(english)"))
    }

    // MARK: Steps

    private func clerkLink(in preview: ReceivedMail, sitting: SittingID, _ persons: DemonstrationPersons) async throws
        -> DemonstrationPersons.Visit
    {
        // The first of the clerk's links is the one that approves.
        try await persons.open(preview, where: { $0.url.contains("/suivi/") })
    }

    private func receipts(_ sitting: SittingID) async throws -> Int {
        try await storage.status(of: sitting).count { $0.receiptAt != nil }
    }

    private func mail(to address: String, _ what: Bilingual) async throws -> ReceivedMail {
        try await eventually(what) { shelf.all.last { $0.recipients.contains(address) } }
    }

    private func done(_ what: Bilingual) { say(Bilingual("  ✓ \(what.french)", "  ✓ \(what.english)")) }

    private func expect(_ holds: Bool, _ what: Bilingual) throws {
        if !holds { throw StoryFault(Bilingual("n'a pas tenu : \(what.french)", "did not hold: \(what.english)")) }
    }

    /// Looks again and again, for a minute at most.
    private func eventually<T>(_ what: Bilingual, _ look: () async throws -> T?) async throws -> T {
        for _ in 0..<600 {
            if let found = try await look() { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StoryFault(Bilingual("au bout d'une minute, toujours pas : \(what.french)", "after a minute still not so: \(what.english)"))
    }
}
