import Council
import Foundation
import Ledger
import Notary
import Store

/// Whether the register keeps up: what is recorded, published, anchored.
extension Doctor {
    func registerLooks() -> [Look] {
        guard let data = found.dataFolder else { return [] }
        return [Look(check: "register", place: data.path) { Outcome(await register(data)) }]
    }

    private func register(_ data: URL) async -> [DoctorFinding] {
        guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: data).path) else {
            return [
                .ok(
                    "register", data.path,
                    Bilingual("pas encore de registre : le service n'a jamais tourné", "no register yet: the service never ran"))
            ]
        }
        do {
            let storage = try SQLiteStorage.openForReading(folder: data, logger: logger)
            let recorded = try await storage.journalSize()
            let waiting = try await storage.anchorsDue(at: .distantFuture)
            return published(data, recorded) + anchored(data, waiting)
        } catch {
            return [
                .failure(
                    "register", data.path, Bilingual.words(of: error),
                    why: Bilingual("l'état du registre ne peut pas être lu", "the register's state can't be read"),
                    Bilingual("relancer sous le compte du service", "run it again as the service's account"))
            ]
        }
    }

    private func published(_ data: URL, _ recorded: UInt64) -> [DoctorFinding] {
        let size = Self.published(data)?.size ?? 0
        let age = age(of: data.appendingPathComponent("ledger/checkpoint"))
        let since = age.map { Amount.since($0) }
        let words =
            Bilingual("\(size) entrées publiées", "\(size) entries published")
            + (since.map { Bilingual(", dernier état il y a \($0.french)", ", last state \($0.english) ago") } ?? Bilingual("", ""))
        // The service publishes within seconds: what has waited longer waits for a service that is stopped, or that can't.
        guard recorded > size, age ?? .infinity > 300 else { return [.ok("register.published", data.path, words)] }
        return [
            .failure(
                "register.published", data.path,
                words + Bilingual(" ; \(recorded - size) attendent", "; \(recorded - size) wait"),
                why: Bilingual("ce qui n'est pas publié n'a pas encore de preuve", "what isn't published has no proof yet"),
                Bilingual("le service tourne-t-il ? journalctl -u appariteur", "does the service run? journalctl -u appariteur"))
        ]
    }

    private func anchored(_ data: URL, _ waiting: [AnchorRecord]) -> [DoctorFinding] {
        let folder = data.appendingPathComponent("ledger/anchors", isDirectory: true)
        // None: nothing was anchored yet.
        let sizes = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).compactMap { UInt64($0) }
        var findings: [DoctorFinding] = []
        if let last = sizes.max(), let age = age(of: folder.appendingPathComponent("\(last)", isDirectory: true)) {
            let since = Amount.since(age)
            findings.append(
                .ok(
                    "register.anchored", data.path,
                    Bilingual(
                        "dernier ancrage : \(last) entrées, il y a \(since.french)", "last anchor: \(last) entries, \(since.english) ago")))
        }
        let faults = Dictionary(grouping: waiting.filter { $0.state == .wanted && $0.fault != nil }) { $0.authority }
        for (authority, records) in faults.sorted(by: { $0.key < $1.key }) {
            let fault = records.last?.fault ?? ""
            let said = Bilingual(DetailWords.french(fault), DetailWords.english(fault))
            findings.append(
                .warning(
                    "register.waiting", authority,
                    Bilingual("\(records.count) états attendent leur preuve : ", "\(records.count) states wait for their evidence: ")
                        + said,
                    why: Self.whyEvidence, key: "anchors",
                    Bilingual("voir plus haut ce que dit l'essai de « \(authority) »", "see above what the try of “\(authority)” says")))
        }
        return findings
    }

    private func age(of file: URL) -> TimeInterval? {
        // Nil: it isn't there.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else { return nil }
        return (attributes[.modificationDate] as? Date).map { clock.now().timeIntervalSince($0) }
    }
}
