import Council
import Foundation
import Ledger
import Logging
import Notary
import Store

/// Entries published and audited per second, on the real store and files:  LedgerRates FOLDER ENTRIES
/// Prints lines of three fields separated by tabs: what, figure, remark.
@main
struct LedgerRates {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let count = Int(arguments[2]) else { fatalError("usage: LedgerRates FOLDER ENTRIES") }
        let folder = URL(fileURLWithPath: arguments[1])
        let publicFolder = folder.appendingPathComponent("ledger")
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let storage = try SQLiteStorage.open(folder: folder, randomness: .system, logger: logger)
        let documents = try DocumentStore(root: folder.appendingPathComponent("documents"))

        let filled = try await seconds { try await fill(storage, documents, count) }
        let size = try await storage.journalSize()
        row("ledger: entries/s committed with their state", Double(size) / filled, "\(size) entries, 256 a transaction")

        let key = try NoteSigningKey(name: "bench.example/ledger", seed: Randomness.system.bytes(32))
        let sequencer = Sequencer(storage: storage, publicFolder: publicFolder, key: key, logger: logger)
        let published = try await seconds { _ = try await sequencer.publishPending() }
        row("ledger: entries/s published (re-hashed, signed, synced)", Double(size) / published, "target ≥ 5,000; \(peak()) MB RSS at most")

        let again = Sequencer(storage: storage, publicFolder: publicFolder, key: key, logger: logger)
        let started = try await seconds { _ = try await again.start() }
        row("ledger: start on it, ms", started * 1000, "")

        var report: AuditReport?
        let audited = try await seconds {
            report = try await LedgerAudit(publicFolder: publicFolder, vkey: key.verifier, storage: storage, documents: documents).run()
        }
        row(
            "ledger: entries/s audited by the authority (tiles, rows, openings, state)", Double(size) / audited,
            "\(report?.isClean == true ? "clean" : "NOT CLEAN"); \(peak()) MB RSS at most")
        let publicly = try await seconds {
            report = try await LedgerAudit(publicFolder: publicFolder, vkey: key.verifier).run()
        }
        row(
            "ledger: entries/s audited by a stranger (the public folder)", Double(size) / publicly,
            "\(report?.isClean == true ? "clean" : "NOT CLEAN"); 1,000,000 in \(((1_000_000 / (Double(size) / publicly)) * 10).rounded() / 10) s"
        )
        try await proofs(storage, publicFolder, size)
    }

    /// Proofs of single convocations, made and checked.
    static func proofs(_ storage: SQLiteStorage, _ publicFolder: URL, _ size: UInt64) async throws {
        let exporter = ProofExporter(storage: storage, ledgerFolder: publicFolder, authorities: [], verifierPage: [])
        var archives: [[UInt8]] = []
        let count = 200
        let made = try await seconds {
            for id in 1...count { archives.append(try await exporter.export(.convocation(ConvocationID(rawValue: Int64(id)))).archive) }
        }
        row("proofs made/s (one convocation each, checked before it is given)", Double(count) / made, "\(archives.first?.count ?? 0) bytes")
        let checked = try await seconds { for archive in archives { _ = try ProofVerifier.verify(archive) } }
        row("proofs checked/s", Double(count) / checked, "")
    }

    /// One sitting of as many members as entries are wanted, each convocation's message stored and journalled.
    static func fill(_ storage: SQLiteStorage, _ documents: DocumentStore, _ count: Int) async throws {
        let now = Date()
        let body = BodyID(rawValue: "conseil")
        let entries = try (0..<count).map { number in
            RollEntry(
                civility: "Mme", familyName: "Nom\(number)", givenName: "Prénom",
                email: try EmailAddress(parsing: "m\(number)@elus.example"),
                bodies: [body], service: .electronic, language: .french)
        }
        let (hash, size) = try documents.add(Array("%PDF-1.4 %%EOF".utf8))
        _ = try await storage.replaceRoll(with: entries, source: hash, at: now)
        guard let date = CivilDate(iso: "2100-01-05"), let when = CivilDateTime(date: date, hour: 18, minute: 30),
            let zone = TimeZone(identifier: "Europe/Paris")
        else { return }
        let draft = SittingDraft(
            body: body, bodyName: "Conseil", when: when, start: when.instant(in: zone), deadline: when.instant(in: zone),
            requiredClearDays: 5,
            title: "Conseil", place: nil, videoLink: nil, urgencyReason: nil, agenda: [AgendaItem(number: 1, title: "Budget")],
            documents: [
                Document(
                    hash: hash, size: size, fileName: "01 Budget.pdf", title: "Budget", mediaType: "application/pdf", role: .item, item: 1,
                    label: "01", confidential: false)
            ], folderName: "bench")
        let sitting = try await storage.submit(draft, at: now).sitting
        _ = try await storage.approve(sitting.id, revision: nil, by: "bench", at: now)
        let sender = try EmailAddress(parsing: "retours@agglo.example")
        let bytes = Array("Subject: x\r\n\r\nx\r\n".utf8)
        while true {
            let waiting = try await storage.convocationsToCompose(limit: 256)
            if waiting.isEmpty { return }
            let composed = waiting.map { item in
                ComposedConvocation(
                    id: item.id,
                    message: OutgoingMessage(
                        kind: .convocation, messageID: "c.\(item.id)@agglo.example", envelopeSender: sender,
                        recipient: item.member.entry.email ?? sender, bytes: bytes, hash: ContentHash(sha256Of: bytes),
                        deadline: draft.deadline), links: [])
            }
            try await storage.store(composed, at: now)
        }
    }

    static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let begin = ContinuousClock.now
        try await work()
        let took = (ContinuousClock.now - begin).components
        return Double(took.seconds) + Double(took.attoseconds) * 1e-18
    }

    static func row(_ what: String, _ figure: Double, _ remark: String) {
        print("\(what)\t\(Int(figure).formatted(.number.locale(Locale(identifier: "en"))))\t\(remark)")
    }

    /// The highest resident size of this process so far, MB.
    static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }
}
