import Composition
import Council
import Foundation
import Links
import Store
import Templating

/// Messages composed per second, alone: no database, no relay, one thread.  ComposeRates TEMPLATES CERTIFICATE KEY MESSAGES
/// Prints lines of three fields separated by tabs: what, figure, remark.
@main
struct ComposeRates {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let count = Int(arguments[4]) else {
            fatalError("usage: ComposeRates TEMPLATES CERTIFICATE KEY MESSAGES")
        }
        let templates = try TemplateSet(folder: URL(fileURLWithPath: arguments[1]), schemas: CompositionTemplates.schemas)
        let smime = try SMIMESigner(
            certificates: Array(try Data(contentsOf: URL(fileURLWithPath: arguments[2]))),
            key: SigningKey(pem: Array(try Data(contentsOf: URL(fileURLWithPath: arguments[3])))))
        let rsa = try DKIMSigner(selector: "r", domain: "agglo.example", key: .generated(.rsa(bits: 2048)))
        let ed25519 = try DKIMSigner(selector: "e", domain: "agglo.example", key: .generated(.ed25519))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("compose-\(UUID().uuidString)")
        let documents = try DocumentStore(root: folder)
        defer { try? FileManager.default.removeItem(at: folder) }  // a scratch folder

        for (name, seal) in [
            ("plain", MessageSeal.none), ("DKIM Ed25519", MessageSeal(dkim: [ed25519])), ("DKIM RSA-2048", MessageSeal(dkim: [rsa])),
            ("DKIM both", MessageSeal(dkim: [rsa, ed25519])), ("S/MIME RSA-2048", MessageSeal(smime: smime)),
            ("S/MIME and DKIM both", MessageSeal(smime: smime, dkim: [rsa, ed25519])),
        ] {
            let (rate, size) = try measure(count, seal, templates, documents, note: 0)
            row("compose alone, \(name): messages/s", rate, "\(size) bytes each")
        }
        for (name, seal) in [("plain", MessageSeal.none), ("S/MIME and DKIM both", MessageSeal(smime: smime, dkim: [rsa, ed25519]))] {
            let (rate, size) = try measure(max(count / 50, 20), seal, templates, documents, note: 3_600_000)
            row("compose alone, a note of 3.6 MB attached, \(name): messages/s", rate, "\(size) bytes each; \(peak()) MB RSS at most")
        }
    }

    static func measure(
        _ count: Int, _ seal: MessageSeal, _ templates: TemplateSet, _ documents: DocumentStore, note: Int
    ) throws -> (Double, Int) {
        let zone = TimeZone(identifier: "Europe/Paris") ?? .gmt
        let now = Date(timeIntervalSince1970: 1_796_112_007)
        let council = BodyID(rawValue: "conseil")
        let address = { (text: String) throws -> EmailAddress in try EmailAddress(parsing: text) }
        let settings = CompositionSettings(
            authority: Authority(
                name: "Agglomération d’essai", siren: "200012345", timeZone: zone,
                bodies: [Body(id: council, name: "Conseil communautaire", notice: NoticeRule(clearDays: 5))]),
            baseURL: "https://convocations.agglo.example", envelopeSender: try address("retours@agglo.example"),
            from: Mailbox(name: "Assemblées", address: try address("convocations@agglo.example")),
            clerk: Mailbox(name: "Secrétariat", address: try address("clerk@agglo.example")),
            attachUpTo: note > 0 ? 6_000_000 : 0, seal: seal)
        guard let when = CivilDateTime(date: CivilDate(dayNumber: CivilDate(of: now, in: zone).dayNumber + 14), hour: 18, minute: 30) else {
            fatalError("no such time")
        }
        let files = try (0..<6).map { number in
            let (hash, size) = try documents.add([UInt8](repeating: UInt8(number), count: number == 0 ? max(note, 1) : 1_000))
            return Document(
                hash: hash, size: size, fileName: "0\(number) Délibération.pdf", title: "Délibération \(number)",
                mediaType: "application/pdf", role: number == 0 ? .note : .item, item: number == 0 ? nil : number, label: "0\(number)",
                confidential: false)
        }
        let rule = NoticeRule(clearDays: 5)
        let draft = SittingDraft(
            body: council, bodyName: "Conseil communautaire", when: when, start: when.instant(in: zone),
            deadline: rule.deadline(for: when.date, urgent: false, in: zone), requiredClearDays: 5, title: "Conseil communautaire",
            place: "Salle des fêtes", videoLink: nil, urgencyReason: nil,
            agenda: (1...5).map { AgendaItem(number: $0, title: "Délibération n° \($0)") }, documents: files, folderName: "essai")
        let sitting = Sitting(
            id: SittingID(rawValue: draft.key), draft: draft, state: .approved, revision: 1, receivedAt: now, approvedAt: now)
        let composer = ConvocationComposer(settings: settings, templates: templates, documents: documents)
        let keyring = try LinkKeyring(keys: [LinkKey(id: 1, secret: Randomness.system.bytes(32), createdAt: now)])
        let members = try (0..<count).map { number in
            ConvocationToCompose(
                id: ConvocationID(rawValue: Int64(number)),
                member: Member(
                    id: MemberID(rawValue: Int64(number)),
                    entry: RollEntry(
                        civility: "Mme", familyName: "Nom\(number)", givenName: "Prénom", email: try address("m\(number)@elus.example"),
                        bodies: [council], service: .electronic, language: .french)), sitting: sitting)
        }
        var size = 0
        let start = ContinuousClock.now
        try composer.composeAll(members, keyring: keyring, randomness: .system, at: now) { size = $0.message.bytes.count }
        let elapsed = ContinuousClock.now - start
        return (Double(count) / (Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18), size)
    }

    static func row(_ what: String, _ figure: Double, _ remark: String) { print("\(what)\t\(Int(figure.rounded()))\t\(remark)") }

    static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""  // 0 where there is none
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }
}
