import Composition
import Council
import DefaultFiles
import Foundation
import Links
import Store
import Synchronization
import Templating
import TestSupport
import Testing

/// An authority, its settings and its templates, at a fixed time and with the same random bytes each time.
enum Fixture {
    static let zone = Sample.zone
    /// Tuesday 2026-12-01, 09:00:07 in Paris.
    static let now = Date(timeIntervalSince1970: 1_796_112_007)

    /// `2026-12-09 08:00`, on the authority's clock.
    static func instant(_ clock: String) throws -> Date {
        let parts = clock.split(separator: " ")
        let day = try #require(CivilDate(iso: String(parts[0])))
        let time = parts[1].split(separator: ":").compactMap { Int($0) }
        return try #require(CivilDateTime(date: day, hour: time[0], minute: time[1])).instant(in: zone)
    }

    static func settings(
        authority: String = "Communauté d’agglomération de Valmont", zone: TimeZone = zone, fromName: String = "Valmont – Assemblées",
        clerkName: String = "Secrétariat général", clerkLanguage: Language = .french, signatory: Signatory? = nil,
        attachUpTo: Int = 0, seal: MessageSeal = .none, reminderHours: [Int] = [], technicalContact: EmailAddress? = nil,
        summary: SummaryTime? = nil
    ) -> CompositionSettings {
        CompositionSettings(
            authority: Authority(
                name: authority, siren: "200012345", timeZone: zone,
                bodies: [Body(id: Sample.council, name: "Conseil communautaire", notice: NoticeRule(clearDays: 5))]),
            baseURL: "https://convocations.valmont.example/", envelopeSender: Sample.email("retours@valmont.example"),
            from: Mailbox(name: fromName, address: Sample.email("convocations@valmont.example")),
            clerk: Mailbox(name: clerkName, address: Sample.email("assemblees@valmont.example")), linkDaysAfterSitting: 60,
            clerkLanguage: clerkLanguage, signatory: signatory, attachUpTo: attachUpTo, seal: seal, reminderHours: reminderHours,
            technicalContact: technicalContact, summary: summary)
    }

    static func templates() throws -> TemplateSet {
        try TemplateSet(folder: DefaultFiles.folder, schemas: CompositionTemplates.schemas)
    }

    static let noDocuments = DocumentStore(reading: URL(fileURLWithPath: "/nonexistent"))

    /// With no documents, unless they are given.
    static func composer(_ settings: CompositionSettings = settings(), _ documents: DocumentStore? = nil) throws -> ConvocationComposer {
        ConvocationComposer(
            settings: settings, templates: try templates(),
            documents: documents ?? noDocuments)
    }

    static func keyring() throws -> LinkKeyring {
        try LinkKeyring(keys: [LinkKey(id: 7, secret: [UInt8](repeating: 0x42, count: 32), createdAt: now)])
    }

    /// The same sequence of bytes for each seed.
    static func randomness(seed: UInt64 = 1) -> Randomness {
        let generator = Generator(seed)
        return Randomness { generator.bytes($0) }
    }

    /// A sitting whose words hold whatever could go wrong.
    static func draft(
        day: String = "2026-12-15", hour: Int = 18, minute: Int = 30, title: String = "Conseil communautaire — budget 2027 🗳️",
        place: String? = "Salle des fêtes « L’Étoile », 1 place de la Mairie, 29200 Saint-Côme", urgencyReason: String? = nil,
        agenda: [AgendaItem]? = nil, documents: [Document]? = nil, zone: TimeZone = zone, bodyName: String = "Conseil communautaire",
        videoLink: String? = "https://visio.valmont.example/conseil?id=42&lang=fr", folderName: String? = nil
    ) throws -> SittingDraft {
        let date = try #require(CivilDate(iso: day))
        let when = try #require(CivilDateTime(date: date, hour: hour, minute: minute))
        let rule = NoticeRule(clearDays: 5)
        let urgent = urgencyReason != nil
        return SittingDraft(
            body: Sample.council, bodyName: bodyName, when: when, start: when.instant(in: zone),
            deadline: rule.deadline(for: date, urgent: urgent, in: zone), requiredClearDays: rule.clearDays(on: date, urgent: urgent),
            title: title, place: place, videoLink: videoLink, urgencyReason: urgencyReason,
            agenda: agenda ?? [
                AgendaItem(number: 1, title: "Budget primitif 2027"),
                AgendaItem(number: 2, title: "Tarifs de l’eau & de l’assainissement <HT>"),
                AgendaItem(number: 4, title: "اتفاقية التوأمة مع مدينة صفاقس"),
            ],
            documents: documents ?? [
                document("00", "Note de synthèse", .note, nil, 348_200),
                document("01", "Budget primitif 2027", .item, 1, 12_648_100), document("01.1", "Annexe financière", .annex, 1, 902),
                document("02", "Tarifs de l’eau", .item, 2, 86_020),
                document("", "שיתוף פעולה — projet", .other, nil, 1_250_000_000, confidential: true),
            ],
            folderName: folderName ?? "\(day) 18h30 Conseil communautaire")
    }

    static func document(
        _ label: String, _ title: String, _ role: Document.Role, _ item: Int?, _ size: Int64, confidential: Bool = false
    ) -> Document {
        Document(
            hash: Sample.hash(label + title), size: size, fileName: "\(label) \(title).pdf", title: title, mediaType: "application/pdf",
            role: role, item: item, label: label, confidential: confidential)
    }

    static func sitting(_ draft: SittingDraft, state: SittingState = .approved) -> Sitting {
        Sitting(id: SittingID(rawValue: draft.key), draft: draft, state: state, revision: 1, receivedAt: now, approvedAt: now)
    }

    static func member(
        _ given: String = "Éloïse", _ family: String = "Le Goff", civility: String = "Mme", language: Language = .french,
        email: String = "e.legoff@valmont.example"
    ) -> RollEntry {
        RollEntry(
            civility: civility, familyName: family, givenName: given, email: Sample.email(email), bodies: [Sample.council],
            service: .electronic, language: language)
    }
}

/// splitmix64 behind a lock, so that it can be the randomness of many tasks.
final class Generator: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) { state = Mutex(seed) }

    func bytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                return UInt8(truncatingIfNeeded: z ^ (z >> 31))
            }
        }
    }
}
