import Council
import Foundation
import Ledger
import Logging
import Notary
import Store

/// Entries published and audited per second, on the real store and files:  LedgerRates FOLDER ENTRIES
/// The first of these alone, with the publishing beside it:  LedgerRates durable FOLDER
/// What one start of the writer takes, in a process of its own:  LedgerRates start FOLDER
/// Hashing of a document, as it is done when it is checked:  LedgerRates hash FOLDER FILE
/// Prints lines of three fields separated by tabs: what, figure, remark.
@main
struct LedgerRates {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "start" { return try await start(URL(fileURLWithPath: arguments[2])) }
        if arguments.count == 4, arguments[1] == "hash" { return try hash(arguments[3], in: URL(fileURLWithPath: arguments[2])) }
        if arguments.count == 3, arguments[1] == "durable" { return try await durable(URL(fileURLWithPath: arguments[2])) }
        guard arguments.count == 3, let count = Int(arguments[2]) else { fatalError("usage: LedgerRates FOLDER ENTRIES") }
        let folder = URL(fileURLWithPath: arguments[1])
        let publicFolder = folder.appendingPathComponent("ledger")
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let storage = try SQLiteStorage.open(folder: folder, randomness: .system, logger: logger)
        let documents = try DocumentStore(root: folder.appendingPathComponent("documents"))

        let filled = try await fill(storage, documents, count)
        let size = try await storage.journalSize()
        row(
            "ledger: entries/s committed with their state (message, journal, synced)", Double(count) / filled,
            "\(size) entries, 256 a transaction")

