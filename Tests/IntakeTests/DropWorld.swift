import Council
import DefaultFiles
import Foundation
import Glibc
import Intake
import Logging
import Store
import Synchronization
import Templating
import TestSupport
import Testing

/// A drop folder, a real store, and clocks that tests turn.
final class DropWorld: Sendable {
    static let sitting = "2026-12-15 18h30 Conseil communautaire"
    static let roll = """
        civilité;nom;prénom;courriel;instances;mode;langue
        Mme;Le Goff;Éloïse;e.legoff@agglo.example;Conseil communautaire;;
        M.;Müller;Noël;n.muller@agglo.example;Conseil communautaire, Bureau;;
        Mme;Bœuf;Anaïs;;conseil;papier;
        M.;O'Brien;Jean;j.obrien@agglo.example;bureau;;en

        """

    let store: TestStorage
    let storage: SQLiteStorage
    let drop: TemporaryFolder
    let settings: IntakeSettings
    private let now: Mutex<Date>
    private let elapsed = Mutex(Duration.zero)

    static let templates: TemplateSet? = try? TemplateSet(folder: DefaultFiles.folder, schemas: IntakeTemplates.schemas)

    init(now: String = "2026-11-24 09:05", settle: Duration = .seconds(20)) throws {
        store = try TestStorage()
        storage = store.storage
        drop = try TemporaryFolder()
        settings = IntakeSettings(dropFolder: drop.url, settle: settle, rescan: .seconds(30), authority: agglo)
        self.now = Mutex(instant(now))
    }

    func service(
        settings: IntakeSettings? = nil, storage: (any IntakeStorage)? = nil, documents: DocumentStore? = nil, uptime: Uptime? = nil,
        stopAfter: IntakeStep? = nil, afterStep: @escaping @Sendable (IntakeStep) throws -> Void = { _ in }
    ) throws -> IntakeService {
        let templates = try #require(Self.templates)
        return IntakeService(
            settings: settings ?? self.settings, storage: storage ?? self.storage, documents: documents ?? store.documents,
            templates: templates, clock: WallClock { [self] in now.withLock { $0 } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            uptime: uptime ?? Uptime { [self] in elapsed.withLock { $0 } },
            afterStep: { step in
                try afterStep(step)
                if step == stopAfter { throw Stop() }
            })
    }

    struct Stop: Error {}

    func setClock(_ text: String) { now.withLock { $0 = instant(text) } }

    func pass(_ duration: Duration) { elapsed.withLock { $0 += duration } }

    /// Two looks, a settling time apart: what is still is taken in the second.
    func settle(_ service: IntakeService) async throws {
        try await service.scanOnce()
        pass(settings.settle)
        try await service.scanOnce()
    }

    /// One look after another until nothing more can happen.
    func bringAll(_ service: IntakeService) async throws {
        for _ in 0..<4 { try await settle(service) }
    }

    static func pdf(_ text: String) -> [UInt8] { Array("%PDF-1.7\n% \(text)\n%%EOF\n".utf8) }

    /// A folder of small PDFs; a name with a text is given that text.
    func put(
        _ folder: String = sitting, _ names: [String] = ["00 Note.pdf", "01 Budget.pdf", "01.1 Annexe.pdf", "02 Tarifs.pdf"],
        texts: [String: String] = [:]
    ) throws {
        for name in names { try drop.write(Self.pdf(name), to: folder + "/" + name) }
        for (name, text) in texts { try drop.write(text, to: folder + "/" + name) }
        if names.isEmpty, texts.isEmpty { try FileManager.default.createDirectory(at: drop[folder], withIntermediateDirectories: true) }
    }

    func loadRoll(_ text: String = roll) async throws {
        let entries = try RollParser.parse(Array(text.utf8), authority: agglo)
        _ = try await storage.replaceRoll(with: entries, source: Sample.hash(text), at: instant("2026-11-20 10:00"))
    }

    /// Names under a folder of the drop folder, junk of ours left out.
    func names(_ folder: String) throws -> [String] {
        let own = ["LISEZ-MOI.txt", "Traités", "Rejetés", "En cours"]
        return try FileManager.default.contentsOfDirectory(atPath: drop[folder].path)
            .filter { !(folder == "" && own.contains($0)) && !(folder == "En cours" && $0 == "rapport.html") }.sorted()
    }

    func text(_ path: String) throws -> String { String(decoding: try Data(contentsOf: drop[path]), as: UTF8.self) }

    /// The report of a refused folder, with the assertion that it is there, alone, and that nothing was submitted.
    func refusal(_ folder: String = sitting, _ location: SourceLocation = #_sourceLocation) async throws -> String {
        #expect(try names("") == [], sourceLocation: location)
        #expect(try names("En cours") == [], sourceLocation: location)
        #expect(try names("Traités") == [], sourceLocation: location)
        #expect(try names("Rejetés") == [folder], sourceLocation: location)
        #expect(try await storage.sittings().isEmpty, sourceLocation: location)
        let notices = try await storage.noticesToCompose(limit: 10)
        #expect(notices.count == 1, sourceLocation: location)
        guard case .rejected(folder, let reason) = notices.first?.content else {
            Issue.record("no rejected notice: \(notices)", sourceLocation: location)
            return ""
        }
        let report = try text("Rejetés/\(folder)/rapport.html")
        #expect(report.contains("<html lang=\"fr\">"), sourceLocation: location)
        // The mail says what the page says.
        let first = reason.split(separator: "\n").first.map(String.init) ?? "?"
        #expect(report.contains(first.prefix { !"'\"<&".contains($0) }), sourceLocation: location)
        return reason
    }

    func notices() async throws -> [NoticeContent] { try await storage.noticesToCompose(limit: 100).map(\.content) }
}
