package import Council
import Crypto
package import Foundation
package import Store

/// An imaginary authority and what its clerk might drop.
package enum Sample {
    package static let zone = TimeZone(identifier: "Europe/Paris") ?? .gmt

    package static let authority = Authority(
        name: "Communauté d'agglomération du Val d'Aurence", siren: "200012345", timeZone: zone,
        bodies: [
            Body(id: council, name: "Conseil communautaire", aliases: ["conseil"], notice: NoticeRule(clearDays: 5)),
            Body(id: BodyID(rawValue: "bureau"), name: "Bureau communautaire", aliases: ["bureau"], notice: NoticeRule(clearDays: 3)),
        ])

    package static let council = BodyID(rawValue: "conseil")

    /// 2026-11-24T08:05:04Z, three weeks before the sample sitting.
    package static let now = Date(timeIntervalSince1970: 1_795_507_504)

    package static func hash(_ text: String) -> ContentHash { hash(Array(text.utf8)) }

    package static func hash(_ bytes: [UInt8]) -> ContentHash {
        guard let hash = ContentHash(bytes: SHA256.hash(data: bytes)) else { preconditionFailure("SHA-256 gives 32 bytes") }
        return hash
    }

    package static func email(_ text: String) -> EmailAddress {
        do {
            return try EmailAddress(parsing: text)
        } catch {
            preconditionFailure("the sample address \(text) is malformed: \(error)")
        }
    }

    private static let families = [
        "Le Goff", "D'Ornano", "Müller", "Nguyễn", "Åkesson", "Bénard-Lœuil", "Fernandès", "Çelik", "Marchand", "O’Brien",
    ]
    private static let given = ["Éloïse", "Jean-François", "Zoé", "Aïcha", "Noël", "Anaïs", "Loïc", "Maëlle", "Côme", "Thérèse"]

    /// `count` people, all different; every tenth is served on paper and has no address. They all sit in the council,
    /// every third in the bureau too.
    package static func roll(_ count: Int) -> [RollEntry] {
        (0..<count).map { number in
            let onPaper = number % 10 == 9
            return RollEntry(
                civility: number.isMultiple(of: 2) ? "Mme" : "M.",
                familyName: families[number % 10] + (number < 100 ? "" : " \(number / 100)"),
                givenName: given[(number / 10) % 10], email: onPaper ? nil : email("elu\(number)@aurence.example"),
                bodies: number.isMultiple(of: 3) ? [council, BodyID(rawValue: "bureau")] : [council],
                service: onPaper ? .paper : .electronic, language: number % 7 == 6 ? .english : .french)
        }
    }

    package static func document(_ number: Int, hash: ContentHash, size: Int64, confidential: Bool = false) -> Document {
        let label = number < 10 ? "0\(number)" : "\(number)"
        let title = number == 0 ? "Note de synthèse" : "Délibération n° \(number)"
        return Document(
            hash: hash, size: size, fileName: "\(label) \(title).pdf", title: title, mediaType: "application/pdf",
            role: number == 0 ? .note : .item, item: number == 0 ? nil : number, label: label, confidential: confidential)
    }

    /// The council of Tuesday 2026-12-15, 18:30: five clear days, so to be sent before 2026-12-10 in Paris.
    package static func draft(
        documents: [Document], body: BodyID = council, day: String = "2026-12-15", place: String? = "Salle des fêtes, 1 place de la Mairie",
        urgencyReason: String? = nil, replacing old: Sitting? = nil
    ) -> SittingDraft {
        guard let date = CivilDate(iso: day), let when = CivilDateTime(date: date, hour: 18, minute: 30),
            let body = authority.body(body)
        else { preconditionFailure("the sample sitting needs a day and a known body") }
        let urgent = urgencyReason != nil
        return SittingDraft(
            body: body.id, bodyName: body.name, when: when, start: when.instant(in: zone),
            deadline: body.notice.deadline(for: date, urgent: urgent, in: zone),
            requiredClearDays: body.notice.clearDays(on: date, urgent: urgent), title: body.name, place: place, videoLink: nil,
            urgencyReason: urgencyReason,
            agenda: documents.compactMap { document in document.item.map { AgendaItem(number: $0, title: document.title) } },
            documents: documents, folderName: "\(day) 18h30 \(body.name)", replaces: old.map(ReplacedSitting.init))
    }

    /// A message that stands for a real one, with a link per document, one for the sitting and a honeypot.
    package static func composed(_ convocation: ConvocationToCompose, at now: Date) -> ComposedConvocation {
        let recipient = convocation.member.entry.email ?? email("sans-adresse@aurence.example")
        let messageID = "c.\(convocation.id).test@aurence.example"
        let bytes = Array("Message-ID: <\(messageID)>\r\nTo: \(recipient)\r\nSubject: Convocation\r\n\r\nBonjour.\r\n".utf8)
        let targets = convocation.sitting.draft.documents.map { Link.Target.document($0.hash) } + [.sitting, .honeypot]
        return ComposedConvocation(
            id: convocation.id,
            message: OutgoingMessage(
                kind: .convocation, messageID: messageID, envelopeSender: email("assemblees@aurence.example"), recipient: recipient,
                bytes: bytes, hash: hash(bytes), deadline: convocation.sitting.draft.deadline),
            links: targets.enumerated().map { number, target in
                Link(
                    id: linkID(convocation.id, number), target: target, sitting: convocation.sitting.id, convocation: convocation.id,
                    expires: convocation.sitting.draft.start.addingTimeInterval(365 * 86_400))
            })
    }

    /// What the relay answers to a leased message.
    package static func outcome(
        of leased: LeasedMessage, _ result: DeliveryOutcome.Result, reply: String? = nil, at now: Date
    ) -> DeliveryOutcome {
        let isAccepted = result == .accepted
        return DeliveryOutcome(
            id: leased.id, attempt: leased.attempt, result: result,
            reply: reply ?? (isAccepted ? "250 2.0.0 Ok: queued as T\(leased.id)" : "451 4.3.0 not now"),
            queueID: isAccepted ? "T\(leased.id)" : nil, relay: "127.0.0.1:2525", at: now)
    }

    /// Documents that are in no document store: the storage alone doesn't look.
    package static func documents(_ count: Int, confidential: Set<Int> = [], of name: String = "sample") -> [Document] {
        (0..<count).map { document($0, hash: hash("\(name) \($0)"), size: 1000 + Int64($0), confidential: confidential.contains($0)) }
    }

    /// The number of a sample convocation's n-th link (documents in order, then the sitting's page, then the honeypot);
    /// spread over all of UInt64, as real ones are.
    package static func linkID(_ convocation: ConvocationID, _ number: Int) -> UInt64 {
        hash("link \(convocation) \(number)").bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The links of a letter about an amendment: its new documents in order, then the sitting's page.
    package static func links(of letter: LetterToCompose) -> [Link] {
        let targets = (letter.amendment?.content.newDocuments ?? []).map { Link.Target.document($0.hash) } + [.sitting]
        return targets.enumerated().map { number, target in
            Link(
                id: linkID(letter.convocation, 1000 * Int(letter.id.rawValue) + number), target: target, sitting: letter.sitting.id,
                convocation: letter.convocation, expires: letter.sitting.draft.start.addingTimeInterval(365 * 86_400))
        }
    }
}