        let key = try NoteSigningKey(name: "bench.example/ledger", seed: seed)
        let sequencer = Sequencer(storage: storage, publicFolder: publicFolder, key: key, logger: logger)
        let published = try await seconds { _ = try await sequencer.publishPending() }
        row("ledger: entries/s published (re-hashed, signed, synced)", Double(size) / published, "target ≥ 5,000; \(peak()) MB RSS at most")

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
        try await durable(storage, documents, sequencer, logger)
        try await integration(storage, documents, sequencer, logger)
    }

    static func durable(_ folder: URL) async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let storage = try SQLiteStorage.open(folder: folder, randomness: .system, logger: logger)
        let documents = try DocumentStore(root: folder.appendingPathComponent("documents"))
        let key = try NoteSigningKey(name: "bench.example/ledger", seed: seed)
        let sequencer = Sequencer(
            storage: storage, publicFolder: folder.appendingPathComponent("ledger"), key: key, logger: logger)
        try await durable(storage, documents, sequencer, logger)
    }

    /// Who writes at once: in the service, composition and sending do.
    private static let writers = 2

    /// As fast as it goes, from the first message stored to the checkpoint on disk that covers the last one's entry, the service's
    /// own loop publishing beside.
    static func durable(
        _ storage: SQLiteStorage, _ documents: DocumentStore, _ sequencer: Sequencer, _ logger: Logger
    ) async throws {
        let count = 100_000
        var waiting: [ConvocationToCompose] = []
        for month in 1...5 {
            try await approve(storage, documents, count / 5, title: "Durable \(month)", date: "2100-0\(month + 2)-09")
        }
        waiting = try await storage.convocationsToCompose(limit: count)
        _ = try await sequencer.publishPending()
        let service = Task { try await SequencerService(sequencer: sequencer, storage: storage, logger: logger).run() }
        let before = cpu()
        let took = try await seconds {
            try await withThrowingTaskGroup { [waiting] group in
                for writer in 0..<writers {
                    group.addTask {
                        for start in stride(from: writer * 256, to: waiting.count, by: writers * 256) {
                            try await store(Array(waiting[start..<min(start + 256, waiting.count)]), storage)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let size = try await storage.journalSize()
            while try await storage.checkpoint()?.size ?? 0 < size { try await Task.sleep(for: .milliseconds(5)) }
        }
        service.cancel()
        _ = await service.result
        row(
            "ledger: entries/s durable and published, with their state", Double(waiting.count) / took,
            "\(waiting.count) entries of \(writers) writers, \(Int((cpu() - before) / Double(waiting.count) * 1e6)) µs of CPU each; target ≥ 10,000"
        )
    }

    private static let seed = [UInt8](repeating: 7, count: 32)

    /// Opens the database and brings the writer to where it can publish.
    static func start(_ folder: URL) async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let key = try NoteSigningKey(name: "bench.example/ledger", seed: seed)
        var size: UInt64 = 0
        let took = try await seconds {
            let storage = try SQLiteStorage.open(folder: folder, randomness: .system, logger: logger)
            let sequencer = Sequencer(
                storage: storage, publicFolder: folder.appendingPathComponent("ledger"), key: key, logger: logger)
            size = try await sequencer.start()?.size ?? 0
        }
        row(
            "ledger: start of the writer on it, ms", took * 1000, "\(size) entries; \(peak()) MB RSS; target ≤ 300 ms, ≤ 80 MB at 1,000,000"
        )
    }

    /// Prints MB/s.
    static func hash(_ file: String, in folder: URL) throws {
        let documents = try DocumentStore(root: folder.appendingPathComponent("documents"))
        let (hash, size) = try documents.add(contentsOf: URL(fileURLWithPath: file))
        let begin = ContinuousClock.now
        try documents.verify(hash)
        print(Double(size) / 1e6 / ((ContinuousClock.now - begin) / .seconds(1)))
    }

    /// How long an entry waits, once committed, for a published checkpoint that covers it, at half the rate that is asked for: 5,000
    /// entries a second, in batches of 250, with the service's own loop.
    static func integration(
        _ storage: SQLiteStorage, _ documents: DocumentStore, _ sequencer: Sequencer, _ logger: Logger
    ) async throws {
        let before = try await storage.journalSize()
        try await approve(storage, documents, 20_000, title: "Rythme", date: "2100-02-09")
        let service = Task { try await SequencerService(sequencer: sequencer, storage: storage, logger: logger).run() }
        let commits = Task {
            var commits: [(size: UInt64, at: ContinuousClock.Instant)] = []
            let begin = ContinuousClock.now
            while true {
                try await Task.sleep(until: begin + .milliseconds(50) * commits.count, clock: .continuous)
                let waiting = try await storage.convocationsToCompose(limit: 250)
                if waiting.isEmpty { return commits }
                try await store(waiting, storage)
                commits.append((try await storage.journalSize(), .now))
            }
        }
        let watching = Task {
            var seen: [(size: UInt64, at: ContinuousClock.Instant)] = []
            do {
                while true {
                    let size = try await storage.checkpoint()?.size ?? 0
                    if size > seen.last?.size ?? before { seen.append((size, .now)) }
                    try await Task.sleep(for: .milliseconds(5))
                }
            } catch is CancellationError {
                return seen
            }
        }
        let done = try await commits.value
        try await Task.sleep(for: .seconds(2))
        watching.cancel()
        let seen = try await watching.value
        service.cancel()
        _ = await service.result
        let waits = done.compactMap { commit in seen.first { $0.size >= commit.size }.map { ($0.at - commit.at) / .milliseconds(1) } }
            .sorted()
        guard waits.count == done.count, let last = waits.last, let first = done.first, let end = done.last else {
            return row("ledger: integration at 5,000 entries/s, p99 ms", 0, "NOT MEASURED: \(waits.count) of \(done.count) batches seen")
        }
        let rate = Double(end.size - first.size) / ((end.at - first.at) / .seconds(1))
        row(
            "ledger: integration at half the target's rate, p99 ms", waits[min(waits.count - 1, waits.count * 99 / 100)],
            "\(Int(rate)) entries/s for \(Int((end.at - first.at) / .seconds(1))) s; longest \(Int(last)) ms; target ≤ 500")
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

    /// Sittings of at most 20,000 members, as many as entries are wanted, each convocation's message stored and journalled. The
    /// seconds that the messages took, without the roll's import and the approval.
    static func fill(_ storage: SQLiteStorage, _ documents: DocumentStore, _ count: Int) async throws -> Double {
        var left = count
        var took = 0.0
        while left > 0 {
            let members = min(left, 20_000)
            let day = (count - left) / 20_000
            try await approve(
                storage, documents, members, title: "Conseil \(day)",
                date: "21\(10 + day / 12)-\(day % 12 < 9 ? "0" : "")\(day % 12 + 1)-05")
            while true {
                let waiting = try await storage.convocationsToCompose(limit: 256)
                if waiting.isEmpty { break }
                took += try await seconds { try await store(waiting, storage) }
            }
            left -= members
        }
        return took
    }

    static func approve(_ storage: SQLiteStorage, _ documents: DocumentStore, _ count: Int, title: String, date: String) async throws {
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
        guard let date = CivilDate(iso: date), let when = CivilDateTime(date: date, hour: 18, minute: 30),
            let zone = TimeZone(identifier: "Europe/Paris")
        else { return }
        let draft = SittingDraft(
            body: body, bodyName: "Conseil", when: when, start: when.instant(in: zone), deadline: when.instant(in: zone),
            requiredClearDays: 5,
            title: title, place: nil, videoLink: nil, urgencyReason: nil, agenda: [AgendaItem(number: 1, title: "Budget")],
            documents: [
                Document(
                    hash: hash, size: size, fileName: "01 Budget.pdf", title: "Budget", mediaType: "application/pdf", role: .item, item: 1,
                    label: "01", confidential: false)
            ], folderName: title)
        let sitting = try await storage.submit(draft, at: now).sitting
        _ = try await storage.approve(sitting.id, revision: nil, by: "bench", at: now)
    }

    static func store(_ waiting: [ConvocationToCompose], _ storage: SQLiteStorage) async throws {
        let sender = try EmailAddress(parsing: "retours@agglo.example")
        let bytes = Array("Subject: x\r\n\r\nx\r\n".utf8)
        let composed = waiting.map { item in
            ComposedConvocation(
                id: item.id,
                message: OutgoingMessage(
                    kind: .convocation, messageID: "c.\(item.id)@agglo.example", envelopeSender: sender,
                    recipient: item.member.entry.email ?? sender, bytes: bytes, hash: ContentHash(sha256Of: bytes),
                    deadline: item.sitting.draft.deadline), links: [])
        }
        try await storage.store(composed, at: Date())
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

    /// Seconds of CPU that this process has used.
    static func cpu() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
    }

    /// The highest resident size of this process so far, MB.
    static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }
}
